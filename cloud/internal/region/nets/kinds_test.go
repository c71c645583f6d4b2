package nets

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
	r, _ := open(t)
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

// A create call's tags are kept for whatever kind it makes, and DescribeTags names that kind.
func TestTagsGivenAtCreationAreKept(t *testing.T) {
	r, _ := open(t)
	ctx := t.Context()
	as := func(kind ec2types.ResourceType) []ec2types.TagSpecification {
		return []ec2types.TagSpecification{{ResourceType: kind, Tags: []ec2types.Tag{{Key: new("made"), Value: new(string(kind))}}}}
	}
	vpc := roomtest.Must(r.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: new("10.0.0.0/16"), TagSpecifications: as("vpc")}))(t).Vpc.VpcId
	roomtest.Must(r.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: vpc, CidrBlock: new("10.0.1.0/24"), TagSpecifications: as("subnet")}))(t)
	roomtest.Must(r.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{TagSpecifications: as("internet-gateway")}))(t)
	roomtest.Must(r.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: vpc, TagSpecifications: as("route-table")}))(t)
	group := roomtest.Must(r.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		VpcId: vpc, GroupName: new("g"), Description: new("d"), TagSpecifications: as("security-group"),
	}))(t).GroupId
	roomtest.Must(r.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: group, IpPermissions: []ec2types.IpPermission{{IpProtocol: new("-1"), IpRanges: []ec2types.IpRange{{CidrIp: new("10.0.0.0/8")}}}},
		TagSpecifications: as("security-group-rule"),
	}))(t)
	// No call makes a network ACL alone, and none of this package's an interface.
	wantTagged(t, roomtest.Must(r.DescribeTags(ctx, &ec2.DescribeTagsInput{}))(t), aclKind, interfaceKind)
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
