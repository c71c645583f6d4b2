package balancer

import (
	"context"
	"net"
	"net/http"
	"net/netip"
)

// FlowCheck is what the checks of a network load balancer's targets have of their own.
type FlowCheck struct {
	On            bool
	Connect       bool // a connection is all: nothing is asked
	ProxyProtocol bool // it begins with a header of the proxy protocol, which names no client
	ListenerPort  int  // that HTTP names as the host's, beside the node's address
}

// probeFlow makes one check (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html).
func (n *node) probeFlow(ctx context.Context, address string, c Check) Result {
	if c.Port != 0 {
		address = netip.AddrPortFrom(netip.MustParseAddrPort(address).Addr(), uint16(c.Port)).String()
	}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := n.network.DialContext(ctx, network, address)
		if err == nil && c.Flow.ProxyProtocol {
			_, err = conn.Write(proxyHeader(netip.AddrPort{}, netip.AddrPort{}))
		}
		return conn, err
	}
	if c.Flow.Connect {
		conn, err := dial(ctx, "tcp", address)
		if err != nil {
			return judgeError(err)
		}
		_ = conn.Close()
		return pass
	}
	return n.askFlow(ctx, dial, address, c)
}

// askFlow asks a target over HTTP.
func (n *node) askFlow(ctx context.Context, dial func(context.Context, string, string) (net.Conn, error), address string, c Check) Result {
	scheme := "http://"
	if c.Secure {
		scheme = "https://"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+address+c.Path, nil)
	if err != nil {
		return failed
	}
	req.Host = netip.AddrPortFrom(n.address, uint16(c.Flow.ListenerPort)).String()
	req.Header.Set("User-Agent", "ELB-HealthChecker/2.0")
	transport := checkTransport(n.network)
	transport.DialContext = dial
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return judgeError(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if c.Matcher.Has(resp.StatusCode) {
		return pass
	}
	return mismatch(resp.StatusCode)
}
