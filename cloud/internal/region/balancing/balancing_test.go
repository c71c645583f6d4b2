package balancing

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/metrics"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
)

func TestLoadBalancerServesAndComesBack(t *testing.T) {
	s := newSite(t)
	s.listen(80)
	id := s.launch(saysHello)
	if err := s.r.Register(s.group, []string{id}); err != nil {
		t.Fatal(err)
	}
	s.awaitHealth(id, "healthy")
	s.await("load balancer is active and told of", func() bool {
		b := s.r.Report()
		return len(b) == 1 && b[0].Healthy
	})
	if shown := roomtest.Must(s.r.DescribeLoadBalancers(t.Context(), &elb.DescribeLoadBalancersInput{}))(t).LoadBalancers[0]; shown.State.Code != "active" {
		t.Errorf("its state is %s", shown.State.Code)
	}
	b := s.r.Report()[0]
	if b.DNSName != *s.balance.DNSName || b.HostedZoneID != "Z35SXDOTRQ7X7K" || len(b.Addresses) != 2 {
		t.Errorf("beacon tells %+v", b)
	}
	for node := range 2 {
		if status, body := s.ask(node, "/"); status != 200 || body != "hello" {
			t.Errorf("node %d: %d %q", node, status, body)
		}
	}
	published := func(when string) {
		t.Helper()
		s.await("its nodes are published "+when, func() bool {
			twins := s.ec2.twins()
			return len(twins) == 2 && !slices.ContainsFunc(b.Addresses, func(a netip.Addr) bool { return !slices.Contains(twins, netip.AddrPortFrom(a, 80)) })
		})
	}
	published("at first")

	s.reopen()
	published("after a restart")
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
		h, _ := s.r.State(s.group, id)
		return string(h.Reason) + ": " + room.Deref(h.Description)
	}
	ctx := t.Context()
	roomtest.Must(
		s.r.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: &s.group, Attributes: []elbtypes.TargetGroupAttribute{
			{Key: new("deregistration_delay.timeout_seconds"), Value: new("3600")},
		}}),
	)(t)
	if err := s.r.Register(s.group, []string{id}); err != nil {
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
	if s.r.Report()[0].Healthy {
		t.Error("Route 53 is told of a healthy load balancer")
	}
	if status, _ := s.ask(1, "/"); status != 200 {
		t.Errorf("fail open: %d", status)
	}
	s.ec2.become(t, id, ec2types.InstanceStateNameStopped)
	if got := reason(); got != "Target.InvalidState: Target is in the stopped state" {
		t.Errorf("stopped: %s", got)
	}
	s.ec2.become(t, id, ec2types.InstanceStateNameRunning)
	before := time.Now()
	if err := s.r.Deregister(s.group, []string{id}); err != nil {
		t.Fatal(err)
	}
	if got := reason(); got != "Target.DeregistrationInProgress: Target deregistration is in progress" {
		t.Errorf("deregistered: %s", got)
	}
	g, _ := s.r.targetGroups.Get(s.group)
	if delay, until := s.r.Speed.Of(time.Hour), g.Targets[0].Until; until.Before(before.Add(delay)) || until.After(time.Now().Add(delay)) {
		t.Errorf("deregistered at %s it drains until %s", before, until)
	}
	// Its delay is over soon after all.
	if err := s.r.changeTargetGroup(&s.group, func(_ *store.Tx, g *targetGroupRow) error {
		g.Targets[0].Until = time.Now().Add(100 * time.Millisecond)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	s.await("drained", func() bool { _, ok := s.r.State(s.group, id); return !ok })
	_, err := s.r.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &s.group})
	roomtest.WantCode(t, err, "ResourceInUse")
	roomtest.Must(s.r.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: &listener}))(t)
	roomtest.Must(s.r.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &s.group}))(t)
}

func TestTerminatedInstanceIsDeregistered(t *testing.T) {
	s := newSite(t)
	s.listen(80)
	id := s.launch(saysHello)
	if err := s.r.Register(s.group, []string{id}); err != nil {
		t.Fatal(err)
	}
	s.awaitHealth(id, "healthy")
	s.ec2.become(t, id, ec2types.InstanceStateNameTerminated)
	s.await("deregistered", func() bool { _, ok := s.r.State(s.group, id); return !ok })
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
			s.r.CreateRule(ctx, &elb.CreateRuleInput{ListenerArn: &listener, Priority: new(int32(i + 9)), Conditions: path(p), Actions: fixed(p)}),
		)(t)
		arns = append(arns, *out.Rules[0].RuleArn)
	}
	_, err := s.r.CreateRule(ctx, &elb.CreateRuleInput{ListenerArn: &listener, Priority: new(int32(9)), Conditions: path("/"), Actions: fixed("x")})
	roomtest.WantCode(t, err, "PriorityInUse")
	s.r.reconcile()
	if _, body := s.ask(0, "/a/b"); body != "/a/*" {
		t.Errorf("first rule: %q", body)
	}
	roomtest.Must(s.r.SetRulePriorities(ctx, &elb.SetRulePrioritiesInput{RulePriorities: []elbtypes.RulePriorityPair{
		{RuleArn: &arns[0], Priority: new(int32(10))}, {RuleArn: &arns[1], Priority: new(int32(9))},
	}}))(t)
	byDefault := roomtest.Must(s.r.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: &listener}))(t).Rules
	_, err = s.r.SetRulePriorities(ctx, &elb.SetRulePrioritiesInput{RulePriorities: []elbtypes.RulePriorityPair{
		{RuleArn: byDefault[len(byDefault)-1].RuleArn, Priority: new(int32(8))},
	}})
	roomtest.WantCode(t, err, "OperationNotPermitted")
	s.r.reconcile()
	if _, body := s.ask(0, "/a/b"); body != "/a/b" {
		t.Errorf("after the change of places: %q", body)
	}
	if status, _ := s.ask(0, "/"); status != 503 {
		t.Errorf("default rule without targets: %d", status)
	}
	var got []string
	for marker := (*string)(nil); ; {
		out := roomtest.Must(s.r.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: &listener, PageSize: new(int32(1)), Marker: marker}))(t)
		got = append(got, *out.Rules[0].Priority)
		if marker = out.NextMarker; marker == nil {
			break
		}
	}
	if !slices.Equal(got, []string{"9", "10", "default"}) {
		t.Errorf("rules in pages: %v", got)
	}
	def := roomtest.Must(s.r.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: &listener}))(t).Rules[2].RuleArn
	_, err = s.r.DeleteRule(ctx, &elb.DeleteRuleInput{RuleArn: def})
	roomtest.WantCode(t, err, "OperationNotPermitted")
}

func TestCreationIsIdempotent(t *testing.T) {
	s := newSite(t)
	ctx := t.Context()
	again := roomtest.Must(s.r.CreateLoadBalancer(ctx, s.request()))(t).LoadBalancers[0]
	if *again.LoadBalancerArn != *s.balance.LoadBalancerArn {
		t.Error("a second load balancer")
	}
	other := s.request()
	other.Scheme = elbtypes.LoadBalancerSchemeEnumInternal
	_, err := s.r.CreateLoadBalancer(ctx, other)
	roomtest.WantCode(t, err, "DuplicateLoadBalancerName")
	if s.newGroup("hello") != s.group {
		t.Error("a second target group")
	}
	if first, second := s.listen(80), s.listen(80); first != second {
		t.Error("a second listener")
	}
	roomtest.Must(s.r.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: s.balance.LoadBalancerArn}))(t)
	roomtest.Must(s.r.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: s.balance.LoadBalancerArn}))(t)
	if n := s.ec2.interfaces.Len() + s.r.listeners.Len(); n != 0 {
		t.Errorf("%d interfaces and listeners left", n)
	}
	if twins := s.ec2.twins(); len(twins) != 0 {
		t.Errorf("still published: %v", twins)
	}
}

func TestSubnetsAndGroupsOfALoadBalancerChange(t *testing.T) {
	s := newSite(t)
	s.listen(80)
	ctx, arn := t.Context(), s.balance.LoadBalancerArn
	third := s.ec2.newSubnet(t, s.vpc, "us-east-1c", "10.0.3.0/24")
	before, _ := s.r.loadBalancers.Get(*arn)
	roomtest.Must(s.r.SetSubnets(ctx, &elb.SetSubnetsInput{LoadBalancerArn: arn, Subnets: []string{s.subnets[0], third}}))(t)
	after, _ := s.r.loadBalancers.Get(*arn)
	if after.Nodes[0] != before.Nodes[0] || after.Nodes[1].Zone != "us-east-1c" || s.ec2.interfaces.Len() != 2 {
		t.Errorf("nodes %v became %v", before.Nodes, after.Nodes)
	}
	s.r.reconcile()
	if status, _ := s.ask(1, "/"); status != 503 {
		t.Errorf("new node: %d", status)
	}
	g := s.ec2.newGroup(t, s.vpc)
	roomtest.Must(s.r.SetSecurityGroups(ctx, &elb.SetSecurityGroupsInput{LoadBalancerArn: arn, SecurityGroups: []string{g}}))(t)
	all := s.ec2.groupsApplied()
	for id, groups := range all {
		if !slices.Equal(groups, []string{g}) {
			t.Errorf("interface %s has groups %v", id, groups)
		}
	}
	if len(all) != 2 {
		t.Errorf("%d interfaces are up", len(all))
	}
}

func TestELBRefusals(t *testing.T) {
	s := newSite(t)
	ctx := t.Context()
	create := func(change func(*elb.CreateLoadBalancerInput)) error {
		in := s.request()
		in.Name = new("other")
		change(in)
		_, err := s.r.CreateLoadBalancer(ctx, in)
		return err
	}
	roomtest.WantCode(t, create(func(in *elb.CreateLoadBalancerInput) { in.Subnets = in.Subnets[:1] }), "ValidationError")
	roomtest.WantCode(t, create(func(in *elb.CreateLoadBalancerInput) { in.Subnets = []string{s.subnets[0], "subnet-0"} }), "SubnetNotFound")
	roomtest.WantCode(t, create(func(in *elb.CreateLoadBalancerInput) { in.Subnets = []string{s.subnets[0], s.subnets[0]} }), "InvalidConfigurationRequest")
	roomtest.WantCode(t, create(func(in *elb.CreateLoadBalancerInput) { in.SecurityGroups = []string{"sg-00000000"} }), "InvalidSecurityGroup")
	elsewhere := s.ec2.newVPC(t, "10.1.0.0/16")
	for _, groups := range [][]string{{s.ec2.newGroup(t, elsewhere)}, slices.Repeat([]string{s.ec2.newGroup(t, s.vpc)}, 6)} {
		roomtest.WantCode(t, create(func(in *elb.CreateLoadBalancerInput) { in.SecurityGroups = groups }), "InvalidSecurityGroup")
	}
	roomtest.WantCode(t, create(func(in *elb.CreateLoadBalancerInput) { in.Type = elbtypes.LoadBalancerTypeEnumGateway }), "InvalidConfigurationRequest")
	roomtest.WantCode(t, create(func(in *elb.CreateLoadBalancerInput) { in.Name = new("internal-x") }), "ValidationError")
	roomtest.WantCode(t, create(func(in *elb.CreateLoadBalancerInput) { in.CustomerOwnedIpv4Pool = new("pool") }), "UnsupportedOperation")

	_, err := s.r.CreateListener(
		ctx,
		&elb.CreateListenerInput{LoadBalancerArn: s.balance.LoadBalancerArn, Port: new(int32(443)), Protocol: "TLS", DefaultActions: forwardTo(s.group)},
	)
	roomtest.WantCode(t, err, "ValidationError")
	_, err = s.r.CreateListener(
		ctx,
		&elb.CreateListenerInput{LoadBalancerArn: s.balance.LoadBalancerArn, Port: new(int32(80)), Protocol: "HTTP", DefaultActions: forwardTo(s.group + "0")},
	)
	roomtest.WantCode(t, err, "TargetGroupNotFound")
	_, err = s.r.RegisterTargets(
		ctx,
		&elb.RegisterTargetsInput{TargetGroupArn: &s.group, Targets: []elbtypes.TargetDescription{{Id: new("i-00000000")}}},
	)
	roomtest.WantCode(t, err, "InvalidTarget")
	_, err = s.r.ModifyTargetGroup(ctx, &elb.ModifyTargetGroupInput{TargetGroupArn: &s.group, HealthCheckTimeoutSeconds: new(int32(5))})
	roomtest.WantCode(t, err, "ValidationError") // the interval of 5 s is no longer
	_, err = s.r.ModifyTargetGroupAttributes(
		ctx,
		&elb.ModifyTargetGroupAttributesInput{TargetGroupArn: &s.group, Attributes: []elbtypes.TargetGroupAttribute{
			{Key: new("stickiness.enabled"), Value: new("true")}, {Key: new("stickiness.type"), Value: new("app_cookie")},
		}},
	)
	roomtest.WantCode(t, err, "ValidationError")
	_, err = s.r.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Names: []string{"nobody"}})
	roomtest.WantCode(t, err, "LoadBalancerNotFound")
	_, err = s.r.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: []string{s.r.ARN("elasticloadbalancing", "targetgroup/x/1")}})
	roomtest.WantCode(t, err, "TargetGroupNotFound")
	_, err = s.r.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Marker: new("nonsense")})
	roomtest.WantCode(t, err, "ValidationError")
}

// A subnet without a free address refuses the whole load balancer: its node in the other one is not left behind.
func TestLoadBalancerNeedsRoomInEverySubnet(t *testing.T) {
	s := newSite(t)
	in := s.request()
	in.Name, in.Subnets = new("other"), []string{s.subnets[0], s.ec2.newSubnet(t, s.vpc, "us-east-1c", "10.0.3.0/28")}
	for range 11 { // AWS keeps five of sixteen
		s.ec2.run(t, in.Subnets[1])
	}
	before := s.ec2.interfaces.Len()
	_, err := s.r.CreateLoadBalancer(t.Context(), in)
	roomtest.WantCode(t, err, "InvalidSubnet")
	if n := s.ec2.interfaces.Len(); n != before {
		t.Errorf("%d interfaces became %d", before, n)
	}
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
func TestOnlyInternalLoadBalancersNeedNoGateway(t *testing.T) {
	s := newSite(t)
	in := s.request()
	in.Name = new("other")
	around, _ := s.ec2.VPC(nil, s.vpc)
	around.HasGateway = false
	s.ec2.change(t, func(tx *store.Tx) error { return s.ec2.vpcs.Put(tx, s.vpc, around) })
	_, err := s.r.CreateLoadBalancer(t.Context(), in)
	roomtest.WantCode(t, err, "InvalidSubnet")
	in.Scheme = elbtypes.LoadBalancerSchemeEnumInternal
	roomtest.Must(s.r.CreateLoadBalancer(t.Context(), in))(t)
}

// The metrics of https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
func TestTargetsAreCounted(t *testing.T) {
	s := newSite(t)
	s.newGroup("unused")
	s.listen(80)
	well := s.launch(saysHello)
	ill := s.launch(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })
	if err := s.r.Register(s.group, []string{well, ill}); err != nil {
		t.Fatal(err)
	}
	s.awaitHealth(well, "healthy")
	s.awaitHealth(ill, "unhealthy")
	var got []string
	s.r.PublishMetrics(func(m metrics.Metric, unit string, data metrics.Summary) {
		if strings.HasSuffix(m.Name, "HostCount") && len(m.Dimensions) == 2 {
			got = append(got, fmt.Sprint(m.Namespace, " ", m.Name, " ", m.Dimensions, " ", data.Sum, " ", unit))
		}
	})
	slices.Sort(got)
	of := fmt.Sprint([]metrics.Dimension{
		{Name: "LoadBalancer", Value: tail(*s.balance.LoadBalancerArn, "loadbalancer")}, {Name: "TargetGroup", Value: "targetgroup/" + tail(s.group, "targetgroup")},
	})
	const elb = "AWS/ApplicationELB "
	want := []string{elb + "AnomalousHostCount " + of + " 0 Count", elb + "HealthyHostCount " + of + " 1 Count",
		elb + "MitigatedHostCount " + of + " 0 Count", elb + "UnHealthyHostCount " + of + " 1 Count"}
	if !slices.Equal(got, want) {
		t.Errorf("put %q", got)
	}
}

func TestELBTags(t *testing.T) {
	s := newSite(t)
	ctx, arn := t.Context(), *s.balance.LoadBalancerArn
	roomtest.Must(
		s.r.AddTags(ctx, &elb.AddTagsInput{ResourceArns: []string{arn, s.group}, Tags: []elbtypes.Tag{{Key: new("tier"), Value: new("web")}}}),
	)(t)
	roomtest.Must(s.r.RemoveTags(ctx, &elb.RemoveTagsInput{ResourceArns: []string{arn}, TagKeys: []string{"app"}}))(t)
	out := roomtest.Must(s.r.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: []string{arn, s.group}}))(t)
	for _, d := range out.TagDescriptions {
		if len(d.Tags) != 1 || *d.Tags[0].Key != "tier" || *d.Tags[0].Value != "web" {
			t.Errorf("tags of %s: %v", *d.ResourceArn, d.Tags)
		}
	}
}
