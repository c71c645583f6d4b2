package compute

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

func TestEveryKindIsWhole(t *testing.T) {
	r, _, _ := open(t)
	for _, k := range kinds {
		id := k.NewID()
		if k.Tagged == "" {
			roomtest.WantCode(t, r.MustExist(nil, id), "InvalidID")
			continue
		}
		if !slices.Contains(k.Tagged.Values(), k.Tagged) {
			t.Errorf("%s: the API knows no %q", k.Prefix, k.Tagged)
		}
		if err := r.MustExist(nil, id); err == nil || !strings.Contains(err.Error(), ".NotFound") || !strings.Contains(err.Error(), id) {
			t.Errorf("%s does not exist: %v", id, err)
		}
	}
}

// A launch's and an image's tags are kept for whatever kind they make, and DescribeTags names that kind.
func TestTagsGivenAtCreationAreKept(t *testing.T) {
	r, _, subnet := open(t)
	ctx := t.Context()
	as := func(kind ec2types.ResourceType) []ec2types.TagSpecification {
		return []ec2types.TagSpecification{{ResourceType: kind, Tags: []ec2types.Tag{{Key: new("made"), Value: new(string(kind))}}}}
	}
	roomtest.Must(r.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: new("template"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{}, TagSpecifications: as("launch-template"),
	}))(t)
	instance := launch(t, r, &ec2.RunInstancesInput{
		SubnetId: &subnet, TagSpecifications: slices.Concat(as("instance"), as("volume"), as("network-interface")),
	})
	roomtest.Must(r.CreateImage(ctx, &ec2.CreateImageInput{
		InstanceId: &instance, Name: new("image"), NoReboot: new(true), TagSpecifications: slices.Concat(as("image"), as("snapshot")),
	}))(t)
	wantTagged(t, roomtest.Must(r.DescribeTags(ctx, &ec2.DescribeTagsInput{}))(t))
	row, _ := r.Instance(nil, instance)
	if made := r.TagMap(row.Interface)["made"]; made != "network-interface" {
		t.Errorf("the interface is tagged as %q", made)
	}
}

// wantTagged checks that something of every kind but some is tagged as its kind.
func wantTagged(t *testing.T, tags *ec2.DescribeTagsOutput, but ...*resource.Kind[*Room]) {
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
