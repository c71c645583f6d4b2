package compute

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// ModifyInstancePlacement puts a stopped instance into another placement group or, by an empty GroupName, into none (EC2 API reference,
// ModifyInstancePlacement). Its tenancy stays the default one, since there are no dedicated hosts.
func (r *Room) ModifyInstancePlacement(ctx context.Context, in *ec2.ModifyInstancePlacementInput) (*ec2.ModifyInstancePlacementOutput, error) {
	if err := room.Only(in, "GroupId", "GroupName", "InstanceId", "PartitionNumber", "Tenancy"); err != nil {
		return nil, err
	}
	if err := resource.Required("instanceId", in.InstanceId); err != nil {
		return nil, err
	}
	switch {
	case in.Tenancy != "" && in.Tenancy != ec2types.HostTenancyDefault:
		return nil, unsupported("Tenancy")
	case in.GroupId == nil && in.GroupName == nil && in.PartitionNumber == nil && in.Tenancy == "":
		return nil, wire.Errorf("MissingParameter", "The request must change the placement group, the partition or the tenancy.")
	}
	err := r.Update(func(tx *store.Tx) error {
		i, err := room.Find(tx, r.instances, *in.InstanceId, missingInstance)
		if err != nil {
			return err
		}
		if i.State != stopped {
			return wire.Errorf("IncorrectInstanceState", "The instance '%s' is not in the 'stopped' state.", i.ID)
		}
		if err := r.replace(tx, &i, in); err != nil {
			return err
		}
		if err := r.instances.Put(tx, i.ID, i); err != nil {
			return err
		}
		return room.DryRun(in)
	})
	return &ec2.ModifyInstancePlacementOutput{Return: new(true)}, err
}

// replace puts an instance where a request says, into the group that it is in if only a partition is named.
func (r *Room) replace(tx *store.Tx, i *Instance, in *ec2.ModifyInstancePlacementInput) error {
	id, name := room.Deref(in.GroupId), room.Deref(in.GroupName)
	switch {
	case in.GroupId == nil && in.GroupName == nil && in.PartitionNumber == nil:
		return nil
	case in.GroupId == nil && in.GroupName == nil:
		id = i.PlacementGroup
	}
	kind, _ := findType(string(i.Type))
	p := launchPlan{kind: kind}
	if err := r.planGroup(&p, id, name, room.Deref(in.PartitionNumber)); err != nil {
		return err
	}
	i.PlacementGroup, i.Partition = p.placement, p.partition
	return r.place(tx, i)
}
