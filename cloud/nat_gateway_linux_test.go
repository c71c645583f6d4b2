package cloud_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// everyBoot is user data that runs a script at each boot of an instance.
func everyBoot(script string) string {
	return "#!/bin/sh\ncd /var/lib/cloud && mkdir -p scripts/per-boot\n" +
		"cat >scripts/per-boot/run <<'END OF SCRIPT'\n" + script + "END OF SCRIPT\nchmod 755 scripts/per-boot/run\nscripts/per-boot/run\n"
}

// telling is an instance that tells whoever connects where he comes from, and tries to come in at ADDRESS.
const telling = `#!/bin/bash
python3 -c '
import socket
s = socket.create_server(("", 8080), family=socket.AF_INET6, dualstack_ipv6=True)
while True:
    c, a = s.accept()
    c.sendall(b"from " + a[0].removeprefix("::ffff:").encode())
    c.close()' &
(while :; do
	timeout 2 bash -c 'exec 3<>/dev/tcp/ADDRESS/8080' && echo "came in" >/dev/console || echo "kept out" >/dev/console
	sleep 0.2
done) 2>/dev/null &
`

// askingOut is an instance without a public address that asks ADDRESS, at each of its boots, and says what it is told.
const askingOut = `#!/bin/bash
echo >>/boots
python3 -m http.server 8080 &
(while :; do
	told=$(timeout 5 bash -c 'exec 3<>/dev/tcp/ADDRESS/8080 && cat <&3')
	timeout 5 bash -c 'exec 3<>/dev/tcp/192.0.2.53/53' && told="$told, names"
	echo "boot $(wc -l </boots): ${told:-nothing}." >/dev/console
	sleep 0.2
done) 2>/dev/null &
`

// twoSubnets is a VPC with an internet gateway, to which the first subnet's table leads.
type twoSubnets struct {
	vpc, public, private string
	table                string // the private one's, with no route out
}

func makeTwoSubnets(t *testing.T, api *ec2.Client) (n twoSubnets) {
	t.Helper()
	ctx := t.Context()
	n.vpc = *needed(api.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}))(t).Vpc.VpcId
	gateway := needed(api.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{}))(t).InternetGateway.InternetGatewayId
	needed(api.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: gateway, VpcId: &n.vpc}))(t)
	subnet := func(cidr string) (id, table string) {
		id = *needed(api.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &n.vpc, CidrBlock: &cidr}))(t).Subnet.SubnetId
		table = *needed(api.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: &n.vpc}))(t).RouteTable.RouteTableId
		needed(api.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &table, SubnetId: &id}))(t)
		return id, table
	}
	var open string
	n.public, open = subnet("10.0.0.0/24")
	n.private, n.table = subnet("10.0.1.0/24")
	needed(api.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &open, DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: gateway}))(t)
	groups := needed(api.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
		Filters: []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{n.vpc}}},
	}))(t).SecurityGroups
	needed(api.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: groups[0].GroupId, IpPermissions: []ec2types.IpPermission{{
		IpProtocol: aws.String("-1"), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}},
	}}}))(t)
	return n
}

// runIn runs an instance of the host's own image in a subnet, with a script for each of its boots.
func runIn(t *testing.T, api *ec2.Client, subnet string, public bool, script string) ec2types.Instance {
	t.Helper()
	image, kind := hostImage(t, api)
	return needed(api.RunInstances(t.Context(), &ec2.RunInstancesInput{
		ImageId: &image, InstanceType: kind, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), UserData: asUserData(t, everyBoot(script)),
		NetworkInterfaces: []ec2types.InstanceNetworkInterfaceSpecification{{
			DeviceIndex: aws.Int32(0), SubnetId: &subnet, AssociatePublicIpAddress: &public,
		}},
	}))(t).Instances[0]
}

// An instance of a private subnet reaches the internet with a NAT gateway's address and nobody reaches it, before and after
// its region is lost.
func TestNATGatewayLeadsOut(t *testing.T) {
	t.Parallel()
	h := startHost(t, t.TempDir())
	ctx, api := t.Context(), h.ec2("us-east-1")
	here, elsewhere := makeTwoSubnets(t, api), makeTwoSubnets(t, api)
	address := needed(api.AllocateAddress(ctx, &ec2.AllocateAddressInput{}))(t)
	made := needed(api.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{SubnetId: &here.public, AllocationId: address.AllocationId}))(t).NatGateway
	teller := runIn(t, api, elsewhere.public, true, strings.ReplaceAll(telling, "ADDRESS", *address.PublicIp))
	asker := runIn(t, api, here.private, false, strings.ReplaceAll(askingOut, "ADDRESS", *teller.PublicIpAddress))
	says := func(instance ec2types.Instance, what string) {
		t.Helper()
		until(t, "an instance says "+what, func() bool { return strings.Contains(consoleOf(t, h, *instance.InstanceId), what) })
	}
	says(asker, "boot 1: nothing.")
	in := &ec2.DescribeNatGatewaysInput{NatGatewayIds: []string{*made.NatGatewayId}}
	until(t, "the NAT gateway is available", func() bool {
		return needed(api.DescribeNatGateways(ctx, in))(t).NatGateways[0].State == ec2types.NatGatewayStateAvailable
	})
	needed(api.CreateRoute(ctx, &ec2.CreateRouteInput{
		RouteTableId: &here.table, DestinationCidrBlock: aws.String("0.0.0.0/0"), NatGatewayId: made.NatGatewayId,
	}))(t)
	says(asker, "boot 1: from "+*address.PublicIp+", names.")
	says(teller, "kept out")

	if err := h.KillRegion(ctx, "us-east-1"); err != nil {
		t.Fatal(err)
	}
	if err := h.StartRegion(ctx, "us-east-1"); err != nil {
		t.Fatal(err)
	}
	says(asker, "boot 2: from "+*address.PublicIp+", names.")

	needed(api.DeleteNatGateway(ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: made.NatGatewayId}))(t)
	says(asker, "boot 2: nothing.")
	if strings.Contains(consoleOf(t, h, *teller.InstanceId), "came in") {
		t.Error("somebody came in by the NAT gateway's address")
	}
	h.kill()
}
