package machines

import (
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

func declaredInstance(t *testing.T, i understudy.Instance) *Template {
	t.Helper()
	s := resourcetest.Scope(t)
	i.Type = s.Declared.Instance.Type
	s.Declared.Instance = i
	return &Template{
		Scope: s, ID: "lt-1", Group: &network.Group{ID: "sg-in"},
		ImageID: func() string { return "ami-1" }, Root: func() string { return "/dev/xvda" },
	}
}

// asAnswered is what EC2 tells of a version that was made with some data: the same.
func asAnswered(t *testing.T, data *ec2types.RequestLaunchTemplateData) *ec2types.ResponseLaunchTemplateData {
	t.Helper()
	var answer ec2types.ResponseLaunchTemplateData
	b, err := json.Marshal(data)
	if err == nil {
		err = json.Unmarshal(b, &answer)
	}
	if err != nil {
		t.Fatal(err)
	}
	return &answer
}

// machine is an instance of which every setting is declared.
var machine = understudy.Instance{
	Profile:  understudy.Profile{Managed: []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}},
	Metadata: understudy.MetadataOptional, HopLimit: 2, Key: "ops", Monitoring: understudy.MonitoringDetailed, UserData: "echo hello",
	Volume: understudy.Volume{Size: 20, Type: "gp3", Encrypted: true, IOPS: 4000, Throughput: 250},
}

func TestAVersionSaysWhatIsDeclaredOfInstances(t *testing.T) {
	plain := understudy.Instance{Metadata: understudy.MetadataRequired, Monitoring: understudy.MonitoringBasic}
	for _, i := range []understudy.Instance{plain, machine} {
		tmpl := declaredInstance(t, i)
		if data := asAnswered(t, tmpl.wanted()); !tmpl.fitting(data) {
			t.Errorf("%+v is not what is wanted: %v", data, resource.Compare(tmpl.content(), contentOf(data)))
		}
	}
	data := declaredInstance(t, machine).wanted()
	e := data.BlockDeviceMappings[0].Ebs
	got := []any{
		*data.IamInstanceProfile.Name, data.MetadataOptions.HttpTokens, *data.MetadataOptions.HttpPutResponseHopLimit, *data.KeyName, *data.Monitoring.Enabled,
		*data.BlockDeviceMappings[0].DeviceName, *e.VolumeSize, e.VolumeType, *e.Encrypted, *e.Iops, *e.Throughput,
	}
	want := []any{
		"understudy-hello-us-east-1", ec2types.LaunchTemplateHttpTokensStateOptional, int32(2), "ops", true,
		"/dev/xvda", int32(20), ec2types.VolumeTypeGp3, true, int32(4000), int32(250),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if said, err := base64.StdEncoding.DecodeString(*data.UserData); err != nil || string(said) != "#!/bin/sh -e\necho hello" {
		t.Errorf("user data %q, %v", said, err)
	}
	bare := declaredInstance(t, plain).wanted()
	if bare.UserData != nil || bare.KeyName != nil || bare.Monitoring != nil || bare.BlockDeviceMappings != nil || bare.IamInstanceProfile != nil ||
		bare.MetadataOptions.HttpPutResponseHopLimit != nil {
		t.Errorf("what is not declared is said: %+v", bare)
	}
}

// Whatever is declared otherwise, or was changed by somebody, makes another version with a client token of its own.
func TestEachSettingOfInstancesMakesAnotherVersion(t *testing.T) {
	before := declaredInstance(t, machine)
	data, tokens := asAnswered(t, before.wanted()), map[string]bool{account.Token(before.parts()...): true}
	for name, change := range map[string]func(*understudy.Instance){
		"metadata tokens": func(i *understudy.Instance) { i.Metadata = understudy.MetadataRequired },
		"profile":         func(i *understudy.Instance) { i.Profile = understudy.Profile{Name: "web"} },
		"hop limit":       func(i *understudy.Instance) { i.HopLimit = 0 },
		"volume":          func(i *understudy.Instance) { i.Volume.Encrypted = false },
		"key":             func(i *understudy.Instance) { i.Key = "" },
		"monitoring":      func(i *understudy.Instance) { i.Monitoring = understudy.MonitoringBasic },
		"user data":       func(i *understudy.Instance) { i.UserData = "#cloud-config\n{}" },
	} {
		i := machine
		change(&i)
		tmpl := declaredInstance(t, i)
		if d := resource.Compare(tmpl.content(), contentOf(data)); len(d) != 1 || d[0].Name != name {
			t.Errorf("%s: %v", name, d)
		}
		token := account.Token(tmpl.parts()...)
		if tokens[token] {
			t.Errorf("%s: the same client token", name)
		}
		tokens[token] = true
	}
	for name, change := range map[string]func(*ec2types.LaunchTemplateBlockDeviceMapping){
		"another device":   func(m *ec2types.LaunchTemplateBlockDeviceMapping) { m.DeviceName = aws.String("/dev/sdb") },
		"left out":         func(m *ec2types.LaunchTemplateBlockDeviceMapping) { m.NoDevice = aws.String("") },
		"a key of its own": func(m *ec2types.LaunchTemplateBlockDeviceMapping) { m.Ebs.KmsKeyId = aws.String("k") },
		"kept":             func(m *ec2types.LaunchTemplateBlockDeviceMapping) { m.Ebs.DeleteOnTermination = aws.Bool(false) },
	} {
		changed := asAnswered(t, before.wanted())
		change(&changed.BlockDeviceMappings[0])
		if before.fitting(changed) != (name == "left out") { // which a client sends empty, like nothing at all
			t.Errorf("%s: %s", name, mappingsText(changed.BlockDeviceMappings))
		}
	}
}

// A host is replaced where the version that it was launched from says other things that only a launch can give.
func TestAHostThatWasLaunchedWithAnotherVolumeIsReplaced(t *testing.T) {
	i := machine
	i.Volume.Size, i.Monitoring = 30, understudy.MonitoringBasic
	old := asAnswered(t, declaredInstance(t, i).wanted())
	tmpl := declaredInstance(t, machine)
	tmpl.says = map[int64]*ec2types.ResponseLaunchTemplateData{1: old, 2: asAnswered(t, tmpl.wanted())}
	for version, want := range map[string]string{"1": "volume", "2": "", "3": "", "": ""} {
		tags := map[string]string{"aws:ec2launchtemplate:id": "lt-1", "aws:ec2launchtemplate:version": version}
		if got := tmpl.launchedWithAnother(tags); got != want {
			t.Errorf("version %q: %q", version, got)
		}
	}
	if !renews([]resource.Difference{{Name: asLaunched}}) || renews([]resource.Difference{{Name: detailed}}) {
		t.Error("a host is replaced for its monitoring, or not for its volume")
	}
}
