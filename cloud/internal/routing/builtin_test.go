package routing

import (
	"net/netip"
	"testing"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/beacon"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

func TestPublicNamesOfInstances(t *testing.T) {
	v := New(1, tempo.Speed(1), nil)
	for name, want := range map[string]string{
		"ec2-198-51-100-7.compute-1.amazonaws.com.":        "198.51.100.7",
		"EC2-203-0-113-9.us-west-2.compute.amazonaws.com.": "203.0.113.9",
		"ec2-8-8-8-8.compute-1.amazonaws.com.":             "",
		"ec2-198-51-100.compute-1.amazonaws.com.":          "",
		"ec2-198-51-100-7.compute.amazonaws.com.":          "",
	} {
		reply := v.Answer(dns.Question{Name: name, Qtype: dns.TypeA, Qclass: dns.ClassINET}, Client{})
		got := ""
		if len(reply.Answer) == 1 {
			got = reply.Answer[0].(*dns.A).A.String()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// A dual-stack load balancer's own names and the aliases to it answer by the type that is asked for.
func TestDualStackBalancers(t *testing.T) {
	both := lb(pLB, pAddr, true)
	both.Addresses = append(both.Addresses, netip.MustParseAddr("2001:db8:100::4"))
	only := lb("six.us-east-1.elb.amazonaws.com", "2001:db8:100::5", false)
	failover := func(role r53types.ResourceRecordSetFailover) option {
		return identified(string(role), func(r *r53types.ResourceRecordSet) { r.Failover = role })
	}
	aaaa := func(name, value string, options ...option) r53types.ResourceRecordSet {
		return set(name, r53types.RRTypeAaaa, value, options...)
	}
	v := world{balancers: []beacon.LoadBalancer{both, only, lb("four.us-east-1.elb.amazonaws.com", "198.51.100.4", true)}}.view(
		a("www.hello.test.", "", alias(pLB, true)),
		aaaa("www.hello.test.", "", alias("dualstack."+pLB, true)),
		aaaa("ill.hello.test.", "", alias(only.DNSName, true), failover("PRIMARY")),
		aaaa("ill.hello.test.", "2001:db8::9", failover("SECONDARY")),
		aaaa("well.hello.test.", "", alias(pLB, true), failover("PRIMARY")),
		aaaa("well.hello.test.", "2001:db8::9", failover("SECONDARY")),
		aaaa("none.hello.test.", "", alias("four.us-east-1.elb.amazonaws.com", true)),
	)
	for _, c := range []struct {
		name  string
		qtype uint16
		want  string
	}{
		{pLB + ".", dns.TypeA, pAddr},
		{pLB + ".", dns.TypeAAAA, "2001:db8:100::4"},
		{"dualstack." + pLB + ".", dns.TypeA, pAddr},
		{"dualstack." + pLB + ".", dns.TypeAAAA, "2001:db8:100::4"},
		{pLB + ".", dns.TypeANY, pAddr},
		{only.DNSName + ".", dns.TypeANY, "2001:db8:100::5"},
		{"www.hello.test.", dns.TypeA, pAddr},
		{"www.hello.test.", dns.TypeAAAA, "2001:db8:100::4"},
		{"ill.hello.test.", dns.TypeAAAA, "2001:db8::9"},
		{"well.hello.test.", dns.TypeAAAA, "2001:db8:100::4"},
		{"none.hello.test.", dns.TypeAAAA, "NOERROR SOA"},
	} {
		if got := ask(v, c.name, c.qtype, Client{}); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.name, dns.TypeToString[c.qtype], got, c.want)
		}
	}
}
