package routing

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/miekg/dns"
	"github.com/understudy/understudy/cloud/internal/beacon"
)

// documented is one thing that AWS's documentation or an RFC says of answers.
type documented struct {
	page string // of the Developer Guide, with its anchor, or an RFC and its section
	says string
	// zones are in the form that readZones reads: records of hello.test., and others'.
	zones string
	ill   string // health checks and load balancers (lb1, lb2) that are not healthy
	from  string // an AWS region, a network, an address, "vpc REGION/VPC"; empty for no place
	ask   string // a name and a type; "@ A" where empty
	// want are the values in any order; or the response code, and SOA or NS where that is in the authority; or shares of
	// many questions, as in "192.0.2.1×0.25 192.0.2.2×0.75".
	want string
}

// url is where a case's page is.
func (d documented) url() string {
	if rfc, section, ok := strings.Cut(d.page, " "); ok && strings.HasPrefix(rfc, "RFC") {
		return "https://www.rfc-editor.org/rfc/rfc" + rfc[len("RFC"):] + "#section-" + section
	}
	page, anchor, _ := strings.Cut(d.page, "#")
	guide := "DeveloperGuide"
	if strings.HasPrefix(page, "API_") {
		guide = "APIReference"
	}
	url := "https://docs.aws.amazon.com/Route53/latest/" + guide + "/" + page + ".html"
	if anchor != "" {
		url += "#" + anchor
	}
	return url
}

func TestAsDocumented(t *testing.T) {
	cases := slices.Concat(documentedFailover, documentedChoice, documentedWeights, documentedPlaces, documentedMultivalue, documentedTrees, documentedNames, documentedTypes, documentedZones)
	pages := map[string]int{}
	for _, d := range cases {
		pages[d.url()]++
		t.Run(d.page+"/"+d.says, func(t *testing.T) {
			if got := d.answer(t); got != d.want {
				t.Errorf("%s\n%s\nfrom %s, %s ill: answer %s, want %s", d.url(), strings.TrimSpace(d.zones), d.from, d.ill, got, d.want)
			}
		})
	}
	for _, page := range slices.Sorted(maps.Keys(pages)) {
		t.Logf("%3d cases of %s", pages[page], page)
	}
	t.Logf("%3d cases of %d pages", len(cases), len(pages))
}

// draws is how many times shares are asked for.
const draws = 20_000

// answer brings what is answered to the form of want.
func (d documented) answer(t *testing.T) string {
	v := d.view(t)
	ask := cmp.Or(d.ask, "@ A")
	space := strings.LastIndexByte(ask, ' ')
	q := dns.Question{Name: absolute(ask[:space], "hello.test."), Qtype: dns.StringToType[ask[space+1:]], Qclass: dns.ClassINET}
	c := clientFrom(t, d.from)
	if !strings.Contains(d.want, "×") {
		return describe(v.Answer(q, c))
	}
	count := map[string]int{}
	for c.Roll = range uint64(draws) {
		count[describe(v.Answer(q, c))]++
	}
	return shares(count, d.want)
}

// shares are those that were wanted where they are so, give or take five standard deviations.
func shares(count map[string]int, want string) string {
	got := []string{}
	for _, w := range strings.Fields(want) {
		value, share, _ := strings.Cut(w, "×")
		p, _ := strconv.ParseFloat(share, 64)
		if is := float64(count[value]) / draws; math.Abs(is-p) > 5*math.Sqrt(p*(1-p)/draws) {
			w = fmt.Sprintf("%s×%.4f", value, is)
		}
		got = append(got, w)
		delete(count, value)
	}
	for value, n := range count {
		got = append(got, fmt.Sprintf("%s×%.4f", value, float64(n)/draws))
	}
	return strings.Join(got, " ")
}

// describe tells an answer in short: its values, or how it has none.
func describe(reply Answer) string {
	var all []string
	for _, rr := range reply.Answer {
		all = append(all, strings.TrimPrefix(rr.String(), rr.Header().String()))
	}
	slices.Sort(all)
	if len(all) == 0 {
		all = []string{dns.RcodeToString[reply.Rcode]}
	}
	if len(reply.Authority) > 0 {
		all = append(all, dns.TypeToString[reply.Authority[0].Header().Rrtype])
	}
	for _, rr := range reply.Additional {
		all = append(all, strings.TrimPrefix(rr.String(), rr.Header().String()))
	}
	return strings.Join(all, " ")
}

func clientFrom(t *testing.T, from string) Client {
	c := Client{Addr: netip.MustParseAddr("192.0.2.99")}
	if from == "" {
		return c
	}
	if vpc, ok := strings.CutPrefix(from, "vpc "); ok {
		c.VPC = vpc
	} else if network, err := netip.ParsePrefix(from); err == nil {
		c.Subnet = network
	} else if addr, err := netip.ParseAddr(from); err == nil {
		c.Addr = addr
	} else {
		c.Subnet = netip.MustParsePrefix(networkOf(t, from))
	}
	return c
}

// networkOf returns the network that places.txt has in a region.
func networkOf(t testing.TB, region string) string {
	t.Helper()
	p := DefaultPlaces()
	for _, prefix := range p.prefixes {
		if p.places[prefix].Region == region {
			return prefix.String()
		}
	}
	t.Fatalf("no network in %s", region)
	return ""
}

// view makes the view of a case: two load balancers, and the zones with their CIDR locations.
func (d documented) view(t testing.TB) *View {
	health := map[string]bool{}
	for _, id := range strings.Fields(d.ill) {
		health[id] = false
	}
	well := func(id string) bool { _, ill := health[id]; return !ill }
	zones, locations := readZones(t, d.zones)
	return New(3, 1, nil).WithZones(zones).WithHealth(health).WithCollections(map[string]Collection{"c": locations}).
		WithBalancers([]beacon.LoadBalancer{lb(pLB, pAddr, well("lb1")), lb(sLB, sAddr, well("lb2"))})
}

// readZones reads records, a line each, of the zone hello.test. or that of the last line "zone NAME [private VPC]":
//
//	NAME TYPE VALUE[, VALUE]... [| OPTION...]
//	NAME TYPE -> TARGET [| OPTION...]
//
// The options are named as in the function option; NAME and TARGET are under the zone, which is @, and lb1 and lb2 are
// load balancers. A line "location NAME BLOCK..." is one of the CIDR collection.
func readZones(t testing.TB, text string) (zones []HostedZone, locations Collection) {
	locations = Collection{}
	open := func(fields ...string) *HostedZone {
		zones = append(zones, HostedZone{ID: fmt.Sprint("Z", len(zones)), Name: fields[0], Private: len(fields) > 1, VPCs: fields[min(2, len(fields)):]})
		z := &zones[len(zones)-1]
		apex := set(z.Name, r53types.RRTypeSoa, soa)
		z.Records = append(z.Records, &apex)
		return z
	}
	z := open("hello.test.")
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0:
		case fields[0] == "zone":
			z = open(fields[1:]...)
		case fields[0] == "location":
			for _, block := range fields[2:] {
				locations[fields[1]] = append(locations[fields[1]], netip.MustParsePrefix(block))
			}
		default:
			z.Records = append(z.Records, readRecord(t, z.Name, line))
		}
	}
	return zones, locations
}

func readRecord(t testing.TB, zone, line string) *r53types.ResourceRecordSet {
	text, options, _ := strings.Cut(line, " | ")
	fields := strings.SplitN(strings.TrimSpace(text), " ", 3)
	r := set(absolute(fields[0], zone), r53types.RRType(fields[1]), "")
	if target, ok := strings.CutPrefix(fields[2], "-> "); ok {
		alias(map[string]string{"lb1": "dualstack." + pLB, "lb2": sLB}[target], false)(&r)
		if *r.AliasTarget.DNSName == "" {
			*r.AliasTarget.DNSName = absolute(target, zone)
		}
	} else {
		for _, value := range strings.Split(fields[2], ", ") {
			r.ResourceRecords = append(r.ResourceRecords, r53types.ResourceRecord{Value: aws.String(value)})
		}
	}
	r.SetIdentifier = aws.String(options)
	for _, o := range strings.Fields(options) {
		key, value, _ := strings.Cut(o, "=")
		setOption(t, &r, key, value)
	}
	return &r
}

func setOption(t testing.TB, r *r53types.ResourceRecordSet, key, value string) {
	number, _ := strconv.ParseInt(value, 10, 64)
	switch key {
	case "check":
		r.HealthCheckId = &value
	case "eth":
		r.AliasTarget.EvaluateTargetHealth = true
	case "ttl":
		r.TTL = &number
	case "primary":
		r.Failover = r53types.ResourceRecordSetFailoverPrimary
	case "secondary":
		r.Failover = r53types.ResourceRecordSetFailoverSecondary
	case "weight":
		r.Weight = &number
	case "region":
		r.Region = r53types.ResourceRecordSetRegion(value)
	case "continent":
		r.GeoLocation = &r53types.GeoLocation{ContinentCode: &value}
	case "country":
		r.GeoLocation = &r53types.GeoLocation{CountryCode: &value}
	case "state":
		country, state, _ := strings.Cut(value, "-")
		r.GeoLocation = &r53types.GeoLocation{CountryCode: &country, SubdivisionCode: &state}
	case "near":
		setNear(r, value)
	case "bias":
		r.GeoProximityLocation.Bias = aws.Int32(int32(number))
	case "location":
		r.CidrRoutingConfig = &r53types.CidrRoutingConfig{CollectionId: aws.String("c"), LocationName: &value}
	case "multi":
		r.MultiValueAnswer = aws.Bool(true)
	case "id": // to tell it from others alone
	default:
		t.Fatalf("a case has the option %q", key)
	}
}

func setNear(r *r53types.ResourceRecordSet, value string) {
	r.GeoProximityLocation = &r53types.GeoProximityLocation{}
	if latitude, longitude, ok := strings.Cut(value, ","); ok {
		r.GeoProximityLocation.Coordinates = &r53types.Coordinates{Latitude: &latitude, Longitude: &longitude}
	} else if strings.Count(value, "-") > 2 {
		r.GeoProximityLocation.LocalZoneGroup = &value
	} else {
		r.GeoProximityLocation.AWSRegion = &value
	}
}

func absolute(name, zone string) string {
	switch {
	case name == "@":
		return zone
	case strings.HasSuffix(name, "."):
		return name
	}
	return name + "." + zone
}
