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

// ownSnapshot finds a snapshot for what only its owner may do.
func (r *Room) ownSnapshot(tx *store.Tx, id *string) (snapshotRow, error) {
	if err := resource.Required("snapshotId", id); err != nil {
		return snapshotRow{}, err
	}
	s, err := room.Find(tx, r.snapshots, *id, missingSnapshot)
	if err == nil && s.Owner != r.Account {
		err = wire.Errorf("AuthFailure", "Not authorized for snapshot:%s", s.ID)
	}
	return s, err
}

// DescribeSnapshotAttribute tells who may make volumes of a snapshot, or its product codes, of which there are none.
func (r *Room) DescribeSnapshotAttribute(ctx context.Context, in *ec2.DescribeSnapshotAttributeInput) (*ec2.DescribeSnapshotAttributeOutput, error) {
	if err := room.Only(in, "Attribute", "SnapshotId"); err != nil {
		return nil, err
	}
	s, err := r.ownSnapshot(nil, in.SnapshotId)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeSnapshotAttributeOutput{SnapshotId: in.SnapshotId}
	switch in.Attribute {
	case ec2types.SnapshotAttributeNameCreateVolumePermission:
		out.CreateVolumePermissions = []ec2types.CreateVolumePermission{}
		for _, who := range s.Sharers {
			p := ec2types.CreateVolumePermission{UserId: &who}
			if who == everybody {
				p = ec2types.CreateVolumePermission{Group: ec2types.PermissionGroupAll}
			}
			out.CreateVolumePermissions = append(out.CreateVolumePermissions, p)
		}
	case ec2types.SnapshotAttributeNameProductCodes:
		out.ProductCodes = []ec2types.ProductCode{}
	default:
		return nil, unknownAttribute(string(in.Attribute))
	}
	return out, nil
}

// ModifySnapshotAttribute changes who may make volumes of a snapshot, by a structure or, as older clients write it, by the attribute's
// name.
func (r *Room) ModifySnapshotAttribute(ctx context.Context, in *ec2.ModifySnapshotAttributeInput) (*ec2.ModifySnapshotAttributeOutput, error) {
	if err := room.Only(in, "Attribute", "CreateVolumePermission", "GroupNames", "OperationType", "SnapshotId", "UserIds"); err != nil {
		return nil, err
	}
	add, remove, err := sharers(in)
	if err != nil {
		return nil, err
	}
	return &ec2.ModifySnapshotAttributeOutput{}, r.shareSnapshot(in, in.SnapshotId, func(s *snapshotRow) error {
		if len(add) > 0 && s.Encrypted {
			return wire.Errorf("OperationNotPermitted", "The snapshot '%s' is encrypted by the default key and cannot be shared.", s.ID)
		}
		if err := checkPublic(r.settingsNow(nil).Snapshots != "", add, "snapshot", s.ID); err != nil {
			return err
		}
		s.Sharers = s.Sharers.changed(add, remove)
		return nil
	})
}

// ResetSnapshotAttribute takes all permissions away.
func (r *Room) ResetSnapshotAttribute(ctx context.Context, in *ec2.ResetSnapshotAttributeInput) (*ec2.ResetSnapshotAttributeOutput, error) {
	if err := room.Only(in, "Attribute", "SnapshotId"); err != nil {
		return nil, err
	}
	if in.Attribute != ec2types.SnapshotAttributeNameCreateVolumePermission {
		return nil, unknownAttribute(string(in.Attribute))
	}
	return &ec2.ResetSnapshotAttributeOutput{}, r.shareSnapshot(in, in.SnapshotId, func(s *snapshotRow) error { s.Sharers = nil; return nil })
}

func (r *Room) shareSnapshot(in any, id *string, change func(*snapshotRow) error) error {
	return r.Update(func(tx *store.Tx) error {
		s, err := r.ownSnapshot(tx, id)
		if err != nil {
			return err
		}
		if err := change(&s); err != nil {
			return err
		}
		if err := r.snapshots.Put(tx, s.ID, s); err != nil {
			return err
		}
		return room.DryRun(in)
	})
}

// sharers reads whom a request names.
func sharers(in *ec2.ModifySnapshotAttributeInput) (add, remove grantees, err error) {
	if in.Attribute != "" && in.Attribute != ec2types.SnapshotAttributeNameCreateVolumePermission {
		return nil, nil, unknownAttribute(string(in.Attribute))
	}
	named := append(append(grantees{}, in.UserIds...), in.GroupNames...)
	switch {
	case len(named) == 0:
	case in.OperationType == "":
		return nil, nil, wire.Errorf("MissingParameter", "The request must contain the parameter operationType")
	case in.OperationType == ec2types.OperationTypeAdd:
		add = named
	default:
		remove = named
	}
	if p := in.CreateVolumePermission; p != nil {
		add, remove = append(add, permitted(p.Add)...), append(remove, permitted(p.Remove)...)
	}
	if len(add) == 0 && len(remove) == 0 {
		return nil, nil, wire.Errorf("InvalidParameterCombination", "The request names nobody to share the snapshot with, or not.")
	}
	for _, who := range append(append(grantees{}, add...), remove...) {
		if !isGrantee(who) {
			return nil, nil, wire.Errorf("InvalidUserID.Malformed", "Invalid user id: \"%s\"", who)
		}
	}
	return add, remove, nil
}

func permitted(all []ec2types.CreateVolumePermission) (named grantees) {
	for _, p := range all {
		if p.Group != "" {
			named = append(named, string(p.Group))
		} else {
			named = append(named, room.Deref(p.UserId))
		}
	}
	return named
}
