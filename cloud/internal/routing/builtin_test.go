package routing

import (
	"testing"

	"github.com/miekg/dns"

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
