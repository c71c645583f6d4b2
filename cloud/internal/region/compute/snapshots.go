package compute

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/rootfs"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

type snapshotRow struct {
	ID, Volume, Description, Owner string
	Started                        time.Time
	State                          ec2types.SnapshotState
	GiB                            int32           // 0 in rows of older versions, for the size of images
	Encrypted                      bool            // kept and told
	Copied                         bool            // it is made by a worker of its own and not with an image
	File                           bool            // it has the file of a volume; otherwise it has layers
	Instance                       string          // whose root it is of, while it is copied
	Source, SourceRegion           string          // the snapshot that it is a copy of
	Layers                         []string        // digests, the topmost first
	Service                        *rootfs.Service // of the instance or the image that it is of
	Sharers                        grantees        // who may make volumes of it, beside its owner
}

var snapshotKind = kinds.Add(resource.Kind[*Room]{
	Prefix: "snap", Tagged: ec2types.ResourceTypeSnapshot, Missing: missingSnapshot,
	Exists: resource.Within(func(r *Room) *store.Table[snapshotRow] { return r.snapshots }),
})

func missingSnapshot(id string) error {
	return resource.Missing("snap-", id, "InvalidSnapshotID.Malformed", "InvalidSnapshot.NotFound", "The snapshot '%s' does not exist.")
}

// filterTime is how filters write a time.
const filterTime = "2006-01-02T15:04:05.000Z"

// size is that of its volume in GiB.
func (s snapshotRow) size() int32 { return cmp.Or(s.GiB, volumeGiB) }

func (s snapshotRow) progress() string {
	if s.State != ec2types.SnapshotStateCompleted {
		return "0%"
	}
	return "100%"
}

func (r *Room) showSnapshot(s snapshotRow) ec2types.Snapshot {
	return ec2types.Snapshot{
		SnapshotId: new(s.ID), VolumeId: new(s.Volume), OwnerId: new(s.Owner), Description: new(s.Description), StartTime: new(s.Started),
		State: s.State, Progress: new(s.progress()), VolumeSize: new(s.size()), Encrypted: new(s.Encrypted), KmsKeyId: r.keyOf(s.Encrypted),
		StorageTier: ec2types.StorageTierStandard,
		Tags:        r.Tags(s.ID),
	}
}

// DescribeSnapshots lists the snapshots of volumes and those that images are made of.
func (r *Room) DescribeSnapshots(ctx context.Context, in *ec2.DescribeSnapshotsInput) (*ec2.DescribeSnapshotsOutput, error) {
	if err := room.Only(in, "Filters", "MaxResults", "NextToken", "OwnerIds", "SnapshotIds"); err != nil {
		return nil, err
	}
	if err := resource.NotPaged("snapshotSet", in.SnapshotIds, in.MaxResults); err != nil {
		return nil, err
	}
	l := resource.Listing[snapshotRow]{
		ID: func(s snapshotRow) string { return s.ID }, Missing: missingSnapshot,
		Fields: resource.Fields[snapshotRow]{
			"snapshot-id": resource.One(func(s snapshotRow) string { return s.ID }), "volume-id": resource.One(func(s snapshotRow) string { return s.Volume }),
			"owner-id": resource.One(func(s snapshotRow) string { return s.Owner }), "status": resource.One(func(s snapshotRow) string { return string(s.State) }),
			"description": resource.One(func(s snapshotRow) string { return s.Description }), "progress": resource.One(snapshotRow.progress),
			"volume-size":  resource.One(func(s snapshotRow) string { return itoa(s.size()) }),
			"encrypted":    resource.Boolean(func(s snapshotRow) bool { return s.Encrypted }),
			"storage-tier": resource.One(func(snapshotRow) string { return string(ec2types.StorageTierStandard) }),
			"start-time":   resource.One(func(s snapshotRow) string { return s.Started.Format(filterTime) }),
		},
	}
	rows := slices.DeleteFunc(r.snapshots.All(), func(s snapshotRow) bool {
		return len(in.OwnerIds) > 0 && !slices.ContainsFunc(in.OwnerIds, func(o string) bool {
			return o == s.Owner || o == "self" && s.Owner == r.Account || o == "amazon" && s.Owner == publicOwner
		})
	})
	rows, next, err := l.List(r.Registry, rows, in.SnapshotIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeSnapshotsOutput{NextToken: next}
	for _, s := range rows {
		out.Snapshots = append(out.Snapshots, r.showSnapshot(s))
	}
	return out, nil
}

// DeleteSnapshot deletes a snapshot that no image is made of.
func (r *Room) DeleteSnapshot(ctx context.Context, in *ec2.DeleteSnapshotInput) (*ec2.DeleteSnapshotOutput, error) {
	if err := room.Only(in, "SnapshotId"); err != nil {
		return nil, err
	}
	if err := resource.Required("snapshotId", in.SnapshotId); err != nil {
		return nil, err
	}
	err := r.Update(func(tx *store.Tx) error {
		s, ok := r.snapshots.GetTx(tx, *in.SnapshotId)
		if !ok {
			return missingSnapshot(*in.SnapshotId)
		}
		if i, used := r.madeOf(tx, s.ID); used {
			return wire.Errorf("InvalidSnapshot.InUse", "The snapshot %s is currently in use by %s", s.ID, i.ID)
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		return r.Remove(tx, s.ID, r.snapshots.Delete)
	})
	if err == nil {
		err = r.removeSnapshotFile(*in.SnapshotId)
		r.dropLayers()
	}
	return &ec2.DeleteSnapshotOutput{}, err
}
