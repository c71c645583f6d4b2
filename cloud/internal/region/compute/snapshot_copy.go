package compute

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// CopySnapshot brings a snapshot of a region of this cloud here. It is called in the region that the copy goes to, whatever the
// DestinationRegion is, which counts within a PresignedUrl only (EC2 API reference, CopySnapshot). That URL is how a client lets AWS ask
// the source's region in its name; here regions ask each other, and what a client sends is not asked for. The copy is a whole one, has
// none of the source's tags, and is encrypted if its source is.
func (r *Room) CopySnapshot(ctx context.Context, in *ec2.CopySnapshotInput) (*ec2.CopySnapshotOutput, error) {
	if err := room.Only(in, "Description", "Encrypted", "KmsKeyId", "PresignedUrl", "SourceRegion", "SourceSnapshotId", "TagSpecifications"); err != nil {
		return nil, err
	}
	for name, value := range map[string]*string{"sourceRegion": in.SourceRegion, "sourceSnapshotId": in.SourceSnapshotId} {
		if err := resource.Required(name, value); err != nil {
			return nil, err
		}
	}
	if err := resource.CheckTagSpecs(in.TagSpecifications, ec2types.ResourceTypeSnapshot); err != nil {
		return nil, err
	}
	source, err := r.peerSnapshot(ctx, *in.SourceRegion, *in.SourceSnapshotId)
	if err != nil {
		return nil, err
	}
	if source.Owner != r.Account && !slices.Contains(source.Sharers, everybody) {
		return nil, missingSnapshot(*in.SourceSnapshotId)
	}
	if source.State != ec2types.SnapshotStateCompleted {
		return nil, wire.Errorf("IncorrectState", "Snapshot '%s' is not 'completed'.", source.ID)
	}
	row := snapshotRow{
		ID: snapshotKind.NewID(), Volume: noVolume, Owner: r.Account, Description: room.Deref(in.Description), Started: time.Now().UTC(),
		State: ec2types.SnapshotStatePending, GiB: source.GiB, Encrypted: source.Encrypted || r.encrypts(nil, in.Encrypted), Copied: true, File: source.File,
		Source: source.ID, SourceRegion: *in.SourceRegion, Layers: source.Layers, Service: source.Service,
	}
	if err := r.checkKey(row.Encrypted, in.KmsKeyId); err != nil {
		return nil, err
	}
	err = r.Update(func(tx *store.Tx) error {
		if err := r.snapshots.Put(tx, row.ID, row); err != nil {
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
	r.Spawn(func() { r.tendSnapshot(row.ID) })
	return &ec2.CopySnapshotOutput{SnapshotId: new(row.ID), Tags: r.Tags(row.ID)}, nil
}
