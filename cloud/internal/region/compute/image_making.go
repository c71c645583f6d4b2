package compute

import (
	"errors"
	"slices"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/store"
)

// tendImage makes the disk of a pending image; at the region's start it begins again.
func (r *Room) tendImage(id string) {
	row, ok := r.images.Get(id)
	if !ok {
		return
	}
	layers, err := r.makeLayers(row)
	if r.Context().Err() != nil {
		return // the next start makes it
	}
	err = errors.Join(err, r.Update(func(tx *store.Tx) error { return r.finishImage(tx, id, layers, err) }))
	if err != nil {
		r.Log.Error("make image", "image", id, "err", err)
	}
}

func (r *Room) makeLayers(row imageRow) ([]string, error) {
	if row.SourceInstance == "" {
		if err := r.fillVolumes(row); err != nil {
			return nil, err
		}
		return row.Layers, r.fetchLayers(row.ID, row.SourceRegion, row.Layers)
	}
	if !row.NoReboot {
		rests := func() bool {
			i, ok := r.instances.Get(row.SourceInstance)
			_, at := r.resting.Load(row.SourceInstance)
			return at || !ok || i.State == terminated
		}
		if err := r.Wait(r.Context(), rests, r.instances.Row(row.SourceInstance), restTopic(row.SourceInstance)); err != nil {
			return nil, err
		}
	}
	if err := r.fillVolumes(row); err != nil {
		return nil, err
	}
	digest, err := r.keepLayer(row.ID, func(dir string) (machine.Layer, error) {
		return machine.Bake(r.Context(), r.instanceDir(row.SourceInstance), dir)
	})
	return slices.Concat([]string{digest}, row.Layers), err
}

func (r *Room) finishImage(tx *store.Tx, id string, layers []string, failure error) error {
	image, ok := r.images.GetTx(tx, id)
	if !ok {
		return nil
	}
	state := ec2types.SnapshotStateCompleted
	if image.State = ec2types.ImageStateAvailable; failure != nil {
		image.State, state = ec2types.ImageStateFailed, ec2types.SnapshotStateError
		image.Reason = &ec2types.StateReason{Code: new("Server.InternalError"), Message: new(failure.Error())}
	} else {
		image.Layers = layers
	}
	for _, id := range image.snapshots() {
		s, ok := r.snapshots.GetTx(tx, id)
		if !ok {
			continue
		}
		if s.State = state; failure == nil && !s.File {
			s.Layers = layers
		}
		if err := r.snapshots.Put(tx, s.ID, s); err != nil {
			return err
		}
	}
	if i, ok := r.instances.GetTx(tx, image.SourceInstance); ok && i.Held {
		i.Held = false
		if err := r.instances.Put(tx, i.ID, i); err != nil {
			return err
		}
	}
	return r.images.Put(tx, id, image)
}
