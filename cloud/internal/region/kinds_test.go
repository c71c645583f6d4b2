package region

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
)

func TestEveryKindIsWhole(t *testing.T) {
	r, _ := open(t)
	tags := map[ec2types.ResourceType]string{}
	for _, k := range kinds {
		id := newID(k)
		if got, _ := kindOf(id); got != k {
			t.Errorf("%s is not of the kind %s that it was made as", id, k.prefix)
		}
		if k.tagged == "" {
			roomtest.WantCode(t, r.Update(func(tx *store.Tx) error { return r.mustExist(tx, id) }), "InvalidID")
			continue
		}
		if !slices.Contains(k.tagged.Values(), k.tagged) || tags[k.tagged] != "" {
			t.Errorf("%s: the API knows no %q, or %q is one too", k.prefix, k.tagged, tags[k.tagged])
		}
		tags[k.tagged] = k.prefix
		err := r.Update(func(tx *store.Tx) error { return r.mustExist(tx, id) })
		if err == nil || !strings.Contains(err.Error(), ".NotFound") || !strings.Contains(err.Error(), id) {
			t.Errorf("%s does not exist: %v", id, err)
		}
	}
}

func TestUnlistedKindMakesNoID(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an id of a kind that tags would be lost for")
		}
	}()
	newID(&kind{prefix: "nat"})
}

// A create call's tags are kept for whatever kind it makes, and DescribeTags names that kind.
func TestTagsGivenAtCreationAreKept(t *testing.T) {
	r, _ := open(t)
	ctx := t.Context()
	as := func(kind ec2types.ResourceType) []ec2types.TagSpecification {
		return []ec2types.TagSpecification{{ResourceType: kind, Tags: []ec2types.Tag{{Key: new("made"), Value: new(string(kind))}}}}
	}
	vpc := roomtest.Must(r.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: new("10.0.0.0/16"), TagSpecifications: as("vpc")}))(t).Vpc.VpcId
	subnet := roomtest.Must(
		r.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: vpc, CidrBlock: new("10.0.1.0/24"), TagSpecifications: as("subnet")}),
	)(t).Subnet.SubnetId
	roomtest.Must(r.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{TagSpecifications: as("internet-gateway")}))(t)
	roomtest.Must(r.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: vpc, TagSpecifications: as("route-table")}))(t)
	group := roomtest.Must(r.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		VpcId: vpc, GroupName: new("g"), Description: new("d"), TagSpecifications: as("security-group"),
	}))(t).GroupId
	roomtest.Must(r.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: group, IpPermissions: []ec2types.IpPermission{{IpProtocol: new("-1"), IpRanges: []ec2types.IpRange{{CidrIp: new("10.0.0.0/8")}}}},
		TagSpecifications: as("security-group-rule"),
	}))(t)
	roomtest.Must(r.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: new("template"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{}, TagSpecifications: as("launch-template"),
	}))(t)
	instance := *roomtest.Must(r.RunInstances(ctx, &ec2.RunInstancesInput{
		ImageId: new(hostImage(t, r)), InstanceType: smallType(), MinCount: new(int32(1)), MaxCount: new(int32(1)), SubnetId: subnet,
		TagSpecifications: slices.Concat(as("instance"), as("volume"), as("network-interface")),
	}))(t).Instances[0].InstanceId
	waitState(t, r, instance, ec2types.InstanceStateNameRunning)
	roomtest.Must(r.CreateImage(ctx, &ec2.CreateImageInput{
		InstanceId: &instance, Name: new("image"), NoReboot: new(true), TagSpecifications: slices.Concat(as("image"), as("snapshot")),
	}))(t)

	made := map[string]bool{}
	for _, tag := range roomtest.Must(r.DescribeTags(ctx, &ec2.DescribeTagsInput{}))(t).Tags {
		if *tag.Value != string(tag.ResourceType) {
			t.Errorf("%s: made as %s, told as %s", *tag.ResourceId, *tag.Value, tag.ResourceType)
		}
		made[string(tag.ResourceType)] = true
	}
	for _, k := range kinds {
		// No call makes a network ACL alone.
		if k.tagged != "" && k != aclKind && !made[string(k.tagged)] {
			t.Errorf("nothing tagged as %s; tags are for %v", k.tagged, slices.Sorted(maps.Keys(made)))
		}
	}
}
