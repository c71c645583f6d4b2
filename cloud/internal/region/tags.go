package region

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// tagsRow is the tags of one resource.
type tagsRow struct {
	Resource string
	Tags     map[string]string
}

// tagMap returns a resource's tags; it is not to be changed.
func (r *Region) tagMap(id string) map[string]string {
	row, _ := r.tagSets.Get(id)
	return row.Tags
}

// tags returns a resource's tags as Describe calls show them, in the order of their keys.
func (r *Region) tags(id string) []ec2types.Tag {
	m := r.tagMap(id)
	var tags []ec2types.Tag
	for _, k := range slices.Sorted(maps.Keys(m)) {
		tags = append(tags, ec2types.Tag{Key: new(k), Value: new(m[k])})
	}
	return tags
}

// tagNew puts the tags that a create call specifies for a kind on what it made.
func (r *Region) tagNew(tx *store.Tx, specs []ec2types.TagSpecification, id string) error {
	k, _ := kindOf(id)
	for _, spec := range specs {
		if spec.ResourceType == k.tagged {
			if err := r.putTags(tx, id, spec.Tags); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkTagSpecs refuses specifications for kinds that the call does not make.
func checkTagSpecs(specs []ec2types.TagSpecification, made ...ec2types.ResourceType) error {
	seen := map[ec2types.ResourceType]bool{}
	for _, spec := range specs {
		if spec.ResourceType == "" {
			return wire.Errorf("InvalidParameterValue", "Tag specification resource type must have a value")
		}
		if !slices.Contains(made, spec.ResourceType) {
			return wire.Errorf("InvalidParameterValue", "'%s' is not a valid taggable resource type for this operation.", spec.ResourceType)
		}
		if seen[spec.ResourceType] {
			return wire.Errorf("InvalidParameterValue", "The same resource type may not be specified more than once in tag specifications")
		}
		seen[spec.ResourceType] = true
		if err := checkTags(spec.Tags); err != nil {
			return err
		}
	}
	return nil
}

// checkTags applies the limits of https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html.
func checkTags(tags []ec2types.Tag) error {
	seen := map[string]bool{}
	for _, t := range tags {
		k := room.Deref(t.Key)
		switch {
		case k == "":
			return wire.Errorf("InvalidParameterValue", "Tag key cannot be empty.")
		case seen[k]:
			return wire.Errorf("InvalidParameterValue", "Duplicate tag key '%s' specified.", k)
		case strings.HasPrefix(strings.ToLower(k), "aws:"):
			return wire.Errorf("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
		case len([]rune(k)) > 128:
			return wire.Errorf("InvalidParameterValue", "Tag key exceeds the maximum length of 128 characters")
		case len([]rune(room.Deref(t.Value))) > 256:
			return wire.Errorf("InvalidParameterValue", "Tag value exceeds the maximum length of 256 characters")
		}
		seen[k] = true
	}
	return nil
}

// putTags adds tags to a resource or overwrites those of the same key.
func (r *Region) putTags(tx *store.Tx, id string, tags []ec2types.Tag) error {
	if len(tags) == 0 {
		return nil
	}
	row, _ := r.tagSets.GetTx(tx, id)
	all := maps.Clone(row.Tags)
	if all == nil {
		all = map[string]string{}
	}
	for _, t := range tags {
		all[room.Deref(t.Key)] = room.Deref(t.Value)
	}
	// AWS's own tags (aws:autoscaling:groupName) do not count.
	users := 0
	for k := range all {
		if !strings.HasPrefix(k, "aws:") {
			users++
		}
	}
	if users > 50 {
		return wire.Errorf("TagLimitExceeded", "The maximum number of tags for a resource has been reached.")
	}
	return r.tagSets.Put(tx, id, tagsRow{Resource: id, Tags: all})
}

// CreateTags tags resources of any kind.
func (r *Region) CreateTags(ctx context.Context, in *ec2.CreateTagsInput) (*ec2.CreateTagsOutput, error) {
	if err := room.Only(in, "Resources", "Tags"); err != nil {
		return nil, err
	}
	if len(in.Resources) == 0 {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter resourceIdSet")
	}
	if len(in.Tags) == 0 {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter tagSet")
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	err := r.Update(func(tx *store.Tx) error {
		for _, id := range in.Resources {
			if err := r.mustExist(tx, id); err != nil {
				return err
			}
			if err := r.putTags(tx, id, in.Tags); err != nil {
				return err
			}
		}
		return room.DryRun(in)
	})
	return &ec2.CreateTagsOutput{}, err
}

// DeleteTags removes tags: those named, with a value only where the value is the same, or all but AWS's own.
func (r *Region) DeleteTags(ctx context.Context, in *ec2.DeleteTagsInput) (*ec2.DeleteTagsOutput, error) {
	if err := room.Only(in, "Resources", "Tags"); err != nil {
		return nil, err
	}
	if len(in.Resources) == 0 {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter resourceIdSet")
	}
	err := r.Update(func(tx *store.Tx) error {
		for _, id := range in.Resources {
			row, ok := r.tagSets.GetTx(tx, id)
			if !ok {
				continue
			}
			left := maps.Clone(row.Tags)
			maps.DeleteFunc(left, func(k, v string) bool { return removesTag(in.Tags, k, v) })
			row.Tags = left
			if err := r.tagSets.Put(tx, id, row); err != nil {
				return err
			}
		}
		return room.DryRun(in)
	})
	return &ec2.DeleteTagsOutput{}, err
}

func removesTag(named []ec2types.Tag, key, value string) bool {
	if len(named) == 0 {
		return !strings.HasPrefix(key, "aws:")
	}
	return slices.ContainsFunc(named, func(t ec2types.Tag) bool {
		return room.Deref(t.Key) == key && (t.Value == nil || *t.Value == value)
	})
}

// DescribeTags lists tags, one row a tag.
func (r *Region) DescribeTags(ctx context.Context, in *ec2.DescribeTagsInput) (*ec2.DescribeTagsOutput, error) {
	if err := room.Only(in, "Filters", "MaxResults", "NextToken"); err != nil {
		return nil, err
	}
	var all []ec2types.TagDescription
	for _, row := range r.tagSets.All() {
		of, _ := kindOf(row.Resource)
		for k, v := range row.Tags {
			all = append(all, ec2types.TagDescription{ResourceId: new(row.Resource), ResourceType: of.tagged, Key: new(k), Value: new(v)})
		}
	}

	known := fields[ec2types.TagDescription]{
		"key":           one(func(t ec2types.TagDescription) string { return *t.Key }),
		"value":         one(func(t ec2types.TagDescription) string { return *t.Value }),
		"resource-id":   one(func(t ec2types.TagDescription) string { return *t.ResourceId }),
		"resource-type": one(func(t ec2types.TagDescription) string { return string(t.ResourceType) }),
	}
	all, err := filter(r, all, in.Filters, func(t ec2types.TagDescription) string { return *t.ResourceId }, known)
	if err != nil {
		return nil, err
	}
	key := func(t ec2types.TagDescription) string { return *t.ResourceId + "\x00" + *t.Key }
	tags, next, err := page(all, key, in.MaxResults, in.NextToken, 5, 1000)
	if err != nil {
		return nil, err
	}
	return &ec2.DescribeTagsOutput{Tags: tags, NextToken: next}, nil
}
