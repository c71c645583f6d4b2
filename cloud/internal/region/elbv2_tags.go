package region

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

// tagLimit is how many tags a resource may have.
const tagLimit = 50

// mergeTags returns the tags with others put over them.
func mergeTags(old map[string]string, more []elbtypes.Tag) (map[string]string, error) {
	all := maps.Clone(old)
	if all == nil {
		all = map[string]string{}
	}
	seen := map[string]bool{}
	for _, t := range more {
		key := room.Deref(t.Key)
		switch {
		case key == "" || len(key) > 128 || len(room.Deref(t.Value)) > 256:
			return nil, invalid("Tag keys have 1 to 128 characters and tag values up to 256")
		case strings.HasPrefix(key, "aws:"):
			return nil, invalid("Tag keys that begin with 'aws:' are reserved")
		case seen[key]:
			return nil, wire.Errorf("DuplicateTagKeys", "Tag keys must be unique: '%s'", key)
		}
		seen[key], all[key] = true, room.Deref(t.Value)
	}
	if len(all) > tagLimit {
		return nil, wire.Errorf("TooManyTags", "The maximum number of tags per resource is %d", tagLimit)
	}
	return all, nil
}

func showELBTags(tags map[string]string) []elbtypes.Tag {
	var out []elbtypes.Tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, elbtypes.Tag{Key: new(k), Value: new(tags[k])})
	}
	return out
}

// changeELBTags changes the tags of a resource of any kind.
func (r *Region) changeELBTags(tx *store.Tx, arn string, change func(map[string]string) (map[string]string, error)) (err error) {
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
	if row, ok := r.elbRules.GetTx(tx, arn); ok {
		if row.Tags, err = change(row.Tags); err == nil {
			err = r.elbRules.Put(tx, arn, row)
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
		return missingELBRule()
	}
	return invalid("'%s' is not a valid resource ARN", arn)
}

// AddTags puts tags on load balancers, target groups, listeners and rules.
func (r *Region) AddTags(ctx context.Context, in *elb.AddTagsInput) (*elb.AddTagsOutput, error) {
	if err := room.Only(in, "ResourceArns", "Tags"); err != nil {
		return nil, err
	}
	if len(in.ResourceArns) == 0 || len(in.Tags) == 0 {
		return nil, invalid("The request must contain the parameters 'ResourceArns' and 'Tags'")
	}
	err := r.Update(func(tx *store.Tx) error {
		for _, arn := range in.ResourceArns {
			if err := r.changeELBTags(tx, arn, func(old map[string]string) (map[string]string, error) { return mergeTags(old, in.Tags) }); err != nil {
				return err
			}
		}
		return nil
	})
	return &elb.AddTagsOutput{}, err
}

// RemoveTags takes tags away by their keys; a missing one is no error.
func (r *Region) RemoveTags(ctx context.Context, in *elb.RemoveTagsInput) (*elb.RemoveTagsOutput, error) {
	if err := room.Only(in, "ResourceArns", "TagKeys"); err != nil {
		return nil, err
	}
	if len(in.ResourceArns) == 0 || len(in.TagKeys) == 0 {
		return nil, invalid("The request must contain the parameters 'ResourceArns' and 'TagKeys'")
	}
	err := r.Update(func(tx *store.Tx) error {
		for _, arn := range in.ResourceArns {
			if err := r.changeELBTags(tx, arn, func(old map[string]string) (map[string]string, error) {
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

// describeELBTags is DescribeTags, whose name EC2's has.
func (r *Region) describeELBTags(ctx context.Context, in *elb.DescribeTagsInput) (*elb.DescribeTagsOutput, error) {
	if err := room.Only(in, "ResourceArns"); err != nil {
		return nil, err
	}
	if n := len(in.ResourceArns); n == 0 || n > 20 {
		return nil, invalid("The request must contain 1 to 20 'ResourceArns'")
	}
	out := &elb.DescribeTagsOutput{}
	for _, arn := range in.ResourceArns {
		tags, ok := r.elbTags(arn)
		if !ok {
			return nil, missingByARN(arn)
		}
		out.TagDescriptions = append(out.TagDescriptions, elbtypes.TagDescription{ResourceArn: new(arn), Tags: showELBTags(tags)})
	}
	return out, nil
}

func (r *Region) elbTags(arn string) (map[string]string, bool) {
	if row, ok := r.loadBalancers.Get(arn); ok {
		return row.Tags, true
	}
	if row, ok := r.targetGroups.Get(arn); ok {
		return row.Tags, true
	}
	if row, ok := r.listeners.Get(arn); ok {
		return row.Tags, true
	}
	row, ok := r.elbRules.Get(arn)
	return row.Tags, ok
}
