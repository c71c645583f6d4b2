package health

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

// Result is what one probe found, in the words of Route 53's status reports.
type Result struct {
	Passed bool
	Status string
}

// The time-outs of a probe (Developer Guide, dns-failover-determining-health-of-endpoints).
const (
	connectTimeout    = 4 * time.Second
	replyTimeout      = 2 * time.Second // from the connection to the status, and for a body again
	tcpConnectTimeout = 10 * time.Second
)

// searched is how much of a body is looked at, in bytes; maxHeaders is how long headers may be.
const (
	searched   = 5120
	maxHeaders = 16 << 10
)

// Dial connects from one of the checkers' addresses.
type Dial func(ctx context.Context, source netip.Addr, network, address string) (net.Conn, error)

// DialFrom is the Dial of real checkers.
func DialFrom(ctx context.Context, source netip.Addr, network, address string) (net.Conn, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: source.AsSlice()}}
	return d.DialContext(ctx, network, address)
}

// prober probes one endpoint from one address.
type prober struct {
	id      string
	source  netip.Addr
	config  r53types.HealthCheckConfig
	speed   tempo.Speed
	dial    Dial
	resolve func(string) []netip.Addr
}

const timedOut = "Connection timed out. The endpoint or the internet connection is down, or requests are being blocked by your firewall. See https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-router-firewall-rules.html"

func failed(format string, args ...any) Result {
	return Result{Status: "Failure: " + fmt.Sprintf(format, args...)}
}

// probe asks the endpoint once.
func (p *prober) probe(ctx context.Context) Result {
	target, ok := p.target()
	if !ok {
		return failed("DNS resolution failed: no address of %s", aws.ToString(p.config.FullyQualifiedDomainName))
	}
	limit := connectTimeout
	if p.config.Type == r53types.HealthCheckTypeTcp {
		limit = tcpConnectTimeout
	}
	connecting, cancel := context.WithTimeout(ctx, p.speed.Of(limit))
	defer cancel()
	conn, err := p.dial(connecting, p.source, "tcp4", target.String())
	if err != nil {
		return explain(err)
	}
	defer conn.Close()
	if p.config.Type == r53types.HealthCheckTypeTcp {
		return Result{Passed: true, Status: "Success: TCP connection established"}
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	conn.SetDeadline(time.Now().Add(p.speed.Of(replyTimeout)))
	if p.encrypted() {
		if conn, err = p.encrypt(ctx, conn); err != nil {
			return failed("SSL alert handshake_failure: %v", err)
		}
	}
	return p.ask(conn)
}

func (p *prober) encrypted() bool { return strings.HasPrefix(string(p.config.Type), "HTTPS") }

func (p *prober) port() int {
	if p.config.Port != nil {
		return int(*p.config.Port)
	}
	if p.encrypted() {
		return 443
	}
	return 80
}

// target resolves a name anew for each probe, to IPv4 alone (HealthCheckConfig$FullyQualifiedDomainName).
func (p *prober) target() (netip.AddrPort, bool) {
	if ip := aws.ToString(p.config.IPAddress); ip != "" {
		addr, err := netip.ParseAddr(ip)
		return netip.AddrPortFrom(addr, uint16(p.port())), err == nil
	}
	addrs := p.resolve(aws.ToString(p.config.FullyQualifiedDomainName))
	if len(addrs) == 0 {
		return netip.AddrPort{}, false
	}
	// Each checker takes one of a name's addresses, and not all of them the same.
	return netip.AddrPortFrom(addrs[int(p.source.As4()[3])%len(addrs)], uint16(p.port())), true
}

func explain(err error) Result {
	var late interface{ Timeout() bool }
	if errors.As(err, &late) && late.Timeout() || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return failed(timedOut)
	}
	return failed("The connection was not made: %v", err)
}

// encrypt does not verify certificates, as Route 53 does not.
func (p *prober) encrypt(ctx context.Context, conn net.Conn) (net.Conn, error) {
	cfg := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}
	if aws.ToBool(p.config.EnableSNI) {
		cfg.ServerName = aws.ToString(p.config.FullyQualifiedDomainName)
	}
	c := tls.Client(conn, cfg)
	return c, c.HandshakeContext(ctx)
}

func (p *prober) ask(conn net.Conn) Result {
	if _, err := conn.Write(p.request()); err != nil {
		return explain(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(io.LimitReader(conn, maxHeaders+searched)), nil)
	if err != nil {
		var late net.Error
		if errors.As(err, &late) && late.Timeout() {
			return failed(timedOut)
		}
		return failed("The response was not valid HTTP: %v", err)
	}
	defer resp.Body.Close()
	status := fmt.Sprintf("HTTP Status Code %d, %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	if resp.StatusCode < 200 || resp.StatusCode > 399 {
		return failed("%s", status)
	}
	if want := aws.ToString(p.config.SearchString); want != "" {
		conn.SetDeadline(time.Now().Add(p.speed.Of(replyTimeout)))
		body, _ := io.ReadAll(io.LimitReader(resp.Body, searched)) // what came in time is searched
		if !bytes.Contains(body, []byte(want)) {
			return failed("%s. Response body does not contain the search string", status)
		}
	}
	return Result{Passed: true, Status: "Success: " + status}
}

// request is what a checker sends. The Host header is the name alone on the protocol's own port, and
// name:port on any other; without a name it is the address.
func (p *prober) request() []byte {
	path := aws.ToString(p.config.ResourcePath)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	host := aws.ToString(p.config.FullyQualifiedDomainName)
	if host == "" {
		host = aws.ToString(p.config.IPAddress)
	}
	if own := map[bool]int{false: 80, true: 443}[p.encrypted()]; p.port() != own {
		host = net.JoinHostPort(host, strconv.Itoa(p.port()))
	}
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nUser-Agent: Amazon-Route53-Health-Check-Service (ref %s; report http://amzn.to/1vsZADi)\r\nAccept: */*\r\n\r\n", path, host, p.id)
}
