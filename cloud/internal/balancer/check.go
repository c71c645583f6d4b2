package balancer

import (
	"bytes"
	"context"
	"errors"
	"hash/fnv"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"syscall"
	"time"
)

// watch checks a target until the context ends. The rate is fixed: a slow answer does not delay the next check.
// The first check comes a small phase after the start, a different one at each node, so that a target
// does not get all its nodes' checks at once.
func (n *node) watch(ctx context.Context, t *target, c Check) {
	interval := n.pace.Of(c.Interval)
	phase := fnv.New32a()
	_, _ = io.WriteString(phase, n.id+t.address) // a hash takes everything
	select {
	case <-time.After(interval / 8 * time.Duration(phase.Sum32()%100) / 100):
	case <-ctx.Done():
		return
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		began := time.Now()
		r := n.probe(ctx, c.at(t.address), c)
		if ctx.Err() == nil {
			n.logCheck(t, c, began, r)
		}
		if t.record(ctx, r, c, n.startSlowly) {
			n.judgeFlows(t)
			n.changed()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// probe makes one check: one connection, one GET or one call of gRPC, no redirect followed
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html).
func (n *node) probe(ctx context.Context, address string, c Check) Result {
	ctx, cancel := context.WithTimeout(ctx, n.pace.Timeout(c.Timeout))
	defer cancel()
	if c.Flow.On {
		return n.probeFlow(ctx, address, c)
	}
	method, body := http.MethodGet, io.Reader(nil)
	if c.Version == GRPC {
		method, body = http.MethodPost, bytes.NewReader(emptyMessage)
	}
	req, err := c.request(ctx, method, address, body)
	if err != nil {
		return failed.Because(causeTarget)
	}
	if c.Version == GRPC {
		return n.probeGRPC(req, c)
	}
	req.Header.Set("Accept-Encoding", "gzip, compressed")
	resp, end, err := n.ask(req, c.Version)
	defer end()
	if err != nil {
		return unanswered(err)
	}
	defer func() { _ = resp.Body.Close() }()
	return c.judge(resp.StatusCode)
}

// at is the address of a check of a target.
func (c Check) at(address string) string {
	if c.Port == 0 {
		return address
	}
	return netip.AddrPortFrom(netip.MustParseAddrPort(address).Addr(), uint16(c.Port)).String()
}

// request is what a check asks at an address.
func (c Check) request(ctx context.Context, method, address string, body io.Reader) (*http.Request, error) {
	scheme := "http://"
	if c.Secure {
		scheme = "https://"
	}
	req, err := http.NewRequestWithContext(ctx, method, scheme+address+c.Path, body)
	if err == nil {
		req.Header.Set("User-Agent", "ELB-HealthChecker/2.0")
	}
	return req, err
}

// judge judges the status that a target has answered with.
func (c Check) judge(status int) Result {
	r := mismatch(status).Because(c.causeOf(status))
	if c.Matcher.Has(status) {
		r = pass
	}
	r.Answered, r.Code = true, status
	return r
}

// judgeError distinguishes a target that does not answer from one that refuses. A host without a route to the target
// returns an error at once, which counts as no answer: on AWS the packets are lost silently.
func judgeError(err error) Result {
	if timedOut(err) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH) {
		return timeout
	}
	return failed
}

// unanswered judges a check that had no answer, and tells why.
func unanswered(err error) Result { return judgeError(err).Because(causeOf(err)) }

// timedOut tells whether a connection was waited for in vain.
func timedOut(err error) bool {
	var timed net.Error
	return errors.As(err, &timed) && timed.Timeout()
}

// checkTransport makes a connection for each check.
func checkTransport(net Network) *http.Transport {
	return &http.Transport{
		DialContext: net.DialContext, DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: maxResponseHeader,
		TLSClientConfig: toTargets(HTTP1),
	}
}

func portString(port int) string { return ":" + strconv.Itoa(port) }
