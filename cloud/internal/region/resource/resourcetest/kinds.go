// Package resourcetest is what the tests of EC2's rooms share.
package resourcetest

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// WantWhole checks that a registry knows each of a room's kinds, and answers as AWS does where there is none with an id.
func WantWhole[R any](t *testing.T, g *resource.Registry, kinds resource.Kinds[R]) {
	t.Helper()
	for _, k := range kinds {
		id := k.NewID()
		if k.Tagged == "" {
			roomtest.WantCode(t, g.MustExist(nil, id), "InvalidID")
			continue
		}
		if !slices.Contains(k.Tagged.Values(), k.Tagged) {
			t.Errorf("%s: the API knows no %q", k.Prefix, k.Tagged)
		}
		if err := g.MustExist(nil, id); err == nil || !strings.Contains(err.Error(), ".NotFound") || !strings.Contains(err.Error(), id) {
			t.Errorf("%s does not exist: %v", id, err)
		}
	}
}

// MadeAs tags what a call makes of a kind with the kind's name, which WantTagged looks for.
func MadeAs(kind ec2types.ResourceType) []ec2types.TagSpecification {
	return []ec2types.TagSpecification{{ResourceType: kind, Tags: []ec2types.Tag{{Key: new("made"), Value: new(string(kind))}}}}
}

// WantTagged checks that something of every kind but some is tagged as its kind.
func WantTagged[R any](t *testing.T, tags *ec2.DescribeTagsOutput, kinds resource.Kinds[R], but ...*resource.Kind[R]) {
	t.Helper()
	made := map[ec2types.ResourceType]bool{}
	for _, tag := range tags.Tags {
		if *tag.Value != string(tag.ResourceType) {
			t.Errorf("%s: made as %s, told as %s", *tag.ResourceId, *tag.Value, tag.ResourceType)
		}
		made[tag.ResourceType] = true
	}
	for _, k := range kinds {
		if k.Tagged != "" && !slices.Contains(but, k) && !made[k.Tagged] {
			t.Errorf("nothing tagged as %s; tags are for %v", k.Tagged, slices.Sorted(maps.Keys(made)))
		}
	}
}
