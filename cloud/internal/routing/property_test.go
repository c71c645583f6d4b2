package routing

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/miekg/dns"
	"github.com/understudy/understudy/cloud/internal/beacon"
	"pgregory.net/rapid"
)

// draws makes worlds: a zone of a few names, each with a group of any policy, whose aliases lead to later names, to load
// balancers or nowhere.
type draws struct {
	t       *rapid.T
	records []*r53types.ResourceRecordSet
	serial  int
}

var (
	drawnChecks    = []string{"h0", "h1", "h2", "h3"}
	drawnBalancers = []string{"a.us-east-1.elb.amazonaws.com.", "b.us-east-1.elb.amazonaws.com.", "gone.us-east-1.elb.amazonaws.com."}
	// No two are equally far from any place.
	drawnRegions   = []string{"us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1", "sa-east-1"}
	drawnLocations = []string{"/US/TX", "/US/", "/DE/", "EU//", "NA//", "/*/"}
	drawnBlocks    = Collection{
		"wide":   {netip.MustParsePrefix("10.0.0.0/8")},
		"some":   {netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("192.168.0.0/24")},
		"narrow": {netip.MustParsePrefix("10.1.2.0/24")},
	}
)

const drawnNames = 5

func drawnName(i int) string { return fmt.Sprintf("n%d.zone.test.", i) }

// group draws the record sets of one name.
func (d *draws) group(i int) {
	one := func(change func(*r53types.ResourceRecordSet)) {
		d.serial++
		r := &r53types.ResourceRecordSet{Name: aws.String(drawnName(i)), Type: r53types.RRTypeA}
		change(r)
		if c := rapid.SampledFrom(append([]string{""}, drawnChecks...)).Draw(d.t, "check"); c != "" {
			r.HealthCheckId = &c
		}
		if r.MultiValueAnswer == nil && rapid.IntRange(0, 2).Draw(d.t, "alias") > 0 {
			targets := drawnBalancers
			for later := i + 1; later <= drawnNames; later++ { // the last has no records
				targets = append(targets[:len(targets):len(targets)], drawnName(later))
			}
			alias(rapid.SampledFrom(targets).Draw(d.t, "target"), rapid.Bool().Draw(d.t, "eth"))(r)
		} else {
			r.TTL, r.ResourceRecords = aws.Int64(60), []r53types.ResourceRecord{{Value: aws.String(fmt.Sprintf("192.0.2.%d", d.serial))}}
		}
		d.records = append(d.records, r)
	}
	some := func(label string, of []string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(of), 1, len(of), rapid.ID).Draw(d.t, label)
	}
	count := rapid.IntRange(1, 4).Draw(d.t, "size")
	switch rapid.IntRange(0, 7).Draw(d.t, "policy") {
	case 0:
		one(func(*r53types.ResourceRecordSet) {})
	case 1:
		for _, role := range some("roles", []string{"PRIMARY", "SECONDARY"}) {
			one(func(r *r53types.ResourceRecordSet) { r.Failover = r53types.ResourceRecordSetFailover(role) })
		}
	case 2:
		for range count {
			one(func(r *r53types.ResourceRecordSet) {
				r.Weight = aws.Int64(rapid.SampledFrom([]int64{0, 1, 3, 255}).Draw(d.t, "weight"))
			})
		}
	case 3:
		for _, region := range some("regions", drawnRegions) {
			one(func(r *r53types.ResourceRecordSet) { r.Region = r53types.ResourceRecordSetRegion(region) })
		}
	case 4:
		for _, l := range some("locations", drawnLocations) {
			part := strings.Split(l, "/")
			one(location(part[0], part[1], part[2]))
		}
	case 5:
		for _, region := range some("near", drawnRegions) {
			one(near(region, rapid.Int32Range(-99, 99).Draw(d.t, "bias")))
		}
	case 6:
		for range count {
			one(func(r *r53types.ResourceRecordSet) { r.MultiValueAnswer = aws.Bool(true) })
		}
	case 7:
		for _, l := range some("blocks", []string{"wide", "some", "narrow", "none", "*"}) {
			one(blocks(l))
		}
	}
}

// Answers are those that a second reading of the rules finds possible, each about as often as it finds likely. rapid
// prints the seed of a failure; -rapid.checks=N has it draw more than 100 worlds.
func TestAnswersAgreeWithANaiveReading(t *testing.T) {
	networks := []string{"10.1.2.0/24", "10.1.3.0/24", "10.9.0.0/16", "192.168.0.0/24", "203.0.113.0/24", "198.18.129.0/24", "198.18.133.0/24"}
	for _, region := range []string{"us-east-2", "eu-central-1", "ap-southeast-2", "sa-east-1", "ca-west-1"} {
		networks = append(networks, networkOf(t, region))
	}
	rapid.Check(t, func(t *rapid.T) {
		d := &draws{t: t}
		for i := range drawnNames {
			d.group(i)
		}
		r := &reader{records: d.records, health: map[string]bool{}, balancers: map[string]naiveBalancer{}, collections: map[string]Collection{"c": drawnBlocks}}
		for _, id := range drawnChecks {
			r.health[id] = rapid.Bool().Draw(t, id)
		}
		var balancers []beacon.LoadBalancer
		for i, name := range drawnBalancers[:2] {
			healthy, address := rapid.Bool().Draw(t, name), fmt.Sprintf("198.51.100.%d", i+1)
			r.balancers[name] = naiveBalancer{address, healthy}
			balancers = append(balancers, lb(strings.TrimSuffix(name, "."), address, healthy))
		}
		v := New(
			1,
			1,
			nil,
		).WithZones([]HostedZone{{ID: "Z", Name: "zone.test.", Records: d.records}}).
			WithHealth(r.health).
			WithBalancers(balancers).
			WithCollections(r.collections)
		r.network = netip.MustParsePrefix(rapid.SampledFrom(networks).Draw(t, "from"))
		r.place = DefaultPlaces().of(r.network)
		client := Client{Subnet: r.network}
		name := drawnName(rapid.IntRange(0, drawnNames-1).Draw(t, "asked"))
		want := r.answer(name)
		rolls := 1
		if len(want) > 1 {
			rolls = 400
		}
		found, first := chances{}, rapid.Uint64().Draw(t, "roll")
		for n := range rolls {
			client.Roll = first + uint64(n)*0x9e3779b97f4a7c15
			a := v.Answer(dns.Question{Name: name, Qtype: dns.TypeA, Qclass: dns.ClassINET}, client)
			got := values(a)
			found[got] += 1 / float64(rolls)
			if want[got] == 0 {
				t.Fatalf("answer %q, possible are %v", got, want)
			}
			if a.Depends&OnRoll == 0 && len(want) > 1 {
				t.Fatalf("the answer does not say that it depends on the roll: %v", want)
			}
		}
		for answer, p := range want {
			if math.Abs(found[answer]-p) > 0.13 { // five standard deviations
				t.Fatalf("%q in %.2f of answers, want %.2f", answer, found[answer], p)
			}
		}
	})
}

func values(a Answer) string {
	var all []string
	for _, rr := range a.Answer {
		all = append(all, rr.(*dns.A).A.String())
	}
	return strings.Join(all, ",")
}

// What an answer says it depends on is all that it depends on: with the rest changed it is the same.
func TestAnswersDependOnWhatTheySay(t *testing.T) {
	networks := []string{"10.1.2.0/24", "10.9.0.0/16", "198.18.129.0/24", networkOf(t, "eu-central-1"), networkOf(t, "us-west-2")}
	rapid.Check(t, func(t *rapid.T) {
		d := &draws{t: t}
		for i := range drawnNames {
			d.group(i)
		}
		view := New(1, 1, nil).WithZones([]HostedZone{{ID: "Z", Name: "zone.test.", Records: d.records}}).WithCollections(map[string]Collection{"c": drawnBlocks})
		one, other := d.moment(view), d.moment(view)
		from := func(label string) Client {
			return Client{Subnet: netip.MustParsePrefix(rapid.SampledFrom(networks).Draw(t, label)), Roll: rapid.Uint64().Draw(t, label)}
		}
		c, changed := from("one"), from("other")
		q := dns.Question{Name: drawnName(0), Qtype: dns.TypeA, Qclass: dns.ClassINET}
		a := one.Answer(q, c)
		if a.Depends&OnPlace != 0 {
			changed.Subnet = c.Subnet
		}
		if a.Depends&OnRoll != 0 {
			changed.Roll = c.Roll
		}
		if a.Depends&OnHealth != 0 {
			other = one
		}
		if got, want := values(other.Answer(q, changed)), values(a); got != want {
			t.Fatalf("answer %q, and %q with nothing changed that it says it depends on (%b)", want, got, a.Depends)
		}
		// Whoever else is in the network that the scope names gets the same answer.
		address := c.Subnet.Addr().As4()
		rest := rapid.Uint32().Draw(t, "rest")
		for bit := int(a.Scope); bit < 32; bit++ {
			address[bit/8] = address[bit/8]&^(0x80>>(bit%8)) | byte(rest>>(31-bit)&1)<<(7-bit%8)
		}
		neighbour := Client{Subnet: netip.PrefixFrom(netip.AddrFrom4(address), 32), Roll: c.Roll}
		if got, want := values(one.Answer(q, neighbour)), values(a); got != want {
			t.Fatalf("%v is answered %q, %v %q of scope %d", c.Subnet, want, neighbour.Subnet, got, a.Scope)
		}
	})
}

// moment draws health and load balancers.
func (d *draws) moment(v *View) *View {
	health := map[string]bool{}
	for _, id := range drawnChecks {
		health[id] = rapid.Bool().Draw(d.t, id)
	}
	var balancers []beacon.LoadBalancer
	for i, name := range drawnBalancers[:2] {
		balancers = append(balancers, lb(strings.TrimSuffix(name, "."), fmt.Sprintf("198.51.100.%d", i+1), rapid.Bool().Draw(d.t, name)))
	}
	return v.WithHealth(health).WithBalancers(balancers)
}

// FuzzAnswer asks any view for anything.
func FuzzAnswer(f *testing.F) {
	for _, name := range []string{"n0.zone.test.", "zone.test.", `\052.zone.test.`, "a.b.n1.zone.test.", ".", `x\.y.zone.test.`} {
		f.Add(name, uint16(dns.TypeA), uint64(1), []byte{10, 1, 2, 3})
	}
	names := []string{"n0", "n1", "*.n1", "n2", "a.b", "n3", "n4"}
	rtypes := []r53types.RRType{r53types.RRTypeA, r53types.RRTypeTxt, r53types.RRTypeCname, r53types.RRTypeNs, r53types.RRTypeSoa}
	f.Fuzz(func(t *testing.T, name string, qtype uint16, roll uint64, shape []byte) {
		if _, ok := dns.IsDomainName(name); !ok || len(shape) > 200 {
			return
		}
		var records []*r53types.ResourceRecordSet
		for i, b := range shape {
			r := &r53types.ResourceRecordSet{Name: aws.String(names[int(b)%len(names)] + ".zone.test."), Type: rtypes[int(b>>3)%len(rtypes)], TTL: aws.Int64(60)}
			switch r.Type {
			case r53types.RRTypeA:
				r.ResourceRecords = []r53types.ResourceRecord{{Value: aws.String(fmt.Sprintf("192.0.2.%d", i%250))}}
			case r53types.RRTypeTxt:
				r.ResourceRecords = []r53types.ResourceRecord{{Value: aws.String(`"x"`)}}
			case r53types.RRTypeSoa:
				r.Name, r.ResourceRecords = aws.String("zone.test."), []r53types.ResourceRecord{{Value: aws.String(soa)}}
			default:
				r.ResourceRecords = []r53types.ResourceRecord{{Value: aws.String(names[int(b>>5)%len(names)] + ".zone.test.")}}
			}
			switch b >> 6 {
			case 1:
				r.Weight = aws.Int64(int64(i))
			case 2:
				r.Failover = r53types.ResourceRecordSetFailover([]string{"PRIMARY", "SECONDARY"}[i%2])
			case 3:
				alias(names[i%len(names)]+".zone.test.", i%2 == 0)(r)
			}
			records = append(records, r)
		}
		v := New(1, 1, nil).WithZones([]HostedZone{{ID: "Z", Name: "zone.test.", Records: records}})
		a := v.Answer(dns.Question{Name: name, Qtype: qtype, Qclass: dns.ClassINET}, Client{Roll: roll})
		if !slices.Contains([]int{dns.RcodeSuccess, dns.RcodeNameError, dns.RcodeRefused, dns.RcodeServerFailure}, a.Rcode) {
			t.Errorf("rcode %d", a.Rcode)
		}
		for _, rr := range slices.Concat(a.Answer, a.Authority, a.Additional) {
			if rr == nil {
				t.Fatal("a record that is none")
			}
		}
		if again := v.Answer(dns.Question{Name: name, Qtype: qtype, Qclass: dns.ClassINET}, Client{Roll: roll}); fmt.Sprint(again.Answer) != fmt.Sprint(a.Answer) {
			t.Errorf("another answer to the same question: %v, %v", again.Answer, a.Answer)
		}
	})
}
