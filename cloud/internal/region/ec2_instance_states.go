package region

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

func itoa(n int32) string { return strconv.Itoa(int(n)) }

// changeStates changes several instances at once, or none where one refuses.
func (r *Region) changeStates(ids []string, in any, change func(*store.Tx, *instanceRow) error) ([]ec2types.InstanceStateChange, error) {
	if len(ids) == 0 {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter InstanceId")
	}
	var changes []ec2types.InstanceStateChange
	err := r.Update(func(tx *store.Tx) error {
		for _, id := range ids {
			row, ok := r.instances.GetTx(tx, id)
			if !ok {
				return missingInstance(id)
			}
			before := row.State
			if err := change(tx, &row); err != nil {
				return err
			}
			if err := r.instances.Put(tx, id, row); err != nil {
				return err
			}
			changes = append(changes, ec2types.InstanceStateChange{
				InstanceId: new(id), PreviousState: showState(before), CurrentState: showState(row.State),
			})
		}
		return room.DryRun(in)
	})
	return changes, err
}

// byUser marks a transition that a call asked for.
func byUser(i *instanceRow, to ec2types.InstanceStateName, code string) {
	i.State = to
	i.Transition = "User initiated (" + time.Now().UTC().Format("2006-01-02 15:04:05") + " GMT)"
	i.Reason = &ec2types.StateReason{Code: new(code), Message: new(code + ": User initiated shutdown")}
}

// StartInstances starts stopped instances, with a new public address where they have one.
func (r *Region) StartInstances(ctx context.Context, in *ec2.StartInstancesInput) (*ec2.StartInstancesOutput, error) {
	if err := room.Only(in, "InstanceIds"); err != nil {
		return nil, err
	}
	changes, err := r.changeStates(in.InstanceIds, in, func(tx *store.Tx, i *instanceRow) error {
		if i.State == running || i.State == pending {
			return nil
		}
		if i.State != stopped {
			return wire.Errorf("IncorrectInstanceState", "The instance '%s' is not in a state from which it can be started.", i.ID)
		}
		i.State, i.Reason, i.Transition, i.Launched = pending, nil, "", time.Now().UTC()
		eni, ok := r.interfaces.GetTx(tx, i.Interface)
		if !ok || !eni.WantsPublic {
			return nil
		}
		var err error
		if eni.Public, err = r.publicAddress(tx); err != nil {
			return err
		}
		return r.interfaces.Put(tx, eni.ID, eni)
	})
	return &ec2.StartInstancesOutput{StartingInstances: changes}, err
}

// StopInstances stops instances; their disks stay.
func (r *Region) StopInstances(ctx context.Context, in *ec2.StopInstancesInput) (*ec2.StopInstancesOutput, error) {
	// Force skips the file system flush that a machine without one does not have.
	if err := room.Only(in, "InstanceIds", "Force"); err != nil {
		return nil, err
	}
	changes, err := r.changeStates(in.InstanceIds, in, func(tx *store.Tx, i *instanceRow) error {
		switch i.State {
		case stopping, stopped:
			return nil
		case terminated, shuttingDown:
			return wire.Errorf("IncorrectInstanceState", "This instance '%s' is not in a state from which it can be stopped.", i.ID)
		}
		byUser(i, stopping, "Client.UserInitiatedShutdown")
		return nil
	})
	return &ec2.StopInstancesOutput{StoppingInstances: changes}, err
}

// RebootInstances stops and starts the processes of instances, which stay running all the while.
func (r *Region) RebootInstances(ctx context.Context, in *ec2.RebootInstancesInput) (*ec2.RebootInstancesOutput, error) {
	if err := room.Only(in, "InstanceIds"); err != nil {
		return nil, err
	}
	_, err := r.changeStates(in.InstanceIds, in, func(tx *store.Tx, i *instanceRow) error {
		if i.State != running && i.State != pending {
			return wire.Errorf("IncorrectState", "The instance '%s' is not in a state from which it can be rebooted.", i.ID)
		}
		i.Boot++
		return nil
	})
	return &ec2.RebootInstancesOutput{}, err
}

// TerminateInstances ends instances for good.
func (r *Region) TerminateInstances(ctx context.Context, in *ec2.TerminateInstancesInput) (*ec2.TerminateInstancesOutput, error) {
	if err := room.Only(in, "InstanceIds", "Force", "SkipOsShutdown"); err != nil {
		return nil, err
	}
	changes, err := r.changeStates(in.InstanceIds, in, func(tx *store.Tx, i *instanceRow) error {
		if i.State == terminated || i.State == shuttingDown {
			return nil
		}
		if i.ProtectTermination {
			return wire.Errorf(
				"OperationNotPermitted",
				"The instance '%s' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.",
				i.ID,
			)
		}
		byUser(i, shuttingDown, "Client.UserInitiatedShutdown")
		return nil
	})
	return &ec2.TerminateInstancesOutput{TerminatingInstances: changes}, err
}

// terminateInstances ends instances, those that protect themselves from the API too, as Auto Scaling
// does; ids that are gone are no error.
func (r *Region) terminateInstances(ids []string) error {
	return r.Update(func(tx *store.Tx) error {
		for _, id := range ids {
			i, ok := r.instances.GetTx(tx, id)
			if !ok || i.State == terminated || i.State == shuttingDown {
				continue
			}
			byUser(&i, shuttingDown, "Client.UserInitiatedShutdown")
			if err := r.instances.Put(tx, id, i); err != nil {
				return err
			}
		}
		return nil
	})
}

// DescribeInstanceAttribute tells one attribute of an instance.
func (r *Region) DescribeInstanceAttribute(ctx context.Context, in *ec2.DescribeInstanceAttributeInput) (*ec2.DescribeInstanceAttributeOutput, error) {
	if err := room.Only(in, "Attribute", "InstanceId"); err != nil {
		return nil, err
	}
	if err := required("instanceId", in.InstanceId); err != nil {
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
		eni, _ := r.interfaces.Get(i.Interface)
		out.Groups = r.identifiers(eni.Groups)
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
func (r *Region) ModifyInstanceAttribute(ctx context.Context, in *ec2.ModifyInstanceAttributeInput) (*ec2.ModifyInstanceAttributeOutput, error) {
	if in.SourceDestCheck != nil {
		return nil, wire.Errorf("UnsupportedOperation", "The parameter 'SourceDestCheck' is not supported here.")
	}
	if err := room.Only(in, "InstanceId", "Groups", "DisableApiTermination", "InstanceInitiatedShutdownBehavior"); err != nil {
		return nil, err
	}
	if err := required("instanceId", in.InstanceId); err != nil {
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
		if err := r.setGroups(i.Interface, in.Groups); err != nil {
			return nil, err
		}
	}
	return &ec2.ModifyInstanceAttributeOutput{}, r.changeInstance(i.ID, func(i *instanceRow) {
		if v := in.DisableApiTermination; v != nil {
			i.ProtectTermination = room.Deref(v.Value)
		}
		if v := in.InstanceInitiatedShutdownBehavior; v != nil {
			i.ShutdownTerminates = room.Deref(v.Value) == "terminate"
		}
	})
}

// GetConsoleOutput returns the end of what an instance wrote to its console.
func (r *Region) GetConsoleOutput(ctx context.Context, in *ec2.GetConsoleOutputInput) (*ec2.GetConsoleOutputOutput, error) {
	if err := room.Only(in, "InstanceId", "Latest"); err != nil {
		return nil, err
	}
	if err := required("instanceId", in.InstanceId); err != nil {
		return nil, err
	}
	if _, ok := r.instances.Get(*in.InstanceId); !ok {
		return nil, missingInstance(*in.InstanceId)
	}
	text, err := machine.Console(r.instanceDir(*in.InstanceId))
	if err != nil {
		return nil, err
	}
	// AWS keeps the last 64 KiB.
	text = text[max(0, len(text)-64<<10):]
	return &ec2.GetConsoleOutputOutput{InstanceId: in.InstanceId, Output: new(encode(text)), Timestamp: new(time.Now().UTC())}, nil
}
