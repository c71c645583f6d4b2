package scaling

import (
	"slices"
	"strings"

	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Auto Scaling's errors: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/CommonErrors.html.

func invalid(format string, args ...any) error {
	return wire.Errorf("ValidationError", format, args...)
}

// required answers what AWS answers where a required member is missing; name is as in its messages, in
// lower camel case.
func required(name string, missing bool) error {
	if missing {
		return invalid("1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", name)
	}
	return nil
}

func missingFleet(name string) error {
	return invalid("AutoScalingGroup name not found - AutoScalingGroup '%s' not found", name)
}

// missingNull is missingFleet of those calls that real Auto Scaling was seen to answer so: SetDesiredCapacity
// (an event of CloudTrail's of 2024), PutScheduledUpdateGroupAction (https://github.com/hashicorp/terraform/issues/17238),
// UpdateAutoScalingGroup and those about target groups (the imitations moto and fog).
func missingNull(string) error { return invalid("AutoScalingGroup name not found - null") }

// changeFleet changes one group. One that is being deleted can no longer be changed.
func (r *Room) changeFleet(name *string, change func(*store.Tx, *fleetRow) error) error {
	return r.changeKnown(name, missingFleet, change)
}

// changeKnown is changeFleet with the words for a group that there is not.
func (r *Room) changeKnown(name *string, missing func(name string) error, change func(*store.Tx, *fleetRow) error) error {
	if err := required("autoScalingGroupName", room.Deref(name) == ""); err != nil {
		return err
	}
	return r.Update(func(tx *store.Tx) error {
		row, ok := r.fleets.GetTx(tx, *name)
		if !ok {
			return missing(*name)
		}
		if row.Deleting {
			return wire.Errorf("ScalingActivityInProgress", "AutoScalingGroup '%s' is pending delete", *name)
		}
		if err := change(tx, &row); err != nil {
			return err
		}
		return r.fleets.Put(tx, row.Name, row)
	})
}

// page cuts a listing as Auto Scaling does, with its default size and its errors.
func page[T any](rows []T, key func(T) string, size *int32, token *string, usual, most int32) ([]T, *string, error) {
	return room.Page(rows, key, size, token, room.Paging{
		Usual: usual, Least: 1, Most: most,
		BadSize:  func(int32) error { return invalid("MaxRecords must be between 1 and %d.", most) },
		BadToken: func(token string) error { return wire.Errorf("InvalidNextToken", "The token '%s' is invalid.", token) },
	})
}

// filter keeps the rows that every filter matches. Names are compared as they are: Auto Scaling
// knows no wildcards.
func filter[T any](rows []T, filters []autoscalingtypes.Filter, values func(row T, name string) (values []string, known bool)) ([]T, error) {
	for _, f := range filters {
		var zero T
		if _, known := values(zero, room.Deref(f.Name)); !known {
			return nil, invalid("Filter type %s is not correct. Please verify the filter name.", room.Deref(f.Name))
		}
		rows = slices.DeleteFunc(slices.Clone(rows), func(row T) bool {
			have, _ := values(row, room.Deref(f.Name))
			return !slices.ContainsFunc(have, func(v string) bool { return slices.Contains(f.Values, v) })
		})
	}
	return rows, nil
}

// tagValues are the values of a group for filters on tags.
func tagValues(f fleetRow, name string) ([]string, bool) {
	var out []string
	key, byKey := strings.CutPrefix(name, "tag:")
	for _, t := range f.Tags {
		switch {
		case byKey && *t.Key == key, name == "tag-value":
			out = append(out, *t.Value)
		case name == "tag-key":
			out = append(out, *t.Key)
		}
	}
	return out, byKey || name == "tag-key" || name == "tag-value"
}
