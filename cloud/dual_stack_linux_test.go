package cloud_test

import (
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/internal/patience"
)

// browsing asks for a page by IPv6, by the name of an alias, and says on the console what it gets.
const browsing = `#!/bin/bash
(while :; do
	a=$(getent ahostsv6 www.dual.test | head -1 | cut -d' ' -f1)
	echo "$a says $(timeout 2 bash -c "exec 3<>/dev/tcp/$a/8080 && printf 'GET / HTTP/1.0\\r\\nHost: x\\r\\n\\r\\n' >&3 && tail -n 1 <&3")." >/dev/console
	sleep 0.2
done) 2>/dev/null &
`

// dualStack is a VPC with a dual-stack load balancer, which answers everyone by itself at port 8080, and an instance.
type dualStack struct {
	*host
	t        *testing.T
	api      *ec2.Client
	balancer elbtypes.LoadBalancer
	group    string   // of the load balancer, which lets everyone's IPv6 come
	ipv6     []string // the load balancer's addresses
	asker    string   // the instance
}

func makeDualStack(t *testing.T) *dualStack {
	t.Helper()
	h := startHost(t, t.TempDir())
	d := &dualStack{host: h, t: t, api: h.ec2("us-east-1")}
	vpc, subnets := d.network()
	d.group = *needed(d.api.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
		VpcId: &vpc, GroupName: aws.String("front"), Description: aws.String("front"),
	}))(t).GroupId
	needed(d.api.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &d.group, IpPermissions: d.everyone()}))(t)
	d.balance(subnets)
	image, kind := hostImage(t, d.api)
	d.asker = *needed(d.api.RunInstances(t.Context(), &ec2.RunInstancesInput{
		ImageId: &image, InstanceType: kind, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), UserData: asUserData(t, browsing), SubnetId: &subnets[0],
		Ipv6AddressCount: aws.Int32(1),
	}))(t).Instances[0].InstanceId
	return d
}

// network is a VPC with two public subnets, both of both families.
func (d *dualStack) network() (vpc string, subnets []string) {
	d.t.Helper()
	t, ctx := d.t, d.t.Context()
	vpc = *needed(d.api.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"), AmazonProvidedIpv6CidrBlock: aws.Bool(true)}))(t).Vpc.VpcId
	gateway := needed(d.api.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{}))(t).InternetGateway.InternetGatewayId
	needed(d.api.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: gateway, VpcId: &vpc}))(t)
	tables := needed(d.api.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{
		Filters: []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{vpc}}},
	}))(t)
	needed(d.api.CreateRoute(ctx, &ec2.CreateRouteInput{
		RouteTableId: tables.RouteTables[0].RouteTableId, DestinationIpv6CidrBlock: aws.String("::/0"), GatewayId: gateway,
	}))(t)
	for i, zone := range []string{"us-east-1a", "us-east-1b"} {
		subnets = append(subnets, *needed(d.api.CreateSubnet(ctx, &ec2.CreateSubnetInput{
			VpcId: &vpc, AvailabilityZone: &zone, CidrBlock: aws.String(fmt.Sprintf("10.0.%d.0/24", i)),
			Ipv6CidrBlock: aws.String(fmt.Sprintf("2001:db8:100:%d::/64", i)),
		}))(t).Subnet.SubnetId)
	}
	return vpc, subnets
}

func (d *dualStack) everyone() []ec2types.IpPermission {
	return []ec2types.IpPermission{{
		IpProtocol: aws.String("tcp"), FromPort: aws.Int32(8080), ToPort: aws.Int32(8080), Ipv6Ranges: []ec2types.Ipv6Range{{CidrIpv6: aws.String("::/0")}},
	}}
}

// balance makes the load balancer and learns its addresses.
func (d *dualStack) balance(subnets []string) {
	d.t.Helper()
	t, ctx := d.t, d.t.Context()
	balancers := elb.New(elb.Options{
		BaseEndpoint: &d.Endpoint, Region: "us-east-1", RetryMaxAttempts: 1, HTTPClient: patience.Client{},
		Credentials: credentials.NewStaticCredentialsProvider(d.env["AWS_ACCESS_KEY_ID"], d.env["AWS_SECRET_ACCESS_KEY"], ""),
	})
	d.balancer = needed(balancers.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
		Name: aws.String("front"), Subnets: subnets, SecurityGroups: []string{d.group}, IpAddressType: elbtypes.IpAddressTypeDualstack,
	}))(t).LoadBalancers[0]
	needed(balancers.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: d.balancer.LoadBalancerArn, Port: aws.Int32(8080), Protocol: elbtypes.ProtocolEnumHttp,
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumFixedResponse, FixedResponseConfig: &elbtypes.FixedResponseActionConfig{
			StatusCode: aws.String("200"), ContentType: aws.String("text/plain"), MessageBody: aws.String("here"),
		}}},
	}))(t)
	waiter := elb.NewLoadBalancerAvailableWaiter(balancers, func(o *elb.LoadBalancerAvailableWaiterOptions) { o.MinDelay = 100 * time.Millisecond })
	if err := waiter.Wait(ctx, &elb.DescribeLoadBalancersInput{}, patience.Limit); err != nil {
		t.Fatal(err)
	}
	for _, i := range needed(d.api.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{}))(t).NetworkInterfaces {
		for _, a := range i.Ipv6Addresses {
			d.ipv6 = append(d.ipv6, *a.Ipv6Address)
		}
	}
	slices.Sort(d.ipv6)
}

// dig asks the name server for AAAA records.
func (d *dualStack) dig(name string) []string {
	d.t.Helper()
	at, port, err := net.SplitHostPort(d.Resolver)
	if err != nil {
		d.t.Fatal(err)
	}
	out, err := exec.CommandContext(d.t.Context(), judge.Need(d.t, "dig"), "+short", "-p", port, "@"+at, name, "AAAA").CombinedOutput()
	if err != nil {
		d.t.Fatalf("dig: %v: %s", err, out)
	}
	all := strings.Fields(string(out))
	slices.Sort(all)
	return all
}

func (d *dualStack) answers(name string, want ...string) {
	d.t.Helper()
	until(d.t, fmt.Sprint(name, " is ", want), func() bool { return slices.Equal(d.dig(name), want) })
}

// check makes a health check of the load balancer's first address.
func (d *dualStack) check() (id string) {
	d.t.Helper()
	return *needed(d.route53().CreateHealthCheck(d.t.Context(), &route53.CreateHealthCheckInput{
		CallerReference: aws.String("c"), HealthCheckConfig: &r53types.HealthCheckConfig{
			Type: r53types.HealthCheckTypeHttp, IPAddress: &d.ipv6[0], Port: aws.Int32(8080), RequestInterval: aws.Int32(10), FailureThreshold: aws.Int32(1),
		},
	}))(d.t).HealthCheck.Id
}

// record makes a record set of the type AAAA; one with a role is of a failover pair.
func (d *dualStack) record(zone, name string, role r53types.ResourceRecordSetFailover, change func(*r53types.ResourceRecordSet)) {
	d.t.Helper()
	set := &r53types.ResourceRecordSet{Name: &name, Type: r53types.RRTypeAaaa}
	if role != "" {
		set.Failover, set.SetIdentifier = role, aws.String(string(role))
	}
	change(set)
	needed(d.route53().ChangeResourceRecordSets(d.t.Context(), &route53.ChangeResourceRecordSetsInput{HostedZoneId: &zone, ChangeBatch: &r53types.ChangeBatch{
		Changes: []r53types.Change{{Action: r53types.ChangeActionCreate, ResourceRecordSet: set}},
	}}))(d.t)
}

// alias is to the load balancer.
func (d *dualStack) alias(evaluate bool) func(*r53types.ResourceRecordSet) {
	name := "dualstack." + *d.balancer.DNSName
	return func(s *r53types.ResourceRecordSet) {
		s.AliasTarget = &r53types.AliasTarget{DNSName: &name, HostedZoneId: d.balancer.CanonicalHostedZoneId, EvaluateTargetHealth: evaluate}
	}
}

func fixed(value string, check *string) func(*r53types.ResourceRecordSet) {
	return func(s *r53types.ResourceRecordSet) {
		s.TTL, s.ResourceRecords, s.HealthCheckId = aws.Int64(60), []r53types.ResourceRecord{{Value: &value}}, check
	}
}

// A dual-stack load balancer is found and reached by IPv6: by its own names, by an alias, from an instance and by health checkers, as
// long as its group lets them; Route 53 answers by what the checkers find.
func TestDualStackBalancer(t *testing.T) {
	t.Parallel()
	d := makeDualStack(t)
	ctx, name := t.Context(), *d.balancer.DNSName
	check, zone := d.check(), makeZone(t, d.host, &route53.CreateHostedZoneInput{Name: aws.String("dual.test")})
	d.record(zone, "www.dual.test", "", d.alias(false))
	d.record(zone, "judged.dual.test", "PRIMARY", d.alias(true))
	d.record(zone, "judged.dual.test", "SECONDARY", fixed("2001:db8::9", nil))
	d.record(zone, "checked.dual.test", "PRIMARY", fixed("2001:db8::1", &check))
	d.record(zone, "checked.dual.test", "SECONDARY", fixed("2001:db8::2", nil))

	d.answers(name, d.ipv6...)
	d.answers("dualstack."+name, d.ipv6...)
	d.answers("www.dual.test", d.ipv6...)
	d.answers("judged.dual.test", "2001:db8::9") // it has no targets
	until(t, "a checker has asked by IPv6", func() bool {
		seen := needed(d.route53().GetHealthCheckStatus(ctx, &route53.GetHealthCheckStatusInput{HealthCheckId: &check}))(t).HealthCheckObservations
		return slices.ContainsFunc(seen, func(o r53types.HealthCheckObservation) bool {
			return strings.HasPrefix(*o.IPAddress, "2001:db8::") && strings.HasPrefix(*o.StatusReport.Status, "Success: HTTP Status Code 200")
		})
	})
	d.answers("checked.dual.test", "2001:db8::1")
	until(t, "an instance gets the page by IPv6", func() bool {
		console := consoleOf(t, d.host, d.asker)
		return slices.ContainsFunc(d.ipv6, func(a string) bool { return strings.Contains(console, a+" says here.") })
	})
	needed(d.api.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &d.group, IpPermissions: d.everyone()}))(t)
	d.answers("checked.dual.test", "2001:db8::2")
}
