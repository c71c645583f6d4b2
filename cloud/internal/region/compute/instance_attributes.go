package compute

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
)

// DescribeInstanceAttribute tells one attribute of an instance.
func (r *Room) DescribeInstanceAttribute(ctx context.Context, in *ec2.DescribeInstanceAttributeInput) (*ec2.DescribeInstanceAttributeOutput, error) {
	if err := room.Only(in, "Attribute", "InstanceId"); err != nil {
		return nil, err
	}
	if err := resource.Required("instanceId", in.InstanceId); err != nil {
		return nil, err
	}
	i, ok := r.instances.Get(*in.InstanceId)
	if !ok {
		return nil, missingInstance(*in.InstanceId)
	}
	out := &ec2.DescribeInstanceAttributeOutput{InstanceId: in.InstanceId}
	flag := func(v bool) *ec2types.AttributeBooleanValue { return &ec2types.AttributeBooleanValue{Value: new(v)} }
	switch in.Attribute {
	case ec2types.InstanceAttributeNameUserData:
		out.UserData = &ec2types.AttributeValue{Value: room.Some(i.UserData)}
	case ec2types.InstanceAttributeNameDisableApiTermination:
		out.DisableApiTermination = flag(i.ProtectTermination)
	case ec2types.InstanceAttributeNameDisableApiStop:
		out.DisableApiStop = flag(i.ProtectStop)
	case ec2types.InstanceAttributeNameSourceDestCheck:
		eni, _ := r.nets.Interface(nil, i.Interface)
		out.SourceDestCheck = flag(!eni.NoSourceDestCheck)
	case ec2types.InstanceAttributeNameInstanceType:
		out.InstanceType = &ec2types.AttributeValue{Value: new(string(i.Type))}
	case ec2types.InstanceAttributeNameGroupSet:
		eni, _ := r.nets.Interface(nil, i.Interface)
		out.Groups = r.nets.Identifiers(eni.Groups)
	case ec2types.InstanceAttributeNameEbsOptimized:
		out.EbsOptimized = flag(i.EbsOptimized)
	case ec2types.InstanceAttributeNameBlockDeviceMapping:
		out.BlockDeviceMappings = r.showInstance(i).BlockDeviceMappings
	case ec2types.InstanceAttributeNameInstanceInitiatedShutdownBehavior:
		behaviour := "stop"
		if i.ShutdownTerminates {
			behaviour = "terminate"
		}
		out.InstanceInitiatedShutdownBehavior = &ec2types.AttributeValue{Value: new(behaviour)}
	default:
		return out, fixedAttribute(in.Attribute, out)
	}
	return out, nil
}

// fixedAttribute tells an attribute that is the same for every instance here.
func fixedAttribute(name ec2types.InstanceAttributeName, out *ec2.DescribeInstanceAttributeOutput) error {
	switch name {
	case ec2types.InstanceAttributeNameEnaSupport:
		out.EnaSupport = &ec2types.AttributeBooleanValue{Value: new(true)}
	case ec2types.InstanceAttributeNameRootDeviceName:
		out.RootDeviceName = &ec2types.AttributeValue{Value: new(rootDevice)}
	case ec2types.InstanceAttributeNameEnclaveOptions:
		out.EnclaveOptions = &ec2types.EnclaveOptions{Enabled: new(false)}
	case ec2types.InstanceAttributeNameKernel:
		out.KernelId = &ec2types.AttributeValue{}
	case ec2types.InstanceAttributeNameProductCodes:
		out.ProductCodes = []ec2types.ProductCode{}
	case ec2types.InstanceAttributeNameSriovNetSupport:
		out.SriovNetSupport = &ec2types.AttributeValue{}
	case ec2types.InstanceAttributeNameRamdisk:
		out.RamdiskId = &ec2types.AttributeValue{}
	default:
		return unknownAttribute(string(name))
	}
	return nil
}
