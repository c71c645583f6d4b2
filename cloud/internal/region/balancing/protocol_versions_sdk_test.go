package balancing

import (
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"testing"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/metrics"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func (s *site) groupRequest(name, version string) *elb.CreateTargetGroupInput {
	return &elb.CreateTargetGroupInput{Name: &name, VpcId: &s.vpc, Port: new(int32(80)), Protocol: "HTTP", ProtocolVersion: &version}
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html has the defaults.
func TestProtocolVersions(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	made := map[string]elbtypes.TargetGroup{}
	for version, want := range map[string]struct{ shown, path, http, grpc string }{
		"": {"HTTP1", "/", "200", ""}, "HTTP1": {"HTTP1", "/", "200", ""}, "HTTP2": {"HTTP2", "/", "200", ""},
		"GRPC": {"GRPC", "/AWS.ALB/healthcheck", "", "12"},
	} {
		check := func(g elbtypes.TargetGroup) {
			t.Helper()
			var http, grpc string
			if g.Matcher.HttpCode != nil {
				http = *g.Matcher.HttpCode
			}
			if g.Matcher.GrpcCode != nil {
				grpc = *g.Matcher.GrpcCode
			}
			same := *g.ProtocolVersion == want.shown && *g.HealthCheckPath == want.path && http == want.http && grpc == want.grpc
			if !same || g.HealthCheckProtocol != "HTTP" {
				t.Errorf("%q: %s %s %q %q", version, *g.ProtocolVersion, *g.HealthCheckPath, http, grpc)
			}
		}
		g := roomtest.Must(client.CreateTargetGroup(ctx, s.groupRequest("g"+version, version)))(t).TargetGroups[0]
		check(g)
		made[version] = g
		again := roomtest.Must(client.CreateTargetGroup(ctx, s.groupRequest("g"+version, version)))(t).TargetGroups[0]
		if *again.TargetGroupArn != *g.TargetGroupArn {
			t.Errorf("%q: the same request makes another group", version)
		}
		s.reopen()
		check(roomtest.Must(client.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{TargetGroupArns: []string{*g.TargetGroupArn}}))(t).TargetGroups[0])
	}
	out := roomtest.Must(client.ModifyTargetGroup(ctx, &elb.ModifyTargetGroupInput{
		TargetGroupArn: made["GRPC"].TargetGroupArn, Matcher: &elbtypes.Matcher{GrpcCode: new("0,5-7")},
	}))(t).TargetGroups[0]
	if *out.Matcher.GrpcCode != "0,5-7" || out.Matcher.HttpCode != nil {
		t.Errorf("%+v", out.Matcher)
	}

	modify := func(version string, m elbtypes.Matcher) error {
		_, err := client.ModifyTargetGroup(ctx, &elb.ModifyTargetGroupInput{TargetGroupArn: made[version].TargetGroupArn, Matcher: &m})
		return err
	}
	create := func(name, version string, change func(*elb.CreateTargetGroupInput)) error {
		in := s.groupRequest(name, version)
		change(in)
		_, err := client.CreateTargetGroup(ctx, in)
		return err
	}
	for name, c := range map[string]struct {
		err        error
		code, text string
	}{
		"codes beyond": {
			modify("GRPC", elbtypes.Matcher{GrpcCode: new("200")}), "ValidationError", "Health check matcher GRPC code '200' must be within '0-99' inclusive",
		},
		"codes of HTTP":       {modify("GRPC", elbtypes.Matcher{HttpCode: new("200")}), "ValidationError", "matcher HTTP code"},
		"codes of gRPC":       {modify("HTTP2", elbtypes.Matcher{GrpcCode: new("0")}), "ValidationError", "matcher GRPC code"},
		"another version":     {create("new", "HTTP3", func(*elb.CreateTargetGroupInput) {}), "ValidationError", "HTTP3"},
		"the name in another": {create("gGRPC", "HTTP2", func(*elb.CreateTargetGroupInput) {}), "DuplicateTargetGroupName", "gGRPC"},
		"codes of gRPC for none": {
			create("new", "", func(in *elb.CreateTargetGroupInput) { in.Matcher = &elbtypes.Matcher{GrpcCode: new("0")} }),
			"ValidationError", "matcher GRPC code",
		},
	} {
		if roomtest.WantAPIError(t, c.err, c.code); c.err != nil && !strings.Contains(c.err.Error(), c.text) {
			t.Errorf("%s: %v does not say %q", name, c.err, c.text)
		}
	}
}

// Targets that speak HTTP/2 alone are for listeners with TLS.
func TestHTTP2NeedsASecureListener(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	group := *roomtest.Must(client.CreateTargetGroup(ctx, s.groupRequest("calls", "GRPC")))(t).TargetGroups[0].TargetGroupArn
	plain := s.listen(80)
	secured := roomtest.Must(client.CreateListener(ctx, s.secureRequest(443, s.shelf.put(t, "1", "one.example.com"))))(t).Listeners[0].ListenerArn
	rule := func(listener string, actions []elbtypes.Action) *elb.CreateRuleInput {
		return &elb.CreateRuleInput{ListenerArn: &listener, Priority: new(int32(1)), Actions: actions, Conditions: []elbtypes.RuleCondition{
			{Field: new("path-pattern"), Values: []string{"/pkg.Service/*"}},
		}}
	}
	harmless := roomtest.Must(client.CreateRule(ctx, rule(plain, says("200"))))(t).Rules[0].RuleArn
	roomtest.Must(client.CreateRule(ctx, rule(*secured, forwardTo(group))))(t)
	for name, call := range map[string]func() error{
		"a listener": func() error {
			_, err := client.CreateListener(ctx, &elb.CreateListenerInput{
				LoadBalancerArn: s.balance.LoadBalancerArn, Port: new(int32(81)), Protocol: "HTTP", DefaultActions: forwardTo(group),
			})
			return err
		},
		"a listener's change": func() error {
			_, err := client.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: &plain, DefaultActions: forwardTo(group)})
			return err
		},
		"a listener's protocol": func() error {
			_, err := client.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: secured, Protocol: "HTTP"})
			return err
		},
		"a rule": func() error {
			in := rule(plain, forwardTo(group))
			in.Priority = new(int32(2))
			_, err := client.CreateRule(ctx, in)
			return err
		},
		"a rule's change": func() error {
			_, err := client.ModifyRule(ctx, &elb.ModifyRuleInput{RuleArn: harmless, Actions: forwardTo(group)})
			return err
		},
	} {
		err := call()
		roomtest.WantAPIError(t, err, "InvalidConfigurationRequest")
		if err != nil && !strings.Contains(err.Error(), "Listener protocol 'HTTP' is not supported with a target group with the protocol-version 'GRPC'") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A request cannot be for targets of either version.
func TestForwardIsToOneProtocolVersion(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	var groups []elbtypes.TargetGroupTuple
	for _, version := range []string{"HTTP2", "GRPC"} {
		made := roomtest.Must(client.CreateTargetGroup(ctx, s.groupRequest("calls-"+version, version)))(t).TargetGroups[0]
		groups = append(groups, elbtypes.TargetGroupTuple{TargetGroupArn: made.TargetGroupArn})
	}
	in := s.secureRequest(443, s.shelf.put(t, "1", "one.example.com"))
	in.DefaultActions = []elbtypes.Action{{Type: "forward", ForwardConfig: &elbtypes.ForwardActionConfig{TargetGroups: groups}}}
	_, err := client.CreateListener(ctx, in)
	roomtest.WantAPIError(t, err, "InvalidConfigurationRequest")
	in.DefaultActions[0].ForwardConfig.TargetGroups = groups[:1]
	roomtest.Must(client.CreateListener(ctx, in))(t)
}

// A call passes the whole way: a listener with TLS, a group of gRPC whose instance is found healthy by a call, and back.
func TestCallsReachInstances(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	group := *roomtest.Must(client.CreateTargetGroup(ctx, s.groupRequest("calls", "GRPC")))(t).TargetGroups[0].TargetGroupArn
	in := s.secureRequest(443, s.shelf.put(t, "1", "one.example.com"))
	in.DefaultActions = forwardTo(group)
	roomtest.Must(client.CreateListener(ctx, in))(t)
	id, at := s.ec2.run(t, s.subnets[0])
	l, err := s.sockets.Listen("tcp", at.String()+":80")
	if err != nil {
		t.Fatal(err)
	}
	target := &http.Server{Protocols: new(http.Protocols), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/grpc")
		if r.URL.Path == "/AWS.ALB/healthcheck" {
			w.Header().Set("Grpc-Status", "12")
			return
		}
		_, _ = io.Copy(w, r.Body)
		w.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
	})}
	target.Protocols.SetUnencryptedHTTP2(true)
	go func() { _ = target.Serve(l) }()
	defer target.Close()
	roomtest.Must(client.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &group, Targets: []elbtypes.TargetDescription{{Id: &id}}}))(t)
	s.await("the instance is healthy", func() bool {
		h, ok := s.r.State(group, id)
		return ok && h.State == "healthy"
	})
	row, _ := s.r.loadBalancers.Get(*s.balance.LoadBalancerArn)
	eni, _ := s.ec2.Interface(row.Nodes[0].Interface)
	caller := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer caller.CloseIdleConnections()
	url := "https://" + s.sockets.At(eni.Address.String()+":443") + "/pkg.Service/Method"
	req, _ := http.NewRequestWithContext(ctx, "POST", url, strings.NewReader("message"))
	req.Header.Set("Content-Type", "application/grpc")
	req.Header.Set("TE", "trailers")
	resp, err := caller.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "message" || resp.StatusCode != 200 || resp.Trailer.Get("Grpc-Status") != "0" {
		t.Errorf("%v %q %v", resp, body, err)
	}
	counted := map[string]float64{}
	s.r.PublishMetrics(func(m metrics.Metric, _ string, data metrics.Summary) {
		if len(m.Dimensions) == 1 { // each zone has its own
			counted[m.Name] += data.Sum
		}
	})
	if counted["GrpcRequestCount"] != 1 {
		t.Errorf("%v calls are counted", counted["GrpcRequestCount"])
	}
}
