package compute

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
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
	case ec2types.InstanceAttributeNameDisableApiStop:
		out.DisableApiStop = &ec2types.AttributeBooleanValue{Value: new(false)}
	case ec2types.InstanceAttributeNameSourceDestCheck:
		out.SourceDestCheck = &ec2types.AttributeBooleanValue{Value: new(true)}
	case ec2types.InstanceAttributeNameEnaSupport:
		out.EnaSupport = &ec2types.AttributeBooleanValue{Value: new(true)}
	case ec2types.InstanceAttributeNameRootDeviceName:
		out.RootDeviceName = &ec2types.AttributeValue{Value: new(rootDevice)}
	case ec2types.InstanceAttributeNameEnclaveOptions:
		out.EnclaveOptions = &ec2types.EnclaveOptions{Enabled: new(false)}
	case ec2types.InstanceAttributeNameKernel:
		out.KernelId = &ec2types.AttributeValue{}
	case ec2types.InstanceAttributeNameRamdisk:
		out.RamdiskId = &ec2types.AttributeValue{}
	default:
		return wire.Errorf("InvalidParameterValue", "Value (%s) for parameter attribute is invalid. Unknown attribute.", name)
	}
	return nil
}

// given counts the parameters that a request has.
func given(parameters ...bool) (n int) {
	for _, is := range parameters {
		if is {
			n++
		}
	}
	return n
}

// ModifyInstanceAttribute changes an instance's groups, its protection or its shutdown behaviour.
func (r *Room) ModifyInstanceAttribute(ctx context.Context, in *ec2.ModifyInstanceAttributeInput) (*ec2.ModifyInstanceAttributeOutput, error) {
	if in.SourceDestCheck != nil {
		return nil, wire.Errorf("UnsupportedOperation", "The parameter 'SourceDestCheck' is not supported here.")
	}
	if err := room.Only(in, "InstanceId", "Groups", "DisableApiTermination", "InstanceInitiatedShutdownBehavior"); err != nil {
		return nil, err
	}
	if err := resource.Required("instanceId", in.InstanceId); err != nil {
		return nil, err
	}
	switch given(len(in.Groups) > 0, in.DisableApiTermination != nil, in.InstanceInitiatedShutdownBehavior != nil) {
	case 0:
		return nil, wire.Errorf("InvalidParameterCombination", "No attributes specified.")
	case 1:
	default:
		return nil, wire.Errorf("InvalidParameterCombination", "Fields for multiple attribute types specified")
	}
	i, ok := r.instances.Get(*in.InstanceId)
	if !ok {
		return nil, missingInstance(*in.InstanceId)
	}
	if b := in.InstanceInitiatedShutdownBehavior; b != nil && !slices.Contains([]string{"stop", "terminate"}, room.Deref(b.Value)) {
		return nil, wire.Errorf("InvalidParameterValue", "Value (%s) for parameter instanceInitiatedShutdownBehavior is invalid.", room.Deref(b.Value))
	}
	if err := room.DryRun(in); err != nil {
		return nil, err
	}
	if len(in.Groups) > 0 {
		return &ec2.ModifyInstanceAttributeOutput{}, r.moveToGroups(i, in.Groups)
	}
	return &ec2.ModifyInstanceAttributeOutput{}, r.changeInstance(i.ID, func(i *Instance) {
		if v := in.DisableApiTermination; v != nil {
			i.ProtectTermination = room.Deref(v.Value)
		}
		if v := in.InstanceInitiatedShutdownBehavior; v != nil {
			i.ShutdownTerminates = room.Deref(v.Value) == "terminate"
		}
	})
}

// moveToGroups changes an instance's security groups.
func (r *Room) moveToGroups(i Instance, groups []string) error {
	if err := r.Update(func(tx *store.Tx) error { return r.nets.SetGroups(tx, i.Interface, groups) }); err != nil {
		return err
	}
	return r.nets.Sync(i.VPC)
}
