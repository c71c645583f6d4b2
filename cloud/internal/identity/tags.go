package identity

import (
	"context"
	"maps"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

func invalidInput(format string, args ...any) error {
	return wire.Errorf("InvalidInput", format, args...)
}

func invalidMarker(token string) error {
	return wire.Errorf("ValidationError", "Invalid Marker.")
}

// tagsOf reads a request's tags.
func tagsOf(tags []types.Tag) (map[string]string, error) {
	t, fault := room.CheckTags(tags, func(t types.Tag) (key, value *string) { return t.Key, t.Value })
	switch fault {
	case room.TagFits:
	case room.DuplicateKey:
		return nil, invalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
	case room.ReservedKey:
		return nil, invalidInput("Tag keys starting with 'aws:' are reserved for system use.")
	default:
		return nil, invalidInput("The tag '%s' is not valid.", room.Deref(t.Key))
	}
	all := map[string]string{}
	for _, t := range tags {
		all[*t.Key] = room.Deref(t.Value)
	}
	return all, nil
}

func shownTags(tags map[string]string) (all []types.Tag) {
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		all = append(all, types.Tag{Key: new(k), Value: new(tags[k])})
	}
	return all
}

// named reads the name of a request's entity: a policy is named by its ARN there.
func (r *Room) named(k *kind, in any) (string, error) {
	if k != policies {
		return text(in, k.field), nil
	}
	arn := text(in, "PolicyArn")
	e, ok := r.customerPolicy(nil, arn)
	if !ok {
		return "", noSuchEntity(k.missing, arn)
	}
	return e.Name, nil
}

func tag[In, Out any](r *Room, k *kind) func(context.Context, *In) (*Out, error) {
	return func(_ context.Context, in *In) (*Out, error) {
		tags, err := tagsOf(reflect.ValueOf(in).Elem().FieldByName("Tags").Interface().([]types.Tag))
		if err != nil {
			return nil, err
		}
		name, err := r.named(k, in)
		if err != nil {
			return nil, err
		}
		return new(Out), r.change(k, name, func(_ *store.Tx, e *entity) error {
			if e.Tags == nil {
				e.Tags = map[string]string{}
			}
			maps.Copy(e.Tags, tags)
			if len(e.Tags) > room.MaxTags {
				return limitExceeded("The number of tags has reached the maximum limit.")
			}
			return nil
		})
	}
}

func untag[In, Out any](r *Room, k *kind) func(context.Context, *In) (*Out, error) {
	return func(_ context.Context, in *In) (*Out, error) {
		keys := reflect.ValueOf(in).Elem().FieldByName("TagKeys").Interface().([]string)
		name, err := r.named(k, in)
		if err != nil {
			return nil, err
		}
		return new(Out), r.change(k, name, func(_ *store.Tx, e *entity) error {
			for _, key := range keys {
				delete(e.Tags, key)
			}
			return nil
		})
	}
}

func listTags[In, Out any](r *Room, k *kind) func(context.Context, *In) (*Out, error) {
	return func(_ context.Context, in *In) (*Out, error) {
		name, err := r.named(k, in)
		if err != nil {
			return nil, err
		}
		e, err := r.find(nil, k, name)
		if err != nil {
			return nil, err
		}
		tags, more, marker, err := page(in, shownTags(e.Tags), func(t types.Tag) string { return *t.Key })
		if err != nil {
			return nil, err
		}
		return answer[Out](map[string]any{"Tags": tags, "IsTruncated": more, "Marker": marker}), nil
	}
}
