package compute

import (
	"cmp"
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// settingsRow is what an account has set for a whole region. The zero value is a new account's.
type settingsRow struct {
	Encrypt       bool // new volumes and copies of snapshots
	SerialConsole bool // kept and told: there is no serial console
	Snapshots     ec2types.SnapshotBlockPublicAccessState
	Images        ec2types.ImageBlockPublicAccessEnabledState
	Metadata      ec2types.InstanceMetadataOptionsRequest // what launches get that do not say otherwise
}

// settingsKey is the only key of its table.
const settingsKey = "region"

func (r *Room) settingsNow(tx *store.Tx) settingsRow {
	row, _ := r.settings.GetTx(tx, settingsKey)
	return row
}

// setUp changes the settings.
func (r *Room) setUp(in any, change func(*settingsRow)) error {
	return r.Update(func(tx *store.Tx) error {
		row := r.settingsNow(tx)
		change(&row)
		if err := r.settings.Put(tx, settingsKey, row); err != nil {
			return err
		}
		return room.DryRun(in)
	})
}

// encrypts tells whether what is made anew is encrypted: if it is asked for, or always is in this region, in which nobody can ask for the
// contrary (EBS user guide, "Enable Amazon EBS encryption by default").
func (r *Room) encrypts(tx *store.Tx, asked *bool) bool {
	return room.Deref(asked) || r.settingsNow(tx).Encrypt
}

// EnableEbsEncryptionByDefault has volumes and copies of snapshots encrypted from now on.
func (r *Room) EnableEbsEncryptionByDefault(
	ctx context.Context, in *ec2.EnableEbsEncryptionByDefaultInput,
) (*ec2.EnableEbsEncryptionByDefaultOutput, error) {
	if err := room.Only(in); err != nil {
		return nil, err
	}
	err := r.setUp(in, func(s *settingsRow) { s.Encrypt = true })
	return &ec2.EnableEbsEncryptionByDefaultOutput{EbsEncryptionByDefault: new(true)}, err
}

// DisableEbsEncryptionByDefault has them encrypted where it is asked for.
func (r *Room) DisableEbsEncryptionByDefault(
	ctx context.Context, in *ec2.DisableEbsEncryptionByDefaultInput,
) (*ec2.DisableEbsEncryptionByDefaultOutput, error) {
	if err := room.Only(in); err != nil {
		return nil, err
	}
	err := r.setUp(in, func(s *settingsRow) { s.Encrypt = false })
	return &ec2.DisableEbsEncryptionByDefaultOutput{EbsEncryptionByDefault: new(false)}, err
}

// GetEbsEncryptionByDefault tells which of both holds.
func (r *Room) GetEbsEncryptionByDefault(ctx context.Context, in *ec2.GetEbsEncryptionByDefaultInput) (*ec2.GetEbsEncryptionByDefaultOutput, error) {
	if err := room.Only(in); err != nil {
		return nil, err
	}
	out := &ec2.GetEbsEncryptionByDefaultOutput{EbsEncryptionByDefault: new(r.settingsNow(nil).Encrypt), SseType: ec2types.SSETypeNone}
	if *out.EbsEncryptionByDefault {
		out.SseType = ec2types.SSETypeSseEbs
	}
	return out, nil
}

// GetEbsDefaultKmsKeyId names the key that AWS manages for EBS, as in a new account.
func (r *Room) GetEbsDefaultKmsKeyId(ctx context.Context, in *ec2.GetEbsDefaultKmsKeyIdInput) (*ec2.GetEbsDefaultKmsKeyIdOutput, error) {
	if err := room.Only(in); err != nil {
		return nil, err
	}
	return &ec2.GetEbsDefaultKmsKeyIdOutput{KmsKeyId: new(defaultKey)}, nil
}

// EnableSerialConsoleAccess keeps that the account may reach serial consoles, of which there are none here.
func (r *Room) EnableSerialConsoleAccess(ctx context.Context, in *ec2.EnableSerialConsoleAccessInput) (*ec2.EnableSerialConsoleAccessOutput, error) {
	if err := room.Only(in); err != nil {
		return nil, err
	}
	err := r.setUp(in, func(s *settingsRow) { s.SerialConsole = true })
	return &ec2.EnableSerialConsoleAccessOutput{SerialConsoleAccessEnabled: new(true)}, err
}

// DisableSerialConsoleAccess keeps that it may not.
func (r *Room) DisableSerialConsoleAccess(ctx context.Context, in *ec2.DisableSerialConsoleAccessInput) (*ec2.DisableSerialConsoleAccessOutput, error) {
	if err := room.Only(in); err != nil {
		return nil, err
	}
	err := r.setUp(in, func(s *settingsRow) { s.SerialConsole = false })
	return &ec2.DisableSerialConsoleAccessOutput{SerialConsoleAccessEnabled: new(false)}, err
}

// GetSerialConsoleAccessStatus tells which of both holds.
func (r *Room) GetSerialConsoleAccessStatus(
	ctx context.Context, in *ec2.GetSerialConsoleAccessStatusInput,
) (*ec2.GetSerialConsoleAccessStatusOutput, error) {
	if err := room.Only(in); err != nil {
		return nil, err
	}
	return &ec2.GetSerialConsoleAccessStatusOutput{
		SerialConsoleAccessEnabled: new(r.settingsNow(nil).SerialConsole), ManagedBy: ec2types.ManagedByAccount,
	}, nil
}

// EnableSnapshotBlockPublicAccess keeps snapshots from being shared with everybody. Those that are stay so: other accounts, from which
// block-all-sharing would hide them, do not exist here.
func (r *Room) EnableSnapshotBlockPublicAccess(
	ctx context.Context, in *ec2.EnableSnapshotBlockPublicAccessInput,
) (*ec2.EnableSnapshotBlockPublicAccessOutput, error) {
	if err := room.Only(in, "State"); err != nil {
		return nil, err
	}
	if in.State == ec2types.SnapshotBlockPublicAccessStateUnblocked {
		return nil, badValue(string(in.State), "State")
	}
	err := r.setUp(in, func(s *settingsRow) { s.Snapshots = in.State })
	return &ec2.EnableSnapshotBlockPublicAccessOutput{State: in.State}, err
}

// DisableSnapshotBlockPublicAccess lets them be shared.
func (r *Room) DisableSnapshotBlockPublicAccess(
	ctx context.Context, in *ec2.DisableSnapshotBlockPublicAccessInput,
) (*ec2.DisableSnapshotBlockPublicAccessOutput, error) {
	if err := room.Only(in); err != nil {
		return nil, err
	}
	err := r.setUp(in, func(s *settingsRow) { s.Snapshots = "" })
	return &ec2.DisableSnapshotBlockPublicAccessOutput{State: ec2types.SnapshotBlockPublicAccessStateUnblocked}, err
}

// GetSnapshotBlockPublicAccessState tells what holds for snapshots.
func (r *Room) GetSnapshotBlockPublicAccessState(
	ctx context.Context, in *ec2.GetSnapshotBlockPublicAccessStateInput,
) (*ec2.GetSnapshotBlockPublicAccessStateOutput, error) {
	if err := room.Only(in); err != nil {
		return nil, err
	}
	state := cmp.Or(r.settingsNow(nil).Snapshots, ec2types.SnapshotBlockPublicAccessStateUnblocked)
	return &ec2.GetSnapshotBlockPublicAccessStateOutput{State: state, ManagedBy: ec2types.ManagedByAccount}, nil
}

// EnableImageBlockPublicAccess keeps images from being shared with everybody.
func (r *Room) EnableImageBlockPublicAccess(
	ctx context.Context, in *ec2.EnableImageBlockPublicAccessInput,
) (*ec2.EnableImageBlockPublicAccessOutput, error) {
	if err := room.Only(in, "ImageBlockPublicAccessState"); err != nil {
		return nil, err
	}
	err := r.setUp(in, func(s *settingsRow) { s.Images = in.ImageBlockPublicAccessState })
	return &ec2.EnableImageBlockPublicAccessOutput{ImageBlockPublicAccessState: in.ImageBlockPublicAccessState}, err
}

// DisableImageBlockPublicAccess lets them be shared.
func (r *Room) DisableImageBlockPublicAccess(
	ctx context.Context, in *ec2.DisableImageBlockPublicAccessInput,
) (*ec2.DisableImageBlockPublicAccessOutput, error) {
	if err := room.Only(in); err != nil {
		return nil, err
	}
	err := r.setUp(in, func(s *settingsRow) { s.Images = "" })
	return &ec2.DisableImageBlockPublicAccessOutput{ImageBlockPublicAccessState: ec2types.ImageBlockPublicAccessDisabledStateUnblocked}, err
}

// GetImageBlockPublicAccessState tells what holds for images.
func (r *Room) GetImageBlockPublicAccessState(
	ctx context.Context, in *ec2.GetImageBlockPublicAccessStateInput,
) (*ec2.GetImageBlockPublicAccessStateOutput, error) {
	if err := room.Only(in); err != nil {
		return nil, err
	}
	state := cmp.Or(string(r.settingsNow(nil).Images), string(ec2types.ImageBlockPublicAccessDisabledStateUnblocked))
	return &ec2.GetImageBlockPublicAccessStateOutput{ImageBlockPublicAccessState: &state, ManagedBy: ec2types.ManagedByAccount}, nil
}

// checkPublic refuses to share something with everybody where that is blocked.
func checkPublic(blocked bool, add grantees, what, id string) error {
	if blocked && slices.Contains(add, everybody) {
		return wire.Errorf("OperationNotPermitted",
			"The %s '%s' cannot be shared publicly: block public access is enabled for this account in this region.", what, id)
	}
	return nil
}
