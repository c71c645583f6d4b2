package compute

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource/resourcetest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestEveryKindIsWhole(t *testing.T) {
	r, _, _ := open(t)
	resourcetest.WantWhole(t, r.Registry, kinds)
}

// A launch's and an image's tags are kept for whatever kind they make, and DescribeTags names that kind.
func TestTagsGivenAtCreationAreKept(t *testing.T) {
	r, _, subnet := open(t)
	ctx := t.Context()
	as := resourcetest.MadeAs
	roomtest.Must(r.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: new("template"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{}, TagSpecifications: as("launch-template"),
	}))(t)
	roomtest.Must(r.CreateKeyPair(ctx, &ec2.CreateKeyPairInput{KeyName: new("key"), KeyType: "ed25519", TagSpecifications: as("key-pair")}))(t)
	roomtest.Must(r.CreatePlacementGroup(ctx, &ec2.CreatePlacementGroupInput{
		GroupName: new("group"), Strategy: ec2types.PlacementStrategySpread, TagSpecifications: as("placement-group"),
	}))(t)
	instance := launch(t, r, &ec2.RunInstancesInput{
		SubnetId: &subnet, TagSpecifications: slices.Concat(as("instance"), as("volume"), as("network-interface")),
	})
	roomtest.Must(r.CreateImage(ctx, &ec2.CreateImageInput{
		InstanceId: &instance, Name: new("image"), NoReboot: new(true), TagSpecifications: slices.Concat(as("image"), as("snapshot")),
	}))(t)
	resourcetest.WantTagged(t, roomtest.Must(r.DescribeTags(ctx, &ec2.DescribeTagsInput{}))(t), kinds)
	row, _ := r.Instance(nil, instance)
	if made := r.TagMap(row.Interface)["made"]; made != "network-interface" {
		t.Errorf("the interface is tagged as %q", made)
	}
}
