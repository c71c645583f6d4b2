package shifting

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/arczonalshift"
	shifttypes "github.com/aws/aws-sdk-go-v2/service/arczonalshift/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// resource finds what can be shifted by its ARN.
func (r *Room) resource(tx *store.Tx, arn string) (Resource, error) {
	all := r.resources.Managed(tx)
	if i := slices.IndexFunc(all, func(x Resource) bool { return x.ARN == arn }); i >= 0 {
		return all[i], nil
	}
	return Resource{}, missing(
		"The resource %s is not a managed resource: it is not there, or not fully provisioned, or zonal shift is not enabled for it.", arn)
}

// weights tell of each zone whether a resource has traffic there.
func (r *Room) weights(x Resource) map[string]float32 {
	shift, shifted := r.activeOf(nil, x.ARN)
	weights := map[string]float32{}
	for _, z := range x.Zones {
		weights[z.ID] = 1
		if shifted && shift.Zone == z {
			weights[z.ID] = 0
		}
	}
	return weights
}

// shiftsOf shows the active shift of a resource.
func (r *Room) shiftsOf(x Resource) []shifttypes.ZonalShiftInResource {
	row, ok := r.activeOf(nil, x.ARN)
	if !ok {
		return []shifttypes.ZonalShiftInResource{}
	}
	return []shifttypes.ZonalShiftInResource{{
		AppliedStatus: shifttypes.AppliedStatusApplied, AwayFrom: new(row.Zone.ID), Comment: new(row.Comment), ExpiryTime: new(row.Expires),
		ResourceIdentifier: new(row.Resource), StartTime: new(row.Started), ZonalShiftId: new(row.ID), ShiftType: shifttypes.ShiftTypeZonalShift,
	}}
}

// GetManagedResource shows a resource that can be shifted.
func (r *Room) GetManagedResource(_ context.Context, in *arczonalshift.GetManagedResourceInput) (*arczonalshift.GetManagedResourceOutput, error) {
	if err := room.Only(in, "ResourceIdentifier"); err != nil {
		return nil, err
	}
	x, err := r.resource(nil, *in.ResourceIdentifier)
	if err != nil {
		return nil, err
	}
	return &arczonalshift.GetManagedResourceOutput{
		Arn: new(x.ARN), Name: new(x.Name), AppliedWeights: r.weights(x), ZonalShifts: r.shiftsOf(x),
		Autoshifts: []shifttypes.AutoshiftInResource{}, ZonalAutoshiftStatus: shifttypes.ZonalAutoshiftStatusDisabled,
	}, nil
}

// ListManagedResources lists those that can be shifted, in the order of their ARNs.
func (r *Room) ListManagedResources(
	_ context.Context, in *arczonalshift.ListManagedResourcesInput,
) (*arczonalshift.ListManagedResourcesOutput, error) {
	if err := room.Only(in, "MaxResults", "NextToken"); err != nil {
		return nil, err
	}
	all, next, err := page(r.resources.Managed(nil), func(x Resource) string { return x.ARN }, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &arczonalshift.ListManagedResourcesOutput{Items: []shifttypes.ManagedResourceSummary{}, NextToken: next}
	for _, x := range all {
		zones := []string{}
		for _, z := range x.Zones {
			zones = append(zones, z.ID)
		}
		out.Items = append(out.Items, shifttypes.ManagedResourceSummary{
			Arn: new(x.ARN), Name: new(x.Name), AvailabilityZones: zones, AppliedWeights: r.weights(x), ZonalShifts: r.shiftsOf(x),
			Autoshifts: []shifttypes.AutoshiftInResource{}, ZonalAutoshiftStatus: shifttypes.ZonalAutoshiftStatusDisabled,
			PracticeRunStatus: shifttypes.ZonalAutoshiftStatusDisabled,
		})
	}
	return out, nil
}

// ListAutoshifts lists none: this cloud shifts nothing of itself.
func (r *Room) ListAutoshifts(_ context.Context, in *arczonalshift.ListAutoshiftsInput) (*arczonalshift.ListAutoshiftsOutput, error) {
	if err := room.Only(in, "MaxResults", "NextToken", "Status"); err != nil {
		return nil, err
	}
	rows, _, err := page([]shifttypes.AutoshiftSummary{}, func(shifttypes.AutoshiftSummary) string { return "" }, in.MaxResults, in.NextToken)
	return &arczonalshift.ListAutoshiftsOutput{Items: rows}, err
}

// GetAutoshiftObserverNotificationStatus tells that nobody is told of autoshifts, as it is until somebody asks for it
// (https://docs.aws.amazon.com/arc-zonal-shift/latest/api/API_GetAutoshiftObserverNotificationStatus.html).
func (r *Room) GetAutoshiftObserverNotificationStatus(
	_ context.Context, in *arczonalshift.GetAutoshiftObserverNotificationStatusInput,
) (*arczonalshift.GetAutoshiftObserverNotificationStatusOutput, error) {
	if err := room.Only(in); err != nil {
		return nil, err
	}
	return &arczonalshift.GetAutoshiftObserverNotificationStatusOutput{Status: shifttypes.AutoshiftObserverNotificationStatusDisabled}, nil
}
