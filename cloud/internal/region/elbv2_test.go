package region

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// wired is a paper fabric whose namespaces share one network: an address listened on is a loopback
// port, and dialling the address reaches it.
type wired struct {
	*paper
	mu    sync.Mutex
	ports map[string]string
}

func (w *wired) Interface(id string) (Namespace, error) {
	if _, err := w.paper.Interface(id); err != nil {
		return nil, err
	}
	return wiredNamespace{w: w}, nil
}

type wiredNamespace struct {
	loopback
	w *wired
}

func (n wiredNamespace) Listen(network, address string) (net.Listener, error) {
	l, err := net.Listen(network, "127.0.0.1:0")
	if err == nil {
		n.w.mu.Lock()
		defer n.w.mu.Unlock()
		n.w.ports[address] = l.Addr().String()
	}
	return l, err
}

func (n wiredNamespace) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	n.w.mu.Lock()
	at, ok := n.w.ports[address]
	n.w.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("dial %s: refused", address)
	}
	return new(net.Dialer).DialContext(ctx, network, at)
}

// site is a VPC with two public subnets and a target group behind a load balancer.
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
	r, err := Open(Config{Name: "us-east-1", Index: 1, Cloud: 1, Account: "111122223333", Dir: dir, Speed: 300}, w, w, w)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, w: &wired{paper: newPaper(), ports: map[string]string{}}, dir: t.TempDir()}
	s.r = openWired(t, s.dir, s.w)
	t.Cleanup(func() { _ = s.r.Close() })
	ctx := t.Context()
	var subnet string
	s.vpc, subnet = makeNetwork(t, s.r)
	gateway := roomtest.Must(s.r.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{}))(t).InternetGateway
	roomtest.Must(s.r.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{VpcId: &s.vpc, InternetGatewayId: gateway.InternetGatewayId}))(t)
	other := roomtest.Must(s.r.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &s.vpc, CidrBlock: new("10.0.2.0/24"), AvailabilityZone: new("us-east-1b")}))(t)
	s.subnets = []string{subnet, *other.Subnet.SubnetId}
	s.balance = roomtest.Must(s.r.balancing.CreateLoadBalancer(ctx, s.request()))(t).LoadBalancers[0]
	s.group = s.newGroup("hello")
	return s
}

func (s *site) request() *elb.CreateLoadBalancerInput {
	return &elb.CreateLoadBalancerInput{Name: new("hello"), Subnets: s.subnets, Tags: []elbtypes.Tag{{Key: new("app"), Value: new("hello")}}}
}

func (s *site) newGroup(name string) string {
	s.t.Helper()
	out := roomtest.Must(s.r.balancing.CreateTargetGroup(s.t.Context(), &elb.CreateTargetGroupInput{
		Name: &name, VpcId: &s.vpc, Port: new(int32(80)), Protocol: elbtypes.ProtocolEnumHttp, HealthCheckPath: new("/health"),
		// Two checks, the first at once: what is ill from the start is found so after five seconds at any speed.
		HealthCheckIntervalSeconds: new(int32(5)), HealthCheckTimeoutSeconds: new(int32(4)),
	}))(s.t)
	return *out.TargetGroups[0].TargetGroupArn
}

func forwardTo(group string) []elbtypes.Action {
	return []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &group}}
}

func (s *site) listen(port int32) string {
	s.t.Helper()
	out := roomtest.Must(s.r.balancing.CreateListener(s.t.Context(), &elb.CreateListenerInput{
		LoadBalancerArn: s.balance.LoadBalancerArn, Port: &port, Protocol: elbtypes.ProtocolEnumHttp, DefaultActions: forwardTo(s.group),
	}))(s.t)
	return *out.Listeners[0].ListenerArn
}

// launch starts an instance in the first subnet; what it would serve, the test does at its address.
func (s *site) launch(h http.HandlerFunc) string {
	s.t.Helper()
	out := roomtest.Must(s.r.RunInstances(s.t.Context(), &ec2.RunInstancesInput{
		ImageId: new(hostImage(s.t, s.r)), InstanceType: smallType(), SubnetId: &s.subnets[0], MinCount: new(int32(1)), MaxCount: new(int32(1)),
	}))(s.t)
	id := *out.Instances[0].InstanceId
	waitState(s.t, s.r, id, running)
	l, err := wiredNamespace{w: s.w}.Listen("tcp", *out.Instances[0].PrivateIpAddress+":80")
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
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	if err := s.r.Wait(ctx, done); err != nil {
		s.t.Fatalf("wait until %s: %v", what, err)
	}
}

func (s *site) awaitHealth(id, state string) {
	s.t.Helper()
	s.await(id+" is "+state, func() bool {
		h, ok := s.r.targetsOf().State(s.group, id)
		return ok && string(h.State) == state
	})
}

// ask asks the node in a zone.
func (s *site) ask(node int, path string) (int, string) {
	s.t.Helper()
	row, _ := s.r.balancing.LoadBalancers.Get(*s.balance.LoadBalancerArn)
	eni, _ := s.r.interfaces.Get(row.Nodes[node].Interface)
	s.w.mu.Lock()
	at := s.w.ports[eni.Address.String()+":80"]
	s.w.mu.Unlock()
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get("http://" + at + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

func saysHello(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }

func TestLoadBalancerServesAndComesBack(t *testing.T) {
	s := newSite(t)
	s.listen(80)
	id := s.launch(saysHello)
	if err := s.r.targetsOf().Register(s.group, []string{id}); err != nil {
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
	for node := range 2 {
		if status, body := s.ask(node, "/"); status != 200 || body != "hello" {
			t.Errorf("node %d: %d %q", node, status, body)
		}
	}
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
	if status, body := s.ask(0, "/"); status != 200 || body != "hello" {
		t.Errorf("after a restart: %d %q", status, body)
	}
}

func TestTargetsThroughTheirStates(t *testing.T) {
	s := newSite(t)
	id := s.launch(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/health" {
			w.WriteHeader(503)
		}
	})
	reason := func() string {
		h, _ := s.r.targetsOf().State(s.group, id)
		return string(h.Reason) + ": " + room.Deref(h.Description)
	}
	ctx := t.Context()
	roomtest.Must(
		s.r.balancing.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: &s.group, Attributes: []elbtypes.TargetGroupAttribute{
			{Key: new("deregistration_delay.timeout_seconds"), Value: new("600")},
		}}),
	)(t)
	if err := s.r.targetsOf().Register(s.group, []string{id}); err != nil {
		t.Fatal(err)
	}
	if got := reason(); !strings.HasPrefix(got, "Target.NotInUse: ") {
		t.Errorf("without a listener: %s", got)
	}
	listener := s.listen(80)
	s.awaitHealth(id, "unhealthy")
	if got := reason(); got != "Target.ResponseCodeMismatch: Health checks failed with these codes: [503]" {
		t.Errorf("ill: %s", got)
	}
	if s.r.BeaconReport().LoadBalancers[0].Healthy {
		t.Error("Route 53 is told of a healthy load balancer")
	}
	if status, _ := s.ask(1, "/"); status != 200 {
		t.Errorf("fail open: %d", status)
	}
	roomtest.Must(s.r.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{id}}))(t)
	waitState(t, s.r, id, stopped)
	if got := reason(); got != "Target.InvalidState: Target is in the stopped state" {
		t.Errorf("stopped: %s", got)
	}
	roomtest.Must(s.r.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{id}}))(t)
	waitState(t, s.r, id, running)
	if err := s.r.targetsOf().Deregister(s.group, []string{id}); err != nil {
		t.Fatal(err)
	}
	if got := reason(); got != "Target.DeregistrationInProgress: Target deregistration is in progress" {
		t.Errorf("deregistered: %s", got)
	}
	s.await("drained", func() bool { _, ok := s.r.targetsOf().State(s.group, id); return !ok })
	_, err := s.r.balancing.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &s.group})
	roomtest.WantCode(t, err, "ResourceInUse")
	roomtest.Must(s.r.balancing.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: &listener}))(t)
	roomtest.Must(s.r.balancing.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &s.group}))(t)
}

func TestTerminatedInstanceIsDeregistered(t *testing.T) {
	s := newSite(t)
	s.listen(80)
	id := s.launch(saysHello)
	if err := s.r.targetsOf().Register(s.group, []string{id}); err != nil {
		t.Fatal(err)
	}
	s.awaitHealth(id, "healthy")
	roomtest.Must(s.r.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{id}}))(t)
	s.await("deregistered", func() bool { _, ok := s.r.targetsOf().State(s.group, id); return !ok })
}

func TestRulesAreTriedInOrder(t *testing.T) {
	s := newSite(t)
	listener, ctx := s.listen(80), t.Context()
	fixed := func(body string) []elbtypes.Action {
		return []elbtypes.Action{
			{Type: elbtypes.ActionTypeEnumFixedResponse, FixedResponseConfig: &elbtypes.FixedResponseActionConfig{StatusCode: new("200"), MessageBody: &body}},
		}
	}
	path := func(p string) []elbtypes.RuleCondition {
		return []elbtypes.RuleCondition{{Field: new("path-pattern"), Values: []string{p}}}
	}
	var arns []string
	for i, p := range []string{"/a/*", "/a/b"} {
		out := roomtest.Must(
			s.r.balancing.CreateRule(ctx, &elb.CreateRuleInput{ListenerArn: &listener, Priority: new(int32(i + 9)), Conditions: path(p), Actions: fixed(p)}),
		)(t)
		arns = append(arns, *out.Rules[0].RuleArn)
	}
	_, err := s.r.balancing.CreateRule(ctx, &elb.CreateRuleInput{ListenerArn: &listener, Priority: new(int32(9)), Conditions: path("/"), Actions: fixed("x")})
	roomtest.WantCode(t, err, "PriorityInUse")
	s.r.balancing.Reconcile()
	if _, body := s.ask(0, "/a/b"); body != "/a/*" {
		t.Errorf("first rule: %q", body)
	}
	roomtest.Must(s.r.balancing.SetRulePriorities(ctx, &elb.SetRulePrioritiesInput{RulePriorities: []elbtypes.RulePriorityPair{
		{RuleArn: &arns[0], Priority: new(int32(10))}, {RuleArn: &arns[1], Priority: new(int32(9))},
	}}))(t)
	s.r.balancing.Reconcile()
	if _, body := s.ask(0, "/a/b"); body != "/a/b" {
		t.Errorf("after the change of places: %q", body)
	}
	if status, _ := s.ask(0, "/"); status != 503 {
		t.Errorf("default rule without targets: %d", status)
	}
	var got []string
	for marker := (*string)(nil); ; {
		out := roomtest.Must(s.r.balancing.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: &listener, PageSize: new(int32(1)), Marker: marker}))(t)
		got = append(got, *out.Rules[0].Priority)
		if marker = out.NextMarker; marker == nil {
			break
		}
	}
	if !slices.Equal(got, []string{"9", "10", "default"}) {
		t.Errorf("rules in pages: %v", got)
	}
	def := roomtest.Must(s.r.balancing.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: &listener}))(t).Rules[2].RuleArn
	_, err = s.r.balancing.DeleteRule(ctx, &elb.DeleteRuleInput{RuleArn: def})
	roomtest.WantCode(t, err, "OperationNotPermitted")
}

func TestCreationIsIdempotent(t *testing.T) {
	s := newSite(t)
	ctx := t.Context()
	again := roomtest.Must(s.r.balancing.CreateLoadBalancer(ctx, s.request()))(t).LoadBalancers[0]
	if *again.LoadBalancerArn != *s.balance.LoadBalancerArn {
		t.Error("a second load balancer")
	}
	other := s.request()
	other.Scheme = elbtypes.LoadBalancerSchemeEnumInternal
	_, err := s.r.balancing.CreateLoadBalancer(ctx, other)
	roomtest.WantCode(t, err, "DuplicateLoadBalancerName")
	if s.newGroup("hello") != s.group {
		t.Error("a second target group")
	}
	if first, second := s.listen(80), s.listen(80); first != second {
		t.Error("a second listener")
	}
	roomtest.Must(s.r.balancing.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: s.balance.LoadBalancerArn}))(t)
	roomtest.Must(s.r.balancing.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: s.balance.LoadBalancerArn}))(t)
	if n := s.r.interfaces.Len() + s.r.balancing.Listeners.Len(); n != 0 {
		t.Errorf("%d interfaces and listeners left", n)
	}
	if len(s.w.public) != 0 {
		t.Errorf("still published: %v", s.w.public)
	}
}

func TestSubnetsAndGroupsOfALoadBalancerChange(t *testing.T) {
	s := newSite(t)
	s.listen(80)
	ctx, arn := t.Context(), s.balance.LoadBalancerArn
	third := roomtest.Must(s.r.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &s.vpc, CidrBlock: new("10.0.3.0/24"), AvailabilityZone: new("us-east-1c")}))(t)
	before, _ := s.r.balancing.LoadBalancers.Get(*arn)
	roomtest.Must(s.r.balancing.SetSubnets(ctx, &elb.SetSubnetsInput{LoadBalancerArn: arn, Subnets: []string{s.subnets[0], *third.Subnet.SubnetId}}))(t)
	after, _ := s.r.balancing.LoadBalancers.Get(*arn)
	if after.Nodes[0] != before.Nodes[0] || after.Nodes[1].Zone != "us-east-1c" || s.r.interfaces.Len() != 2 {
		t.Errorf("nodes %v became %v", before.Nodes, after.Nodes)
	}
	s.r.balancing.Reconcile()
	if status, _ := s.ask(1, "/"); status != 503 {
		t.Errorf("new node: %d", status)
	}
	g := roomtest.Must(s.r.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: new("web"), Description: new("web"), VpcId: &s.vpc}))(t)
	roomtest.Must(s.r.balancing.SetSecurityGroups(ctx, &elb.SetSecurityGroupsInput{LoadBalancerArn: arn, SecurityGroups: []string{*g.GroupId}}))(t)
	for _, i := range s.w.applied(s.vpc).Interfaces {
		if !slices.Equal(i.Groups, []string{*g.GroupId}) {
			t.Errorf("interface %s has groups %v", i.ID, i.Groups)
		}
	}
}

func TestELBRefusals(t *testing.T) {
	s := newSite(t)
	ctx := t.Context()
	make := func(change func(*elb.CreateLoadBalancerInput)) error {
		in := s.request()
		in.Name = new("other")
		change(in)
		_, err := s.r.balancing.CreateLoadBalancer(ctx, in)
		return err
	}
	roomtest.WantCode(t, make(func(in *elb.CreateLoadBalancerInput) { in.Subnets = in.Subnets[:1] }), "ValidationError")
	roomtest.WantCode(t, make(func(in *elb.CreateLoadBalancerInput) { in.Subnets = []string{s.subnets[0], "subnet-0"} }), "SubnetNotFound")
	roomtest.WantCode(t, make(func(in *elb.CreateLoadBalancerInput) { in.Subnets = []string{s.subnets[0], s.subnets[0]} }), "InvalidConfigurationRequest")
	roomtest.WantCode(t, make(func(in *elb.CreateLoadBalancerInput) { in.SecurityGroups = []string{"sg-00000000"} }), "InvalidSecurityGroup")
	roomtest.WantCode(t, make(func(in *elb.CreateLoadBalancerInput) { in.Type = elbtypes.LoadBalancerTypeEnumNetwork }), "InvalidConfigurationRequest")
	roomtest.WantCode(t, make(func(in *elb.CreateLoadBalancerInput) { in.Name = new("internal-x") }), "ValidationError")
	roomtest.WantCode(t, make(func(in *elb.CreateLoadBalancerInput) { in.CustomerOwnedIpv4Pool = new("pool") }), "UnsupportedOperation")

	_, err := s.r.balancing.CreateListener(
		ctx,
		&elb.CreateListenerInput{LoadBalancerArn: s.balance.LoadBalancerArn, Port: new(int32(443)), Protocol: "HTTPS", DefaultActions: forwardTo(s.group)},
	)
	roomtest.WantCode(t, err, "UnsupportedProtocol")
	_, err = s.r.balancing.CreateListener(
		ctx,
		&elb.CreateListenerInput{LoadBalancerArn: s.balance.LoadBalancerArn, Port: new(int32(80)), Protocol: "HTTP", DefaultActions: forwardTo("arn:none")},
	)
	roomtest.WantCode(t, err, "TargetGroupNotFound")
	_, err = s.r.balancing.RegisterTargets(
		ctx,
		&elb.RegisterTargetsInput{TargetGroupArn: &s.group, Targets: []elbtypes.TargetDescription{{Id: new("i-00000000")}}},
	)
	roomtest.WantCode(t, err, "InvalidTarget")
	_, err = s.r.balancing.ModifyTargetGroup(ctx, &elb.ModifyTargetGroupInput{TargetGroupArn: &s.group, HealthCheckTimeoutSeconds: new(int32(5))})
	roomtest.WantCode(t, err, "ValidationError") // the interval of 5 s is no longer
	_, err = s.r.balancing.ModifyTargetGroupAttributes(
		ctx,
		&elb.ModifyTargetGroupAttributesInput{TargetGroupArn: &s.group, Attributes: []elbtypes.TargetGroupAttribute{
			{Key: new("stickiness.enabled"), Value: new("true")},
		}},
	)
	roomtest.WantCode(t, err, "ValidationError")
	_, err = s.r.balancing.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Names: []string{"nobody"}})
	roomtest.WantCode(t, err, "LoadBalancerNotFound")
	_, err = s.r.balancing.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: []string{s.r.ARN("elasticloadbalancing", "targetgroup/x/1")}})
	roomtest.WantCode(t, err, "TargetGroupNotFound")
	_, err = s.r.balancing.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Marker: new("nonsense")})
	roomtest.WantCode(t, err, "ValidationError")
}

func TestELBTags(t *testing.T) {
	s := newSite(t)
	ctx, arn := t.Context(), *s.balance.LoadBalancerArn
	roomtest.Must(
		s.r.balancing.AddTags(ctx, &elb.AddTagsInput{ResourceArns: []string{arn, s.group}, Tags: []elbtypes.Tag{{Key: new("tier"), Value: new("web")}}}),
	)(t)
	roomtest.Must(s.r.balancing.RemoveTags(ctx, &elb.RemoveTagsInput{ResourceArns: []string{arn}, TagKeys: []string{"app"}}))(t)
	out := roomtest.Must(s.r.balancing.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: []string{arn, s.group}}))(t)
	for _, d := range out.TagDescriptions {
		if len(d.Tags) != 1 || *d.Tags[0].Key != "tier" || *d.Tags[0].Value != "web" {
			t.Errorf("tags of %s: %v", *d.ResourceArn, d.Tags)
		}
	}
}
