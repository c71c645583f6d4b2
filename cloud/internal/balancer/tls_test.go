package balancer

import (
	"bufio"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudy/understudy/internal/judge"
)

// certificate makes one that signs itself.
func certificate(t *testing.T, key crypto.Signer, names ...string) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: names, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(1000 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func ecKey(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func rsaKey(t *testing.T, bits int) crypto.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// secure configures the world's one listener with TLS.
func (w *world) secure(s *TLS, groups ...Group) {
	w.t.Helper()
	err := w.b.Configure(Config{
		Nodes: []Node{{ID: "eni-1", Address: netip.MustParseAddr("10.0.0.10"), Network: w.memory}}, Groups: groups, Headers: w.headers,
		IdleTimeout: w.idle, KeepAlive: w.keep, HTTP1Only: w.http1Only,
		Listeners: []Listener{{Port: 80, TLS: s, TLSNames: w.names, Rules: []Rule{
			{Conditions: []Condition{{Field: "path-pattern", Values: []string{"/away"}}}, Action: Action{Redirect: &Redirect{Status: 301, Path: "/there"}}},
			{Action: Action{Forward: []Weighted{{"g", 1}}}},
		}}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// shake connects as a client does that trusts everybody.
func (w *world) shake(c *tls.Config) (*tls.Conn, error) {
	raw, err := w.DialContext(w.t.Context(), "tcp", entry)
	if err != nil {
		w.t.Fatal(err)
	}
	c.InsecureSkipVerify = true
	conn := tls.Client(raw, c)
	if err := conn.Handshake(); err != nil {
		raw.Close()
		return nil, err
	}
	return conn, nil
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html
func TestCertificateIsChosenByTheServersName(t *testing.T) {
	w := newWorld(t)
	defer w.b.Close()
	fallback, exact := certificate(t, ecKey(t), "default.example.com"), certificate(t, ecKey(t), "www.example.com")
	wild, small := certificate(t, ecKey(t), "*.example.org"), certificate(t, rsaKey(t, 2048), "both.example.com")
	large := certificate(t, rsaKey(t, 3072), "both.example.com")
	curve := certificate(t, ecKey(t), "both.example.com")
	w.secure(&TLS{
		Default: fallback, Certificates: []tls.Certificate{exact, wild, small, large, curve}, Min: tls.VersionTLS12, Max: tls.VersionTLS12,
		Suites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
	}, group())
	for _, c := range []struct {
		name, knows string
		suites      []uint16
		want        tls.Certificate
	}{
		{"exact", "www.example.com", nil, exact}, {"in any case", "WWW.Example.com", nil, exact}, {"wildcard", "a.example.org", nil, wild},
		{"two levels below", "a.b.example.org", nil, fallback}, {"unknown", "x.example.net", nil, fallback}, {"no name", "", nil, fallback},
		{"several", "both.example.com", nil, curve},
		{"several, for RSA alone", "both.example.com", []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}, large},
	} {
		conn, err := w.shake(&tls.Config{ServerName: c.knows, CipherSuites: c.suites, MaxVersion: tls.VersionTLS12})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := conn.ConnectionState().PeerCertificates[0]; !got.Equal(c.want.Leaf) {
			t.Errorf("%s: got the certificate for %v with %v", c.name, got.DNSNames, got.PublicKeyAlgorithm)
		}
		conn.Close()
	}
}

func TestListenersKeepToTheirPolicy(t *testing.T) {
	w := newWorld(t)
	defer w.b.Close()
	s := &TLS{
		Default: certificate(t, rsaKey(t, 2048), "www.example.com"), Min: tls.VersionTLS12, Max: tls.VersionTLS13,
		Suites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384},
	}
	w.secure(s, group())
	for _, c := range []struct {
		name  string
		ask   *tls.Config
		suite uint16 // 0 for none
	}{
		{"TLS 1.1", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, 0},
		{"TLS 1.2", &tls.Config{MaxVersion: tls.VersionTLS12}, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384},
		{"another suite", &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}}, 0},
		{"TLS 1.3", &tls.Config{MinVersion: tls.VersionTLS13}, tls.TLS_AES_128_GCM_SHA256},
	} {
		conn, err := w.shake(c.ask)
		if (err == nil) != (c.suite != 0) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil {
			continue
		}
		if got := conn.ConnectionState().CipherSuite; got != c.suite {
			t.Errorf("%s: %s", c.name, tls.CipherSuiteName(got))
		}
		conn.Close()
	}
}

// A session is resumed after a change of the configuration.
func TestSessionsOutliveChanges(t *testing.T) {
	w := newWorld(t)
	defer w.b.Close()
	s := &TLS{Default: certificate(t, ecKey(t), "www.example.com"), Min: tls.VersionTLS12, Max: tls.VersionTLS12}
	ask := &tls.Config{ServerName: "www.example.com", ClientSessionCache: tls.NewLRUClientSessionCache(1), MaxVersion: tls.VersionTLS12}
	for _, want := range []bool{false, true} {
		w.secure(s, group())
		conn, err := w.shake(ask)
		if err != nil {
			t.Fatal(err)
		}
		if got := conn.ConnectionState().DidResume; got != want {
			t.Errorf("resumed: %v, want %v", got, want)
		}
		conn.Close()
	}
}

func TestTargetsHearOfTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.headers.TLSFields, w.names.Suite = true, "TLS-Suite"
		var got http.Header
		w.serve(t, "10.0.1.5:80", func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/health" {
				got = r.Header
			}
		})
		w.secure(&TLS{Default: certificate(t, rsaKey(t, 2048), "www.example.com"), Min: tls.VersionTLS12, Max: tls.VersionTLS12,
			Suites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}}, group(at("10.0.1.5:80")))
		settle()
		conn, err := w.shake(&tls.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		r := bufio.NewReader(conn)
		for path, want := range map[string]string{"/": "", "/away": "https://www.example.com:80/there"} {
			_, _ = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: www.example.com\r\nx-amzn-tls-version: forged\r\nTLS-Suite: forged\r\n\r\n")
			resp, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			if resp.Header.Get("Location") != want {
				t.Errorf("%s leads to %q", path, resp.Header.Get("Location"))
			}
		}
		for name, want := range map[string]string{
			"X-Forwarded-Proto": "https", "X-Amzn-Tls-Version": "TLSv1.2", "Tls-Suite": "ECDHE-RSA-AES128-GCM-SHA256",
		} {
			if v := got.Values(name); len(v) != 1 || v[0] != want {
				t.Errorf("%s: %q, want %q", name, v, want)
			}
		}
	})
}

func TestPlainRequestToASecurePort(t *testing.T) {
	w := newWorld(t)
	defer w.b.Close()
	w.secure(&TLS{Default: certificate(t, ecKey(t), "www.example.com"), Min: tls.VersionTLS12, Max: tls.VersionTLS13}, group())
	status, body := w.get("/")
	if status != 400 || !strings.Contains(body, "The plain HTTP request was sent to HTTPS port") {
		t.Errorf("%d %s", status, body)
	}
}

// A target with TLS has whatever certificate.
func TestSecureTargets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l, err := w.Listen("tcp", "10.0.1.5:443")
		if err != nil {
			t.Fatal(err)
		}
		own := &tls.Config{Certificates: []tls.Certificate{certificate(t, ecKey(t), "whatever")}}
		target := &http.Server{Handler: says("secret")}
		go func() { _ = target.Serve(tls.NewListener(l, own)) }()
		// Not the server: with its lock held it would say goodbye to who no longer listens, for which the bubble's time would have to go on.
		t.Cleanup(func() { _ = l.Close() })
		w.serve(t, "10.0.1.6:443", says("plain")) // which is neither healthy nor understood
		g := group(at("10.0.1.5:443"), at("10.0.1.6:443"))
		g.Secure, g.Check.Secure = true, true
		w.configure([]Group{g})
		time.Sleep(40 * time.Second)
		synctest.Wait()
		w.wantHealth(g, 0, Health{State: Healthy})
		if s := w.b.Health("g", g.Targets[1]).State; s != Unhealthy {
			t.Errorf("the target without TLS is %s", s)
		}
		for range 3 {
			if status, body := w.get("/"); status != 200 || body != "secret" {
				t.Errorf("%d %s", status, body)
			}
		}
	})
}

func TestUpgradeOverTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.serve(t, "10.0.1.5:80", func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/echo" {
				return
			}
			conn, both, err := http.NewResponseController(rw).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
			_, _ = io.CopyN(conn, both, 5)
			_ = conn.Close()
		})
		w.secure(&TLS{Default: certificate(t, ecKey(t), "www.example.com"), Min: tls.VersionTLS12, Max: tls.VersionTLS13}, group(at("10.0.1.5:80")))
		settle()
		secure := *w
		secure.client = &http.Client{Transport: &http.Transport{
			DialContext: func(context.Context, string, string) (net.Conn, error) { return w.shake(&tls.Config{}) },
		}}
		if got, err := upgrade(&secure); err != nil || got != "hello" {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// openssl is a client that this program has not in common with the server.
func TestOpenSSLShakesHands(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &TLS{Default: certificate(t, rsaKey(t, 2048), "www.example.com"), Min: tls.VersionTLS12, Max: tls.VersionTLS12,
		Suites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384}}
	secured := tls.NewListener(l, s.config([32]byte{1}, protocolHTTP1))
	defer secured.Close()
	go func() {
		for {
			conn, err := secured.Accept()
			if err != nil {
				return
			}
			go func() { _ = conn.(*tls.Conn).Handshake(); conn.Close() }()
		}
	}()
	out, _ := exec.Command(judge.Need(t, "openssl"), "s_client", "-connect", l.Addr().String(), "-servername", "www.example.com").CombinedOutput()
	if !strings.Contains(string(out), "Cipher is ECDHE-RSA-AES256-GCM-SHA384") {
		t.Errorf("%s", out)
	}
}
