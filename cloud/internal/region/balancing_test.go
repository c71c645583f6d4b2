package region

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/internal/patience"
)

// wired is a paper fabric whose namespaces share one network.
type wired struct {
	*paper
	sockets roomtest.Sockets
}

func newWired() *wired {
	w := &wired{paper: newPaper()}
	w.Place = wiredNamespace{sockets: &w.sockets}
	return w
}

type wiredNamespace struct {
	roomtest.Loopback
	sockets *roomtest.Sockets
}

func (n wiredNamespace) Listen(network, address string) (net.Listener, error) {
	return n.sockets.Listen(network, address)
}

func (n wiredNamespace) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return n.sockets.DialContext(ctx, network, address)
}

// site is a region in which load balancing stands on EC2: a VPC with two public subnets, a load balancer and a target group.
type site struct {
	t       *testing.T
	r       *Region
	w       *wired
	dir     string
	vpc     string
	subnets []string
	group   string
	balance elbtypes.LoadBalancer
}

func openWired(t *testing.T, dir string, w *wired) *Region {
	t.Helper()
	r, err := Open(Config{Name: "us-east-1", Index: 1, Account: "111122223333", Dir: dir, Pace: roomtest.Pace(300)}, w, w, w)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, w: newWired(), dir: t.TempDir()}
	s.r = openWired(t, s.dir, s.w)
	t.Cleanup(func() { _ = s.r.Close() })
	ctx := t.Context()
	var subnet string
	s.vpc, subnet = makeNetwork(t, s.r)
	gateway := roomtest.Must(s.r.nets.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{}))(t).InternetGateway
	roomtest.Must(s.r.nets.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{VpcId: &s.vpc, InternetGatewayId: gateway.InternetGatewayId}))(t)
	other := roomtest.Must(s.r.nets.CreateSubnet(ctx, &ec2.CreateSubnetInput{
		VpcId: &s.vpc, CidrBlock: new("10.0.2.0/24"), AvailabilityZone: new("us-east-1b"),
	}))(t)
	s.subnets = []string{subnet, *other.Subnet.SubnetId}
	s.balance = roomtest.Must(s.r.balancing.CreateLoadBalancer(ctx, s.request()))(t).LoadBalancers[0]
	s.group = *roomtest.Must(s.r.balancing.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: new("hello"), VpcId: &s.vpc, Port: new(int32(80)), Protocol: elbtypes.ProtocolEnumHttp,
	}))(t).TargetGroups[0].TargetGroupArn
	return s
}

func (s *site) request() *elb.CreateLoadBalancerInput {
	return &elb.CreateLoadBalancerInput{Name: new("hello"), Subnets: s.subnets, Tags: []elbtypes.Tag{{Key: new("app"), Value: new("hello")}}}
}

// listen has the load balancer forward what comes to port 80.
func (s *site) listen() {
	s.t.Helper()
	roomtest.Must(s.r.balancing.CreateListener(s.t.Context(), &elb.CreateListenerInput{
		LoadBalancerArn: s.balance.LoadBalancerArn, Port: new(int32(80)), Protocol: elbtypes.ProtocolEnumHttp,
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &s.group}},
	}))(s.t)
}

// launch starts an instance in the first subnet; what it would serve, the test does at its address.
func (s *site) launch(h http.HandlerFunc) string {
	s.t.Helper()
	return s.launchIn(s.subnets[0], h)
}

func (s *site) launchIn(subnet string, h http.HandlerFunc) string {
	s.t.Helper()
	out := roomtest.Must(s.r.compute.RunInstances(s.t.Context(), &ec2.RunInstancesInput{
		ImageId: new(hostImage(s.t, s.r)), InstanceType: smallType(), SubnetId: &subnet, MinCount: new(int32(1)), MaxCount: new(int32(1)),
	}))(s.t)
	id := *out.Instances[0].InstanceId
	waitState(s.t, s.r, id, ec2types.InstanceStateNameRunning)
	l, err := s.w.sockets.Listen("tcp", *out.Instances[0].PrivateIpAddress+":80")
	if err != nil {
		s.t.Fatal(err)
	}
	server := &http.Server{Handler: h}
	go func() { _ = server.Serve(l) }()
	s.t.Cleanup(func() { _ = server.Close() })
	return id
}

func (s *site) await(what string, done func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience.Limit)
	defer cancel()
	if err := s.r.Wait(ctx, done); err != nil {
		s.t.Fatalf("wait until %s: %v", what, err)
	}
}

func (s *site) awaitHealth(id, state string) {
	s.t.Helper()
	s.await(id+" is "+state, func() bool {
		h, ok := s.r.balancing.State(s.group, id)
		return ok && string(h.State) == state
	})
}

// wantHello asks every node of the load balancer.
func (s *site) wantHello(when string) {
	s.t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for _, i := range s.nodes() {
		resp, err := client.Get("http://" + s.w.sockets.At(*i.PrivateIpAddress+":80"))
		if err != nil {
			s.t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != 200 || string(body) != "hello" {
			s.t.Errorf("%s, %s: %d %q", when, *i.SubnetId, resp.StatusCode, body)
		}
	}
}

// nodes are the load balancer's network interfaces, as EC2 shows them.
func (s *site) nodes() []ec2types.NetworkInterface {
	s.t.Helper()
	in := &ec2.DescribeNetworkInterfacesInput{Filters: []ec2types.Filter{{Name: new("requester-managed"), Values: []string{"true"}}}}
	return roomtest.Must(s.r.nets.DescribeNetworkInterfaces(s.t.Context(), in))(s.t).NetworkInterfaces
}

func saysHello(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }

func TestLoadBalancerServesAndComesBack(t *testing.T) {
	s := newSite(t)
	s.listen()
	id := s.launch(saysHello)
	if err := s.r.balancing.Register(s.group, []string{id}); err != nil {
		t.Fatal(err)
	}
	s.awaitHealth(id, "healthy")
	s.await("load balancer is active and told of", func() bool {
		b := s.r.BeaconReport().LoadBalancers
		return len(b) == 1 && b[0].Healthy
	})
	b := s.r.BeaconReport().LoadBalancers[0]
	if b.DNSName != *s.balance.DNSName || b.HostedZoneID != "Z35SXDOTRQ7X7K" || len(b.Addresses) != 2 {
		t.Errorf("beacon tells %+v", b)
	}
	s.wantHello("at first")
	for _, a := range b.Addresses {
		s.w.paper.mu.Lock()
		if !s.w.public[netip.AddrPortFrom(a, 80)] {
			t.Errorf("%s is not published", a)
		}
		s.w.paper.mu.Unlock()
	}

	if err := s.r.Close(); err != nil {
		t.Fatal(err)
	}
	s.r = openWired(t, s.dir, s.w)
	s.awaitHealth(id, "healthy")
	s.wantHello("after a restart")
}

func TestTerminatedInstanceIsDeregistered(t *testing.T) {
	s := newSite(t)
	s.listen()
	id, ctx := s.launch(saysHello), t.Context()
	if err := s.r.balancing.Register(s.group, []string{id}); err != nil {
		t.Fatal(err)
	}
	s.awaitHealth(id, "healthy")
	roomtest.Must(s.r.compute.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{id}}))(t)
	waitState(t, s.r, id, ec2types.InstanceStateNameStopped)
	if h, _ := s.r.balancing.State(s.group, id); h.Reason != "Target.InvalidState" || *h.Description != "Target is in the stopped state" {
		t.Errorf("stopped: %+v", h)
	}
	roomtest.Must(s.r.compute.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{id}}))(t)
	s.await("deregistered", func() bool { _, ok := s.r.balancing.State(s.group, id); return !ok })
}

func TestInterfacesFollowTheirLoadBalancer(t *testing.T) {
	s := newSite(t)
	s.listen()
	ctx, arn := t.Context(), s.balance.LoadBalancerArn
	third := roomtest.Must(s.r.nets.CreateSubnet(ctx, &ec2.CreateSubnetInput{
		VpcId: &s.vpc, CidrBlock: new("10.0.3.0/24"), AvailabilityZone: new("us-east-1c"),
	}))(t)
	subnets := []string{s.subnets[0], *third.Subnet.SubnetId}
	roomtest.Must(s.r.balancing.SetSubnets(ctx, &elb.SetSubnetsInput{LoadBalancerArn: arn, Subnets: subnets}))(t)
	var in []string
	for _, i := range s.nodes() {
		in = append(in, *i.SubnetId)
	}
	roomtest.WantSame(t, "subnets", in, subnets...)

	g := roomtest.Must(s.r.nets.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: new("web"), Description: new("web"), VpcId: &s.vpc}))(t)
	roomtest.Must(s.r.balancing.SetSecurityGroups(ctx, &elb.SetSecurityGroupsInput{LoadBalancerArn: arn, SecurityGroups: []string{*g.GroupId}}))(t)
	applied := s.w.Applied(s.vpc).Interfaces
	for _, i := range applied {
		if !slices.Equal(i.Groups, []string{*g.GroupId}) {
			t.Errorf("interface %s has groups %v", i.ID, i.Groups)
		}
	}
	if len(applied) != 2 {
		t.Errorf("%d interfaces are up", len(applied))
	}

	roomtest.Must(s.r.balancing.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: arn}))(t)
	if left := s.nodes(); len(left) != 0 {
		t.Errorf("interfaces left: %+v", left)
	}
	if len(s.w.public) != 0 {
		t.Errorf("still published: %v", s.w.public)
	}
}

// What EC2 does not have, or refuses, load balancing refuses in its own words.
func TestLoadBalancersAreRefusedWhatEC2Refuses(t *testing.T) {
	s := newSite(t)
	ctx := t.Context()
	refused := func(code string, change func(*elb.CreateLoadBalancerInput)) {
		t.Helper()
		in := s.request()
		in.Name = new("other")
		change(in)
		_, err := s.r.balancing.CreateLoadBalancer(ctx, in)
		roomtest.WantCode(t, err, code)
	}
	elsewhere := roomtest.Must(s.r.nets.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: new("10.1.0.0/16")}))(t).Vpc.VpcId
	var private []string
	for zone, cidr := range map[string]string{"us-east-1a": "10.1.1.0/24", "us-east-1b": "10.1.2.0/24"} {
		out := roomtest.Must(s.r.nets.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: elsewhere, CidrBlock: &cidr, AvailabilityZone: &zone}))(t)
		private = append(private, *out.Subnet.SubnetId)
	}
	foreign := roomtest.Must(s.r.nets.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: new("web"), Description: new("web"), VpcId: elsewhere}))(t)
	refused("SubnetNotFound", func(in *elb.CreateLoadBalancerInput) { in.Subnets = []string{s.subnets[0], "subnet-0"} })
	refused("InvalidConfigurationRequest", func(in *elb.CreateLoadBalancerInput) { in.Subnets = []string{s.subnets[0], private[0]} })
	refused("InvalidSubnet", func(in *elb.CreateLoadBalancerInput) { in.Subnets = private }) // no internet gateway
	refused("InvalidSecurityGroup", func(in *elb.CreateLoadBalancerInput) { in.SecurityGroups = []string{"sg-00000000"} })
	refused("InvalidSecurityGroup", func(in *elb.CreateLoadBalancerInput) { in.SecurityGroups = []string{*foreign.GroupId} })

	_, err := s.r.balancing.RegisterTargets(
		ctx,
		&elb.RegisterTargetsInput{TargetGroupArn: &s.group, Targets: []elbtypes.TargetDescription{{Id: new("i-00000000")}}},
	)
	roomtest.WantCode(t, err, "InvalidTarget")
	_, err = s.r.balancing.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{Name: new("other"), VpcId: new("vpc-0"), Port: new(int32(80)), Protocol: "HTTP"})
	roomtest.WantCode(t, err, "ValidationError")
}
