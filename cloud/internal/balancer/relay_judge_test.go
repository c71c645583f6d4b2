package balancer

import (
	"bufio"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/tempo"
	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/internal/patience"
)

// Servers and clients of gRPC that this program has not in common with the load balancer between them: all kinds of calls, errors with
// their trailers, and a target that goes away.
func TestForeignCalls(t *testing.T) {
	if err := network.PrepareInternet(); err != nil { // brings loopback up
		t.Fatal(err)
	}
	own := certificate(t, rsaKey(t, 2048), "www.example.com")
	file := filepath.Join(t.TempDir(), "certificate.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.Certificate[0]}), 0o600); err != nil {
		t.Fatal(err)
	}
	calls := exec.CommandContext(t.Context(), judge.Need(t, "python3:grpc"), "testdata/calls.py", file)
	var said strings.Builder
	calls.Stderr = &said
	in, _ := calls.StdinPipe()
	out, _ := calls.StdoutPipe()
	if err := calls.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = calls.Wait() }()
	defer func() { _ = calls.Process.Kill() }()
	lines := bufio.NewReader(out)
	port, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err, said.String())
	}
	h := host{make(chan string, 1)}
	health := make(chan struct{}, 8)
	b := New(tempo.Pace{Speed: 1000, LeastTimeout: patience.Limit}, slog.New(slog.DiscardHandler), func() { health <- struct{}{} })
	defer b.Close()
	g := versioned(GRPC, Target{ID: "i-1", Address: netip.MustParseAddrPort("127.0.0.1:" + strings.TrimSpace(port))})
	g.Check.Interval, g.Check.Timeout = time.Hour, time.Hour/2 // seconds at this speed
	if err := b.Configure(Config{
		Nodes: []Node{{ID: "eni-1", Address: netip.MustParseAddr("127.0.0.1"), Network: h}}, Groups: []Group{g},
		Listeners: []Listener{{Port: 443, TLS: &TLS{Default: own, Min: tls.VersionTLS12, Max: tls.VersionTLS13}, Rules: []Rule{
			{Conditions: []Condition{{Field: "path-pattern", Values: []string{"/pkg.Service/*"}}}, Action: Action{Forward: []Weighted{{"g", 1}}}},
			{Action: Action{Fixed: &FixedResponse{Status: 404}}},
		}}},
	}); err != nil {
		t.Fatal(err)
	}
	for b.Health("g", g.Targets[0]).State != Healthy {
		<-health
	}
	fmt.Fprintln(in, <-h.listening)
	got, err := io.ReadAll(lines)
	const want = `one True
join True
repeat https [b'again', b'again', b'again']
none []
both [b'A', b'B', b'C'] []
fail NOT_FOUND yes
missing UNIMPLEMENTED None
gone UNAVAILABLE
`
	if err != nil || string(got) != want {
		t.Errorf("%v: %s\n%s", err, got, said.String())
	}
}
