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

// taggable are the resources of one kind, as tagging sees them.
type taggable interface {
	tagsOf(arn string) (tags map[string]string, ok bool)
	retag(tx *store.Tx, arn string, change func(map[string]string) (map[string]string, error)) (ok bool, err error)
}

func (r *Room) taggable() []taggable { return []taggable{r.clusters, r.panels, r.controls, r.rules} }

func (k kept[Row]) tagsOf(arn string) (map[string]string, bool) {
	row, ok := k.Get(arn)
	return row.tags(), ok
}

func (k kept[Row]) retag(tx *store.Tx, arn string, change func(map[string]string) (map[string]string, error)) (bool, error) {
	row, ok := k.GetTx(tx, arn)
	if !ok {
		return false, nil
	}
	tags, err := change(row.tags())
	if err != nil {
		return true, err
	}
	return true, k.Put(tx, arn, row.tagged(tags))
}

// changeTags changes the tags of a resource of any kind.
func (r *Room) changeTags(arn *string, change func(map[string]string) (map[string]string, error)) error {
	return r.commit(func(tx *store.Tx) error {
		for _, kind := range r.taggable() {
			if ok, err := kind.retag(tx, room.Deref(arn), change); ok {
				return err
			}
		}
		return missing("resource", room.Deref(arn))
	})
}

func (r *Room) tagResource(_ context.Context, in *config.TagResourceInput) (*config.TagResourceOutput, error) {
	return &config.TagResourceOutput{}, r.changeTags(in.ResourceArn, func(old map[string]string) (map[string]string, error) {
		all := map[string]string{}
		maps.Copy(all, old)
		maps.Copy(all, in.Tags)
		return all, checkTags(all)
	})
}

func (r *Room) untagResource(_ context.Context, in *config.UntagResourceInput) (*config.UntagResourceOutput, error) {
	return &config.UntagResourceOutput{}, r.changeTags(in.ResourceArn, func(old map[string]string) (map[string]string, error) {
		left := maps.Clone(old)
		for _, k := range in.TagKeys {
			delete(left, k)
		}
		return left, nil
	})
}

func (r *Room) listTags(_ context.Context, in *config.ListTagsForResourceInput) (*config.ListTagsForResourceOutput, error) {
	tags := map[string]string{}
	for _, kind := range r.taggable() {
		if has, ok := kind.tagsOf(room.Deref(in.ResourceArn)); ok {
			maps.Copy(tags, has)
			return &config.ListTagsForResourceOutput{Tags: tags}, nil
		}
	}
	return nil, missing("resource", room.Deref(in.ResourceArn))
}
