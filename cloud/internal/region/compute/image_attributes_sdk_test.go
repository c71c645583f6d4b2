package compute_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestImageAttributesAreTold(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	image := d.image("web-1", "motd", "hello")
	ask := func(id string, name ec2types.ImageAttributeName) (*ec2.DescribeImageAttributeOutput, error) {
		return d.DescribeImageAttribute(ctx, &ec2.DescribeImageAttributeInput{ImageId: &id, Attribute: name})
	}
	told := func(name ec2types.ImageAttributeName) *ec2.DescribeImageAttributeOutput {
		t.Helper()
		out := roomtest.Must(ask(*image.ImageId, name))(t)
		if aws.ToString(out.ImageId) != *image.ImageId {
			t.Errorf("%s: %+v", name, out)
		}
		return out
	}
	if out := told("launchPermission"); out.LaunchPermissions == nil || len(out.LaunchPermissions) > 0 {
		t.Errorf("who may launch it: %+v", out.LaunchPermissions)
	}
	if out := told("productCodes"); out.ProductCodes == nil || len(out.ProductCodes) > 0 {
		t.Errorf("product codes: %+v", out.ProductCodes)
	}
	if out := told("blockDeviceMapping"); len(out.BlockDeviceMappings) != 1 ||
		*out.BlockDeviceMappings[0].Ebs.SnapshotId != *image.BlockDeviceMappings[0].Ebs.SnapshotId {
		t.Errorf("devices: %+v", out.BlockDeviceMappings)
	}
	if out := told("description"); out.Description == nil || aws.ToString(out.Description.Value) != aws.ToString(image.Description) {
		t.Errorf("description: %+v", out.Description)
	}
	for _, name := range []ec2types.ImageAttributeName{"kernel", "ramdisk", "sriovNetSupport"} {
		told(name)
	}
	for code, c := range map[string]struct {
		id   string
		name ec2types.ImageAttributeName
	}{
		"InvalidAMIID.NotFound":  {"ami-0123456789abcdef0", "description"},
		"AuthFailure":            {d.HostImage(), "launchPermission"},
		"InvalidParameterValue":  {*image.ImageId, "colour"},
		"MissingParameter":       {"", "description"},
		"InvalidAMIID.Malformed": {"ami-x", "description"},
	} {
		_, err := ask(c.id, c.name)
		roomtest.WantAPIError(t, err, code)
	}
}
