package balancer

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/understudy/understudy/cloud/internal/tempo"
)

// A network load balancer's target is an application load balancer's node: the node's own group must let in the client, whom its target is told of,
// and the checks are answered by whoever is behind it.
func TestFlowsThroughABalancer(t *testing.T) {
	s := newFlowSite(t)
	l, err := s.interfaces["eni-b"].Listen("tcp", "10.0.0.21:8080")
	if err != nil {
		t.Fatal(err)
	}
	application := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("X-Forwarded-For"))
	})}
	go func() { _ = application.Serve(l) }()
	t.Cleanup(func() { _ = application.Close() })
	behind := New(tempo.At(60), slog.New(slog.DiscardHandler), func() {})
	t.Cleanup(behind.Close)
	if err := behind.Configure(Config{
		Nodes:     []Node{{ID: "eni-a", Zone: "a", Address: netip.MustParseAddr("10.0.0.20"), Network: s.interfaces["eni-a"]}},
		Listeners: []Listener{{Port: 8080, Rules: []Rule{{Action: Action{Forward: []Weighted{{"app", 1}}}}}}},
		Groups:    []Group{{ID: "app", Check: group().Check, Targets: []Target{at("10.0.0.21:8080")}}},
	}); err != nil {
		t.Fatal(err)
	}
	node := Target{ID: "alb", Address: netip.MustParseAddrPort("10.0.0.20:8080"), Zone: "a"}
	if err := s.b.Configure(Config{
		Nodes:     []Node{{ID: "eni-front", Zone: "a", Address: netip.MustParseAddr("10.0.0.10"), Network: s.interfaces["eni-front"]}},
		Listeners: []Listener{{Port: 80, Flow: &Flow{Protocol: TCP, Forward: []Weighted{{"g", 1}}}}},
		Groups: []Group{{ID: "g", Flow: &FlowGroup{PreserveClient: true, CutUnhealthy: true}, Targets: []Target{node}, Check: Check{
			Path: "/", Interval: 10 * time.Second, Timeout: 9 * time.Second, Healthy: 2, Unhealthy: 2, Matcher: Matcher{Text: "200-399"},
			Flow: FlowCheck{On: true, ListenerPort: 80},
		}}},
	}); err != nil {
		t.Fatal(err)
	}
	s.awaitHealthy(node)
	var client string
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
		c := dial(t, "tcp")
		client, _, _ = net.SplitHostPort(c.LocalAddr().String())
		return c, nil
	}}
	resp, err := (&http.Client{Transport: transport}).Get("http://198.51.100.10/")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if body, err := io.ReadAll(resp.Body); fmt.Sprint(resp.StatusCode, " ", string(body)) != "200 "+client || err != nil {
		t.Errorf("%d: the target was told of %q, not %s: %v", resp.StatusCode, body, client, err)
	}
	_ = application.Close()
	await(t, s.changed, func() bool {
		h := s.b.Health("g", node)
		return h.State == Unhealthy && h.Reason == "Target.ResponseCodeMismatch"
	})
}
