package routing

import (
	"net/netip"
	"strings"

	"github.com/miekg/dns"
	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/beacon"
)

// balancerZone is the zone of load balancers' own names.
const balancerZone = "elb.amazonaws.com."

// isNetworkBalancer tells whether a name is one that a network load balancer may have, such as
// hello-0123456789abcdef.elb.us-east-1.amazonaws.com, or that one of its zones has.
func isNetworkBalancer(name string) bool {
	rest, ours := strings.CutSuffix(name, ".amazonaws.com.")
	if !ours {
		return false
	}
	_, region, ok := strings.Cut(rest, ".elb.")
	return ok && !strings.Contains(region, ".")
}

// builtIn answers for what is in no hosted zone: load balancers' own names, instances' public names and the name
// servers'.
func (v *View) builtIn(name string, q dns.Question) (Answer, bool) {
	if addr, ok := v.servers[name]; ok {
		return v.addresses([]netip.Addr{addr}, q), true
	}
	if addr, ok := v.publicAddress(name); ok {
		return v.addresses([]netip.Addr{addr}, q), true
	}
	if !dns.IsSubDomain(balancerZone, name) && !isNetworkBalancer(name) {
		return Answer{}, false
	}
	b, ok := v.balancer(name)
	if !ok {
		return Answer{Rcode: dns.RcodeNameError, Authoritative: true, Depends: OnHealth}, true
	}
	return v.addresses(b.Addresses, q), true
}

func (v *View) balancer(name string) (beacon.LoadBalancer, bool) {
	b, ok := v.balancers[strings.TrimPrefix(name, "dualstack.")]
	return b, ok
}

func (v *View) addresses(addrs []netip.Addr, q dns.Question) Answer {
	return Answer{Authoritative: true, Depends: OnHealth, Answer: named(v.addressRecords(addrs, q.Qtype), q.Name)}
}

// balancerTTL is the TTL of Route 53's answers for load balancers, in seconds.
const balancerTTL = 60

// addressRecords are the records of one type; ANY gets those of the first address's.
func (v *View) addressRecords(addrs []netip.Addr, rtype uint16) (rrs []dns.RR) {
	for _, addr := range addrs {
		if rtype == dns.TypeANY {
			rtype = addressType(addr)
		}
		h := dns.RR_Header{Rrtype: rtype, Class: dns.ClassINET, Ttl: v.speed.TTL(balancerTTL)}
		switch {
		case rtype != addressType(addr):
		case rtype == dns.TypeA:
			rrs = append(rrs, &dns.A{Hdr: h, A: addr.AsSlice()})
		default:
			rrs = append(rrs, &dns.AAAA{Hdr: h, AAAA: addr.AsSlice()})
		}
	}
	return rrs
}

func addressType(a netip.Addr) uint16 {
	if a.Is4() {
		return dns.TypeA
	}
	return dns.TypeAAAA
}

// publicAddress reads an instance's public name: ec2-198-51-100-7.compute-1.amazonaws.com in us-east-1,
// ec2-203-0-113-7.us-west-2.compute.amazonaws.com elsewhere. The name says the address, whoever has it, as
// AWS's answers do (https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html).
func (v *View) publicAddress(name string) (netip.Addr, bool) {
	dashed, ok := strings.CutPrefix(name, "ec2-")
	if !ok {
		return netip.Addr{}, false
	}
	host, domain, _ := strings.Cut(dashed, ".")
	region, elsewhere := strings.CutSuffix(domain, ".compute.amazonaws.com.")
	if domain != "compute-1.amazonaws.com." && (!elsewhere || strings.Contains(region, ".")) {
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(strings.ReplaceAll(host, "-", "."))
	if err != nil {
		return netip.Addr{}, false
	}
	_, public := address.Twin(v.cloud, addr) // one of this cloud's
	return addr, public
}
