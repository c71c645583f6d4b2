package cloud_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud"
	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/descriptors"
	"github.com/understudy/understudy/internal/patience"
)

// needed returns what an SDK call answered, or ends the test.
func needed[T any](out T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// publicBalancer makes a load balancer that answers everyone by itself, and returns its loopback twin. Connections may
// idle for the longest time there is, so that on no machine they end before they are all there.
func publicBalancer(t *testing.T, c *cloud.Cloud) netip.AddrPort {
	t.Helper()
	ctx, api := t.Context(), client(c, "")
	vpc := needed(api.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}))(t).Vpc.VpcId
	gateway := needed(api.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{}))(t).InternetGateway.InternetGatewayId
	needed(api.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: gateway, VpcId: vpc}))(t)
	tables := needed(api.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{}))(t).RouteTables
	table := tables[slices.IndexFunc(tables, func(r ec2types.RouteTable) bool { return *r.VpcId == *vpc })].RouteTableId
	needed(api.CreateRoute(ctx, &ec2.CreateRouteInput{
		RouteTableId: table, DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: gateway,
	}))(t)
	var subnets []string
	for i, zone := range []string{"us-east-1a", "us-east-1b"} {
		cidr := fmt.Sprintf("10.0.%d.0/24", i)
		subnet := needed(api.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: vpc, CidrBlock: &cidr, AvailabilityZone: &zone}))(t)
		subnets = append(subnets, *subnet.Subnet.SubnetId)
	}
	group := needed(api.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		VpcId: vpc, GroupName: aws.String("front"), Description: aws.String("front"),
	}))(t).GroupId
	needed(api.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: group, IpPermissions: []ec2types.IpPermission{{
		IpProtocol: aws.String("tcp"), FromPort: aws.Int32(8080), ToPort: aws.Int32(8080),
		IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}},
	}}}))(t)
	id, secret := c.Credentials()
	balancers := elb.New(elb.Options{
		BaseEndpoint: aws.String(c.Endpoint()), Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider(id, secret, ""),
	})
	made := needed(balancers.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
		Name: aws.String("front"), Subnets: subnets, SecurityGroups: []string{*group},
	}))(t).LoadBalancers[0]
	needed(balancers.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: made.LoadBalancerArn,
		Attributes: []elbtypes.LoadBalancerAttribute{{Key: aws.String("idle_timeout.timeout_seconds"), Value: aws.String("4000")}},
	}))(t)
	needed(balancers.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: made.LoadBalancerArn, Port: aws.Int32(8080), Protocol: elbtypes.ProtocolEnumHttp,
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumFixedResponse, FixedResponseConfig: &elbtypes.FixedResponseActionConfig{
			StatusCode: aws.String("200"), ContentType: aws.String("text/plain"), MessageBody: aws.String("here"),
		}}},
	}))(t)
	waiter := elb.NewLoadBalancerAvailableWaiter(balancers, func(o *elb.LoadBalancerAvailableWaiterOptions) { o.MinDelay = 100 * time.Millisecond })
	if err := waiter.Wait(ctx, &elb.DescribeLoadBalancersInput{}, patience.Limit); err != nil {
		t.Fatal(err)
	}
	interfaces := needed(api.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{}))(t).NetworkInterfaces
	for _, i := range interfaces {
		if i.Association != nil {
			return twin(t, c, netip.MustParseAddr(*i.Association.PublicIp))
		}
	}
	t.Fatal("the load balancer has no public address")
	return netip.AddrPort{}
}

// twin is where the host reaches a public address at port 8080.
func twin(t *testing.T, c *cloud.Cloud, public netip.Addr) netip.AddrPort {
	t.Helper()
	endpoint, err := netip.ParseAddrPort(strings.TrimPrefix(c.Endpoint(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	at, ok := address.Twin(int(endpoint.Addr().As4()[1]), public)
	if !ok {
		t.Fatalf("%s has no twin", public)
	}
	return netip.AddrPortFrom(at, 8080)
}

// serving waits until the load balancer answers, which is soon after it is active.
func serving(t *testing.T, at netip.AddrPort) {
	t.Helper()
	for {
		conn, err := ask(at)
		if err == nil {
			conn.Close()
			return
		}
		select {
		case <-t.Context().Done():
			t.Fatal(err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// ask sends a request and reads the answer on a connection that stays open.
func ask(at netip.AddrPort) (net.Conn, error) {
	conn, err := net.Dial("tcp", at.String())
	if err != nil {
		return nil, err
	}
	if err := answered(conn); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func answered(conn net.Conn) error {
	if _, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: front\r\n\r\n"); err != nil {
		return err
	}
	resp, err := http.ReadResponse(bufio.NewReaderSize(conn, 512), nil)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(resp.Status)
	}
	return err
}

// opened counts the descriptors of a region's process.
func opened(t *testing.T, c *cloud.Cloud, region string) int {
	t.Helper()
	for _, p := range c.Status().Processes {
		if p.Name == region {
			return len(needed(os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.PID)))(t))
		}
	}
	t.Fatalf("no process of %s", region)
	return 0
}

// However many connections users hold, a region's API has descriptors to answer, and to make what takes more of them.
// With -v this tells what each connection costs, and how long calls take while they are held.
func TestHeldConnectionsLeaveTheAPIItsDescriptors(t *testing.T) {
	c := start(t, cloud.Options{Speed: 30})
	at := publicBalancer(t, c)
	serving(t, at)
	limit := descriptors.Limit()
	users := min(5000, limit-300) // the users' ends are this process's
	served := min(users, descriptors.Users(limit))
	before := opened(t, c, "us-east-1")
	held, answers := hold(t, at, users)
	for range served {
		if err := <-answers; err != nil {
			t.Fatal(err)
		}
	}
	each := float64(opened(t, c, "us-east-1")-before) / float64(served)
	t.Logf("of %d descriptors, %d users at once, %d served: each costs %.2f", limit, users, served, each)
	if each > descriptors.PerPublished+1.1 {
		t.Errorf("a connection costs %.2f descriptors, want 2 on its way into the cloud and 1 at the load balancer", each)
	}
	wantAPI(t, c)
	for _, conn := range held {
		conn.Close()
	}
	serving(t, at) // whoever left has made place
}

// hold connects users who ask once and stay, and tells how each fared.
func hold(t *testing.T, at netip.AddrPort, users int) ([]net.Conn, <-chan error) {
	t.Helper()
	var held []net.Conn
	answers := make(chan error, users)
	var asking sync.WaitGroup
	t.Cleanup(asking.Wait) // after they are closed
	for range users {
		conn, err := net.Dial("tcp", at.String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		held = append(held, conn)
		asking.Go(func() { answers <- answered(conn) })
	}
	return held, answers
}

// wantAPI asks the API again and again, and makes VPCs, each with namespaces and sockets of its own.
func wantAPI(t *testing.T, c *cloud.Cloud) {
	t.Helper()
	api := client(c, "")
	var took []time.Duration
	for range 50 {
		begin := time.Now()
		if _, err := api.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{}); err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	t.Logf("DescribeVpcs: median %s, slowest of %d %s", took[len(took)/2], len(took), took[len(took)-1])
	for i := range 3 {
		cidr := fmt.Sprintf("10.%d.0.0/16", i+1)
		if _, err := api.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: &cidr}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestHeldConnectionsAtLowLimits(t *testing.T) {
	for _, limit := range []string{"1024", "4096"} {
		t.Run(limit, func(t *testing.T) {
			c := exec.CommandContext(t.Context(), "/bin/sh", "-c",
				`ulimit -n `+limit+` && exec "$0" -test.v -test.run '^TestHeldConnectionsLeaveTheAPIItsDescriptors$'`, os.Args[0])
			out, err := c.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "of "+limit+" descriptors") {
				t.Errorf("%v\n%s", err, out)
			}
			t.Logf("%s", out)
		})
	}
}
