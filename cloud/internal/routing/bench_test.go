package routing

import (
	"fmt"
	"slices"
	"testing"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/miekg/dns"
)

// many makes a zone of this many checked records.
func many(n int) HostedZone {
	z := HostedZone{ID: "Z", Name: "hello.test."}
	apex := set(z.Name, r53types.RRTypeSoa, soa)
	z.Records = append(z.Records, &apex)
	for i := range n - 1 {
		id := fmt.Sprint("check-", i)
		r := a(fmt.Sprintf("n%d.hello.test.", i), "192.0.2.1", weight(id, 1))
		r.HealthCheckId = &id
		z.Records = append(z.Records, &r)
	}
	return z
}

// BenchmarkWithHealth changes one check of 100,000, each a record's.
func BenchmarkWithHealth(b *testing.B) {
	const n = 100_000
	health := map[string]bool{}
	for i := range n {
		health[fmt.Sprint("check-", i)] = true
	}
	v := New(1, 1, nil).WithZones([]HostedZone{many(n)}).WithHealth(health)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		v = v.WithHealth(map[string]bool{fmt.Sprint("check-", i%n): i&1 == 0})
	}
}

// BenchmarkWithZones puts a zone with one record changed in place of the one before.
func BenchmarkWithZones(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			z := many(n)
			v := New(1, 1, nil).WithZones([]HostedZone{z})
			for b.Loop() {
				changed := *z.Records[n/2]
				z.Records = slices.Clone(z.Records)
				z.Records[n/2] = &changed
				v = v.WithZones([]HostedZone{z})
			}
		})
	}
}

// BenchmarkAnswer asks for one of 100,000 records, and for the leaf of a tree.
func BenchmarkAnswer(b *testing.B) {
	v := New(1, 1, nil).WithZones([]HostedZone{many(100_000)})
	q := dns.Question{Name: "n5000.hello.test.", Qtype: dns.TypeA, Qclass: dns.ClassINET}
	b.ReportAllocs()
	for b.Loop() {
		v.Answer(q, Client{})
	}
}
