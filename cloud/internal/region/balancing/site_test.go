package balancing

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"testing"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/delivery"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/wire"
	"github.com/understudy/understudy/internal/patience"
)

// site is a VPC with two subnets and a target group beside a load balancer.
type site struct {
	t       *testing.T
	r       *Room
	ec2     *ec2
	close   func()
	dir     string
	sockets roomtest.Sockets
	shelf   shelf
	vpc     string
	subnets []string
	group   string
	balance elbtypes.LoadBalancer
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir()}
	s.open()
	t.Cleanup(func() { s.close() })
	s.vpc = s.ec2.newVPC(t, "10.0.0.0/16")
	s.subnets = []string{s.ec2.newSubnet(t, s.vpc, "us-east-1a", "10.0.1.0/24"), s.ec2.newSubnet(t, s.vpc, "us-east-1b", "10.0.2.0/24")}
	s.balance = roomtest.Must(s.r.CreateLoadBalancer(t.Context(), s.request()))(t).LoadBalancers[0]
	s.group = s.newGroup("hello")
	return s
}

// open brings up EC2 and then the load balancers that are stored.
func (s *site) open() {
	s.t.Helper()
	base, end := roomtest.Open(s.t, s.dir, 300)
	s.ec2 = openEC2(s.t, base, &s.sockets)
	r, err := Load(base, s.ec2, &s.shelf, s.folder())
	if err != nil {
		s.t.Fatal(err)
	}
	s.r, s.ec2.ports = r, r.Ports
	r.Open()
	s.close = func() {
		r.Close()
		end()
	}
}

// folder is where logs go.
func (s *site) folder() delivery.Folder {
	return delivery.Folder{Buckets: filepath.Join(s.dir, "s3"), Parts: filepath.Join(s.dir, "logs"), Log: slog.New(slog.DiscardHandler)}
}

// reopen closes the room and opens it on what it has stored.
func (s *site) reopen() {
	s.t.Helper()
	s.close()
	s.open()
}

// client is the SDK's, of the room that is open at the time.
func (s *site) client() *elb.Client {
	endpoint := roomtest.Serve(s.t, func(m *wire.Mux) { s.r.Operations(m) })
	return elb.New(elb.Options{Region: "us-east-1", BaseEndpoint: endpoint, Credentials: roomtest.Credentials})
}

func (s *site) request() *elb.CreateLoadBalancerInput {
	return &elb.CreateLoadBalancerInput{Name: new("hello"), Subnets: s.subnets, Tags: []elbtypes.Tag{{Key: new("app"), Value: new("hello")}}}
}

func (s *site) newGroup(name string) string {
	s.t.Helper()
	out := roomtest.Must(s.r.CreateTargetGroup(s.t.Context(), &elb.CreateTargetGroupInput{
		Name: &name, VpcId: &s.vpc, Port: new(int32(80)), Protocol: elbtypes.ProtocolEnumHttp, ProtocolVersion: new(""), // as Terraform sends none
		HealthCheckPath: new("/health"),
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
	out := roomtest.Must(s.r.CreateListener(s.t.Context(), &elb.CreateListenerInput{
		LoadBalancerArn: s.balance.LoadBalancerArn, Port: &port, Protocol: elbtypes.ProtocolEnumHttp, DefaultActions: forwardTo(s.group),
	}))(s.t)
	return *out.Listeners[0].ListenerArn
}

// launch starts an instance in the first subnet; what it would serve, the test does at its address.
func (s *site) launch(h http.HandlerFunc) (id string) {
	s.t.Helper()
	id, at := s.ec2.run(s.t, s.subnets[0])
	l, err := s.sockets.Listen("tcp", at.String()+":80")
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
		h, ok := s.r.State(s.group, id)
		return ok && string(h.State) == state
	})
}

// ask asks the node in a zone.
func (s *site) ask(node int, path string) (int, string) {
	s.t.Helper()
	row, _ := s.r.loadBalancers.Get(*s.balance.LoadBalancerArn)
	eni, _ := s.ec2.Interface(row.Nodes[node].Interface)
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get("http://" + s.sockets.At(eni.Address.String()+":80") + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

func saysHello(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }
