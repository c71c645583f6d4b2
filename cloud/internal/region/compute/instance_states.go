package compute

import (
	"context"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

func itoa(n int32) string { return strconv.Itoa(int(n)) }

// changeStates changes several instances at once, or none where one refuses.
func (r *Room) changeStates(ids []string, in any, change func(*store.Tx, *Instance) error) ([]ec2types.InstanceStateChange, error) {
	if len(ids) == 0 {
		return nil, wire.Errorf("InvalidParameterCombination", "No instances specified")
	}
	var changes []ec2types.InstanceStateChange
	err := r.Update(func(tx *store.Tx) error {
		if err := instanceListing.Know(r.instances.AllTx(tx), ids); err != nil {
			return err
		}
		for _, id := range ids {
			row, _ := r.instances.GetTx(tx, id)
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
func byUser(i *Instance, to ec2types.InstanceStateName, code string) {
	i.State = to
	i.Transition = "User initiated (" + time.Now().UTC().Format("2006-01-02 15:04:05") + " GMT)"
	i.Reason = &ec2types.StateReason{Code: new(code), Message: new(code + ": User initiated shutdown")}
}

// StartInstances starts stopped instances, with a new public address where they have one.
func (r *Room) StartInstances(ctx context.Context, in *ec2.StartInstancesInput) (*ec2.StartInstancesOutput, error) {
	if err := room.Only(in, "InstanceIds"); err != nil {
		return nil, err
	}
	changes, err := r.changeStates(in.InstanceIds, in, func(tx *store.Tx, i *Instance) error {
		if i.State == running || i.State == pending {
			return nil
		}
		if i.State != stopped {
			return wire.Errorf("IncorrectInstanceState", "The instance '%s' is not in a state from which it can be started.", i.ID)
		}
		if err := r.place(tx, i); err != nil {
			return err
		}
		kind, _ := findType(string(i.Type))
		if err := r.checkVCPUs(tx, kind); err != nil {
			return err
		}
		i.State, i.Reason, i.Transition, i.Launched = pending, nil, "", time.Now().UTC()
		return r.nets.Renew(tx, i.Interface)
	})
	return &ec2.StartInstancesOutput{StartingInstances: changes}, err
}

// StopInstances stops instances; their disks stay.
func (r *Room) StopInstances(ctx context.Context, in *ec2.StopInstancesInput) (*ec2.StopInstancesOutput, error) {
	// Force skips the file system flush that a machine without one does not have.
	if err := room.Only(in, "InstanceIds", "Force"); err != nil {
		return nil, err
	}
	changes, err := r.changeStates(in.InstanceIds, in, func(tx *store.Tx, i *Instance) error {
		switch i.State {
		case stopping, stopped:
			return nil
		case terminated, shuttingDown:
			return wire.Errorf("IncorrectInstanceState", "This instance '%s' is not in a state from which it can be stopped.", i.ID)
		}
		if i.ProtectStop {
			return wire.Errorf("OperationNotPermitted",
				"The instance '%s' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.", i.ID)
		}
		byUser(i, stopping, "Client.UserInitiatedShutdown")
		return nil
	})
	return &ec2.StopInstancesOutput{StoppingInstances: changes}, err
}

// RebootInstances stops and starts the processes of instances, which stay running all the while.
func (r *Room) RebootInstances(ctx context.Context, in *ec2.RebootInstancesInput) (*ec2.RebootInstancesOutput, error) {
	if err := room.Only(in, "InstanceIds"); err != nil {
		return nil, err
	}
	_, err := r.changeStates(in.InstanceIds, in, func(tx *store.Tx, i *Instance) error {
		if i.State != running && i.State != pending {
			return wire.Errorf("IncorrectState", "The instance '%s' is not in a state from which it can be rebooted.", i.ID)
		}
		i.Boot++
		return nil
	})
	return &ec2.RebootInstancesOutput{}, err
}

// TerminateInstances ends instances for good.
func (r *Room) TerminateInstances(ctx context.Context, in *ec2.TerminateInstancesInput) (*ec2.TerminateInstancesOutput, error) {
	if err := room.Only(in, "InstanceIds", "Force", "SkipOsShutdown"); err != nil {
		return nil, err
	}
	changes, err := r.changeStates(in.InstanceIds, in, func(tx *store.Tx, i *Instance) error {
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

// Terminate ends instances, those that protect themselves from the API too, as Auto Scaling
// does; ids that are gone are no error.
func (r *Room) Terminate(ids []string) error {
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
