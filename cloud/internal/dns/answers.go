package dns

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/miekg/dns"
	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/beacon"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

// Answers answer every question of one moment. They never change, so any number may ask at once.
type Answers struct {
	cloud     int
	speed     tempo.Speed
	zones     map[string]*zone
	health    map[string]bool
	balancers map[string]beacon.LoadBalancer
	servers   map[string]netip.Addr
}

// zone is a hosted zone, ready to be asked.
type zone struct {
	name string
	sets map[key][]*record
	// names are all that exist: those of records and, so that they answer NODATA, those between a record
	// and the apex (empty non-terminals, RFC 8020).
	names map[string]bool
}

type key struct {
	name  string
	rtype uint16
}

// record is one record set.
type record struct {
	r53types.ResourceRecordSet
	rrs []dns.RR // of a record that is no alias
}

// Compile makes Answers. A record that cannot be read is left out: the control plane lets none in.
func Compile(s Snapshot, cloud int, speed tempo.Speed) *Answers {
	a := &Answers{cloud: cloud, speed: speed, zones: map[string]*zone{}, health: s.Health, balancers: map[string]beacon.LoadBalancer{}, servers: map[string]netip.Addr{}}
	for _, b := range s.Balancers {
		a.balancers[fold(b.DNSName)] = b
	}
	for name, addr := range s.NameServers {
		a.servers[fold(name)] = addr
	}
	for _, z := range s.Zones {
		// Of zones of one name the first is asked; on AWS their name servers would differ.
		if _, taken := a.zones[fold(z.Name)]; !taken {
			a.zones[fold(z.Name)] = compileZone(z, speed)
		}
	}
	return a
}

func compileZone(in Zone, speed tempo.Speed) *zone {
	z := &zone{name: fold(in.Name), sets: map[key][]*record{}, names: map[string]bool{}}
	for _, set := range in.Records {
		name := fold(aws.ToString(set.Name))
		rtype, ok := dns.StringToType[string(set.Type)]
		if !ok {
			continue
		}
		r := &record{ResourceRecordSet: set}
		for _, value := range set.ResourceRecords {
			if rr, err := Parse(name, string(set.Type), speed.TTL(uint32(aws.ToInt64(set.TTL))), aws.ToString(value.Value)); err == nil {
				r.rrs = append(r.rrs, rr)
			}
		}
		z.sets[key{name, rtype}] = append(z.sets[key{name, rtype}], r)
		for n := name; ; {
			z.names[n] = true
			if n == z.name || !dns.IsSubDomain(z.name, n) {
				break
			}
			i, end := dns.NextLabel(n, 0)
			if end {
				break
			}
			n = n[i:]
		}
	}
	return z
}

// find returns the zone that a name lies in: the one with the longest name.
func (a *Answers) find(name string) *zone {
	for off, end := 0, false; !end; off, end = dns.NextLabel(name, off) {
		if z, ok := a.zones[name[off:]]; ok {
			return z
		}
	}
	return nil
}

// maxChain is how many CNAMEs are followed, and how deep aliases are.
const maxChain = 8

// Answer is the pure function from a question to its answer.
func (a *Answers) Answer(q dns.Question, side Side) Reply {
	name := fold(q.Name)
	if reply, ok := a.builtIn(name, q, side); ok {
		return reply
	}
	z := a.find(name)
	if z == nil || q.Qclass != dns.ClassINET {
		return Reply{Rcode: dns.RcodeRefused}
	}
	var reply Reply
	owner := q.Name // answers repeat the question's own case
	for range maxChain {
		set, exists := z.lookup(name, q.Qtype)
		if set == nil {
			if !exists {
				reply.Rcode = dns.RcodeNameError
			}
			if len(reply.Answer) == 0 || reply.Rcode == dns.RcodeNameError {
				reply.Authority = z.soa()
			}
			return reply
		}
		rrs := a.choose(z, set, 0)
		reply.Answer = append(reply.Answer, a.owned(rrs, owner, side)...)
		if len(rrs) == 0 {
			reply.Authority = z.soa()
			return reply
		}
		cname, ok := rrs[0].(*dns.CNAME)
		if !ok || q.Qtype == dns.TypeCNAME {
			return reply
		}
		// The chase goes on within what this server holds; a resolver follows the rest.
		owner, name = cname.Target, fold(cname.Target)
		if more, ok := a.builtIn(name, dns.Question{Name: owner, Qtype: q.Qtype, Qclass: q.Qclass}, side); ok {
			reply.Answer = append(reply.Answer, more.Answer...)
			return reply
		}
		if a.find(name) != z {
			return reply
		}
	}
	return Reply{Rcode: dns.RcodeServerFailure}
}

// lookup returns the record sets of a name and type, its CNAME where it has one, or those of the closest
// wildcard; and whether the name exists at all (RFC 4592; Developer Guide, DomainNameFormat: an exact
// name wins, a wildcard covers any depth below, and no NS).
func (z *zone) lookup(name string, rtype uint16) ([]*record, bool) {
	if z.names[name] {
		return z.typed(name, rtype), true
	}
	for off, end := dns.NextLabel(name, 0); !end; off, end = dns.NextLabel(name, off) {
		parent := name[off:]
		if z.names["*."+parent] {
			if rtype == dns.TypeNS {
				return nil, true
			}
			return z.typed("*."+parent, rtype), true
		}
		if z.names[parent] || parent == z.name {
			return nil, false // the closest encloser has no wildcard
		}
	}
	return nil, false
}

func (z *zone) typed(name string, rtype uint16) []*record {
	if set := z.sets[key{name, rtype}]; set != nil {
		return set
	}
	if rtype == dns.TypeANY {
		return z.any(name)
	}
	return z.sets[key{name, dns.TypeCNAME}]
}

// any answers ANY with one record set, the least that RFC 8482 asks for.
func (z *zone) any(name string) []*record {
	var types []uint16
	for k := range z.sets {
		if k.name == name {
			types = append(types, k.rtype)
		}
	}
	if len(types) == 0 {
		return nil
	}
	slices.Sort(types)
	return z.sets[key{name, types[0]}]
}

// soa is the authority of a negative answer. Its TTL is the smaller of the record's and its minimum
// (RFC 2308; with Route 53's defaults the record's, 900 s).
func (z *zone) soa() []dns.RR {
	set := z.sets[key{z.name, dns.TypeSOA}]
	if len(set) == 0 || len(set[0].rrs) == 0 {
		return nil
	}
	soa := dns.Copy(set[0].rrs[0]).(*dns.SOA)
	soa.Hdr.Ttl = min(soa.Hdr.Ttl, soa.Minttl)
	return []dns.RR{soa}
}

// owned copies records to the name that was asked for, with the addresses of the asker's side.
func (a *Answers) owned(rrs []dns.RR, owner string, side Side) []dns.RR {
	out := make([]dns.RR, len(rrs))
	for i, rr := range rrs {
		rr = dns.Copy(rr)
		rr.Header().Name = owner
		if record, ok := rr.(*dns.A); ok && side == Host {
			if addr, ok := netip.AddrFromSlice(record.A.To4()); ok {
				if twin, ok := address.Twin(a.cloud, addr); ok {
					record.A = twin.AsSlice()
				}
			}
		}
		out[i] = rr
	}
	return out
}

// Resolve returns a name's addresses as they are inside.
func (a *Answers) Resolve(name string) []netip.Addr {
	reply := a.Answer(dns.Question{Name: dns.Fqdn(name), Qtype: dns.TypeA, Qclass: dns.ClassINET}, Inside)
	var all []netip.Addr
	for _, rr := range reply.Answer {
		if record, ok := rr.(*dns.A); ok {
			if addr, ok := netip.AddrFromSlice(record.A.To4()); ok {
				all = append(all, addr)
			}
		}
	}
	return all
}

// balancerZone is the zone that load balancers' own names lie in.
const balancerZone = "elb.amazonaws.com."

// builtIn answers for what no hosted zone holds: load balancers' own names, instances'
// public names and the name servers'.
func (a *Answers) builtIn(name string, q dns.Question, side Side) (Reply, bool) {
	if addr, ok := a.servers[name]; ok {
		return Reply{Answer: a.addresses([]netip.Addr{addr}, q, side)}, true
	}
	if addr, ok := a.publicAddress(name); ok {
		return Reply{Answer: a.addresses([]netip.Addr{addr}, q, side)}, true
	}
	if !dns.IsSubDomain(balancerZone, name) {
		return Reply{}, false
	}
	b, ok := a.balancer(name)
	if !ok {
		return Reply{Rcode: dns.RcodeNameError}, true
	}
	return Reply{Answer: a.addresses(b.Addresses, q, side)}, true
}

func (a *Answers) balancer(name string) (beacon.LoadBalancer, bool) {
	b, ok := a.balancers[strings.TrimPrefix(fold(name), "dualstack.")]
	return b, ok
}

// balancerTTL is what Route 53 answers for load balancers, in seconds.
const balancerTTL = 60

func (a *Answers) addresses(addrs []netip.Addr, q dns.Question, side Side) []dns.RR {
	if q.Qtype != dns.TypeA && q.Qtype != dns.TypeANY {
		return nil
	}
	return a.owned(addressRecords(addrs, a.speed), q.Name, side)
}

func addressRecords(addrs []netip.Addr, speed tempo.Speed) []dns.RR {
	var rrs []dns.RR
	for _, addr := range addrs {
		rrs = append(rrs, &dns.A{Hdr: dns.RR_Header{Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: speed.TTL(balancerTTL)}, A: addr.AsSlice()})
	}
	return rrs
}
