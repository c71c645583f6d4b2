package region

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// TestEmptyListsAreShown keeps the lists that EC2's answers hold even where they are empty: clients in
// languages without nil lists, boto3 for one, index them without asking.
func TestEmptyListsAreShown(t *testing.T) {
	r, _ := open(t)
	ctx := t.Context()
	vpc, subnet := makeNetwork(t, r)
	group := roomtest.Must(r.nets.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: new("g"), Description: new("d"), VpcId: &vpc}))(t).GroupId
	g := roomtest.Must(r.nets.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{*group}}))(t).SecurityGroups[0]
	egress := g.IpPermissionsEgress[0]
	if g.IpPermissions == nil || egress.Ipv6Ranges == nil || egress.PrefixListIds == nil || egress.UserIdGroupPairs == nil {
		t.Errorf("security group %+v", g)
	}
	gateway := roomtest.Must(r.nets.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{}))(t).InternetGateway
	if gateway.Attachments == nil || gateway.Tags == nil {
		t.Errorf("gateway %+v", gateway)
	}
	table := roomtest.Must(r.nets.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: &vpc}))(t).RouteTable
	if table.Associations == nil || table.PropagatingVgws == nil || table.Tags == nil {
		t.Errorf("route table %+v", table)
	}
	i := roomtest.Must(r.compute.RunInstances(ctx, &ec2.RunInstancesInput{
		ImageId: new(hostImage(t, r)), InstanceType: smallType(), MinCount: new(int32(1)), MaxCount: new(int32(1)), SubnetId: &subnet,
	}))(t).Instances[0]
	if i.ProductCodes == nil || i.NetworkInterfaces[0].Ipv6Addresses == nil || i.Tags != nil {
		t.Errorf("instance %+v", i)
	}
	waitState(t, r, *i.InstanceId, ec2types.InstanceStateNameRunning)
	roomtest.Must(r.compute.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{*i.InstanceId}}))(t)
	waitState(t, r, *i.InstanceId, ec2types.InstanceStateNameTerminated)
	dead := allInstances(t, r)[0]
	if dead.BlockDeviceMappings == nil || dead.NetworkInterfaces == nil || dead.SecurityGroups == nil {
		t.Errorf("terminated instance %+v", dead)
	}
	acl := roomtest.Must(r.nets.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{}))(t).NetworkAcls[0]
	if acl.Tags == nil || acl.Entries[0].RuleAction != ec2types.RuleActionAllow || acl.Entries[1].RuleAction != ec2types.RuleActionDeny {
		t.Errorf("network ACL %+v", acl)
	}
}
