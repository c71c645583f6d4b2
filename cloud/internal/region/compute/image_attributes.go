package compute

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// DescribeImageAttribute tells one attribute of an image. Most of them only its owner may see.
func (r *Room) DescribeImageAttribute(ctx context.Context, in *ec2.DescribeImageAttributeInput) (*ec2.DescribeImageAttributeOutput, error) {
	if err := room.Only(in, "Attribute", "ImageId"); err != nil {
		return nil, err
	}
	if err := resource.Required("imageId", in.ImageId); err != nil {
		return nil, err
	}
	i, ok := r.images.Get(*in.ImageId)
	switch {
	case !ok && r.wasDeregistered(*in.ImageId):
		return nil, wire.Errorf("InvalidAMIID.Unavailable", "The image ID '%s' is no longer available", *in.ImageId)
	case !ok:
		return nil, missingImage(*in.ImageId)
	case i.Owner != r.Account:
		return nil, wire.Errorf("AuthFailure", "Not authorized for image:%s", i.ID)
	}
	out := &ec2.DescribeImageAttributeOutput{ImageId: in.ImageId}
	switch in.Attribute {
	case ec2types.ImageAttributeNameDescription:
		out.Description = &ec2types.AttributeValue{Value: room.Some(i.Description)}
	case ec2types.ImageAttributeNameBlockDeviceMapping:
		out.BlockDeviceMappings = r.showImage(i).BlockDeviceMappings
	case ec2types.ImageAttributeNameLaunchPermission:
		out.LaunchPermissions = showLaunchers(i)
	case ec2types.ImageAttributeNameProductCodes:
		out.ProductCodes = []ec2types.ProductCode{}
	case ec2types.ImageAttributeNameKernel:
		out.KernelId = &ec2types.AttributeValue{}
	case ec2types.ImageAttributeNameRamdisk:
		out.RamdiskId = &ec2types.AttributeValue{}
	case ec2types.ImageAttributeNameSriovNetSupport:
		out.SriovNetSupport = &ec2types.AttributeValue{Value: room.Some(i.Sriov)}
	case ec2types.ImageAttributeNameBootMode:
		out.BootMode = &ec2types.AttributeValue{}
	case ec2types.ImageAttributeNameImdsSupport:
		out.ImdsSupport = &ec2types.AttributeValue{}
	case ec2types.ImageAttributeNameTpmSupport:
		out.TpmSupport = &ec2types.AttributeValue{}
	case ec2types.ImageAttributeNameDeregistrationProtection:
		out.DeregistrationProtection = &ec2types.AttributeValue{Value: new("disabled")}
	default:
		return nil, unknownAttribute(string(in.Attribute))
	}
	return out, nil
}
