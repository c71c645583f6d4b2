package scaling

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

const fleetKind = "auto-scaling-group"

// putTag adds a tag to a group or overwrites the one of the same key.
func (f *fleetRow) putTag(t autoscalingtypes.Tag) error {
	key, value := room.Deref(t.Key), room.Deref(t.Value)
	switch {
	case t.ResourceType != nil && *t.ResourceType != fleetKind:
		return invalid("Unsupported resource type '%s': it must be %s.", *t.ResourceType, fleetKind)
	case room.Deref(t.ResourceId) != f.Name:
		return invalid("The ResourceId '%s' of a tag is not the name of the AutoScalingGroup.", room.Deref(t.ResourceId))
	case key == "" || len([]rune(key)) > 128:
		return invalid("1 validation error detected: Value '%s' at 'tags.member.key' failed to satisfy constraint: Member must have length between 1 and 128", key)
	case strings.HasPrefix(strings.ToLower(key), "aws:"):
		return invalid("The aws: prefix is reserved for AWS use: '%s'", key)
	case len([]rune(value)) > 256:
		return invalid("1 validation error detected: Value at 'tags.member.value' failed to satisfy constraint: Member must have length less than or equal to 256")
	}
	f.Tags = slices.DeleteFunc(slices.Clone(f.Tags), func(x autoscalingtypes.TagDescription) bool { return *x.Key == key })
	f.Tags = append(f.Tags, autoscalingtypes.TagDescription{
		Key: new(key), Value: new(value), ResourceId: new(f.Name), ResourceType: new(fleetKind), PropagateAtLaunch: new(room.Deref(t.PropagateAtLaunch)),
	})
	slices.SortFunc(f.Tags, func(a, b autoscalingtypes.TagDescription) int { return strings.Compare(*a.Key, *b.Key) })
	if len(f.Tags) > 50 {
		return invalid("The maximum number of tags of an AutoScalingGroup is 50.")
	}
	return nil
}

// changeFleetTags applies a change for each tag to the group that it names, all or none.
func (r *Room) changeFleetTags(tags []autoscalingtypes.Tag, change func(*fleetRow, autoscalingtypes.Tag) error) error {
	return r.Update(func(tx *store.Tx) error {
		for _, t := range tags {
			f, ok := r.fleets.GetTx(tx, room.Deref(t.ResourceId))
			if !ok {
				name := room.Deref(t.ResourceId) // these calls have words of their own, as they were seen
				return invalid("AutoScalingGroup not found - AutoScaling Group %s not found", name)
			}
			if err := change(&f, t); err != nil {
				return err
			}
			if err := r.fleets.Put(tx, f.Name, f); err != nil {
				return err
			}
		}
		return nil
	})
}

// CreateOrUpdateTags tags groups. Instances that run keep the tags they were launched with.
func (r *Room) CreateOrUpdateTags(ctx context.Context, in *autoscaling.CreateOrUpdateTagsInput) (*autoscaling.CreateOrUpdateTagsOutput, error) {
	if err := room.Only(in, "Tags"); err != nil {
		return nil, err
	}
	return &autoscaling.CreateOrUpdateTagsOutput{}, r.changeFleetTags(in.Tags, (*fleetRow).putTag)
}

// DeleteTags removes tags of groups.
func (r *Room) DeleteTags(ctx context.Context, in *autoscaling.DeleteTagsInput) (*autoscaling.DeleteTagsOutput, error) {
	if err := room.Only(in, "Tags"); err != nil {
		return nil, err
	}
	return &autoscaling.DeleteTagsOutput{}, r.changeFleetTags(in.Tags, func(f *fleetRow, t autoscalingtypes.Tag) error {
		f.Tags = slices.DeleteFunc(slices.Clone(f.Tags), func(x autoscalingtypes.TagDescription) bool {
			return *x.Key == room.Deref(t.Key) && (t.Value == nil || *t.Value == *x.Value)
		})
		return nil
	})
}

// DescribeTags lists the tags of groups.
func (r *Room) DescribeTags(ctx context.Context, in *autoscaling.DescribeTagsInput) (*autoscaling.DescribeTagsOutput, error) {
	if err := room.Only(in, "Filters", "MaxRecords", "NextToken"); err != nil {
		return nil, err
	}
	var rows []autoscalingtypes.TagDescription
	for _, f := range r.fleets.All() {
		rows = append(rows, f.Tags...)
	}
	rows, err := filter(rows, in.Filters, func(t autoscalingtypes.TagDescription, name string) ([]string, bool) {
		switch name {
		case "auto-scaling-group":
			return []string{room.Deref(t.ResourceId)}, true
		case "key":
			return []string{room.Deref(t.Key)}, true
		case "value":
			return []string{room.Deref(t.Value)}, true
		case "propagate-at-launch":
			return []string{strconv.FormatBool(room.Deref(t.PropagateAtLaunch))}, true
		}
		return nil, false
	})
	if err != nil {
		return nil, err
	}
	key := func(t autoscalingtypes.TagDescription) string { return *t.ResourceId + "\x00" + *t.Key }
	tags, next, err := page(rows, key, in.MaxRecords, in.NextToken, 50, 100)
	return &autoscaling.DescribeTagsOutput{Tags: tags, NextToken: next}, err
}

// Group returns a group's ARN and tags.
func (r *Room) Group(name string) (arn string, tags map[string]string, ok bool) {
	f, ok := r.fleets.Get(name)
	if !ok {
		return "", nil, false
	}
	tags = map[string]string{}
	for _, t := range f.Tags {
		tags[*t.Key] = *t.Value
	}
	return r.fleetARN(f), tags, true
}
