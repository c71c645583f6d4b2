package balancer

import (
	"bytes"
	"crypto/tls"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/tempo"
	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/internal/patience"
)

// overSockets is a load balancer with TLS on the machine's loopback, in front of a target that gives back what it gets, and its address.
func overSockets(t *testing.T) (*Balancer, string) {
	t.Helper()
	if err := network.PrepareInternet(); err != nil { // brings loopback up
		t.Fatal(err)
	}
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).EnableFullDuplex()
		_, _ = io.Copy(w, r.Body)
	}))
	t.Cleanup(backend.Close)
	h := host{make(chan string, 1)}
	health := make(chan struct{}, 8)
	b := New(tempo.Pace{Speed: 1000, LeastTimeout: patience.Limit}, slog.New(slog.DiscardHandler), func() { health <- struct{}{} })
	t.Cleanup(b.Close)
	g := group(Target{ID: "i-1", Address: netip.MustParseAddrPort(backend.Listener.Addr().String())})
	s := &TLS{Default: certificate(t, rsaKey(t, 2048), "www.example.com"), Min: tls.VersionTLS12, Max: tls.VersionTLS13}
	if err := b.Configure(Config{
		Nodes: []Node{{ID: "eni-1", Address: netip.MustParseAddr("127.0.0.1"), Network: h}}, Groups: []Group{g},
		Listeners: []Listener{{Port: 443, TLS: s, Rules: []Rule{{Action: Action{Forward: []Weighted{{"g", 1}}}}}}},
	}); err != nil {
		t.Fatal(err)
	}
	for b.Health("g", g.Targets[0]).State != Healthy {
		<-health
	}
	return b, <-h.listening
}

// Clients that this program has not in common with the server: they send a large body and get it back.
func TestForeignClientsOfHTTP2(t *testing.T) {
	_, address := overSockets(t)
	large := bytes.Repeat([]byte("0123456789abcdef"), 200_000)
	file := filepath.Join(t.TempDir(), "body")
	if err := os.WriteFile(file, large, 0o600); err != nil {
		t.Fatal(err)
	}
	url := "https://" + address + "/"
	for _, command := range [][]string{
		{judge.Need(t, "curl"), "-sSk", "--http2", "--max-time", "100", "--data-binary", "@" + file, url},
		{judge.Need(t, "curl"), "-sSk", "--http1.1", "--max-time", "100", "--data-binary", "@" + file, url},
		{judge.Need(t, "nghttp"), "--no-verify-peer", "-d", file, url},
	} {
		out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).Output()
		if err != nil || !bytes.Equal(out, large) {
			t.Errorf("%q: %d bytes of %d, %v", command, len(out), len(large), err)
		}
	}
	out, err := exec.Command(judge.Need(t, "curl"), "-sSk", "--http2", "-o", os.DevNull, "-w", "%{http_version}", url).CombinedOutput()
	if err != nil || string(out) != "2" {
		t.Errorf("curl speaks %s, %v", out, err)
	}
}

// Many requests at once over several connections, of which none fails and each is counted.
func TestManyStreamsAtOnce(t *testing.T) {
	b, address := overSockets(t)
	out, err := exec.Command(judge.Need(t, "h2load"), "-n", "2000", "-c", "4", "-m", "100", "https://"+address+"/").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "2000 succeeded, 0 failed, 0 errored") {
		t.Errorf("%v: %s", err, out)
	}
	if n := b.Traffic()["eni-1"].Groups["g"].Requests; n != 2000 {
		t.Errorf("%d requests are counted", n)
	}
}
