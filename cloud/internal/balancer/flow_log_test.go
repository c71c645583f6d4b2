package balancer

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/netip"
	"regexp"
	"testing"
	"time"

	"github.com/understudy/understudy/internal/patience"
)

// posted is a log whose entries are waited for.
type posted chan string

func (p posted) Add(entry []byte) { p <- string(entry) }

// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs.html
func TestFlowsOfTLSAreLogged(t *testing.T) {
	w := newWorld(t)
	pair := certificate(t, ecKey(t), "flow.example.com")
	target := w.tells("10.0.1.5:80", "a")
	g := Group{
		ID: "g", Flow: &FlowGroup{}, Targets: []Target{target},
		Check: Check{Interval: patience.Limit, Timeout: patience.Limit, Flow: FlowCheck{On: true, Connect: true}},
	}
	access := make(posted, 1)
	if err := w.b.Configure(Config{
		Name: "net/flow/50dc6c495c0c9188", Groups: []Group{g},
		Nodes: []Node{{ID: "eni-1", Zone: "a", Address: netip.MustParseAddr("10.0.0.10"), Network: w.memory, Logs: Logs{Access: access}}},
		Listeners: []Listener{{
			Port: 80, Flow: &Flow{ID: "f2f7dc8efc522ab2", Protocol: TLSTCP, Forward: []Weighted{{"g", 1}}, ALPN: []string{"h2", "http/1.1"}},
			TLS: &TLS{ARNs: map[*x509.Certificate]string{pair.Leaf: "arn:flow"}, Default: pair, Min: tls.VersionTLS12, Max: tls.VersionTLS13},
		}},
	}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		client *tls.Config // nil for one that does not speak TLS
		want   string
	}{
		{"TLS 1.3", &tls.Config{ServerName: "flow.example.com", InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}},
			`5 16 - arn:flow - TLS_AES_\w+ tlsv13 - flow\.example\.com h2 - "h2","http/1\.1"`},
		{"TLS 1.2 without more", &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12},
			`5 16 - arn:flow - ECDHE-ECDSA-AES128-GCM-SHA256 tlsv12 - - - - -`},
		{"a certificate that is not trusted", &tls.Config{ServerName: "flow.example.com", MaxVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool()},
			`0 0 42 arn:flow - - - - flow\.example\.com - - -`},
		{"an old version", &tls.Config{ServerName: "flow.example.com", InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
			`0 0 - - - - - - flow\.example\.com - - -`},
		{"no TLS", nil, `0 0 - - - - - - - - - -`},
	} {
		raw, err := w.DialContext(t.Context(), "tcp", entry)
		if err != nil {
			t.Fatal(err)
		}
		_ = raw.SetDeadline(patience.Deadline())
		if c.client == nil {
			_, _ = io.WriteString(raw, "GET / HTTP/1.1\r\n\r\n")
		} else if conn := tls.Client(raw, c.client); conn.Handshake() == nil {
			_, _ = io.WriteString(conn, "hello")
			if _, err := io.ReadFull(conn, make([]byte, len("10.0.1.5:80")+5)); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			_ = conn.Close()
		}
		_ = raw.Close()
		got := ""
		select {
		case got = <-access:
		case <-time.After(patience.Limit):
		}
		form := regexp.MustCompile(`^tls 2\.0 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d net/flow/50dc6c495c0c9188 f2f7dc8efc522ab2 192\.0\.2\.1:5000 10\.0\.0\.10:80 \d+ \d+ ` +
			c.want + ` \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\n$`)
		if !form.MatchString(got) {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}
