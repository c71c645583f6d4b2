package parity

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/account"
)

// A template's version that says what is declared is as expected, and each setting that is another is found.
func TestWhatIsDeclaredOfInstancesIsExpectedOfTheTemplate(t *testing.T) {
	d := declaration(t, "instance: {profile: {name: web}, metadata: optional, hop_limit: 2, key: ops, monitoring: detailed, user_data: '#cloud-config',\n"+
		"  volume: {size: 20, type: gp3, encrypted: true, iops: 4000}}\n")
	data := func() *ec2types.ResponseLaunchTemplateData {
		return &ec2types.ResponseLaunchTemplateData{
			ImageId: aws.String("ami-1"), IamInstanceProfile: &ec2types.LaunchTemplateIamInstanceProfileSpecification{Name: aws.String("web")},
			InstanceType: "t3.micro", KeyName: aws.String("ops"), UserData: aws.String("I2Nsb3VkLWNvbmZpZw=="),
			Monitoring:      &ec2types.LaunchTemplatesMonitoring{Enabled: aws.Bool(true)},
			MetadataOptions: &ec2types.LaunchTemplateInstanceMetadataOptions{HttpTokens: "optional", HttpPutResponseHopLimit: aws.Int32(2)},
			BlockDeviceMappings: []ec2types.LaunchTemplateBlockDeviceMapping{{DeviceName: aws.String("/dev/xvda"), Ebs: &ec2types.LaunchTemplateEbsBlockDevice{
				VolumeSize: aws.Int32(20), VolumeType: "gp3", Encrypted: aws.Bool(true), Iops: aws.Int32(4000)}}},
		}
	}
	image := ec2types.Image{ImageId: aws.String("ami-1"), RootDeviceName: aws.String("/dev/xvda")}
	c := &canon{place: place{Account: &account.Account{Region: "us-east-1"}}, f: &facts{images: []ec2types.Image{image}}}
	expected := expect(d)
	wrong := func(data *ec2types.ResponseLaunchTemplateData) (names []string) {
		settings := c.templateData(data)
		for _, name := range sortedKeys(union(settings, expected.parts["primary"][key{"launch template", "template"}])) {
			if want, known := expected.setting("primary", "launch template", "template", name); known && want != valueIn(settings, name) && name != "groups" {
				names = append(names, name)
			}
		}
		return names
	}
	if names := wrong(data()); len(names) > 0 {
		t.Errorf("as declared, and wrong in %v", names)
	}
	for name, change := range map[string]func(*ec2types.ResponseLaunchTemplateData){
		"profile":            func(d *ec2types.ResponseLaunchTemplateData) { d.IamInstanceProfile = nil },
		"key name":           func(d *ec2types.ResponseLaunchTemplateData) { d.KeyName = nil },
		"user data":          func(d *ec2types.ResponseLaunchTemplateData) { d.UserData = nil },
		"monitoring":         func(d *ec2types.ResponseLaunchTemplateData) { d.Monitoring = nil },
		"metadata tokens":    func(d *ec2types.ResponseLaunchTemplateData) { d.MetadataOptions.HttpTokens = "required" },
		"metadata hop limit": func(d *ec2types.ResponseLaunchTemplateData) { d.MetadataOptions.HttpPutResponseHopLimit = nil },
		rootVolume:           func(d *ec2types.ResponseLaunchTemplateData) { d.BlockDeviceMappings[0].Ebs.Encrypted = nil },
	} {
		changed := data()
		change(changed)
		if diff := cmp.Diff([]string{name}, wrong(changed)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}
