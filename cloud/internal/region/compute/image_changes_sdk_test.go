package compute_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// described is an image as its owner sees it, and nothing for one that is not listed.
func (d *desk) described(in *ec2.DescribeImagesInput) *ec2types.Image {
	d.T.Helper()
	if out := roomtest.Must(d.DescribeImages(d.T.Context(), in))(d.T); len(out.Images) > 0 {
		return &out.Images[0]
	}
	return nil
}

func TestImageAttributesAreModified(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	image := *d.image("web-1", "motd", "hello").ImageId
	modify := func(in ec2.ModifyImageAttributeInput) error {
		in.ImageId = &image
		_, err := d.ModifyImageAttribute(ctx, &in)
		return err
	}
	shared := func() (users []string, public bool) {
		out := roomtest.Must(d.DescribeImageAttribute(ctx, &ec2.DescribeImageAttributeInput{ImageId: &image, Attribute: "launchPermission"}))(t)
		for _, p := range out.LaunchPermissions {
			if p.Group == "all" {
				public = true
			} else {
				users = append(users, *p.UserId)
			}
		}
		return users, public
	}
	for _, c := range []ec2.ModifyImageAttributeInput{
		{Description: &ec2types.AttributeValue{Value: new("first")}}, {Attribute: new("description"), Value: new("second")},
		{LaunchPermission: &ec2types.LaunchPermissionModifications{Add: []ec2types.LaunchPermission{
			{UserId: new("222233334444")}, {UserId: new("333344445555")}, {Group: ec2types.PermissionGroupAll},
		}}},
		{Attribute: new("launchPermission"), OperationType: "remove", UserIds: []string{"333344445555"}},
	} {
		if err := modify(c); err != nil {
			t.Fatal(err)
		}
	}
	now := d.described(&ec2.DescribeImagesInput{ImageIds: []string{image}})
	users, public := shared()
	if aws.ToString(now.Description) != "second" || !*now.Public || !public {
		t.Errorf("%+v", now)
	}
	roomtest.WantSame(t, "accounts", users, "222233334444")
	for _, c := range []struct {
		code string
		in   ec2.ModifyImageAttributeInput
	}{
		{"InvalidParameterCombination", ec2.ModifyImageAttributeInput{}},
		{"InvalidAMIAttributeItemValue", ec2.ModifyImageAttributeInput{Attribute: new("launchPermission"), OperationType: "add", UserIds: []string{"me"}}},
		{"MissingParameter", ec2.ModifyImageAttributeInput{Attribute: new("launchPermission"), UserIds: []string{"222233334444"}}},
		{"UnsupportedOperation", ec2.ModifyImageAttributeInput{Attribute: new("productCodes"), Value: new("x")}},
		{"UnsupportedOperation", ec2.ModifyImageAttributeInput{OrganizationArns: []string{"arn:aws:organizations::1:organization/o-1"}}},
		{"DryRunOperation", ec2.ModifyImageAttributeInput{Description: &ec2types.AttributeValue{Value: new("third")}, DryRun: new(true)}},
	} {
		roomtest.WantAPIError(t, modify(c.in), c.code)
	}
	roomtest.Must(d.ResetImageAttribute(ctx, &ec2.ResetImageAttributeInput{ImageId: &image, Attribute: "launchPermission"}))(t)
	if users, public := shared(); len(users) > 0 || public {
		t.Errorf("shared with %v, %v", users, public)
	}
	host := d.HostImage()
	_, err := d.ModifyImageAttribute(ctx, &ec2.ModifyImageAttributeInput{ImageId: &host, Description: &ec2types.AttributeValue{Value: new("mine")}})
	roomtest.WantAPIError(t, err, "AuthFailure")
}

func TestDeprecatedImageIsSaidToBe(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	image := *d.image("web-1", "motd", "hello").ImageId
	deprecate := func(at time.Time) error {
		_, err := d.EnableImageDeprecation(ctx, &ec2.EnableImageDeprecationInput{ImageId: &image, DeprecateAt: &at})
		return err
	}
	roomtest.WantAPIError(t, deprecate(time.Now().Add(-time.Hour)), "InvalidParameterValue")
	roomtest.WantAPIError(t, deprecate(time.Now().AddDate(11, 0, 0)), "InvalidParameterValue")
	year := time.Now().UTC().Year() + 1
	if err := deprecate(time.Date(year, 3, 4, 5, 6, 40, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	d.Reopen()
	told := d.described(&ec2.DescribeImagesInput{ImageIds: []string{image}}).DeprecationTime
	if want := time.Date(year, 3, 4, 5, 7, 0, 0, time.UTC).Format("2006-01-02T15:04:05.000Z"); aws.ToString(told) != want {
		t.Errorf("%v, want %s: the nearest minute", aws.ToString(told), want)
	}
	roomtest.Must(d.DisableImageDeprecation(ctx, &ec2.DisableImageDeprecationInput{ImageId: &image}))(t)
	if told := d.described(&ec2.DescribeImagesInput{ImageIds: []string{image}}).DeprecationTime; told != nil {
		t.Errorf("it is still deprecated at %s", *told)
	}
}

func TestDisabledImageIsNotLaunched(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	image := *d.image("web-1", "motd", "hello").ImageId
	all := &ec2types.LaunchPermissionModifications{Add: []ec2types.LaunchPermission{{Group: ec2types.PermissionGroupAll}}}
	roomtest.Must(d.ModifyImageAttribute(ctx, &ec2.ModifyImageAttributeInput{ImageId: &image, LaunchPermission: all}))(t)
	roomtest.Must(d.DisableImage(ctx, &ec2.DisableImageInput{ImageId: &image}))(t)
	if told := d.described(&ec2.DescribeImagesInput{ImageIds: []string{image}}); told != nil {
		t.Errorf("it is listed: %+v", told)
	}
	told := d.described(&ec2.DescribeImagesInput{ImageIds: []string{image}, IncludeDisabled: new(true)})
	if told == nil || told.State != ec2types.ImageStateDisabled || *told.Public {
		t.Errorf("%+v", told)
	}
	_, subnet := d.VPC("10.1.0.0/16", "10.1.1.0/24", false)
	in := d.launch(subnet)
	in.ImageId = &image
	_, err := d.RunInstances(ctx, in)
	roomtest.WantAPIError(t, err, "InvalidAMIID.Unavailable")
	_, err = d.ModifyImageAttribute(ctx, &ec2.ModifyImageAttributeInput{ImageId: &image, LaunchPermission: all})
	roomtest.WantAPIError(t, err, "IncorrectState")
	roomtest.Must(d.EnableImage(ctx, &ec2.EnableImageInput{ImageId: &image}))(t)
	if told := d.described(&ec2.DescribeImagesInput{ImageIds: []string{image}}); told == nil || told.State != ec2types.ImageStateAvailable || *told.Public {
		t.Errorf("%+v", told)
	}
}
