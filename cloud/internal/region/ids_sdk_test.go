package region_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// byIDs asks for resources of each kind by ids.
func byIDs(d *regiontest.Desk) map[string]func(context.Context, []string) error {
	return map[string]func(ctx context.Context, ids []string) error{
		"vpc-": func(ctx context.Context, ids []string) error {
			_, err := d.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: ids})
			return err
		},
		"subnet-": func(ctx context.Context, ids []string) error {
			_, err := d.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: ids})
			return err
		},
		"igw-": func(ctx context.Context, ids []string) error {
			_, err := d.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{InternetGatewayIds: ids})
			return err
		},
		"rtb-": func(ctx context.Context, ids []string) error {
			_, err := d.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: ids})
			return err
		},
		"acl-": func(ctx context.Context, ids []string) error {
			_, err := d.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{NetworkAclIds: ids})
			return err
		},
		"sg-": func(ctx context.Context, ids []string) error {
			_, err := d.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: ids})
			return err
		},
		"sgr-": func(ctx context.Context, ids []string) error {
			_, err := d.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: ids})
			return err
		},
		"eni-": func(ctx context.Context, ids []string) error {
			_, err := d.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: ids})
			return err
		},
		"vpce-": func(ctx context.Context, ids []string) error {
			_, err := d.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: ids})
			return err
		},
		"nat-": func(ctx context.Context, ids []string) error {
			_, err := d.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{NatGatewayIds: ids})
			return err
		},
		"i-": func(ctx context.Context, ids []string) error {
			_, err := d.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: ids})
			return err
		},
		"ami-": func(ctx context.Context, ids []string) error {
			_, err := d.DescribeImages(ctx, &ec2.DescribeImagesInput{ImageIds: ids})
			return err
		},
		"snap-": func(ctx context.Context, ids []string) error {
			_, err := d.DescribeSnapshots(ctx, &ec2.DescribeSnapshotsInput{SnapshotIds: ids})
			return err
		},
		"vol-": func(ctx context.Context, ids []string) error {
			_, err := d.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{VolumeIds: ids})
			return err
		},
		"lt-": func(ctx context.Context, ids []string) error {
			_, err := d.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{LaunchTemplateIds: ids})
			return err
		},
	}
}

// The codes are those of https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html, whose spelling follows no rule.
func TestIDsThatAreNoneAndIDsOfNothing(t *testing.T) {
	d := regiontest.New(t)
	ask := byIDs(d)
	for prefix, codes := range map[string]struct{ malformed, missing string }{
		"vpc-": {"InvalidVpcID.Malformed", "InvalidVpcID.NotFound"}, "subnet-": {"InvalidSubnetID.Malformed", "InvalidSubnetID.NotFound"},
		"igw-":  {"InvalidInternetGatewayId.Malformed", "InvalidInternetGatewayID.NotFound"},
		"rtb-":  {"InvalidRouteTableId.Malformed", "InvalidRouteTableID.NotFound"},
		"acl-":  {"InvalidNetworkAclId.Malformed", "InvalidNetworkAclID.NotFound"},
		"sg-":   {"InvalidGroupId.Malformed", "InvalidGroup.NotFound"},
		"sgr-":  {"InvalidSecurityGroupRuleId.Malformed", "InvalidSecurityGroupRuleId.NotFound"},
		"eni-":  {"InvalidNetworkInterfaceId.Malformed", "InvalidNetworkInterfaceID.NotFound"},
		"vpce-": {"InvalidVpcEndpointId.Malformed", "InvalidVpcEndpointId.NotFound"},
		"nat-":  {"NatGatewayMalformed", "NatGatewayNotFound"},
		"i-":    {"InvalidInstanceID.Malformed", "InvalidInstanceID.NotFound"}, "ami-": {"InvalidAMIID.Malformed", "InvalidAMIID.NotFound"},
		"snap-": {"InvalidSnapshotID.Malformed", "InvalidSnapshot.NotFound"}, "vol-": {"InvalidVolumeID.Malformed", "InvalidVolume.NotFound"},
		"lt-": {"InvalidLaunchTemplateId.Malformed", "InvalidLaunchTemplateId.NotFound"},
	} {
		one, other := prefix+"0123456789abcdef0", prefix+"0123abcd"
		for _, id := range []string{prefix, prefix + "x", "other-0123abcd"} {
			err := ask[prefix](t.Context(), []string{one, id})
			roomtest.WantAPIError(t, err, codes.malformed)
			if err == nil || !strings.Contains(err.Error(), id) {
				t.Errorf("%v does not name %s", err, id)
			}
		}
		err := ask[prefix](t.Context(), []string{one, other})
		roomtest.WantAPIError(t, err, codes.missing)
		if err == nil || !strings.Contains(err.Error(), one) {
			t.Errorf("%v does not name %s", err, one)
		}
	}
}

// Of instances, images and groups AWS names all that it does not know.
func TestAllUnknownIDsAreNamed(t *testing.T) {
	d := regiontest.New(t)
	ask := byIDs(d)
	for prefix, words := range map[string]string{
		"i-":   "The instance IDs 'i-0123abcd, i-0123abce' do not exist",
		"ami-": "The image ids '[ami-0123abcd, ami-0123abce]' do not exist",
		"sg-":  "The security groups 'sg-0123abcd, sg-0123abce' do not exist",
	} {
		err := ask[prefix](t.Context(), []string{prefix + "0123abcd", prefix + "0123abce"})
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%v, want %q", err, words)
		}
	}
	_, err := d.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{"i-0123abcd", "i-0123abce"}})
	if roomtest.WantAPIError(t, err, "InvalidInstanceID.NotFound"); !strings.Contains(err.Error(), "i-0123abce") {
		t.Errorf("%v does not name both", err)
	}
}
