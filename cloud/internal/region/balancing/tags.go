package balancing

import (
	"context"
	"maps"
	"slices"
	"strings"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// mergeTags returns the tags with others put over them.
func mergeTags(old map[string]string, more []elbtypes.Tag) (map[string]string, error) {
	bad, fault := room.CheckTags(more, func(t elbtypes.Tag) (key, value *string) { return t.Key, t.Value })
	switch fault {
	case room.EmptyKey, room.LongKey, room.LongValue:
		return nil, invalid("Tag keys have 1 to 128 characters and tag values up to 256")
	case room.ReservedKey:
		return nil, invalid("Tag keys that begin with 'aws:' are reserved")
	case room.DuplicateKey:
		return nil, wire.Errorf("DuplicateTagKeys", "Tag keys must be unique: '%s'", *bad.Key)
	}
	all := maps.Clone(old)
	if all == nil {
		all = map[string]string{}
	}
	for _, t := range more {
		all[*t.Key] = room.Deref(t.Value)
	}
	if room.OwnTags(all) > room.MaxTags {
		return nil, wire.Errorf("TooManyTags", "The maximum number of tags per resource is %d", room.MaxTags)
	}
	return all, nil
}

func showTags(tags map[string]string) []elbtypes.Tag {
	var out []elbtypes.Tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, elbtypes.Tag{Key: new(k), Value: new(tags[k])})
	}
	return out
}

// changeTags changes the tags of a resource of any kind.
func (r *Room) changeTags(tx *store.Tx, arn string, change func(map[string]string) (map[string]string, error)) (err error) {
	if row, ok := r.loadBalancers.GetTx(tx, arn); ok {
		if row.Tags, err = change(row.Tags); err == nil {
			err = r.loadBalancers.Put(tx, arn, row)
		}
		return err
	}
	if row, ok := r.targetGroups.GetTx(tx, arn); ok {
		if row.Tags, err = change(row.Tags); err == nil {
			err = r.targetGroups.Put(tx, arn, row)
		}
		return err
	}
	if row, ok := r.listeners.GetTx(tx, arn); ok {
		if row.Tags, err = change(row.Tags); err == nil {
			err = r.listeners.Put(tx, arn, row)
		}
		return err
	}
	if row, ok := r.rules.GetTx(tx, arn); ok {
		if row.Tags, err = change(row.Tags); err == nil {
			err = r.rules.Put(tx, arn, row)
		}
		return err
	}
	return missingByARN(arn)
}

// missingByARN answers for the kind that an ARN names.
func missingByARN(arn string) error {
	switch {
	case strings.Contains(arn, ":loadbalancer/"):
		return missingLoadBalancer()
	case strings.Contains(arn, ":targetgroup/"):
		return missingTargetGroup()
	case strings.Contains(arn, ":listener/"):
		return missingListener()
	case strings.Contains(arn, ":listener-rule/"):
		return missingRule()
	}
	return invalid("'%s' is not a valid resource ARN", arn)
}

// AddTags puts tags on load balancers, target groups, listeners and rules.
func (r *Room) AddTags(ctx context.Context, in *elb.AddTagsInput) (*elb.AddTagsOutput, error) {
	if err := room.Only(in, "ResourceArns", "Tags"); err != nil {
		return nil, err
	}
	if len(in.ResourceArns) == 0 || len(in.Tags) == 0 {
		return nil, invalid("The request must contain the parameters 'ResourceArns' and 'Tags'")
	}
	err := r.Update(func(tx *store.Tx) error {
		for _, arn := range in.ResourceArns {
			if err := r.changeTags(tx, arn, func(old map[string]string) (map[string]string, error) { return mergeTags(old, in.Tags) }); err != nil {
				return err
			}
		}
		return nil
	})
	return &elb.AddTagsOutput{}, err
}

// RemoveTags takes tags away by their keys; a missing one is no error.
func (r *Room) RemoveTags(ctx context.Context, in *elb.RemoveTagsInput) (*elb.RemoveTagsOutput, error) {
	if err := room.Only(in, "ResourceArns", "TagKeys"); err != nil {
		return nil, err
	}
	if len(in.ResourceArns) == 0 || len(in.TagKeys) == 0 {
		return nil, invalid("The request must contain the parameters 'ResourceArns' and 'TagKeys'")
	}
	err := r.Update(func(tx *store.Tx) error {
		for _, arn := range in.ResourceArns {
			if err := r.changeTags(tx, arn, func(old map[string]string) (map[string]string, error) {
				left := maps.Clone(old)
				maps.DeleteFunc(left, func(k, _ string) bool { return slices.Contains(in.TagKeys, k) })
				return left, nil
			}); err != nil {
				return err
			}
		}
		return nil
	})
	return &elb.RemoveTagsOutput{}, err
}

// DescribeTags lists the tags of up to 20 resources.
func (r *Room) DescribeTags(ctx context.Context, in *elb.DescribeTagsInput) (*elb.DescribeTagsOutput, error) {
	if err := room.Only(in, "ResourceArns"); err != nil {
		return nil, err
	}
	if n := len(in.ResourceArns); n == 0 || n > 20 {
		return nil, invalid("The request must contain 1 to 20 'ResourceArns'")
	}
	out := &elb.DescribeTagsOutput{}
	for _, arn := range in.ResourceArns {
		tags, ok := r.Tags(arn)
		if !ok {
			return nil, missingByARN(arn)
		}
		out.TagDescriptions = append(out.TagDescriptions, elbtypes.TagDescription{ResourceArn: new(arn), Tags: showTags(tags)})
	}
	return out, nil
}

// Tags returns the tags of a resource of any kind; false where there is none.
func (r *Room) Tags(arn string) (map[string]string, bool) {
	if row, ok := r.loadBalancers.Get(arn); ok {
		return row.Tags, true
	}
	if row, ok := r.targetGroups.Get(arn); ok {
		return row.Tags, true
	}
	if row, ok := r.listeners.Get(arn); ok {
		return row.Tags, true
	}
	row, ok := r.rules.Get(arn)
	return row.Tags, ok
}
