package scaling

import (
	"slices"

	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// setDeletion sets whether a group may be deleted
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/resource-deletion-protection.html).
func (f *fleetRow) setDeletion(p autoscalingtypes.DeletionProtection) error {
	if p == "" {
		return nil
	}
	if !slices.Contains(p.Values(), p) {
		return invalid("1 validation error detected: Value '%s' at 'deletionProtection' failed to satisfy constraint: "+
			"Member must satisfy enum value set: %v", p, p.Values())
	}
	f.Deletion = p
	return nil
}

// checkDeletion refuses to delete a group that is protected, before anything else is looked at.
func (f fleetRow) checkDeletion(forced bool) error {
	all := f.Deletion == autoscalingtypes.DeletionProtectionPreventAllDeletion
	if all || forced && f.Deletion == autoscalingtypes.DeletionProtectionPreventForceDeletion {
		return invalid("The Auto Scaling group %s cannot be deleted: its deletion protection is %s.", f.Name, f.Deletion)
	}
	return nil
}

// setReservations sets how a group uses Capacity Reservations. There are none here, so that whoever prefers none, or takes those that match, gets the
// same.
func (f *fleetRow) setReservations(s *autoscalingtypes.CapacityReservationSpecification) error {
	if s == nil {
		return nil
	}
	if err := room.Only(s, "CapacityReservationPreference"); err != nil {
		return err
	}
	switch p := s.CapacityReservationPreference; p {
	case "":
	case autoscalingtypes.CapacityReservationPreferenceDefault, autoscalingtypes.CapacityReservationPreferenceNone:
		f.Reservations = p
	default:
		return wire.Errorf("UnsupportedOperation", "The capacity reservation preference '%s' is not supported here: default and none are.", p)
	}
	return nil
}
