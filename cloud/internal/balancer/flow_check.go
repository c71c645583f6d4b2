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
	req, err := c.request(ctx, http.MethodGet, address, nil)
	if err != nil {
		return failed
	}
	own := n.address
	if to, err := netip.ParseAddrPort(address); err == nil && to.Addr().Is6() {
		own = n.routes.Load().ipv6
	}
	req.Host = netip.AddrPortFrom(own, uint16(c.Flow.ListenerPort)).String()
	transport := checkTransport(n.network)
	transport.DialContext = dial
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return judgeError(err)
	}
	defer func() { _ = resp.Body.Close() }()
	return c.judge(resp.StatusCode)
}
