package compute

import (
	"slices"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// planPlacement checks where a launch is to be.
func (r *Room) planPlacement(p *launchPlan) error {
	place := p.in.Placement
	if place == nil {
		return nil
	}
	if err := room.Only(place, "AvailabilityZone", "GroupId", "GroupName", "PartitionNumber", "Tenancy"); err != nil {
		return err
	}
	if place.Tenancy != "" && place.Tenancy != ec2types.TenancyDefault {
		return wire.Errorf("UnsupportedOperation", "The instance tenancy '%s' is not supported.", place.Tenancy)
	}
	if zone := room.Deref(place.AvailabilityZone); zone != "" && zone != p.subnet.Zone {
		return wire.Errorf("InvalidParameterValue", "The availability zone %s does not match that of subnet %s, %s.", zone, p.subnet.ID, p.subnet.Zone)
	}
	return r.planGroup(p, room.Deref(place.GroupId), room.Deref(place.GroupName), room.Deref(place.PartitionNumber))
}

// planGroup finds the placement group of a launch.
func (r *Room) planGroup(p *launchPlan, id, name string, partition int32) error {
	switch {
	case id != "" && name != "":
		return wire.Errorf("InvalidParameterCombination", "The parameters GroupId and GroupName cannot be used together.")
	case id == "" && name == "" && partition != 0:
		return wire.Errorf("InvalidParameterCombination", "The parameter PartitionNumber is valid only with a placement group of the strategy 'partition'.")
	case id == "" && name == "":
		return nil
	}
	g, ok := r.placementGroups.Get(id)
	if name != "" {
		g, ok = r.placementGroup(nil, name)
	}
	switch {
	case !ok && id != "":
		return missingPlacementGroupID(id)
	case !ok:
		return missingPlacementGroup(name)
	case g.Strategy == ec2types.PlacementStrategyCluster && p.kind.burstable():
		return wire.Errorf("InvalidParameterCombination", "Cluster placement groups are not supported by the '%s' instance type. "+
			"Specify a supported instance type or change the placement group strategy, and try again.", p.kind.name)
	case partition != 0 && g.Strategy != ec2types.PlacementStrategyPartition:
		return wire.Errorf("InvalidParameterCombination", "The parameter PartitionNumber is valid only with a placement group of the strategy 'partition'.")
	case partition < 0 || partition > g.Partitions:
		return wire.Errorf("InvalidParameterValue",
			"Value (%d) for parameter partitionNumber is invalid. The placement group '%s' has %d partitions.", partition, g.Name, g.Partitions)
	}
	p.placement, p.partition = g.ID, partition
	return nil
}

// place puts an instance that is about to run into its placement group, as far as the group's strategy allows: a cluster is in one
// zone, a spread group has seven running instances in each at most, and partitions fill evenly
// (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/placement-strategies.html).
func (r *Room) place(tx *store.Tx, i *Instance) error {
	if i.PlacementGroup == "" {
		return nil
	}
	g, ok := r.placementGroups.GetTx(tx, i.PlacementGroup)
	if !ok {
		return missingPlacementGroupID(i.PlacementGroup) // it was deleted since the launch was planned
	}
	others := slices.DeleteFunc(r.members(tx, g), func(other Instance) bool { return other.ID == i.ID })
	switch g.Strategy {
	case ec2types.PlacementStrategyCluster:
		for _, other := range others {
			if other.Zone != i.Zone {
				return wire.Errorf("InvalidPlacementGroup.InUse", "The placement group '%s' is in use in another availability zone: %s", g.Name, other.Zone)
			}
		}
	case ec2types.PlacementStrategySpread:
		up := slices.DeleteFunc(others, func(other Instance) bool {
			return other.Zone != i.Zone || other.State != pending && other.State != running
		})
		if len(up) >= maxSpread {
			return &wire.Error{
				Code: "InsufficientInstanceCapacity", Status: 500,
				Message: "The spread placement group '" + g.Name + "' has seven running instances in " + i.Zone +
					", which are all that it can have in one Availability Zone.",
			}
		}
	case ec2types.PlacementStrategyPartition:
		if i.Partition == 0 {
			i.Partition = emptiest(g.Partitions, others)
		}
	}
	return nil
}

// emptiest is the partition that has the fewest instances, the first of several.
func emptiest(partitions int32, members []Instance) int32 {
	in := make([]int, partitions)
	for _, m := range members {
		in[m.Partition-1]++
	}
	return int32(slices.Index(in, slices.Min(in))) + 1
}

// showPlacement shows where an instance is.
func (r *Room) showPlacement(i Instance) *ec2types.Placement {
	g, _ := r.placementGroups.Get(i.PlacementGroup)
	return &ec2types.Placement{
		AvailabilityZone: new(i.Zone), Tenancy: ec2types.TenancyDefault, GroupName: new(g.Name), GroupId: room.Some(g.ID), PartitionNumber: room.Some(i.Partition),
	}
}
