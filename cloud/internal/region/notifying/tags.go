package notifying

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// mergeTags returns tags with others put over them.
func mergeTags(old map[string]string, more []snstypes.Tag) (map[string]string, error) {
	all := map[string]string{}
	maps.Copy(all, old)
	bad, fault := room.CheckTags(more, func(t snstypes.Tag) (key, value *string) { return t.Key, t.Value })
	if fault != room.TagFits {
		return nil, invalid("Tags Reason: the tag key %q or its value is not allowed, or is there twice", room.Deref(bad.Key))
	}
	for _, t := range more {
		all[*t.Key] = room.Deref(t.Value)
	}
	if room.OwnTags(all) > room.MaxTags {
		return nil, wire.Errorf("TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded")
	}
	return all, nil
}

// tagged finds the topic whose tags are asked for.
func (r *Room) tagged(tx *store.Tx, arn *string) (topicRow, error) {
	t, err := r.findTopic(tx, arn)
	if isMissing(err) {
		return t, &wire.Error{Code: "ResourceNotFound", Message: "Resource does not exist", Status: 404}
	}
	return t, err
}

// TagResource puts tags on a topic.
func (r *Room) TagResource(_ context.Context, in *sns.TagResourceInput) (*sns.TagResourceOutput, error) {
	if err := room.Only(in, "ResourceArn", "Tags"); err != nil {
		return nil, err
	}
	return &sns.TagResourceOutput{}, r.Update(func(tx *store.Tx) error {
		t, err := r.tagged(tx, in.ResourceArn)
		if err != nil {
			return err
		}
		if t.Tags, err = mergeTags(t.Tags, in.Tags); err != nil {
			return err
		}
		return r.topics.Put(tx, t.Name, t)
	})
}

// UntagResource takes tags off a topic.
func (r *Room) UntagResource(_ context.Context, in *sns.UntagResourceInput) (*sns.UntagResourceOutput, error) {
	if err := room.Only(in, "ResourceArn", "TagKeys"); err != nil {
		return nil, err
	}
	return &sns.UntagResourceOutput{}, r.Update(func(tx *store.Tx) error {
		t, err := r.tagged(tx, in.ResourceArn)
		if err != nil {
			return err
		}
		t.Tags = maps.Clone(t.Tags)
		maps.DeleteFunc(t.Tags, func(k, _ string) bool { return slices.Contains(in.TagKeys, k) })
		return r.topics.Put(tx, t.Name, t)
	})
}

// ListTagsForResource lists a topic's tags.
func (r *Room) ListTagsForResource(_ context.Context, in *sns.ListTagsForResourceInput) (*sns.ListTagsForResourceOutput, error) {
	if err := room.Only(in, "ResourceArn"); err != nil {
		return nil, err
	}
	t, err := r.tagged(nil, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	out := &sns.ListTagsForResourceOutput{Tags: []snstypes.Tag{}}
	for _, k := range slices.Sorted(maps.Keys(t.Tags)) {
		out.Tags = append(out.Tags, snstypes.Tag{Key: new(k), Value: new(t.Tags[k])})
	}
	return out, nil
}

// TagMap returns a topic's tags by its ARN; it is not to be changed.
func (r *Room) TagMap(arn string) (map[string]string, bool) {
	t, err := r.findTopic(nil, &arn)
	return t.Tags, err == nil
}
