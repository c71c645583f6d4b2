package controls

import (
	"context"
	"maps"
	"slices"

	config "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

func checkTags(tags map[string]string) error {
	if len(tags) > room.MaxTags {
		return invalid("A resource has %d tags at most.", room.MaxTags)
	}
	pair := func(k string) (key, value *string) { return &k, new(tags[k]) }
	if k, fault := room.CheckTags(slices.Sorted(maps.Keys(tags)), pair); fault != room.TagFits {
		return invalid("The tag '%s' is not valid: keys have 1 to 128 characters and do not begin with aws:, values have 256 at most.", k)
	}
	return nil
}

// changeTags changes the tags of a resource of any kind.
func (r *Room) changeTags(tx *store.Tx, arn string, change func(map[string]string) (map[string]string, error)) (err error) {
	if row, ok := r.clusters.GetTx(tx, arn); ok {
		if row.Tags, err = change(row.Tags); err == nil {
			err = r.clusters.Put(tx, arn, row)
		}
		return err
	}
	if row, ok := r.panels.GetTx(tx, arn); ok {
		if row.Tags, err = change(row.Tags); err == nil {
			err = r.panels.Put(tx, arn, row)
		}
		return err
	}
	if row, ok := r.controls.GetTx(tx, arn); ok {
		if row.Tags, err = change(row.Tags); err == nil {
			err = r.controls.Put(tx, arn, row)
		}
		return err
	}
	if row, ok := r.rules.GetTx(tx, arn); ok {
		if row.Tags, err = change(row.Tags); err == nil {
			err = r.rules.Put(tx, arn, row)
		}
		return err
	}
	return missing("resource", arn)
}

func (r *Room) tagResource(_ context.Context, in *config.TagResourceInput) (*config.TagResourceOutput, error) {
	return &config.TagResourceOutput{}, r.commit(func(tx *store.Tx) error {
		return r.changeTags(tx, room.Deref(in.ResourceArn), func(old map[string]string) (map[string]string, error) {
			all := map[string]string{}
			maps.Copy(all, old)
			maps.Copy(all, in.Tags)
			return all, checkTags(all)
		})
	})
}

func (r *Room) untagResource(_ context.Context, in *config.UntagResourceInput) (*config.UntagResourceOutput, error) {
	return &config.UntagResourceOutput{}, r.commit(func(tx *store.Tx) error {
		return r.changeTags(tx, room.Deref(in.ResourceArn), func(old map[string]string) (map[string]string, error) {
			left := maps.Clone(old)
			for _, k := range in.TagKeys {
				delete(left, k)
			}
			return left, nil
		})
	})
}

func (r *Room) listTags(_ context.Context, in *config.ListTagsForResourceInput) (*config.ListTagsForResourceOutput, error) {
	arn := room.Deref(in.ResourceArn)
	tags := map[string]string{}
	if row, ok := r.clusters.Get(arn); ok {
		maps.Copy(tags, row.Tags)
	} else if row, ok := r.panels.Get(arn); ok {
		maps.Copy(tags, row.Tags)
	} else if row, ok := r.controls.Get(arn); ok {
		maps.Copy(tags, row.Tags)
	} else if row, ok := r.rules.Get(arn); ok {
		maps.Copy(tags, row.Tags)
	} else {
		return nil, missing("resource", arn)
	}
	return &config.ListTagsForResourceOutput{Tags: tags}, nil
}
