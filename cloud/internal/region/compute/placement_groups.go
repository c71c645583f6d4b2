package compute

import (
	"context"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// The bounds of https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/placement-strategies.html.
const (
	maxPartitions   = 7
	usualPartitions = 2
	maxSpread       = 7 // running instances in each zone
)

// placementGroupRow is a placement group. There are no racks here: what is kept of its strategy is what AWS lets callers see.
type placementGroupRow struct {
	ID, Name   string
	Strategy   ec2types.PlacementStrategy
	Partitions int32 // of the strategy partition
}

var placementGroupKind = kinds.Add(resource.Kind[*Room]{
	Prefix: "pg", Tagged: ec2types.ResourceTypePlacementGroup, Missing: missingPlacementGroupID,
	Exists: resource.Within(func(r *Room) *store.Table[placementGroupRow] { return r.placementGroups }),
})

func missingPlacementGroupID(id string) error {
	if !resource.WellFormed("pg-", id) {
		return wire.Errorf("InvalidPlacementGroupId.Malformed", "Invalid id: \"%s\"", id)
	}
	return wire.Errorf("InvalidPlacementGroupId.NotFound", "The placement group ID '%s' does not exist", id)
}

func missingPlacementGroup(name string) error {
	return wire.Errorf("InvalidPlacementGroup.Unknown", "The Placement Group '%s' is unknown.", name)
}

// placementGroup finds a placement group by its name, which no two of a region share.
func (r *Room) placementGroup(tx *store.Tx, name string) (placementGroupRow, bool) {
	for _, g := range r.placementGroups.AllTx(tx) {
		if g.Name == name {
			return g, true
		}
	}
	return placementGroupRow{}, false
}

// members are the instances of a placement group that are not terminated.
func (r *Room) members(tx *store.Tx, g placementGroupRow) []Instance {
	return slices.DeleteFunc(r.instances.AllTx(tx), func(i Instance) bool { return i.PlacementGroup != g.ID || i.State == terminated })
}

// CreatePlacementGroup makes a placement group.
func (r *Room) CreatePlacementGroup(ctx context.Context, in *ec2.CreatePlacementGroupInput) (*ec2.CreatePlacementGroupOutput, error) {
	if err := room.Only(in, "GroupName", "PartitionCount", "SpreadLevel", "Strategy", "TagSpecifications"); err != nil {
		return nil, err
	}
	row, err := newPlacementGroup(in)
	if err != nil {
		return nil, err
	}
	err = r.Update(func(tx *store.Tx) error {
		if _, taken := r.placementGroup(tx, row.Name); taken {
			return wire.Errorf("InvalidPlacementGroup.Duplicate", "The Placement Group '%s' already exists.", row.Name)
		}
		if err := r.placementGroups.Put(tx, row.ID, row); err != nil {
			return err
		}
		if err := r.TagNew(tx, in.TagSpecifications, row.ID); err != nil {
			return err
		}
		return room.DryRun(in)
	})
	if err != nil {
		return nil, err
	}
	return &ec2.CreatePlacementGroupOutput{PlacementGroup: new(r.showPlacementGroup(row))}, nil
}

// newPlacementGroup is the row that a request describes.
func newPlacementGroup(in *ec2.CreatePlacementGroupInput) (row placementGroupRow, err error) {
	if err := resource.Required("groupName", in.GroupName); err != nil {
		return row, err
	}
	if in.Strategy == "" {
		return row, wire.Errorf("MissingParameter", "The request must contain the parameter strategy")
	}
	row = placementGroupRow{ID: placementGroupKind.NewID(), Name: *in.GroupName, Strategy: in.Strategy}
	count := room.Deref(in.PartitionCount)
	switch {
	case len(row.Name) > 255 || !printable(row.Name):
		return row, badValue(row.Name, "groupName")
	case in.Strategy == "precision-time":
		return row, wire.Errorf("UnsupportedOperation", "The placement strategy '%s' is not supported here.", in.Strategy)
	case !slices.Contains([]ec2types.PlacementStrategy{
		ec2types.PlacementStrategyCluster, ec2types.PlacementStrategySpread, ec2types.PlacementStrategyPartition,
	}, in.Strategy):
		return row, badValue(string(in.Strategy), "strategy")
	case in.PartitionCount != nil && in.Strategy != ec2types.PlacementStrategyPartition:
		return row, wire.Errorf("InvalidParameterCombination", "The parameter PartitionCount is valid only with the strategy 'partition'.")
	case in.PartitionCount != nil && (count < 1 || count > maxPartitions):
		return row, badValue(strconv.Itoa(int(count)), "partitionCount")
	case in.SpreadLevel != "" && in.Strategy != ec2types.PlacementStrategySpread:
		return row, wire.Errorf("InvalidParameterCombination", "The parameter SpreadLevel is valid only with the strategy 'spread'.")
	case in.SpreadLevel != "" && in.SpreadLevel != ec2types.SpreadLevelRack:
		return row, wire.Errorf("UnsupportedOperation", "The spread level '%s' is not supported here: there are no Outposts.", in.SpreadLevel)
	}
	if row.Strategy == ec2types.PlacementStrategyPartition {
		if row.Partitions = count; count == 0 {
			row.Partitions = usualPartitions
		}
	}
	return row, resource.CheckTagSpecs(in.TagSpecifications, ec2types.ResourceTypePlacementGroup)
}

func (r *Room) showPlacementGroup(g placementGroupRow) ec2types.PlacementGroup {
	shown := ec2types.PlacementGroup{
		GroupId: new(g.ID), GroupName: new(g.Name), GroupArn: new(r.placementGroupARN(g)), Strategy: g.Strategy,
		State: ec2types.PlacementGroupStateAvailable, PartitionCount: room.Some(g.Partitions), Tags: r.Tags(g.ID),
	}
	if g.Strategy == ec2types.PlacementStrategySpread {
		shown.SpreadLevel = ec2types.SpreadLevelRack
	}
	return shown
}

func (r *Room) placementGroupARN(g placementGroupRow) string {
	return r.ARN("ec2", "placement-group/"+g.Name)
}

// DescribePlacementGroups lists placement groups.
func (r *Room) DescribePlacementGroups(ctx context.Context, in *ec2.DescribePlacementGroupsInput) (*ec2.DescribePlacementGroupsOutput, error) {
	if err := room.Only(in, "Filters", "GroupIds", "GroupNames"); err != nil {
		return nil, err
	}
	ids := slices.Clone(in.GroupIds)
	for _, name := range in.GroupNames {
		g, ok := r.placementGroup(nil, name)
		if !ok {
			return nil, missingPlacementGroup(name)
		}
		ids = append(ids, g.ID)
	}
	type row = placementGroupRow
	l := resource.Listing[row]{
		ID: func(g row) string { return g.ID }, Missing: missingPlacementGroupID,
		Fields: resource.Fields[row]{
			"group-name":   resource.One(func(g row) string { return g.Name }),
			"group-arn":    resource.One(r.placementGroupARN),
			"spread-level": resource.One(func(g row) string { return string(r.showPlacementGroup(g).SpreadLevel) }),
			"state":        resource.One(func(row) string { return string(ec2types.PlacementGroupStateAvailable) }),
			"strategy":     resource.One(func(g row) string { return string(g.Strategy) }),
		},
	}
	rows, _, err := l.List(r.Registry, r.placementGroups.All(), ids, in.Filters, nil, nil)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribePlacementGroupsOutput{PlacementGroups: []ec2types.PlacementGroup{}}
	for _, g := range rows {
		out.PlacementGroups = append(out.PlacementGroups, r.showPlacementGroup(g))
	}
	return out, nil
}

// DeletePlacementGroup deletes a placement group without instances.
func (r *Room) DeletePlacementGroup(ctx context.Context, in *ec2.DeletePlacementGroupInput) (*ec2.DeletePlacementGroupOutput, error) {
	if err := room.Only(in, "GroupName"); err != nil {
		return nil, err
	}
	if err := resource.Required("groupName", in.GroupName); err != nil {
		return nil, err
	}
	return &ec2.DeletePlacementGroupOutput{}, r.Update(func(tx *store.Tx) error {
		g, ok := r.placementGroup(tx, *in.GroupName)
		if !ok {
			return missingPlacementGroup(*in.GroupName)
		}
		if len(r.members(tx, g)) > 0 {
			return wire.Errorf("InvalidPlacementGroup.InUse", "The placement group '%s' is in use and may not be deleted.", g.Name)
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		return r.Remove(tx, g.ID, r.placementGroups.Delete)
	})
}
