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

// NameAnswer is what a name server answered for the failover name.
type NameAnswer struct {
	Sides     map[understudy.Side]int // how often the answer had addresses of a side's load balancer
	Times     int                     // how often it was asked
	Addresses []netip.Addr            // of all answers
}

// askedByWeight is how often a name server is asked where it draws the answer: a region with a share of a fifth is then missed once in
// eighty times.
const askedByWeight = 20

// Answering asks a name server for the failover name, and tells the sides whose load balancers' own names have the addresses of the
// answers. The resolver (HOST:PORT) is asked for all names; if it is empty, the zone's own name server and, for the load balancers'
// names, the system's resolver are asked.
func (s *Status) Answering(ctx context.Context, resolver string) (NameAnswer, error) {
	found := NameAnswer{Sides: map[understudy.Side]int{}, Times: 1}
	if s.Routing == understudy.RoutingWeighted {
		found.Times = askedByWeight
	}
	server := resolver
	if server == "" {
		if len(s.NameServers) == 0 {
			return found, fmt.Errorf("the zone of %s has no name servers to ask", s.Host)
		}
		server = net.JoinHostPort(s.NameServers[0], "53")
	}
	var answers [][]netip.Addr
	for range found.Times {
		answer, err := ask(ctx, server, s.Host)
		if err != nil {
			return found, err
		}
		answers = append(answers, answer)
		for _, a := range answer {
			if !slices.Contains(found.Addresses, a) {
				found.Addresses = append(found.Addresses, a)
			}
		}
	}
	if len(found.Addresses) == 0 {
		return found, nil
	}
	return found, s.sort(ctx, resolver, answers, &found)
}

// sort counts the answers of each side.
func (s *Status) sort(ctx context.Context, resolver string, answers [][]netip.Addr, found *NameAnswer) error {
	for _, r := range s.Regions {
		if r.Balancer == "" {
			continue
		}
		addresses, err := addressesOf(ctx, resolver, r.Balancer)
		if err != nil {
			return err
		}
		for _, answer := range answers {
			if slices.ContainsFunc(answer, func(a netip.Addr) bool { return slices.Contains(addresses, a) }) {
				found.Sides[r.Side]++
			}
		}
	}
	return nil
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
