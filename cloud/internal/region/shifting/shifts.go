package shifting

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/arczonalshift"
	shifttypes "github.com/aws/aws-sdk-go-v2/service/arczonalshift/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// longest is how long a zonal shift may last from when it is said
// (https://docs.aws.amazon.com/arc-zonal-shift/latest/api/API_StartZonalShift.html).
const longest = 72 * time.Hour

// lasts reads how long a shift is to last; its form, a whole number with m or h, has been checked.
func lasts(text string) (time.Duration, error) {
	n, err := strconv.Atoi(text[:len(text)-1])
	unit := time.Minute
	if text[len(text)-1] == 'h' {
		unit = time.Hour
	}
	if d := time.Duration(n) * unit; err == nil && d <= longest {
		return d, nil
	}
	return 0, invalid(shifttypes.ValidationExceptionReasonInvalidExpiresIn, "A zonal shift can be set to expire in at most 72 hours, not in %s.", text)
}

// StartZonalShift moves traffic of a resource away from one of its zones. It expires at the cloud's speed, and says when.
func (r *Room) StartZonalShift(_ context.Context, in *arczonalshift.StartZonalShiftInput) (*arczonalshift.StartZonalShiftOutput, error) {
	if err := room.Only(in, "AwayFrom", "Comment", "ExpiresIn", "ResourceIdentifier"); err != nil {
		return nil, err
	}
	d, err := lasts(*in.ExpiresIn)
	if err != nil {
		return nil, err
	}
	var row shiftRow
	err = r.Update(func(tx *store.Tx) error {
		zone, err := r.zoneToLeave(tx, *in.ResourceIdentifier, *in.AwayFrom)
		if err != nil {
			return err
		}
		if old, is := r.activeOf(tx, *in.ResourceIdentifier); is {
			return conflict(shifttypes.ConflictExceptionReasonZonalShiftAlreadyExists, old.ID,
				"There is already an active zonal shift for the resource %s.", old.Resource)
		}
		now := time.Now().UTC()
		row = shiftRow{
			ID: room.NewUUID(), Resource: *in.ResourceIdentifier, Zone: zone, Comment: *in.Comment,
			Started: now, Expires: now.Add(r.Speed.Of(d)), Status: shifttypes.ZonalShiftStatusActive,
		}
		return r.put(tx, row)
	})
	if err != nil {
		return nil, err
	}
	return &arczonalshift.StartZonalShiftOutput{
		AwayFrom: new(row.Zone.ID), Comment: new(row.Comment), ExpiryTime: new(row.Expires), ResourceIdentifier: new(row.Resource),
		StartTime: new(row.Started), Status: row.Status, ZonalShiftId: new(row.ID),
	}, nil
}

// zoneToLeave finds the zone of a resource that is named by its id.
func (r *Room) zoneToLeave(tx *store.Tx, arn, id string) (Zone, error) {
	resource, err := r.resource(tx, arn)
	if err != nil {
		return Zone{}, err
	}
	named := func(z Zone) bool { return z.ID == id }
	if i := slices.IndexFunc(resource.Zones, named); i >= 0 {
		return resource.Zones[i], nil
	}
	if slices.ContainsFunc(r.zones, named) {
		return Zone{}, invalid(shifttypes.ValidationExceptionReasonUnsupportedAz, "The resource %s is not in the Availability Zone %s.", arn, id)
	}
	return Zone{}, invalid(shifttypes.ValidationExceptionReasonInvalidAz, "%s is not the ID of an Availability Zone of this Region.", id)
}

// put stores a shift, and has its resource do as it says.
func (r *Room) put(tx *store.Tx, row shiftRow) error {
	zone := ""
	if row.active() {
		zone = row.Zone.Name
	}
	if err := r.resources.Shift(tx, row.Resource, zone); err != nil {
		return err
	}
	return r.shifts.Put(tx, row.ID, row)
}

// activeOf finds the active shift of a resource, which has one at most.
func (r *Room) activeOf(tx *store.Tx, arn string) (shiftRow, bool) {
	for _, row := range r.shifts.AllTx(tx) {
		if row.Resource == arn && row.active() {
			return row, true
		}
	}
	return shiftRow{}, false
}

// ResourceOf is the ARN of the resource of a shift.
func (r *Room) ResourceOf(id string) (string, bool) {
	row, ok := r.shifts.Get(id)
	return row.Resource, ok
}

// change changes a shift that is active.
func (r *Room) change(id string, change func(*shiftRow)) (row shiftRow, err error) {
	err = r.Update(func(tx *store.Tx) error {
		var ok bool
		if row, ok = r.shifts.GetTx(tx, id); !ok {
			return missing("There is no zonal shift %s.", id)
		}
		if !row.active() {
			return conflict(shifttypes.ConflictExceptionReasonZonalShiftStatusNotActive, id, "The zonal shift %s is not active: it is %s.", id, row.Status)
		}
		change(&row)
		return r.put(tx, row)
	})
	return row, err
}

// UpdateZonalShift gives an active shift another comment or another time to last, from now on.
func (r *Room) UpdateZonalShift(_ context.Context, in *arczonalshift.UpdateZonalShiftInput) (*arczonalshift.UpdateZonalShiftOutput, error) {
	if err := room.Only(in, "Comment", "ExpiresIn", "ZonalShiftId"); err != nil {
		return nil, err
	}
	var d time.Duration
	if in.ExpiresIn != nil {
		var err error
		if d, err = lasts(*in.ExpiresIn); err != nil {
			return nil, err
		}
	}
	row, err := r.change(*in.ZonalShiftId, func(row *shiftRow) {
		if in.Comment != nil {
			row.Comment = *in.Comment
		}
		if in.ExpiresIn != nil {
			row.Expires = time.Now().UTC().Add(r.Speed.Of(d))
		}
	})
	if err != nil {
		return nil, err
	}
	return &arczonalshift.UpdateZonalShiftOutput{
		AwayFrom: new(row.Zone.ID), Comment: new(row.Comment), ExpiryTime: new(row.Expires), ResourceIdentifier: new(row.Resource),
		StartTime: new(row.Started), Status: row.Status, ZonalShiftId: new(row.ID),
	}, nil
}

// CancelZonalShift ends a shift before it expires.
func (r *Room) CancelZonalShift(_ context.Context, in *arczonalshift.CancelZonalShiftInput) (*arczonalshift.CancelZonalShiftOutput, error) {
	if err := room.Only(in, "ZonalShiftId"); err != nil {
		return nil, err
	}
	row, err := r.change(*in.ZonalShiftId, func(row *shiftRow) {
		row.Status, row.Ended = shifttypes.ZonalShiftStatusCanceled, time.Now().UTC()
	})
	if err != nil {
		return nil, err
	}
	return &arczonalshift.CancelZonalShiftOutput{
		AwayFrom: new(row.Zone.ID), Comment: new(row.Comment), ExpiryTime: new(row.Expires), ResourceIdentifier: new(row.Resource),
		StartTime: new(row.Started), Status: row.Status, ZonalShiftId: new(row.ID),
	}, nil
}

// ListZonalShifts lists the active shifts, or those of the status that is asked for
// (https://docs.aws.amazon.com/arc-zonal-shift/latest/api/API_ListZonalShifts.html).
func (r *Room) ListZonalShifts(_ context.Context, in *arczonalshift.ListZonalShiftsInput) (*arczonalshift.ListZonalShiftsOutput, error) {
	if err := room.Only(in, "MaxResults", "NextToken", "ResourceIdentifier", "Status"); err != nil {
		return nil, err
	}
	status := in.Status
	if status == "" {
		status = shifttypes.ZonalShiftStatusActive
	}
	rows := slices.DeleteFunc(r.shifts.All(), func(row shiftRow) bool {
		return row.Status != status || in.ResourceIdentifier != nil && row.Resource != *in.ResourceIdentifier
	})
	rows, next, err := page(rows, shiftRow.key, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &arczonalshift.ListZonalShiftsOutput{Items: []shifttypes.ZonalShiftSummary{}, NextToken: next}
	for _, row := range rows {
		out.Items = append(out.Items, shifttypes.ZonalShiftSummary{
			AwayFrom: new(row.Zone.ID), Comment: new(row.Comment), ExpiryTime: new(row.Expires), ResourceIdentifier: new(row.Resource),
			StartTime: new(row.Started), Status: row.Status, ZonalShiftId: new(row.ID), ShiftType: shifttypes.ShiftTypeZonalShift,
		})
	}
	return out, nil
}
