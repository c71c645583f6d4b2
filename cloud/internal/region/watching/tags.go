package watching

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// alarmTags returns the tags with others put over them.
func mergeTags(old map[string]string, more []cwtypes.Tag) (map[string]string, error) {
	all := map[string]string{}
	maps.Copy(all, old)
	bad, fault := room.CheckTags(more, func(t cwtypes.Tag) (key, value *string) { return t.Key, t.Value })
	if fault != room.TagFits && fault != room.DuplicateKey { // of two the last counts
		return nil, invalid("The tag %s is invalid: keys have 1 to 128 characters and do not begin with aws:, values have 256 at most.", room.Deref(bad.Key))
	}
	for _, t := range more {
		all[room.Deref(t.Key)] = room.Deref(t.Value)
	}
	if len(all) > room.MaxTags {
		return nil, invalid("The maximum number of tags per resource is %d.", room.MaxTags)
	}
	return all, nil
}

// alarmByARN finds the alarm that an ARN names.
func (r *Room) alarmByARN(arn *string, get func(name string) (alarmRow, bool)) (alarmRow, error) {
	name, ok := strings.CutPrefix(room.Deref(arn), r.alarmARN(""))
	if row, found := get(name); ok && found {
		return row, nil
	}
	return alarmRow{}, &wire.Error{Code: "ResourceNotFoundException", Message: "The resource " + room.Deref(arn) + " was not found.", Status: http.StatusNotFound}
}

func (r *Room) changeAlarmTags(arn *string, change func(map[string]string) (map[string]string, error)) error {
	return r.Update(func(tx *store.Tx) error {
		row, err := r.alarmByARN(arn, func(name string) (alarmRow, bool) { return r.alarms.GetTx(tx, name) })
		if err != nil {
			return err
		}
		if row.Tags, err = change(row.Tags); err != nil {
			return err
		}
		return r.alarms.Put(tx, row.Name, row)
	})
}

// TagResource puts tags on an alarm.
func (r *Room) TagResource(ctx context.Context, in *cloudwatch.TagResourceInput) (*cloudwatch.TagResourceOutput, error) {
	if err := room.Only(in, "ResourceARN", "Tags"); err != nil {
		return nil, err
	}
	return &cloudwatch.TagResourceOutput{}, r.changeAlarmTags(
		in.ResourceARN,
		func(old map[string]string) (map[string]string, error) { return mergeTags(old, in.Tags) },
	)
}

// UntagResource takes tags off an alarm.
func (r *Room) UntagResource(ctx context.Context, in *cloudwatch.UntagResourceInput) (*cloudwatch.UntagResourceOutput, error) {
	if err := room.Only(in, "ResourceARN", "TagKeys"); err != nil {
		return nil, err
	}
	return &cloudwatch.UntagResourceOutput{}, r.changeAlarmTags(in.ResourceARN, func(old map[string]string) (map[string]string, error) {
		left := maps.Clone(old)
		maps.DeleteFunc(left, func(k, _ string) bool { return slices.Contains(in.TagKeys, k) })
		return left, nil
	})
}

// ListTagsForResource lists the tags of an alarm.
func (r *Room) ListTagsForResource(ctx context.Context, in *cloudwatch.ListTagsForResourceInput) (*cloudwatch.ListTagsForResourceOutput, error) {
	if err := room.Only(in, "ResourceARN"); err != nil {
		return nil, err
	}
	row, err := r.alarmByARN(in.ResourceARN, r.alarms.Get)
	if err != nil {
		return nil, err
	}
	out := &cloudwatch.ListTagsForResourceOutput{Tags: []cwtypes.Tag{}}
	for _, k := range slices.Sorted(maps.Keys(row.Tags)) {
		out.Tags = append(out.Tags, cwtypes.Tag{Key: new(k), Value: new(row.Tags[k])})
	}
	return out, nil
}
