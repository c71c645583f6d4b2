package drill

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// Answer is what a name resolved to.
type Answer struct {
	Addresses []netip.Addr
	// TTL is for how long it leads there: the smallest of the records'. Of a name that CNAMEs lead on from, it is theirs: what they lead to is asked
	// for anew sooner, and is where it was.
	TTL time.Duration
}

// region is the one that all addresses are of, or "".
func (a Answer) region(of func(netip.Addr) string) string {
	region := ""
	for i, addr := range a.Addresses {
		if r := of(addr); i == 0 {
			region = r
		} else if r != region {
			return ""
		}
	}
	return region
}

// Resolver asks a name server for addresses and caches nothing, so that its caller can cache.
type Resolver struct {
	// Server is the host:port of a name server that is authoritative for the names asked, unless Recursive says otherwise.
	Server string
	// Recursive is that the server is to find what it does not have, as one that users ask; it may have the answer for some time then.
	Recursive bool
	// Timeout bounds one question; the zero value means two seconds.
	Timeout time.Duration
	// Elsewhere asks for the addresses, "ip4" or "ip6", of a name that a CNAME leads to and the server does not have: to an Internet name server of a
	// zone that is every name of another zone, also a load balancer's. It may be nil where the server has all names.
	Elsewhere func(ctx context.Context, network, name string) (Answer, error)
}

// ErrNoAddress means that the server answered and that the name has no address of the family that was asked for.
var ErrNoAddress = errors.New("no address")

// Lookup asks for the A records of a name. A truncated answer is asked for again over TCP (RFC 7766).
func (r Resolver) Lookup(ctx context.Context, name string) (Answer, error) {
	return r.ask(ctx, name, dns.TypeA)
}

// LookupBoth asks for the AAAA and the A records of a name at the same time, and is content with one of them (RFC 8305, 3).
func (r Resolver) LookupBoth(ctx context.Context, name string) (Answer, error) {
	var six, four Answer
	var none, err error
	var both sync.WaitGroup
	both.Go(func() { six, none = r.ask(ctx, name, dns.TypeAAAA) })
	both.Go(func() { four, err = r.ask(ctx, name, dns.TypeA) })
	both.Wait()
	switch {
	case none != nil && err != nil:
		return Answer{}, err
	case none != nil:
		return four, nil
	case err != nil:
		return six, nil
	}
	return Answer{Addresses: append(six.Addresses, four.Addresses...), TTL: min(six.TTL, four.TTL)}, nil
}

func (r Resolver) ask(ctx context.Context, name string, of uint16) (Answer, error) {
	q := new(dns.Msg)
	q.SetQuestion(dns.Fqdn(name), of)
	q.RecursionDesired = r.Recursive
	q.SetEdns0(1232, false)
	reply, err := r.exchange(ctx, "udp", q)
	if err == nil && reply.Truncated {
		reply, err = r.exchange(ctx, "tcp", q)
	}
	if err != nil {
		return Answer{}, fmt.Errorf("resolve %s at %s: %w", name, r.Server, err)
	}
	if reply.Rcode != dns.RcodeSuccess {
		return Answer{}, fmt.Errorf("resolve %s at %s: %s", name, r.Server, dns.RcodeToString[reply.Rcode])
	}
	a := addresses(reply)
	if to := leadsOn(reply); len(a.Addresses) == 0 && to != "" && r.Elsewhere != nil {
		found, err := r.Elsewhere(ctx, family[of], to)
		if err != nil {
			return Answer{}, fmt.Errorf("resolve %s, to which %s leads: %w", to, name, err)
		}
		a.Addresses = found.Addresses
	}
	if len(a.Addresses) == 0 {
		return Answer{}, fmt.Errorf("resolve %s at %s: %w", name, r.Server, ErrNoAddress)
	}
	return a, nil
}

func (r Resolver) exchange(ctx context.Context, network string, q *dns.Msg) (*dns.Msg, error) {
	timeout := r.Timeout
	if timeout == 0 {
		timeout = 2 * time.Second
	}
	c := dns.Client{Net: network, Timeout: timeout, UDPSize: 1232}
	reply, _, err := c.ExchangeContext(ctx, q, r.Server)
	return reply, err
}

// family is the network of a type of records.
var family = map[uint16]string{dns.TypeA: "ip4", dns.TypeAAAA: "ip6"}

// leadsOn is the name that the last CNAME of an answer leads to, without its last dot; "" if there is none.
func leadsOn(m *dns.Msg) (to string) {
	for _, rr := range m.Answer {
		if record, ok := rr.(*dns.CNAME); ok {
			to = strings.TrimSuffix(record.Target, ".")
		}
	}
	return to
}

func addresses(m *dns.Msg) Answer {
	var a Answer
	leads := never // the smallest TTL of CNAMEs
	for _, rr := range m.Answer {
		ttl := time.Duration(rr.Header().Ttl) * time.Second
		var ip net.IP
		switch record := rr.(type) {
		case *dns.CNAME:
			leads = min(leads, ttl)
		case *dns.A:
			ip = record.A.To4()
		case *dns.AAAA:
			ip = record.AAAA
		}
		addr, ok := netip.AddrFromSlice(ip)
		if !ok {
			continue
		}
		if len(a.Addresses) == 0 || ttl < a.TTL {
			a.TTL = ttl
		}
		a.Addresses = append(a.Addresses, addr)
	}
	if leads < never {
		a.TTL = leads
	}
	return a
}

// SystemLookup asks the system's resolver for IPv4 addresses, for names that the Resolver's server does not have. The answer
// has no TTL, since the system's resolver does not return it.
func SystemLookup(ctx context.Context, name string) (Answer, error) { return System(ctx, "ip4", name) }

// SystemLookupBoth asks it for addresses of both families.
func SystemLookupBoth(ctx context.Context, name string) (Answer, error) {
	return System(ctx, "ip", name)
}

// System asks it for addresses of a network: "ip4", "ip6", or "ip" for both.
func System(ctx context.Context, network, name string) (a Answer, err error) {
	found, err := net.DefaultResolver.LookupNetIP(ctx, network, name)
	for _, f := range found {
		a.Addresses = append(a.Addresses, f.Unmap())
	}
	return a, err
}
