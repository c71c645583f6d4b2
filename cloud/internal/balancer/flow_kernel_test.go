package balancer

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/understudy/understudy/cloud/internal/descriptors"
	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/tempo"
	"github.com/understudy/understudy/internal/patience"
)

// flowSite is a network load balancer's node among targets, in kernel namespaces.
type flowSite struct {
	t          *testing.T
	b          *Balancer
	interfaces map[string]*network.Namespace
	changed    chan struct{}
	ipv6       netip.Addr   // of the node; the zero value where it has none
	sourceNAT  netip.Prefix // likewise
}

// newFlowSite has a node without security groups, and targets whose groups let in the internet, the node and the first target at every port.
func newFlowSite(t *testing.T, changes ...func(*network.VPC)) *flowSite {
	t.Helper()
	if err := network.PrepareInternet(); err != nil {
		t.Fatal(err)
	}
	f, err := network.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	spec := kernelVPC()
	spec.Interfaces[0].Groups, spec.Interfaces[0].Transparent = nil, true
	all := network.Rule{Protocol: "-1", Prefixes: []netip.Prefix{
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("10.0.0.10/32"), netip.MustParsePrefix("10.0.0.20/32"),
	}}
	spec.SecurityGroups[1].Ingress = []network.Rule{all}
	for _, change := range changes {
		change(&spec)
	}
	if err := f.Apply(spec); err != nil {
		t.Fatal(err)
	}
	s := &flowSite{t: t, interfaces: map[string]*network.Namespace{}, changed: make(chan struct{}, 64)}
	for _, id := range []string{"eni-front", "eni-a", "eni-b"} {
		if s.interfaces[id], err = f.Interface(id); err != nil {
			t.Fatal(err)
		}
	}
	s.b = New(tempo.At(60), slog.New(slog.DiscardHandler), func() { s.changed <- struct{}{} })
	t.Cleanup(s.b.Close)
	return s
}

// configure has one listener, at port 80, before a group.
func (s *flowSite) configure(l Listener, f FlowGroup, targets ...Target) {
	s.t.Helper()
	l.Port, l.Flow.Forward = 80, []Weighted{{"g", 1}}
	g := Group{ID: "g", Flow: &f, Targets: targets, Check: Check{
		Interval: 10 * time.Second, Timeout: 9 * time.Second, Healthy: 2, Unhealthy: 2,
		Flow: FlowCheck{On: true, Connect: true, ProxyProtocol: f.ProxyProtocol},
	}}
	err := s.b.Configure(Config{
		Nodes: []Node{{
			ID: "eni-front", Zone: "a", Address: netip.MustParseAddr("10.0.0.10"), IPv6: s.ipv6, SourceNAT: s.sourceNAT, Network: s.interfaces["eni-front"],
		}},
		Listeners: []Listener{l}, Groups: []Group{g},
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *flowSite) awaitHealthy(targets ...Target) {
	s.t.Helper()
	await(s.t, s.changed, func() bool {
		for _, t := range targets {
			if s.b.Health("g", t).State != Healthy {
				return false
			}
		}
		return true
	})
}

// tells has a target tell each client's address, and then echo.
func (s *flowSite) tells(eni, address string, wrap func(net.Listener) net.Listener) Target {
	s.t.Helper()
	l, err := s.interfaces[eni].Listen("tcp", address)
	if err != nil {
		s.t.Fatal(err)
	}
	if wrap != nil {
		l = wrap(l)
	}
	s.t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				_, _ = io.WriteString(c, c.RemoteAddr().String()+"\n")
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	return Target{ID: eni, Address: netip.MustParseAddrPort(address), Zone: "a"}
}

// echoes has a target send each datagram back, with its client's address before it.
func (s *flowSite) echoes(eni, address string) {
	s.t.Helper()
	u, err := s.interfaces[eni].ListenPacket("udp", address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = u.Close() })
	go func() {
		b := make([]byte, 2048)
		for {
			n, from, err := u.ReadFrom(b)
			if err != nil {
				return
			}
			_, _ = u.WriteTo(append([]byte(from.String()+" "), b[:n]...), from)
		}
	}()
}

func dial(t *testing.T, protocol string) net.Conn {
	t.Helper()
	return dialTo(t, protocol, "198.51.100.10:80")
}

func dialTo(t *testing.T, protocol, address string) net.Conn {
	t.Helper()
	c, err := net.DialTimeout(protocol, address, patience.Limit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(patience.Deadline())
	return c
}

func read(t *testing.T, c io.Reader) string {
	t.Helper()
	b := make([]byte, 256)
	n, err := c.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

func (s *flowSite) awaitTraffic(what string, done func(FlowTraffic) bool) {
	s.t.Helper()
	var sum FlowTraffic
	for late := time.Now().Add(patience.Limit); ; time.Sleep(time.Millisecond) {
		got := s.b.Traffic()["eni-front"].Flows
		sum.TCP.New, sum.TCP.Bytes, sum.TCP.Active = sum.TCP.New+got.TCP.New, sum.TCP.Bytes+got.TCP.Bytes, got.TCP.Active
		sum.ClientResets, sum.TargetResets = sum.ClientResets+got.ClientResets, sum.TargetResets+got.TargetResets
		sum.OwnResets = sum.OwnResets + got.OwnResets
		if done(sum) {
			return
		}
		if time.Now().After(late) {
			s.t.Fatalf("%s: %+v", what, sum)
		}
	}
}

// A target sees its client's own address and port, and megabytes come back as they went.
func TestFlowsOfTCP(t *testing.T) {
	s := newFlowSite(t)
	a := s.tells("eni-a", "10.0.0.20:8080", nil)
	s.configure(Listener{Flow: &Flow{Protocol: TCP}}, FlowGroup{PreserveClient: true, CutUnhealthy: true}, a)
	s.awaitHealthy(a)
	c := dial(t, "tcp")
	if got := read(t, c); got != c.LocalAddr().String()+"\n" {
		t.Errorf("the target saw %q, not %s", got, c.LocalAddr())
	}
	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<18)
	go func() {
		_, _ = c.Write(sent)
		_ = c.(*net.TCPConn).CloseWrite()
	}()
	if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, sent) {
		t.Errorf("%d of %d bytes came back: %v", len(got), len(sent), err)
	}
	s.awaitTraffic("its traffic", func(f FlowTraffic) bool {
		return f.TCP.New == 1 && f.TCP.Active == 0 && f.TCP.Bytes >= uint64(2*len(sent))
	})

	c = dial(t, "tcp")
	_ = read(t, c)
	_ = c.(*net.TCPConn).SetLinger(0)
	_ = c.Close()
	s.awaitTraffic("a client's reset", func(f FlowTraffic) bool { return f.ClientResets == 1 && f.TCP.Active == 0 })

	s.configure(Listener{Flow: &Flow{Protocol: TCP}}, FlowGroup{}, a)
	if got := read(t, dial(t, "tcp")); !strings.HasPrefix(got, "10.0.0.10:") {
		t.Errorf("without preservation the target saw %q", got)
	}
	down := Target{ID: "down", Address: netip.MustParseAddrPort("10.0.0.21:8080"), Zone: "a"}
	s.configure(Listener{Flow: &Flow{Protocol: TCP}}, FlowGroup{}, down)
	conn, err := net.DialTimeout("tcp", "198.51.100.10:80", patience.Limit)
	if err == nil { // the reset may come before the client knows that it is connected
		_ = conn.SetDeadline(patience.Deadline())
		_, err = conn.Read(make([]byte, 1))
		_ = conn.Close()
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a target that refuses: %v", err)
	}
}

// A silent connection is forgotten without a word; who speaks on it afterwards is reset.
func TestSilentFlowIsForgotten(t *testing.T) {
	s := newFlowSite(t)
	a := s.tells("eni-a", "10.0.0.20:8080", nil)
	s.configure(Listener{Flow: &Flow{Protocol: TCP, Idle: 100 * time.Millisecond}}, FlowGroup{PreserveClient: true}, a)
	s.awaitHealthy(a)
	c := dial(t, "tcp")
	s.awaitTraffic("the end", func(f FlowTraffic) bool { return f.TCP.New == 1 && f.TCP.Active == 0 })
	_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := io.Copy(io.Discard, c); !timedOut(err) { // behind what the target has said
		t.Errorf("the client was told: %v", err)
	}
	_ = c.SetReadDeadline(patience.Deadline())
	_, _ = c.Write([]byte("x"))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("after it spoke: %v", err)
	}
}

// What is open to a target that becomes ill is reset, unless there is no other; a deregistered one's is kept unless it is to be cut.
func TestFlowsOfTargetsThatGo(t *testing.T) {
	s := newFlowSite(t)
	var ends []net.Listener
	keep := func(l net.Listener) net.Listener { ends = append(ends, l); return l }
	a, b := s.tells("eni-a", "10.0.0.20:8080", keep), s.tells("eni-b", "10.0.0.21:8080", nil)
	f := FlowGroup{CutUnhealthy: true}
	s.configure(Listener{Flow: &Flow{Protocol: TCP}}, f, a)
	s.awaitHealthy(a)
	c := dial(t, "tcp")
	_ = read(t, c)
	s.configure(Listener{Flow: &Flow{Protocol: TCP}}, f, a, b)
	s.awaitHealthy(a, b)
	_ = ends[0].Close()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("its target is ill: %v", err)
	}
	if h := s.b.Health("g", a); h.State != Unhealthy {
		t.Errorf("cut while the target is %v", h)
	}
	kept, cut := dial(t, "tcp"), dial(t, "tcp")
	_, _ = read(t, kept), read(t, cut)
	s.configure(Listener{Flow: &Flow{Protocol: TCP}}, f)
	_, _ = io.WriteString(kept, "still here")
	if got := read(t, kept); got != "still here" {
		t.Errorf("of a target that has drained: %q", got)
	}
	f.CutDrained = true
	s.configure(Listener{Flow: &Flow{Protocol: TCP}}, f, b)
	s.awaitHealthy(b)
	last := dial(t, "tcp")
	_ = read(t, last)
	s.configure(Listener{Flow: &Flow{Protocol: TCP}}, f)
	if _, err := last.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("of one that is to be cut: %v", err)
	}
}

// TLS ends at the load balancer, or goes on to targets that speak it; the proxy protocol tells of the client before.
func TestFlowsOfTLS(t *testing.T) {
	s := newFlowSite(t)
	pair := certificate(t, ecKey(t), "flow.example.com")
	a := s.tells("eni-a", "10.0.0.20:8080", nil)
	l := Listener{Flow: &Flow{Protocol: TLSTCP, ALPN: []string{"h2", "http/1.1"}}, TLS: &TLS{Default: pair, Min: tls.VersionTLS12, Max: tls.VersionTLS13}}
	s.configure(l, FlowGroup{PreserveClient: true, ProxyProtocol: true}, a)
	s.awaitHealthy(a)
	raw := dial(t, "tcp")
	c := tls.Client(raw, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1", "h2"}})
	if err := c.Handshake(); err != nil {
		t.Fatal(err)
	}
	if got := c.ConnectionState().NegotiatedProtocol; got != "h2" {
		t.Errorf("agreed on %q", got)
	}
	want := raw.LocalAddr().String() + "\n" + string(proxyHeader(addressOf(raw.LocalAddr()), netip.MustParseAddrPort("10.0.0.10:80")))
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Errorf("the target saw %q, want %q: %v", got, want, err)
	}
}

// A client's datagrams go to one target, which sees the client's address, and its answers come back.
func TestFlowsOfUDP(t *testing.T) {
	s := newFlowSite(t)
	a := s.tells("eni-a", "10.0.0.20:8080", nil) // for the checks
	s.echoes("eni-a", "10.0.0.20:8080")
	s.configure(Listener{Flow: &Flow{Protocol: TCPUDP}}, FlowGroup{PreserveClient: true, CutDrained: true}, a)
	s.awaitHealthy(a)
	c := dial(t, "udp")
	for _, text := range []string{"one", "two"} {
		_, _ = io.WriteString(c, text)
		if got := read(t, c); got != c.LocalAddr().String()+" "+text {
			t.Errorf("%q came back", got)
		}
	}
	if got := s.b.Traffic()["eni-front"].Flows.UDP; got.New != 1 || got.Active != 1 || got.Bytes < 12 {
		t.Errorf("its traffic: %+v", got)
	}
	if got := read(t, dial(t, "tcp")); got == "" {
		t.Error("no TCP at the same port")
	}
	s.configure(Listener{Flow: &Flow{Protocol: TCP}}, FlowGroup{PreserveClient: true}, a)
	s.awaitTraffic("the end", func(FlowTraffic) bool { return s.b.Traffic()["eni-front"].Flows.UDP.Active == 0 })
}

// What a load balancer has taken for its flows it has given back when it is closed under them.
func TestFlowsLeaveNothing(t *testing.T) {
	shares := descriptors.Process()
	free := func() (all [2]int64) {
		for n, share := range []*semaphore.Weighted{shares.Accepted, shares.Targets} {
			for share.TryAcquire(1) {
				all[n]++
			}
			share.Release(all[n])
		}
		return all
	}
	before := free()
	s := newFlowSite(t)
	a := s.tells("eni-a", "10.0.0.20:8080", nil)
	s.configure(Listener{Flow: &Flow{Protocol: TCPUDP}}, FlowGroup{PreserveClient: true}, a)
	s.awaitHealthy(a)
	var open []net.Conn
	for range 20 {
		c := dial(t, "tcp")
		_ = read(t, c)
		_, _ = io.WriteString(dial(t, "udp"), "x")
		open = append(open, c)
	}
	if now := free(); now[0] > before[0]-20 || now[1] > before[1]-20 {
		t.Errorf("shares are %v with 20 connections, %v before", now, before)
	}
	s.b.Close()
	if after := free(); after != before {
		t.Errorf("shares are %v when it is closed, %v before", after, before)
	}
	for _, c := range open {
		if _, err := io.Copy(io.Discard, c); err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("a client's connection is %v", err)
		}
	}
}
