package health

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

// loopback dials the check's port on loopback, whatever its address, and from there too.
func loopback(ctx context.Context, _ netip.Addr, network, where string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(where)
	if err != nil {
		return nil, err
	}
	return DialFrom(ctx, netip.MustParseAddr("127.0.0.1"), network, net.JoinHostPort("127.0.0.1", port))
}

// once probes a listener of ours once.
func once(t *testing.T, at net.Addr, c r53types.HealthCheckConfig, resolve func(string) []netip.Addr) result {
	t.Helper()
	c.Port = aws.Int32(int32(at.(*net.TCPAddr).Port))
	const slow = 0.01 // time-outs of minutes, which no machine is too slow for
	p := &prober{endpoint: endpointOf("ref", c), pace: tempo.At(slow), source: address.Checker(0), dial: loopback, resolve: resolve}
	return p.probe(context.Background(), 0)
}

func packed(name string, text []byte) []byte {
	var b bytes.Buffer
	var w io.WriteCloser
	switch name {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "zlib":
		w = zlib.NewWriter(&b)
	default:
		w, _ = flate.NewWriter(&b, flate.BestSpeed)
	}
	w.Write(text)
	w.Close()
	return b.Bytes()
}

// pages is an endpoint with a path for each case.
func pages() http.Handler {
	mux := http.NewServeMux()
	for _, code := range []int{200, 204, 301, 399, 400, 404, 503} {
		mux.HandleFunc(fmt.Sprintf("/status/%d", code), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/status/503")
			w.WriteHeader(code)
		})
	}
	body := func(path, encoding string, text []byte) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			if encoding != "" {
				w.Header().Set("Content-Encoding", encoding)
			}
			w.Write(text)
		})
	}
	body("/inside", "", []byte(strings.Repeat("-", searchLimit-6)+"needle"+strings.Repeat("-", 9000)))
	body("/across", "", []byte(strings.Repeat("-", searchLimit-5)+"needle"))
	body("/gzip", "gzip", packed("gzip", []byte("a needle")))
	body("/zlib", "deflate", packed("zlib", []byte("a needle")))
	body("/deflate", "deflate", packed("", []byte("a needle")))
	body("/br", "br", []byte("not unpacked"))
	mux.HandleFunc("/head", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("x", headLimit))
	})
	mux.HandleFunc("/early", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusEarlyHints) })
	return mux
}

func TestProbeHTTP(t *testing.T) {
	server := httptest.NewServer(pages())
	defer server.Close()
	for _, c := range []struct {
		kind         r53types.HealthCheckType
		path, status string
	}{
		{"HTTP", "/status/200", "Success: HTTP Status Code 200, OK"},
		{"HTTP", "status/204", "Success: HTTP Status Code 204, No Content"},
		{"HTTP", "/status/301", "Success: HTTP Status Code 301, Moved Permanently"},
		{"HTTP", "/status/399", "Success: HTTP Status Code 399, status code 399"},
		{"HTTP", "/status/400", "Failure: HTTP Status Code 400, Bad Request"},
		{"HTTP", "/status/503?why=1", "Failure: HTTP Status Code 503, Service Unavailable"},
		{"HTTP", "/early", "Success: HTTP Status Code 200, OK"},
		{"HTTP", "/head", "Failure: response headers exceed 16384 bytes"},
		{"HTTP_STR_MATCH", "/inside", "Success: HTTP Status Code 200, OK"},
		{"HTTP_STR_MATCH", "/across", "Failure: HTTP Status Code 200, OK. The search string was not found in the first 5120 bytes of the response body"},
		{"HTTP_STR_MATCH", "/gzip", "Success: HTTP Status Code 200, OK"},
		{"HTTP_STR_MATCH", "/zlib", "Success: HTTP Status Code 200, OK"},
		{"HTTP_STR_MATCH", "/deflate", "Success: HTTP Status Code 200, OK"},
		{"HTTP_STR_MATCH", "/br", "Failure: HTTP Status Code 200, OK. The search string was not found in the first 5120 bytes of the response body"},
		{"HTTP_STR_MATCH", "/status/404", "Failure: HTTP Status Code 404, Not Found"},
	} {
		t.Run(string(c.kind)+" "+c.path, func(t *testing.T) {
			r := once(t, server.Listener.Addr(), r53types.HealthCheckConfig{
				Type: c.kind, IPAddress: aws.String("198.51.100.7"), ResourcePath: aws.String(c.path), SearchString: aws.String("needle"),
			}, nil)
			if r.status != c.status || r.pass != strings.HasPrefix(c.status, "Success") {
				t.Errorf("pass %v, status %q, want %q", r.pass, r.status, c.status)
			}
		})
	}
}

func TestRequestAsRoute53SendsIt(t *testing.T) {
	asked := make(chan *http.Request, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r }))
	defer server.Close()
	r := once(t, server.Listener.Addr(), r53types.HealthCheckConfig{
		Type: "HTTP", IPAddress: aws.String("198.51.100.7"),
		FullyQualifiedDomainName: aws.String("www.example.com"), ResourcePath: aws.String("a b\r\nX: y?q=1"),
	}, nil)
	if !r.pass {
		t.Fatal(r.status)
	}
	got := <-asked
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	if got.Host != "www.example.com:"+port || got.RequestURI != "/a%20b%0D%0AX:%20y?q=1" || got.Header.Get("X") != "" {
		t.Errorf("asked %s at host %s", got.RequestURI, got.Host)
	}
	if agent := got.UserAgent(); agent != "Amazon-Route53-Health-Check-Service (ref ref; report http://amzn.to/1vsZADi)" {
		t.Errorf("user agent %q", agent)
	}
}

// HealthCheckConfig, FullyQualifiedDomainName: the table of Host headers.
func TestHost(t *testing.T) {
	at := netip.MustParseAddr("198.51.100.7")
	for _, c := range []struct {
		kind r53types.HealthCheckType
		name string
		port int32
		want string
	}{
		{"HTTP", "a.example", 80, "a.example"},
		{"HTTP_STR_MATCH", "a.example.", 80, "a.example"},
		{"HTTPS", "a.example", 443, "a.example"},
		{"HTTP", "a.example", 443, "a.example:443"},
		{"HTTPS", "a.example", 80, "a.example:80"},
		{"HTTP", "a.example", 8080, "a.example:8080"},
		{"HTTP", "", 80, "198.51.100.7"},
		{"HTTPS", "", 8443, "198.51.100.7:8443"},
	} {
		e := endpointOf("ref", r53types.HealthCheckConfig{Type: c.kind, FullyQualifiedDomainName: aws.String(c.name), Port: aws.Int32(c.port)})
		if got := e.host(at); got != c.want {
			t.Errorf("%s %s:%d: host %q, want %q", c.kind, c.name, c.port, got, c.want)
		}
	}
}

func TestProbeHTTPS(t *testing.T) {
	names := make(chan string, 4)
	server := httptest.NewUnstartedServer(pages())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		names <- h.ServerName
		return nil, nil
	}}
	server.StartTLS()
	defer server.Close()
	for _, c := range []struct {
		name  string
		fqdn  string
		sni   *bool
		asked []string
	}{
		// httptest's certificate is for example.com and signed by nobody.
		{"name of the certificate", "example.com", aws.Bool(true), []string{"example.com"}},
		{"on where it is left out", "example.com", nil, []string{"example.com"}},
		{"another name is tried again without", "other.test", aws.Bool(true), []string{"other.test", ""}},
		{"off", "example.com", aws.Bool(false), []string{""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := once(t, server.Listener.Addr(), r53types.HealthCheckConfig{
				Type: "HTTPS", IPAddress: aws.String("198.51.100.7"), ResourcePath: aws.String("/status/200"),
				FullyQualifiedDomainName: aws.String(c.fqdn), EnableSNI: c.sni,
			}, nil)
			if !r.pass {
				t.Fatal(r.status)
			}
			for _, want := range c.asked {
				if got := <-names; got != want {
					t.Errorf("asked for name %q, want %q", got, want)
				}
			}
			if len(names) > 0 {
				t.Errorf("asked once more, for %q", <-names)
			}
		})
	}
}

func TestProbeHTTPSRefusedHandshake(t *testing.T) {
	server := httptest.NewUnstartedServer(pages())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}
	server.StartTLS()
	defer server.Close()
	r := once(t, server.Listener.Addr(), r53types.HealthCheckConfig{Type: "HTTPS", IPAddress: aws.String("198.51.100.7")}, nil)
	if r.pass || !strings.HasPrefix(r.status, "Failure: SSL alert ") {
		t.Errorf("pass %v, status %q", r.pass, r.status)
	}
}

func TestProbeTCPAndNoListener(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := r53types.HealthCheckConfig{Type: "TCP", IPAddress: aws.String("198.51.100.7")}
	if r := once(t, l.Addr(), c, nil); !r.pass || !strings.HasPrefix(r.status, "Success: ") {
		t.Errorf("listening: pass %v, status %q", r.pass, r.status)
	}
	l.Close()
	for _, kind := range []r53types.HealthCheckType{"TCP", "HTTP", "HTTPS"} {
		c.Type = kind
		if r := once(t, l.Addr(), c, nil); r.pass || !strings.HasPrefix(r.status, "Failure: Connection refused.") {
			t.Errorf("%s, closed: pass %v, status %q", kind, r.pass, r.status)
		}
	}
}

func TestNameIsResolvedAtEachProbe(t *testing.T) {
	server := httptest.NewServer(pages())
	defer server.Close()
	var found []netip.Addr
	resolve := func(name string) []netip.Addr {
		if name != "www.example.com" {
			t.Errorf("resolved %q", name)
		}
		return found
	}
	c := r53types.HealthCheckConfig{Type: "HTTP", FullyQualifiedDomainName: aws.String("www.example.com"), ResourcePath: aws.String("/status/200")}
	if r := once(t, server.Listener.Addr(), c, resolve); r.pass || r.status != "Failure: DNS resolution failed" {
		t.Errorf("without an address: pass %v, status %q", r.pass, r.status)
	}
	found = []netip.Addr{netip.MustParseAddr("198.51.100.7")}
	if r := once(t, server.Listener.Addr(), c, resolve); !r.pass {
		t.Errorf("with an address: %q", r.status)
	}
}

// readAnyhow reads a head as it might come: what is said of a beginning is not taken back when more comes.
func readAnyhow(t *testing.T, answer []byte) {
	whole, failed := readHead(answer)
	if failed == nil && (whole.start > whole.size || whole.size > len(answer) || whole.size > headLimit) {
		t.Fatalf("a head from %d to %d of %d bytes", whole.start, whole.size, len(answer))
	}
	for n := range min(len(answer), 300) {
		h, err := readHead(answer[:n])
		switch {
		case errors.Is(err, errPartial):
		case err == nil && (failed != nil || h != whole):
			t.Fatalf("%d bytes are %+v, all are %+v, %v", n, h, whole, failed)
		case err != nil && failed == nil:
			t.Fatalf("%d bytes are refused, %v, and all are not", n, err)
		}
	}
}

// FuzzResponse answers a probe with anything.
func FuzzResponse(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nneedle"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nneedle\r\n0\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 500 \x00\x01\r\n\r\n"))
	f.Add(append([]byte("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"), packed("gzip", []byte("needle"))...))
	f.Add([]byte("SSH-2.0-OpenSSH_9.9\r\n"))
	f.Fuzz(func(t *testing.T, answer []byte) {
		near, far := net.Pipe()
		go io.Copy(io.Discard, far)
		go func() {
			far.Write(answer)
			far.Close()
		}()
		e := endpointOf("ref", r53types.HealthCheckConfig{Type: "HTTP_STR_MATCH", SearchString: aws.String("needle")})
		r := (&prober{endpoint: e}).ask(near, netip.MustParseAddr("198.51.100.7"), new(latency))
		near.Close()
		if r.pass != strings.HasPrefix(r.status, "Success: ") || r.pass == strings.HasPrefix(r.status, "Failure: ") {
			t.Errorf("pass %v, status %q", r.pass, r.status)
		}
		if r.pass && !bytes.HasPrefix(answer, []byte("HTTP/")) {
			t.Errorf("passed %q", answer)
		}
		readAnyhow(t, answer)
	})
}
