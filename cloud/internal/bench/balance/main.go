//go:build linux

// Command balance carries requests to a target, for bench/balancer to measure: as a load balancer of a local cloud does, or by
// httputil.ReverseProxy for comparison.
package main

import (
	"context"
	"crypto/tls"
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

// places are where it listens, of 127.0.0.1, and what it carries requests to.
type places struct {
	port, secure, socket int // the last two are 0 for none
	target, echo         netip.AddrPort
	pair                 string // file with certificate and key
}

func main() {
	var p places
	by := flag.String("by", "balancer", "balancer or reverseproxy")
	flag.IntVar(&p.port, "port", 0, "to listen at")
	flag.IntVar(&p.secure, "secure", 0, "for TLS, with HTTP/2; none by default")
	flag.IntVar(&p.socket, "socket", 0, "that leads to the other target; none by default")
	flag.StringVar(&p.pair, "pair", "", "file with certificate and key, for TLS")
	flag.TextVar(&p.target, "target", netip.AddrPort{}, "address:port")
	flag.TextVar(&p.echo, "echo", netip.AddrPort{}, "address:port of the other target")
	rules := flag.Int("rules", 100, "how many rules are asked before the default one")
	logs := flag.String("logs", "", "the folder of the access log; none is kept without it")
	flag.Parse()
	if *by == "reverseproxy" {
		log.Fatal(p.serveReverseProxy())
	}
	b := balancer.New(tempo.At(1), slog.Default(), func() {})
	defer b.Close()
	c, err := p.config(*rules)
	if err != nil {
		log.Fatalf("balance: %v", err)
	}
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

func forward(group string) balancer.Action {
	return balancer.Action{Forward: []balancer.Weighted{{Group: group, Weight: 1}}}
}

func group(id string, to netip.AddrPort) balancer.Group {
	return balancer.Group{
		ID: id, Algorithm: balancer.RoundRobin, Targets: []balancer.Target{{ID: "t", Address: to}},
		Check: balancer.Check{Path: "/", Interval: 30 * time.Second, Timeout: 5 * time.Second, Healthy: 5, Unhealthy: 2},
	}
}

func (p places) config(rules int) (balancer.Config, error) {
	l := balancer.Listener{Port: p.port}
	for range rules {
		l.Rules = append(l.Rules, balancer.Rule{
			Conditions: []balancer.Condition{{Field: "path-pattern", Values: []string{"/never/*/asked"}}}, Action: forward("g"),
		})
	}
	l.Rules = append(l.Rules, balancer.Rule{Action: forward("g")})
	c := balancer.Config{
		Nodes:     []balancer.Node{{ID: "eni-1", Address: loopback, Network: host{}}},
		Listeners: []balancer.Listener{l},
		Groups:    []balancer.Group{group("g", p.target)},
	}
	if p.secure != 0 {
		certificate, err := tls.LoadX509KeyPair(p.pair, p.pair)
		if err != nil {
			return c, err
		}
		l.Port, l.TLS = p.secure, &balancer.TLS{Default: certificate, Min: tls.VersionTLS12, Max: tls.VersionTLS13}
		c.Listeners = append(c.Listeners, l)
	}
	if p.socket != 0 {
		c.Listeners = append(c.Listeners, balancer.Listener{Port: p.socket, Rules: []balancer.Rule{{Action: forward("e")}}})
		c.Groups = append(c.Groups, group("e", p.echo))
	}
	return c, nil
}

var loopback = netip.MustParseAddr("127.0.0.1")

// serveReverseProxy serves until it fails.
func (p places) serveReverseProxy() error {
	at := func(port int) string { return netip.AddrPortFrom(loopback, uint16(port)).String() }
	failed := make(chan error)
	go func() { failed <- http.ListenAndServe(at(p.port), reverseProxy(p.target)) }()
	if p.secure != 0 {
		go func() { failed <- http.ListenAndServeTLS(at(p.secure), p.pair, p.pair, reverseProxy(p.target)) }()
	}
	if p.socket != 0 {
		go func() { failed <- http.ListenAndServe(at(p.socket), reverseProxy(p.echo)) }()
	}
	return <-failed
}

func reverseProxy(to netip.AddrPort) http.Handler {
	p := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: to.String()})
	p.Transport = &http.Transport{MaxIdleConnsPerHost: 256}
	return p
}
