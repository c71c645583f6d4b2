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
	"pgregory.net/rapid"
)

const (
	one = r53types.ResourceRecordSetFailoverPrimary
	two = r53types.ResourceRecordSetFailoverSecondary
)

type option func(*r53types.ResourceRecordSet)

func check(id string) option {
	return func(r *r53types.ResourceRecordSet) { r.HealthCheckId = aws.String(id) }
}

func failover(role r53types.ResourceRecordSetFailover) option {
	return func(r *r53types.ResourceRecordSet) { r.Failover, r.SetIdentifier = role, aws.String(string(role)) }
}

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
	sAddr = "203.0.113.1"
	pLB   = "p.us-east-1.elb.amazonaws.com"
	sLB   = "s.us-west-2.elb.amazonaws.com"
)

// The pages are of the Amazon Route 53 Developer Guide.
func TestFailoverAsDocumented(t *testing.T) {
	plain := []r53types.ResourceRecordSet{a("hello.test.", pAddr, failover(one), check("p")), a("hello.test.", sAddr, failover(two), check("s"))}
	unchecked := []r53types.ResourceRecordSet{plain[0], a("hello.test.", sAddr, failover(two))}
	both := []r53types.ResourceRecordSet{a("hello.test.", "", failover(one), alias("dualstack."+pLB+".", true), check("p")), a("hello.test.", "", failover(two), alias(sLB, true), check("s"))}
	blind := []r53types.ResourceRecordSet{a("hello.test.", "", failover(one), alias(pLB, false)), a("hello.test.", "", failover(two), alias(sLB, true))}
	nested := []r53types.ResourceRecordSet{
		a("hello.test.", "", failover(one), alias("east.hello.test.", true)), a("hello.test.", "", failover(two), alias("west.hello.test.", true)),
		a("east.hello.test.", pAddr, check("p")), a("west.hello.test.", sAddr, check("s")),
	}
	for _, c := range []struct {
		page    string
		name    string
		records []r53types.ResourceRecordSet
		p, s    bool // checks
		pt, st  bool // targets
		want    string
	}{
		{"health-checks-how-route-53-chooses-records", "both healthy", plain, true, true, true, true, pAddr},
		{"health-checks-how-route-53-chooses-records", "secondary ill", plain, true, false, true, true, pAddr},
		{"health-checks-how-route-53-chooses-records", "primary ill", plain, false, true, true, true, sAddr},
		{"health-checks-how-route-53-chooses-records", "both ill: the primary, never none", plain, false, false, true, true, pAddr},
		{"health-checks-how-route-53-chooses-records", "secondary without a check", unchecked, false, false, true, true, sAddr},
		{"resource-record-sets-values-failover-alias", "aliases, all well", both, true, true, true, true, pAddr},
		{"dns-failover-complex-configs", "check ill, target well: both must be healthy", both, false, true, true, true, sAddr},
		{"dns-failover-complex-configs", "check well, target ill: both must be healthy", both, true, true, false, true, sAddr},
		{"health-checks-how-route-53-chooses-records", "every alias ill", both, true, false, false, true, pAddr},
		{"dns-failover-complex-configs", "an alias that evaluates nothing never fails", blind, true, true, false, true, pAddr},
		{"dns-failover-complex-configs", "aliases to records: well", nested, true, true, true, true, pAddr},
		{"dns-failover-complex-configs", "aliases to records: primary branch ill", nested, false, true, true, true, sAddr},
		{"dns-failover-complex-configs", "aliases to records: all ill", nested, false, false, true, true, pAddr},
	} {
		t.Run(c.page+"/"+c.name, func(t *testing.T) {
			v := world{health: map[string]bool{"p": c.p, "s": c.s}, balancers: []beacon.LoadBalancer{lb(pLB, pAddr, c.pt), lb(sLB, sAddr, c.st)}}.view(c.records...)
			if got := ask(v, "hello.test.", dns.TypeA, Client{}); got != c.want {
				t.Errorf("answer %s, want %s", got, c.want)
			}
		})
	}
}

// A second, naive reading of the same rules.
func naive(pCheck, sCheck, pEval, sEval, pHas, sHas, pTarget, sTarget bool) string {
	p := (!pHas || pCheck) && (!pEval || pTarget)
	s := (!sHas || sCheck) && (!sEval || sTarget)
	if !p && s {
		return sAddr
	}
	return pAddr
}

func TestFailoverAgainstANaiveReading(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := func(label string) bool { return rapid.Bool().Draw(t, label) }
		pCheck, sCheck, pEval, sEval, pHas, sHas, pTarget, sTarget := b("p check"), b("s check"), b("p evaluates"), b("s evaluates"), b("p has a check"), b("s has a check"), b("p target"), b("s target")
		options := func(has bool, id string, o ...option) []option {
			if has {
				o = append(o, check(id))
			}
			return o
		}
		v := world{health: map[string]bool{"p": pCheck, "s": sCheck}, balancers: []beacon.LoadBalancer{lb(pLB, pAddr, pTarget), lb(sLB, sAddr, sTarget)}}.view(
			a("hello.test.", "", options(pHas, "p", failover(one), alias(pLB, pEval))...), a("hello.test.", "", options(sHas, "s", failover(two), alias(sLB, sEval))...))
		if got, want := ask(v, "hello.test.", dns.TypeA, Client{}), naive(pCheck, sCheck, pEval, sEval, pHas, sHas, pTarget, sTarget); got != want {
			t.Fatalf("answer %s, want %s", got, want)
		}
	})
}

func TestNames(t *testing.T) {
	v := world{servers: map[string]netip.Addr{"ns-1.awsdns-01.com.": netip.MustParseAddr("192.0.2.53")}, balancers: []beacon.LoadBalancer{lb(pLB, pAddr, false)}}.view(
		a("hello.test.", pAddr), a("deep.empty.hello.test.", pAddr), set(`\052.wild.hello.test.`, r53types.RRTypeTxt, `"any"`), a("exact.wild.hello.test.", pAddr),
		set("alias.hello.test.", r53types.RRTypeCname, "hello.test."), set("away.hello.test.", r53types.RRTypeCname, "example.com."), set("mail.hello.test.", r53types.RRTypeMx, "10 mx.hello.test."))
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
