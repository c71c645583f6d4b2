package dns

import (
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/tempo"
)

func TestPublicNamesOfInstances(t *testing.T) {
	a := Compile(Snapshot{}, 1, tempo.Speed(1))
	for name, want := range map[string][2]string{
		"ec2-198-51-100-7.compute-1.amazonaws.com.":        {"198.51.100.7", "127.1.1.7"},
		"EC2-203-0-113-9.us-west-2.compute.amazonaws.com.": {"203.0.113.9", "127.1.2.9"},
		"ec2-8-8-8-8.compute-1.amazonaws.com.":             {},
		"ec2-198-51-100.compute-1.amazonaws.com.":          {},
		"ec2-198-51-100-7.compute.amazonaws.com.":          {},
	} {
		for side, address := range map[Side]string{Inside: want[0], Host: want[1]} {
			reply := a.Answer(dns.Question{Name: name, Qtype: dns.TypeA, Qclass: dns.ClassINET}, side)
			got := ""
			if len(reply.Answer) == 1 {
				got = reply.Answer[0].(*dns.A).A.String()
			}
			if got != address {
				t.Errorf("%s on side %v: %q, want %q", name, side, got, address)
			}
		}
	}
}
