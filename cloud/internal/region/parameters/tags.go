package parameters

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// mergeTags returns tags with others put over them.
func mergeTags(old map[string]string, more []ssmtypes.Tag) (map[string]string, error) {
	all := map[string]string{}
	maps.Copy(all, old)
	bad, fault := room.CheckTags(more, func(t ssmtypes.Tag) (key, value *string) { return t.Key, t.Value })
	switch fault { // the others break the model's constraints
	case room.ReservedKey:
		return nil, invalid("aws: prefixed tag key names are not allowed for external use: %s", room.Deref(bad.Key))
	case room.DuplicateKey:
		return nil, invalid("The tag key %s is there twice.", room.Deref(bad.Key))
	}
	for _, t := range more {
		all[room.Deref(t.Key)] = room.Deref(t.Value)
	}
	if room.OwnTags(all) > room.MaxTags {
		return nil, &wire.Error{Code: "TooManyTagsError"} // without a message, as its shape has none
	}
	return all, nil
}

// missingResource is the answer to a name that is no parameter's, and to the ids of what this cloud has none of.
// Its shape has no message.
func missingResource() error { return &wire.Error{Code: "InvalidResourceId"} }

// changeTags changes the tags of a parameter.
func (r *Room) changeTags(kind ssmtypes.ResourceTypeForTagging, id *string, change func(map[string]string) (map[string]string, error)) error {
	if kind != ssmtypes.ResourceTypeForTaggingParameter {
		return missingResource()
	}
	name := trimmed(id)
	if err := checkOwn(name); err != nil {
		return err
	}
	err := r.change(name, func(_ *store.Tx, p *parameterRow) (err error) {
		p.Tags, err = change(p.Tags)
		return err
	})
	if refused := (*wire.Error)(nil); errors.As(err, &refused) && refused.Code == "ParameterNotFound" {
		return missingResource()
	}
	return err
}

// TagMap returns a parameter's tags; it is not to be changed.
func (r *Room) TagMap(name string) (tags map[string]string, ok bool) {
	p, ok := r.find(nil, name)
	return p.Tags, ok
}

// AddTagsToResource puts tags on a parameter.
func (r *Room) AddTagsToResource(ctx context.Context, in *ssm.AddTagsToResourceInput) (*ssm.AddTagsToResourceOutput, error) {
	if err := room.Only(in, "ResourceType", "ResourceId", "Tags"); err != nil {
		return nil, err
	}
	return &ssm.AddTagsToResourceOutput{}, r.changeTags(in.ResourceType, in.ResourceId, func(old map[string]string) (map[string]string, error) {
		return mergeTags(old, in.Tags)
	})
}

// RemoveTagsFromResource takes tags off a parameter.
func (r *Room) RemoveTagsFromResource(ctx context.Context, in *ssm.RemoveTagsFromResourceInput) (*ssm.RemoveTagsFromResourceOutput, error) {
	if err := room.Only(in, "ResourceType", "ResourceId", "TagKeys"); err != nil {
		return nil, err
	}
	return &ssm.RemoveTagsFromResourceOutput{}, r.changeTags(in.ResourceType, in.ResourceId, func(old map[string]string) (map[string]string, error) {
		left := maps.Clone(old)
		maps.DeleteFunc(left, func(k, _ string) bool { return slices.Contains(in.TagKeys, k) })
		return left, nil
	})
}

// ListTagsForResource lists the tags of a parameter.
func (r *Room) ListTagsForResource(ctx context.Context, in *ssm.ListTagsForResourceInput) (*ssm.ListTagsForResourceOutput, error) {
	if err := room.Only(in, "ResourceType", "ResourceId"); err != nil {
		return nil, err
	}
	p, ok := r.find(nil, trimmed(in.ResourceId))
	if in.ResourceType != ssmtypes.ResourceTypeForTaggingParameter || !ok {
		return nil, missingResource()
	}
	out := &ssm.ListTagsForResourceOutput{TagList: []ssmtypes.Tag{}}
	for _, k := range slices.Sorted(maps.Keys(p.Tags)) {
		out.TagList = append(out.TagList, ssmtypes.Tag{Key: new(k), Value: new(p.Tags[k])})
	}
	return out, nil
}
