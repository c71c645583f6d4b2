package zones

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// maxTags is how many tags a resource may have.
const maxTags = 10

// maxZoneID is how long a hosted zone's id is at most (ResourceId in the API reference).
const maxZoneID = 32

// exists refuses a resource that is not there.
func (r *Room) exists(t r53types.TagResourceType, id string) error {
	switch t {
	case r53types.TagResourceTypeHostedzone:
		// Recorded from AWS, November 2026. The model's 64 are for health checks' ids, too.
		if len(id) > maxZoneID {
			return request.BadInput("1 validation error detected: Value '%s' at 'resourceId' failed to satisfy constraint: "+
				"Member must have length less than or equal to %d", id, maxZoneID)
		}
		if _, err := r.zone(nil, id); err != nil {
			return err
		}
	case r53types.TagResourceTypeHealthcheck:
		if _, err := r.Check(nil, id); err != nil {
			return err
		}
	default:
		return request.BadInput(
			"1 validation error detected: Value '%s' at 'resourceType' failed to satisfy constraint: Member must satisfy enum value set: [healthcheck, hostedzone]",
			t,
		)
	}
	return nil
}

func (r *Room) changeTags(_ context.Context, in *route53.ChangeTagsForResourceInput) (*route53.ChangeTagsForResourceOutput, error) {
	id := request.Bare(aws.ToString(in.ResourceId))
	if len(in.AddTags) == 0 && len(in.RemoveTagKeys) == 0 {
		return nil, request.BadInput("The request must contain at least one of AddTags and RemoveTagKeys.")
	}
	if err := checkTags(in); err != nil {
		return nil, err
	}
	return &route53.ChangeTagsForResourceOutput{}, r.Update(func(tx *store.Tx) error {
		if err := r.exists(in.ResourceType, id); err != nil {
			return err
		}
		key := tagKey(in.ResourceType, id)
		row, _ := r.tags.GetTx(tx, key)
		byKey := map[string]string{}
		for _, t := range row.Tags {
			byKey[*t.Key] = aws.ToString(t.Value)
		}
		for _, k := range in.RemoveTagKeys {
			delete(byKey, k)
		}
		for _, t := range in.AddTags {
			byKey[aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
		if len(byKey) > maxTags {
			return request.BadInput("The number of tags on a resource may not exceed %d.", maxTags)
		}
		return r.tags.Put(tx, key, tagged{in.ResourceType, id, sortedTags(byKey)})
	})
}

func checkTags(in *route53.ChangeTagsForResourceInput) error {
	for _, t := range in.AddTags {
		if err := request.Length("key", aws.ToString(t.Key), 1, 128); err != nil {
			return err
		}
		if err := request.Length("value", aws.ToString(t.Value), 0, 256); err != nil {
			return err
		}
		if strings.HasPrefix(strings.ToLower(*t.Key), "aws:") {
			return request.BadInput("Tag keys that start with aws: are reserved: %s", *t.Key)
		}
		if slices.Contains(in.RemoveTagKeys, *t.Key) {
			return request.BadInput("The tag key %s is both added and removed.", *t.Key)
		}
	}
	return nil
}

func sortedTags(byKey map[string]string) []r53types.Tag {
	tags := make([]r53types.Tag, 0, len(byKey))
	for k, v := range byKey {
		tags = append(tags, r53types.Tag{Key: &k, Value: &v})
	}
	slices.SortFunc(tags, func(a, b r53types.Tag) int { return strings.Compare(*a.Key, *b.Key) })
	return tags
}

func (r *Room) tagsOf(t r53types.TagResourceType, id string) (r53types.ResourceTagSet, error) {
	if err := r.exists(t, id); err != nil {
		return r53types.ResourceTagSet{}, err
	}
	row, _ := r.tags.Get(tagKey(t, id))
	// No tags are an empty list, which clients read without looking whether it is there.
	return r53types.ResourceTagSet{ResourceId: &id, ResourceType: t, Tags: room.Listed(row.Tags)}, nil
}

func (r *Room) listTags(_ context.Context, in *route53.ListTagsForResourceInput) (*route53.ListTagsForResourceOutput, error) {
	set, err := r.tagsOf(in.ResourceType, request.Bare(aws.ToString(in.ResourceId)))
	if err != nil {
		return nil, err
	}
	return &route53.ListTagsForResourceOutput{ResourceTagSet: &set}, nil
}

func (r *Room) listTagsOfMany(_ context.Context, in *route53.ListTagsForResourcesInput) (*route53.ListTagsForResourcesOutput, error) {
	if len(in.ResourceIds) < 1 || len(in.ResourceIds) > 10 {
		return nil, request.BadInput("1 validation error detected: Value at 'resourceIds' failed to satisfy constraint: Member must have between 1 and 10 elements")
	}
	out := &route53.ListTagsForResourcesOutput{}
	for _, id := range in.ResourceIds {
		set, err := r.tagsOf(in.ResourceType, request.Bare(id))
		if err != nil {
			return nil, err
		}
		out.ResourceTagSets = append(out.ResourceTagSets, set)
	}
	return out, nil
}
