package routing

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/miekg/dns"
	"github.com/understudy/understudy/cloud/internal/beacon"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

type option func(*r53types.ResourceRecordSet)

func alias(target string, evaluate bool) option {
	return func(r *r53types.ResourceRecordSet) {
		r.AliasTarget = &r53types.AliasTarget{DNSName: aws.String(target), EvaluateTargetHealth: evaluate, HostedZoneId: aws.String("Z")}
		r.TTL, r.ResourceRecords = nil, nil
	}
}

func set(name string, rtype r53types.RRType, value string, options ...option) r53types.ResourceRecordSet {
	r := r53types.ResourceRecordSet{Name: aws.String(name), Type: rtype, TTL: aws.Int64(300)}
	if value != "" {
		r.ResourceRecords = []r53types.ResourceRecord{{Value: aws.String(value)}}
	}
	for _, o := range options {
		o(&r)
	}
	return r
}

func a(name, value string, options ...option) r53types.ResourceRecordSet {
	return set(name, r53types.RRTypeA, value, options...)
}

const soa = "ns-1.awsdns-01.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"

// world is what stands behind a zone's records.
type world struct {
	health    map[string]bool
	balancers []beacon.LoadBalancer
	servers   map[string]netip.Addr
	zones     []HostedZone
	speed     tempo.Speed
}

// view makes a view of a world with one zone more, hello.test., of these records.
func (w world) view(records ...r53types.ResourceRecordSet) *View {
	records = append(records, set("hello.test.", r53types.RRTypeSoa, soa, func(r *r53types.ResourceRecordSet) { r.TTL = aws.Int64(900) }))
	zones := append(w.zones, HostedZone{ID: "Z1", Name: "hello.test.", Records: pointers(records)})
	return New(3, max(w.speed, 1), nil).WithZones(zones).WithHealth(w.health).WithBalancers(w.balancers).WithNameServers(w.servers)
}

func pointers(records []r53types.ResourceRecordSet) []*r53types.ResourceRecordSet {
	all := make([]*r53types.ResourceRecordSet, len(records))
	for i := range records {
		all[i] = &records[i]
	}
	return all
}

func lb(name, addr string, healthy bool) beacon.LoadBalancer {
	return beacon.LoadBalancer{DNSName: name, Addresses: []netip.Addr{netip.MustParseAddr(addr)}, Healthy: healthy}
}

// ask returns the addresses, or the response code and type of authority where there are none.
func ask(v *View, name string, qtype uint16, c Client) string {
	reply := v.Answer(dns.Question{Name: name, Qtype: qtype, Qclass: dns.ClassINET}, c)
	var all []string
	for _, rr := range reply.Answer {
		all = append(all, strings.TrimPrefix(rr.String(), rr.Header().String()))
	}
	if len(all) > 0 {
		return strings.Join(all, " ")
	}
	text := dns.RcodeToString[reply.Rcode]
	if len(reply.Authority) > 0 {
		text += " " + dns.TypeToString[reply.Authority[0].Header().Rrtype]
	}
	return text
}

const (
	pAddr = "198.51.100.1"
	pLB   = "p.us-east-1.elb.amazonaws.com"
	netLB = "p-0123456789abcdef.elb.us-east-1.amazonaws.com"
)

func TestNames(t *testing.T) {
	v := world{
		servers:   map[string]netip.Addr{"ns-1.awsdns-01.com.": netip.MustParseAddr("192.0.2.53")},
		balancers: []beacon.LoadBalancer{lb(pLB, pAddr, false), lb(netLB, pAddr, false)},
	}.view(
		a("hello.test.", pAddr),
		a("deep.empty.hello.test.", pAddr),
		set(`\052.wild.hello.test.`, r53types.RRTypeTxt, `"any"`),
		a("exact.wild.hello.test.", pAddr),
		set(
			"alias.hello.test.",
			r53types.RRTypeCname,
			"hello.test.",
		),
		set("away.hello.test.", r53types.RRTypeCname, "example.com."),
		set("mail.hello.test.", r53types.RRTypeMx, "10 mx.hello.test."),
	)
	for _, c := range []struct {
		name  string
		qtype uint16
		want  string
	}{
		{"hello.test.", dns.TypeA, pAddr},
		{"HeLLo.test.", dns.TypeA, pAddr},
		{"hello.test.", dns.TypeAAAA, "NOERROR SOA"},
		{"none.hello.test.", dns.TypeA, "NXDOMAIN SOA"},
		{"empty.hello.test.", dns.TypeA, "NOERROR SOA"},
		{"a.b.wild.hello.test.", dns.TypeTXT, `"any"`},
		{"a.wild.hello.test.", dns.TypeA, "NOERROR SOA"},
		{"exact.wild.hello.test.", dns.TypeTXT, "NOERROR SOA"},
		{"alias.hello.test.", dns.TypeA, "hello.test. " + pAddr},
		{"alias.hello.test.", dns.TypeCNAME, "hello.test."},
		{"away.hello.test.", dns.TypeA, "example.com."},
		{"mail.hello.test.", dns.TypeMX, "10 mx.hello.test."},
		{"example.com.", dns.TypeA, "REFUSED"},
		{"ns-1.awsdns-01.com.", dns.TypeA, "192.0.2.53"},
		{pLB + ".", dns.TypeA, pAddr},
		{"dualstack." + pLB + ".", dns.TypeA, pAddr},
		{"gone.us-east-1.elb.amazonaws.com.", dns.TypeA, "NXDOMAIN"},
		{netLB + ".", dns.TypeA, pAddr},
		{"gone-0123456789abcdef.elb.us-east-1.amazonaws.com.", dns.TypeA, "NXDOMAIN"},
		{"us-east-1a.gone-0123456789abcdef.elb.us-east-1.amazonaws.com.", dns.TypeA, "NXDOMAIN"},
		{"elb.a.b.amazonaws.com.", dns.TypeA, "REFUSED"},
	} {
		if got := ask(v, c.name, c.qtype, Client{}); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.name, dns.TypeToString[c.qtype], got, c.want)
		}
	}
	reply := v.Answer(dns.Question{Name: "HeLLo.test.", Qtype: dns.TypeA, Qclass: dns.ClassINET}, Client{})
	if got := reply.Answer[0].Header().Name; got != "HeLLo.test." {
		t.Errorf("the question's case is not kept: %s", got)
	}
	if reply = v.Answer(dns.Question{Name: "none.hello.test.", Qtype: dns.TypeA, Qclass: dns.ClassINET}, Client{}); reply.Authority[0].Header().Ttl != 900 {
		t.Errorf("negative TTL %d, want 900", reply.Authority[0].Header().Ttl)
	}
}

func TestTTLsShrinkWithSpeedButNotBelowASecond(t *testing.T) {
	for name, want := range map[string]map[tempo.Speed]uint32{"hello.test.": {1: 300, 30: 10, 1000: 1}, "lb.hello.test.": {1: 60, 30: 2, 1000: 1}} {
		for speed, ttl := range want {
			v := world{balancers: []beacon.LoadBalancer{lb(pLB, pAddr, true)}, speed: speed}.view(a("hello.test.", pAddr), a("lb.hello.test.", "", alias(pLB, true)))
			reply := v.Answer(dns.Question{Name: name, Qtype: dns.TypeA, Qclass: dns.ClassINET}, Client{})
			if got := reply.Answer[0].Header().Ttl; got != ttl {
				t.Errorf("%s at speed %g: TTL %d, want %d", name, float64(speed), got, ttl)
			}
		}
	}
}
