//go:build linux

// Command balance carries requests to a target, for bench/balancer to measure: as a load balancer of a local cloud does, or by
// httputil.ReverseProxy for comparison.
package main

import (
	"context"
	"flag"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"path/filepath"
	"time"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/delivery"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

func main() {
	by := flag.String("by", "balancer", "balancer or reverseproxy")
	port := flag.Int("port", 0, "of 127.0.0.1, to listen at")
	target := flag.String("target", "", "address:port")
	rules := flag.Int("rules", 100, "how many rules are asked before the default one")
	logs := flag.String("logs", "", "the folder of the access log; none is kept without it")
	flag.Parse()
	to, err := netip.ParseAddrPort(*target)
	if err != nil {
		log.Fatalf("balance: -target: %v", err)
	}
	at := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(*port))
	if *by == "reverseproxy" {
		log.Fatal(http.ListenAndServe(at.String(), reverseProxy(to)))
	}
	b := balancer.New(tempo.At(1), slog.Default(), func() {})
	defer b.Close()
	c := config(at, to, *rules)
	if *logs != "" {
		folder := delivery.Folder{Buckets: *logs, Parts: filepath.Join(*logs, "parts"), Log: slog.Default()}
		c.Nodes[0].Logs.Access = delivery.New(folder, 5*time.Minute, func(end time.Time) string { return "bucket/" + end.UTC().Format(time.RFC3339) })
	}
	if err := b.Configure(c); err != nil {
		log.Fatalf("balance: %v", err)
	}
	select {}
}

// host is the machine's own network.
type host struct{ net.Dialer }

func (host) Listen(network, address string) (net.Listener, error) {
	return net.Listen(network, address)
}

func (h host) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return h.Dialer.DialContext(ctx, network, address)
}

func config(at, to netip.AddrPort, rules int) balancer.Config {
	forward := balancer.Action{Forward: []balancer.Weighted{{Group: "g", Weight: 1}}}
	l := balancer.Listener{Port: int(at.Port())}
	for range rules {
		l.Rules = append(l.Rules, balancer.Rule{
			Conditions: []balancer.Condition{{Field: "path-pattern", Values: []string{"/never/*/asked"}}}, Action: forward,
		})
	}
	l.Rules = append(l.Rules, balancer.Rule{Action: forward})
	return balancer.Config{
		Nodes:     []balancer.Node{{ID: "eni-1", Address: at.Addr(), Network: host{}}},
		Listeners: []balancer.Listener{l},
		Groups: []balancer.Group{{
			ID: "g", Algorithm: balancer.RoundRobin, Targets: []balancer.Target{{ID: "t", Address: to}},
			Check: balancer.Check{Path: "/", Interval: 30 * time.Second, Timeout: 5 * time.Second, Healthy: 5, Unhealthy: 2},
		}},
	}
}

func reverseProxy(to netip.AddrPort) http.Handler {
	p := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: to.String()})
	p.Transport = &http.Transport{MaxIdleConnsPerHost: 256}
	return p
}
