package resource

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

// TagMap returns a resource's tags; it is not to be changed.
func (g *Registry) TagMap(id string) map[string]string {
	row, _ := g.tagSets.Get(id)
	return row.Tags
}

// Tags returns a resource's tags as Describe calls show them, in the order of their keys.
func (g *Registry) Tags(id string) []ec2types.Tag {
	m := g.TagMap(id)
	var tags []ec2types.Tag
	for _, k := range slices.Sorted(maps.Keys(m)) {
		tags = append(tags, ec2types.Tag{Key: new(k), Value: new(m[k])})
	}
	return tags
}

// TagNew puts the tags that a create call specifies for a kind on what it made.
func (g *Registry) TagNew(tx *store.Tx, specs []ec2types.TagSpecification, id string) error {
	k, _ := g.kindOf(id)
	for _, spec := range specs {
		if spec.ResourceType == k.tagged {
			if err := g.PutTags(tx, id, spec.Tags); err != nil {
				return err
			}
		}
	}
	return nil
}

// CheckTagSpecs refuses specifications for kinds that the call does not make.
func CheckTagSpecs(specs []ec2types.TagSpecification, made ...ec2types.ResourceType) error {
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
	t, fault := room.CheckTags(tags, func(t ec2types.Tag) (key, value *string) { return t.Key, t.Value })
	switch fault {
	case room.EmptyKey:
		return wire.Errorf("InvalidParameterValue", "Tag key cannot be empty.")
	case room.DuplicateKey:
		return wire.Errorf("InvalidParameterValue", "Duplicate tag key '%s' specified.", room.Deref(t.Key))
	case room.ReservedKey:
		return wire.Errorf("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
	case room.LongKey:
		return wire.Errorf("InvalidParameterValue", "Tag key exceeds the maximum length of 128 characters")
	case room.LongValue:
		return wire.Errorf("InvalidParameterValue", "Tag value exceeds the maximum length of 256 characters")
	}
	return nil
}

// PutTags adds tags to a resource or overwrites those of the same key.
func (g *Registry) PutTags(tx *store.Tx, id string, tags []ec2types.Tag) error {
	if len(tags) == 0 {
		return nil
	}
	row, _ := g.tagSets.GetTx(tx, id)
	all := maps.Clone(row.Tags)
	if all == nil {
		all = map[string]string{}
	}
	for _, t := range tags {
		all[room.Deref(t.Key)] = room.Deref(t.Value)
	}
	if room.OwnTags(all) > room.MaxTags {
		return wire.Errorf("TagLimitExceeded", "The maximum number of tags for a resource has been reached.")
	}
	return g.tagSets.Put(tx, id, tagsRow{Resource: id, Tags: all})
}

// RemoveTags takes tags from a resource by their keys.
func (g *Registry) RemoveTags(tx *store.Tx, id string, keys ...string) error {
	row, _ := g.tagSets.GetTx(tx, id)
	all := maps.Clone(row.Tags)
	maps.DeleteFunc(all, func(key, _ string) bool { return slices.Contains(keys, key) })
	return g.tagSets.Put(tx, id, tagsRow{Resource: id, Tags: all})
}

// DropTags removes all of a resource's tags.
func (g *Registry) DropTags(tx *store.Tx, id string) error { return g.tagSets.Delete(tx, id) }

// CreateTags tags resources of any kind.
func (g *Registry) CreateTags(ctx context.Context, in *ec2.CreateTagsInput) (*ec2.CreateTagsOutput, error) {
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
	err := g.Update(func(tx *store.Tx) error {
		for _, id := range in.Resources {
			if err := g.MustExist(tx, id); err != nil {
				return err
			}
			if err := g.PutTags(tx, id, in.Tags); err != nil {
				return err
			}
		}
		return room.DryRun(in)
	})
	return &ec2.CreateTagsOutput{}, err
}

// DeleteTags removes tags: those named, with a value only where the value is the same, or all but AWS's own.
func (g *Registry) DeleteTags(ctx context.Context, in *ec2.DeleteTagsInput) (*ec2.DeleteTagsOutput, error) {
	if err := room.Only(in, "Resources", "Tags"); err != nil {
		return nil, err
	}
	if len(in.Resources) == 0 {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter resourceIdSet")
	}
	err := g.Update(func(tx *store.Tx) error {
		for _, id := range in.Resources {
			row, ok := g.tagSets.GetTx(tx, id)
			if !ok {
				continue
			}
			left := maps.Clone(row.Tags)
			maps.DeleteFunc(left, func(k, v string) bool { return removesTag(in.Tags, k, v) })
			row.Tags = left
			if err := g.tagSets.Put(tx, id, row); err != nil {
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
func (g *Registry) DescribeTags(ctx context.Context, in *ec2.DescribeTagsInput) (*ec2.DescribeTagsOutput, error) {
	if err := room.Only(in, "Filters", "MaxResults", "NextToken"); err != nil {
		return nil, err
	}
	var all []ec2types.TagDescription
	for _, row := range g.tagSets.All() {
		of, _ := g.kindOf(row.Resource)
		for k, v := range row.Tags {
			all = append(all, ec2types.TagDescription{ResourceId: new(row.Resource), ResourceType: of.tagged, Key: new(k), Value: new(v)})
		}
	}

	known := Fields[ec2types.TagDescription]{
		"key":           One(func(t ec2types.TagDescription) string { return *t.Key }),
		"value":         One(func(t ec2types.TagDescription) string { return *t.Value }),
		"resource-id":   One(func(t ec2types.TagDescription) string { return *t.ResourceId }),
		"resource-type": One(func(t ec2types.TagDescription) string { return string(t.ResourceType) }),
	}
	all, err := Filter(g, all, in.Filters, func(t ec2types.TagDescription) string { return *t.ResourceId }, known)
	if err != nil {
		return nil, err
	}
	key := func(t ec2types.TagDescription) string { return *t.ResourceId + "\x00" + *t.Key }
	tags, next, err := Page(all, key, in.MaxResults, in.NextToken, 5, 1000)
	if err != nil {
		return nil, err
	}
	return &ec2.DescribeTagsOutput{Tags: tags, NextToken: next}, nil
}
