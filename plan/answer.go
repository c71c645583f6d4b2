package plan

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/understudy/understudy"
)

// Answering asks a name server for the failover name, and returns the side whose load balancer's own name has
// the addresses of the answer, and these addresses. The resolver (HOST:PORT) is asked for all names; if it is
// empty, the zone's own name server and, for the load balancers' names, the system's resolver are asked.
func (s *Status) Answering(ctx context.Context, resolver string) (understudy.Side, []netip.Addr, error) {
	server := resolver
	if server == "" {
		if len(s.NameServers) == 0 {
			return "", nil, fmt.Errorf("the zone of %s has no name servers to ask", s.Host)
		}
		server = net.JoinHostPort(s.NameServers[0], "53")
	}
	answer, err := ask(ctx, server, s.Host)
	if err != nil || len(answer) == 0 {
		return "", nil, err
	}
	for _, r := range s.Regions {
		if r.Balancer == "" {
			continue
		}
		addresses, err := addressesOf(ctx, resolver, r.Balancer)
		if err != nil {
			return "", answer, err
		}
		if slices.ContainsFunc(answer, func(a netip.Addr) bool { return slices.Contains(addresses, a) }) {
			return r.Side, answer, nil
		}
	}
	return "", answer, nil
}

// addressesOf resolves a name with the given resolver, or the system's.
func addressesOf(ctx context.Context, resolver, name string) ([]netip.Addr, error) {
	if resolver != "" {
		return ask(ctx, resolver, name)
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", strings.TrimSuffix(name, ".")+".")
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", name, err)
	}
	for i, a := range addresses {
		addresses[i] = a.Unmap()
	}
	return addresses, nil
}

// ask sends one query for IPv4 addresses.
func ask(ctx context.Context, server, name string) ([]netip.Addr, error) {
	query := new(dns.Msg)
	query.SetQuestion(dns.Fqdn(name), dns.TypeA)
	reply, _, err := new(dns.Client).ExchangeContext(ctx, query, server)
	if err != nil {
		return nil, fmt.Errorf("ask %s for %s: %w", server, name, err)
	}
	if reply.Rcode != dns.RcodeSuccess {
		return nil, fmt.Errorf("ask %s for %s: it answers %s", server, name, dns.RcodeToString[reply.Rcode])
	}
	var addresses []netip.Addr
	for _, rr := range reply.Answer {
		if a, ok := rr.(*dns.A); ok {
			if addr, ok := netip.AddrFromSlice(a.A.To4()); ok {
				addresses = append(addresses, addr)
			}
		}
	}
	return addresses, nil
}
