package machines

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// content is what the version that is used is to say.
func (t *Template) content() []resource.Field {
	i := t.Declared.Instance
	return []resource.Field{
		{Name: "image", Value: resource.Known(t.ImageID())},
		{Name: "type", Value: t.Declared.InstanceType(t.Side)},
		{Name: "groups", Value: resource.Known(t.Group.ID)},
		{Name: "metadata tokens", Value: string(i.Metadata)},
		{Name: "profile", Value: t.Role.ProfileName(t.Declared)},
		{Name: "hop limit", Value: Some(i.HopLimit)},
		{Name: "volume", Value: t.volumeText()},
		{Name: "key", Value: i.Key},
		{Name: "monitoring", Value: monitoringText(i.Monitoring == understudy.MonitoringDetailed)},
		{Name: "user data", Value: userDataText(encoded(t.Declared.UserData()))},
		{Name: "other settings"},
	}
}

// contentOf returns what a version says.
func contentOf(data *ec2types.ResponseLaunchTemplateData) []resource.Field {
	var tokens, hops string
	if m := data.MetadataOptions; m != nil {
		tokens, hops = string(m.HttpTokens), Some(int(aws.ToInt32(m.HttpPutResponseHopLimit)))
	}
	return []resource.Field{
		{Name: "image", Value: aws.ToString(data.ImageId)},
		{Name: "type", Value: string(data.InstanceType)},
		{Name: "groups", Value: resource.Set(data.SecurityGroupIds...)},
		{Name: "metadata tokens", Value: tokens},
		{Name: "profile", Value: profileOf(data.IamInstanceProfile)},
		{Name: "hop limit", Value: hops},
		{Name: "volume", Value: mappingsText(data.BlockDeviceMappings)},
		{Name: "key", Value: aws.ToString(data.KeyName)},
		{Name: "monitoring", Value: monitoringText(data.Monitoring != nil && aws.ToBool(data.Monitoring.Enabled))},
		{Name: "user data", Value: userDataText(aws.ToString(data.UserData))},
		{Name: "other settings", Value: resource.Set(otherSettings(data)...)},
	}
}

// otherSettings names what a version sets beside what the stack's versions do: somebody made it.
func otherSettings(data *ec2types.ResponseLaunchTemplateData) []string {
	own := []string{"ImageId", "InstanceType", "SecurityGroupIds", "MetadataOptions", "BlockDeviceMappings", "KeyName", "Monitoring", "UserData",
		"IamInstanceProfile"}
	return slices.DeleteFunc(told(data), func(name string) bool { return slices.Contains(own, name) })
}

// profileOf returns the name of an instance profile, which ends its ARN.
func profileOf(p *ec2types.LaunchTemplateIamInstanceProfileSpecification) string {
	if p == nil {
		return ""
	}
	return cmp.Or(aws.ToString(p.Name), lastPart(aws.ToString(p.Arn)))
}

func lastPart(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// told names the fields of a structure of the SDK's that say something.
func told(structure any) []string {
	var names []string
	for field, value := range reflect.ValueOf(structure).Elem().Fields() {
		for value.Kind() == reflect.Pointer && !value.IsNil() {
			value = value.Elem()
		}
		nothing := value.IsZero() || value.Kind() == reflect.Slice && value.Len() == 0
		if field.IsExported() && !nothing {
			names = append(names, field.Name)
		}
	}
	return names
}

// Some renders a number of which zero says nothing.
func Some(n int) string {
	if n == 0 {
		return ""
	}
	return resource.Number(n)
}

// monitoringText is empty for basic monitoring, which a version does not mention.
func monitoringText(detailed bool) string {
	if detailed {
		return string(understudy.MonitoringDetailed)
	}
	return ""
}

// volumeText is the declared root volume as mappingsText has it, Unknown where the image is not made yet.
func (t *Template) volumeText() string {
	m := t.wantedVolume()
	switch {
	case m == nil:
		return ""
	case aws.ToString(m.DeviceName) == "":
		return resource.Unknown
	}
	return mappingText(m.DeviceName, &ec2types.LaunchTemplateEbsBlockDevice{
		VolumeSize: m.Ebs.VolumeSize, VolumeType: m.Ebs.VolumeType, Encrypted: m.Ebs.Encrypted, Iops: m.Ebs.Iops, Throughput: m.Ebs.Throughput,
	})
}

// wantedVolume lays the declared volume over the image's root, nil where none is declared.
func (t *Template) wantedVolume() *ec2types.LaunchTemplateBlockDeviceMappingRequest {
	v := t.Declared.Instance.Volume
	if v == (understudy.Volume{}) {
		return nil
	}
	ebs := &ec2types.LaunchTemplateEbsBlockDeviceRequest{VolumeType: ec2types.VolumeType(v.Type)}
	for into, n := range map[**int32]int{&ebs.VolumeSize: v.Size, &ebs.Iops: v.IOPS, &ebs.Throughput: v.Throughput} {
		if n > 0 {
			*into = aws.Int32(int32(n))
		}
	}
	if v.Encrypted {
		ebs.Encrypted = aws.Bool(true)
	}
	return &ec2types.LaunchTemplateBlockDeviceMappingRequest{DeviceName: aws.String(t.Root()), Ebs: ebs}
}

// mappingsText renders the volumes of a version.
func mappingsText(all []ec2types.LaunchTemplateBlockDeviceMapping) string {
	var texts []string
	for _, m := range all {
		text := mappingText(m.DeviceName, cmp.Or(m.Ebs, &ec2types.LaunchTemplateEbsBlockDevice{}))
		for _, name := range told(&m) {
			if name != "DeviceName" && name != "Ebs" {
				text += " " + name
			}
		}
		texts = append(texts, text)
	}
	return resource.Set(texts...)
}

func mappingText(device *string, e *ec2types.LaunchTemplateEbsBlockDevice) string {
	words := []string{aws.ToString(device)}
	add := func(format string, n *int32) {
		if aws.ToInt32(n) > 0 {
			words = append(words, fmt.Sprintf(format, *n))
		}
	}
	add("%d GiB", e.VolumeSize)
	words = append(words, string(e.VolumeType))
	if aws.ToBool(e.Encrypted) {
		words = append(words, "encrypted")
	}
	add("%d IOPS", e.Iops)
	add("%d MiB/s", e.Throughput)
	if e.DeleteOnTermination != nil && !*e.DeleteOnTermination {
		words = append(words, "kept")
	}
	for _, name := range told(e) {
		if !slices.Contains([]string{"VolumeSize", "VolumeType", "Encrypted", "Iops", "Throughput"}, name) {
			words = append(words, name)
		}
	}
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")
}

// userDataText tells user data apart by a digest.
func userDataText(data string) string {
	if data == "" {
		return ""
	}
	size := base64.RawStdEncoding.DecodedLen(len(strings.TrimRight(data, "=")))
	return fmt.Sprintf("%s, %d bytes", account.Token(data)[:12], size)
}

func encoded(data string) string { return base64.StdEncoding.EncodeToString([]byte(data)) }

func (t *Template) wanted() *ec2types.RequestLaunchTemplateData {
	i := t.Declared.Instance
	data := &ec2types.RequestLaunchTemplateData{
		ImageId:          aws.String(t.ImageID()),
		InstanceType:     ec2types.InstanceType(t.Declared.InstanceType(t.Side)),
		SecurityGroupIds: []string{t.Group.ID},
		MetadataOptions: &ec2types.LaunchTemplateInstanceMetadataOptionsRequest{
			HttpTokens: ec2types.LaunchTemplateHttpTokensState(i.Metadata),
		},
	}
	if name := t.Role.ProfileName(t.Declared); name != "" {
		data.IamInstanceProfile = &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: &name}
	}
	if i.HopLimit > 0 {
		data.MetadataOptions.HttpPutResponseHopLimit = aws.Int32(int32(i.HopLimit))
	}
	if v := t.wantedVolume(); v != nil {
		data.BlockDeviceMappings = append(data.BlockDeviceMappings, *v)
	}
	if i.Key != "" {
		data.KeyName = aws.String(i.Key)
	}
	if i.Monitoring == understudy.MonitoringDetailed {
		data.Monitoring = &ec2types.LaunchTemplatesMonitoringRequest{Enabled: aws.Bool(true)}
	}
	if said := t.Declared.UserData(); said != "" {
		data.UserData = aws.String(encoded(said))
	}
	return data
}

// parts are what the client token of a version is made from: all of its content.
func (t *Template) parts() []string {
	parts := []string{t.Stack(), t.Region, "template", t.ImageID(), t.Declared.InstanceType(t.Side), t.Group.ID}
	for _, f := range t.content()[3:] {
		if f.Value != "" {
			parts = append(parts, f.Name, f.Value)
		}
	}
	return parts
}
