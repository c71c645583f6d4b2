package compute_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// named finds a public image by its name.
func (d *desk) named(name string) string {
	d.T.Helper()
	return *roomtest.Must(d.DescribeImages(d.T.Context(), &ec2.DescribeImagesInput{Filters: regiontest.Where("name", name)}))(d.T).Images[0].ImageId
}

// golden makes the parameter /golden, or another version of it, which is an image.
func (d *desk) golden(image string) {
	d.T.Helper()
	roomtest.Must(d.SSM.PutParameter(d.T.Context(), &ssm.PutParameterInput{
		Name: new("/golden"), Type: ssmtypes.ParameterTypeString, DataType: new("aws:ec2:image"), Value: &image, Overwrite: new(true),
	}))(d.T)
}

// The parameters that tutorials and templates read an image's id from, and what they lead to.
func TestPublicParametersLeadToFamiliarImages(t *testing.T) {
	d := newDesk(t)
	debian, arch := "amd64", "x86_64"
	if regiontest.SmallType() == "t4g.micro" {
		debian, arch = "arm64", "arm64"
	}
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	for name, image := range map[string]string{
		"/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-" + arch:                      "al2023-ami-2023.*",
		"/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-" + arch:                          "al2023-ami-2023.*",
		"/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-" + arch + "-gp2":                         "amzn2-ami-hvm-*-gp2",
		"/aws/service/ami-amazon-linux-latest/amzn2-ami-kernel-5.10-hvm-" + arch + "-gp2":             "amzn2-ami-kernel-5.10-hvm-*-gp2",
		"/aws/service/canonical/ubuntu/server/22.04/stable/current/" + debian + "/hvm/ebs-gp2/ami-id": "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-*",
		"/aws/service/canonical/ubuntu/server/noble/stable/current/" + debian + "/hvm/ebs-gp3/ami-id": "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-*",
		"/aws/service/debian/release/12/latest/" + debian:                                             "debian-12-*",
		"/aws/service/debian/release/bookworm/latest/" + debian:                                       "debian-12-*",
	} {
		p := roomtest.Must(d.SSM.GetParameter(t.Context(), &ssm.GetParameterInput{Name: &name}))(t).Parameter
		if want := d.named(image); *p.Value != want || *p.ARN != "arn:aws:ssm:us-east-1::parameter"+name {
			t.Errorf("%s, %s, is %s, want %s", name, *p.ARN, *p.Value, want)
		}
		in := d.launch(subnet)
		in.ImageId = new("resolve:ssm:" + name)
		if i := roomtest.Must(d.RunInstances(t.Context(), in))(t).Instances[0]; *i.ImageId != *p.Value {
			t.Errorf("%s launches %s, want %s", name, *i.ImageId, *p.Value)
		}
	}
}

// An image that a parameter names is the one that it is at the launch, also in a launch template, whose versions show either.
func TestImageIsNamedByParameter(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	first, second := d.named("debian-12-*"), d.named("al2023-ami-2023.*")
	d.golden(first)
	data := &ec2types.RequestLaunchTemplateData{ImageId: new("resolve:ssm:/golden"), InstanceType: regiontest.SmallType()}
	roomtest.Must(d.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: new("app"), LaunchTemplateData: data}))(t)
	d.golden(second)
	roomtest.Must(d.SSM.LabelParameterVersion(ctx, &ssm.LabelParameterVersionInput{
		Name: new("/golden"), ParameterVersion: new(int64(1)), Labels: []string{"old"},
	}))(t)
	d.Reopen()
	for name, want := range map[string]string{
		"resolve:ssm:/golden": second, "resolve:ssm:/golden:1": first, "resolve:ssm:golden:2": second, "resolve:ssm:/golden:old": first,
		"resolve:ssm:arn:aws:ssm:us-east-1:111122223333:parameter/golden": second,
	} {
		in := d.launch(subnet)
		in.ImageId = &name
		if i := roomtest.Must(d.RunInstances(ctx, in))(t).Instances[0]; *i.ImageId != want {
			t.Errorf("%s launches %s, want %s", name, *i.ImageId, want)
		}
	}
	in := d.launch(subnet)
	in.ImageId, in.InstanceType, in.LaunchTemplate = nil, "", &ec2types.LaunchTemplateSpecification{LaunchTemplateName: new("app")}
	if i := roomtest.Must(d.RunInstances(ctx, in))(t).Instances[0]; *i.ImageId != second {
		t.Errorf("the template launches %s, want %s", *i.ImageId, second)
	}
	for resolve, want := range map[bool]string{false: "resolve:ssm:/golden", true: second} {
		shown := roomtest.Must(d.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{
			LaunchTemplateName: new("app"), ResolveAlias: &resolve,
		}))(t)
		if got := *shown.LaunchTemplateVersions[0].LaunchTemplateData.ImageId; got != want {
			t.Errorf("resolved %v, the template has %s, want %s", resolve, got, want)
		}
		made := roomtest.Must(d.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{
			LaunchTemplateName: new("app"), LaunchTemplateData: data, ResolveAlias: &resolve,
		}))(t)
		if got := *made.LaunchTemplateVersion.LaunchTemplateData.ImageId; got != want {
			t.Errorf("resolved %v, the new version has %s, want %s", resolve, got, want)
		}
	}
}

func TestParameterThatIsNoImageIsRefused(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	d.golden(d.HostImage())
	roomtest.Must(d.SSM.PutParameter(ctx, &ssm.PutParameterInput{Name: new("/text"), Type: ssmtypes.ParameterTypeString, Value: new(d.HostImage())}))(t)
	roomtest.Must(d.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: new("app"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{InstanceType: regiontest.SmallType()},
	}))(t)
	for name, want := range map[string]string{
		"resolve:ssm:/missing":   "The following aliases are invalid: /missing",
		"resolve:ssm:/golden:7":  "The following aliases are invalid: /golden:7",
		"resolve:ssm:":           "The following aliases are invalid: ",
		"resolve:ssm:/aws/other": "The following aliases are invalid: /aws/other",
		"resolve:ssm:/text":      "Unsupported data type. The following parameter data types are supported: aws:ec2:image",
	} {
		data := &ec2types.RequestLaunchTemplateData{ImageId: &name}
		_, made := d.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: new("another"), LaunchTemplateData: data})
		_, version := d.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{LaunchTemplateName: new("app"), LaunchTemplateData: data})
		in := d.launch(subnet)
		in.ImageId = &name
		_, launched := d.RunInstances(ctx, in)
		for what, err := range map[string]error{"CreateLaunchTemplate": made, "CreateLaunchTemplateVersion": version, "RunInstances": launched} {
			var e smithy.APIError
			if !errors.As(err, &e) || e.ErrorCode() != "SsmInvalidParameter" || e.ErrorMessage() != want {
				t.Errorf("%s of %s: %v, want %s", what, name, err, want)
			}
		}
	}
}
