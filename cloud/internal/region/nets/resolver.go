package nets

import (
	"net"
	"net/netip"
	"strings"

	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/endpoint"
	"github.com/understudy/understudy/cloud/internal/resolver"
)

// resolve answers a VPC's instances at base+2. Other names than their own are asked from the internet's side, as
// AWS's resolver does: no security group of the VPC stands between.
func (r *Room) resolve(vpc string, tcp net.Listener, udp net.PacketConn) {
	handler := &resolver.Resolver{
		Enabled: func() bool { row, _ := r.vpcs.Get(vpc); return row.DNSSupport },
		Own:     func(q dns.Question) ([]dns.RR, bool) { return r.ownNames(vpc, q) },
		Ask:     func(q *dns.Msg) (*dns.Msg, error) { return r.cfg.Resolve(r.privateZonesOf(vpc), q) },
		Public:  r.serviceNames,
	}
	for _, s := range []*dns.Server{{Listener: tcp, Handler: handler}, {PacketConn: udp, Handler: handler}} {
		r.Spawn(func() { _ = s.ActivateAndServe() }) // ends with the listener
	}
}

// privateZonesOf names a VPC as private hosted zones do; "" where it sees none of them, which takes both of its
// DNS attributes (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html).
func (r *Room) privateZonesOf(vpc string) string {
	if row, _ := r.vpcs.Get(vpc); !row.DNSSupport || !row.DNSHostnames {
		return ""
	}
	return r.Region + "/" + vpc
}

// instanceTTL is what AWS's resolver answers for names of instances, in seconds.
const instanceTTL = 60

// ownNames answers for the names that a VPC's interfaces have, private and public: from inside, both
// mean the private address (https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html); and for the private
// addresses, which mean the private name. Peers may have it told what their public names mean.
func (r *Room) ownNames(vpc string, q dns.Question) ([]dns.RR, bool) {
	if q.Qclass != dns.ClassINET {
		return nil, false
	}
	name := strings.TrimSuffix(strings.ToLower(q.Name), ".")
	reverse := strings.HasSuffix(name, ".in-addr.arpa")
	for _, i := range r.interfaces.All() {
		if i.VPC != vpc {
			continue
		}
		for _, a := range i.Addresses() {
			switch {
			case reverse && name+"." == reverseName(a.Private):
				return r.ownRecords(q, dns.TypePTR, &dns.PTR{Ptr: r.PrivateName(a.Private) + "."}), true
			case name == r.PrivateName(a.Private) || name == r.PublicName(vpc, a.Public):
				return r.ownRecords(q, dns.TypeA, &dns.A{A: a.Private.AsSlice()}), true
			}
		}
	}
	if rrs, ok := r.privateNames(vpc, name, q); ok {
		return rrs, true
	}
	if a, ok := r.peerAddress(vpc, name); ok {
		return r.ownRecords(q, dns.TypeA, &dns.A{A: a.AsSlice()}), true
	}
	return nil, false
}

// serviceNames answers for the names at which AWS's services answer on the internet. A private hosted zone may have them, too.
func (r *Room) serviceNames(q dns.Question) ([]dns.RR, bool) {
	if q.Qclass != dns.ClassINET || !endpoint.Known(q.Name) {
		return nil, false
	}
	if !endpoint.Public(q.Name) {
		return r.ownEndpointNames(strings.TrimSuffix(strings.ToLower(q.Name), "."), q)
	}
	return r.ownRecords(q, dns.TypeA, &dns.A{A: address.API.AsSlice()}), true
}

// ownRecords is the record where the question asks for its type, or nothing.
func (r *Room) ownRecords(q dns.Question, of uint16, rr dns.RR) []dns.RR {
	if q.Qtype != of && q.Qtype != dns.TypeANY {
		return nil
	}
	*rr.Header() = dns.RR_Header{Name: q.Name, Rrtype: of, Class: dns.ClassINET, Ttl: r.Speed.TTL(instanceTTL)}
	return []dns.RR{rr}
}

// reverseName is the name that an address has in reverse lookups (RFC 1035, 3.5).
func reverseName(a netip.Addr) string {
	name, err := dns.ReverseAddr(a.String())
	if err != nil {
		return ""
	}
	return name
}
