package machines

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

func TestATemplateVersionIsFoundByItsContent(t *testing.T) {
	of := func(n int64, image string, preset bool, change ...func(*ec2types.ResponseLaunchTemplateData)) ec2types.LaunchTemplateVersion {
		data := &ec2types.ResponseLaunchTemplateData{ImageId: &image, InstanceType: "t3.micro", SecurityGroupIds: []string{"sg-in"},
			LicenseSpecifications: []ec2types.LaunchTemplateLicenseConfiguration{},
			MetadataOptions:       &ec2types.LaunchTemplateInstanceMetadataOptions{HttpTokens: "required"}, EbsOptimized: aws.Bool(false)}
		for _, c := range change {
			c(data)
		}
		return ec2types.LaunchTemplateVersion{VersionNumber: &n, DefaultVersion: &preset, LaunchTemplateData: data}
	}
	byHand := func(d *ec2types.ResponseLaunchTemplateData) {
		d.UserData, d.KeyName, d.EbsOptimized = aws.String("IyEvYmluL3NoCg=="), aws.String("mine"), aws.Bool(true)
	}
	for name, c := range map[string]struct {
		all   []ec2types.LaunchTemplateVersion
		next  string
		later string
		other string
	}{
		"the default":                  {[]ec2types.LaunchTemplateVersion{of(1, "ami-1", true)}, "1", "", ""},
		"made by a killed run":         {[]ec2types.LaunchTemplateVersion{of(2, "ami-1", false), of(1, "ami-0", true)}, "2", "", ""},
		"a later one by somebody":      {[]ec2types.LaunchTemplateVersion{of(1, "ami-1", true), of(2, "ami-1", false, byHand)}, "1", "2", ""},
		"made the default by somebody": {[]ec2types.LaunchTemplateVersion{of(1, "ami-1", false), of(2, "ami-1", true, byHand)}, "1", "2", ""},
		"none":                         {[]ec2types.LaunchTemplateVersion{of(1, "ami-1", true, byHand)}, resource.Unknown, "", "EbsOptimized"},
		"an equal one, not default":    {[]ec2types.LaunchTemplateVersion{of(1, "ami-1", true), of(2, "ami-1", false)}, "1", "2", ""},
	} {
		tmpl := &Template{Scope: resourcetest.Scope(t), ImageID: func() string { return "ami-1" }, Group: &network.Group{ID: "sg-in"}, ID: "lt-1"}
		tmpl.remember(c.all)
		if got := tmpl.Next(); got != c.next || resource.Set(tmpl.later()...) != c.later {
			t.Errorf("%s: version %s, later %v", name, got, tmpl.later())
		}
		if i := slices.IndexFunc(tmpl.Actual(), func(f resource.Field) bool { return f.Name == "other settings" }); tmpl.Actual()[i].Value != c.other {
			t.Errorf("%s: other settings %v", name, tmpl.Actual()[i])
		}
	}
}
