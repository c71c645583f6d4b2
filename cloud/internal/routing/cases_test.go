package routing

import (
	"fmt"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/miekg/dns"
	"github.com/understudy/understudy/cloud/internal/beacon"
)

// The files of testdata/cases are tables of routing cases, written from the pages of the Amazon Route 53 Developer
// Guide that they name. A line is one of
//
//	page NAME                             begins a zone, zone.test., by that page
//	record NAME TYPE [POLICY...] VALUE    one of its record sets; alias=NAME and eth in place of a value
//	balancer NAME ADDRESS                 a load balancer
//	collection ID LOCATION BLOCK...       a location of a CIDR collection
//	ask NAME [TYPE] [ill=CHECK,...] [down=BALANCER,...] [from=NETWORK|REGION] [vpc=VPC] => ANSWER
//
// An ANSWER is the values with commas; or several such with their shares in per cent, VALUE:SHARE; or a response
// code, NOERROR for no data; or REFERRAL.
type scene struct {
	page        string
	records     []*r53types.ResourceRecordSet
	balancers   []beacon.LoadBalancer
	collections map[string]Collection
}

func TestCasesOfTheDeveloperGuide(t *testing.T) {
	files, err := filepath.Glob("testdata/cases/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	asked := map[string]int{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var s *scene
		for n, line := range strings.Split(string(b), "\n") {
			words := regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(line, -1)
			if len(words) == 0 || strings.HasPrefix(line, "#") {
				continue
			}
			where := fmt.Sprintf("%s:%d", file, n+1)
			switch words[0] {
			case "page":
				s = &scene{page: words[1], collections: map[string]Collection{}}
			case "record":
				s.records = append(s.records, recordOf(t, where, words[1:]))
			case "balancer":
				s.balancers = append(s.balancers, lb(words[1], words[2], true))
			case "collection":
				s.collect(words[1:])
			case "ask":
				asked[s.page]++
				s.ask(t, where, words[1:])
			default:
				t.Fatalf("%s: what is %q?", where, words[0])
			}
		}
	}
	total := 0
	for _, page := range slices.Sorted(mapKeys(asked)) {
		t.Logf("%3d cases by https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/%s.html", asked[page], page)
		total += asked[page]
	}
	t.Logf("%3d cases in all", total)
}

func mapKeys(m map[string]int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func (s *scene) collect(words []string) {
	c := s.collections[words[0]]
	if c == nil {
		c = Collection{}
		s.collections[words[0]] = c
	}
	for _, block := range words[2:] {
		c[words[1]] = append(c[words[1]], netip.MustParsePrefix(block))
	}
}

// full is a name of the zone, where it is not one in full already.
func full(name string) string {
	if strings.HasSuffix(name, ".") {
		return name
	}
	return name + ".zone.test."
}

func recordOf(t *testing.T, where string, words []string) *r53types.ResourceRecordSet {
	name := full(words[0])
	r := &r53types.ResourceRecordSet{Name: &name, Type: r53types.RRType(words[1]), TTL: aws.Int64(60)}
	for _, word := range words[2:] {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "check":
			r.HealthCheckId = &value
		case "failover":
			r.Failover = r53types.ResourceRecordSetFailover(value)
		case "weight":
			r.Weight = number(value)
		case "region":
			r.Region = r53types.ResourceRecordSetRegion(value)
		case "geo":
			location("", "", "")(r)
			for i, to := range []**string{&r.GeoLocation.ContinentCode, &r.GeoLocation.CountryCode, &r.GeoLocation.SubdivisionCode} {
				if code := strings.Split(value, "/")[i]; code != "" {
					*to = &code
				}
			}
		case "near":
			r.GeoProximityLocation = nearTo(value)
		case "bias":
			r.GeoProximityLocation.Bias = aws.Int32(int32(*number(value)))
		case "multivalue":
			r.MultiValueAnswer = aws.Bool(true)
		case "cidr":
			collection, location, _ := strings.Cut(value, "/")
			r.CidrRoutingConfig = &r53types.CidrRoutingConfig{CollectionId: &collection, LocationName: &location}
		case "id":
			r.SetIdentifier = &value
		case "alias":
			alias(full(value), false)(r)
		case "eth":
			r.AliasTarget.EvaluateTargetHealth = true
		default:
			value := dataOf(r.Type, word)
			if _, err := Parse(name, string(r.Type), 60, value); err != nil {
				t.Fatalf("%s: %v", where, err)
			}
			r.ResourceRecords = append(r.ResourceRecords, r53types.ResourceRecord{Value: &value})
		}
	}
	return r
}

// dataOf writes a value out in full: TXT keeps its quotation marks, names are the zone's.
func dataOf(rtype r53types.RRType, word string) string {
	switch rtype {
	case r53types.RRTypeTxt:
		return word
	case r53types.RRTypeCname, r53types.RRTypeNs:
		return full(word)
	}
	return strings.Trim(word, `"`)
}

func number(s string) *int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		panic(err)
	}
	return &n
}

func nearTo(place string) *r53types.GeoProximityLocation {
	if latitude, longitude, ok := strings.Cut(place, ","); ok {
		return &r53types.GeoProximityLocation{Coordinates: &r53types.Coordinates{Latitude: &latitude, Longitude: &longitude}}
	}
	if _, ok := regions[place]; ok {
		return &r53types.GeoProximityLocation{AWSRegion: &place}
	}
	return &r53types.GeoProximityLocation{LocalZoneGroup: &place}
}

func (s *scene) ask(t *testing.T, where string, words []string) {
	arrow := slices.Index(words, "=>")
	q, want := dns.Question{Name: full(words[0]), Qtype: dns.TypeA, Qclass: dns.ClassINET}, words[arrow+1:]
	health, balancers, client := map[string]bool{}, slices.Clone(s.balancers), Client{}
	for _, word := range words[1:arrow] {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "ill":
			for _, id := range strings.Split(value, ",") {
				health[id] = false
			}
		case "down":
			for i := range balancers {
				balancers[i].Healthy = !slices.Contains(strings.Split(value, ","), balancers[i].DNSName)
			}
		case "from":
			if _, region := regions[value]; region {
				value = networkOf(t, value)
			}
			client.Subnet = netip.MustParsePrefix(value)
		case "vpc":
			client.VPC = value
		default:
			q.Qtype = dns.StringToType[word]
		}
	}
	zone := HostedZone{ID: "Z", Name: "zone.test.", Records: s.records}
	v := New(1, 1, nil).WithZones([]HostedZone{zone}).WithHealth(health).WithBalancers(balancers).WithCollections(s.collections)
	const rolls = 2000
	found := map[string]int{}
	for client.Roll = range uint64(rolls) {
		found[summary(v.Answer(q, client))]++
	}
	for _, one := range want {
		answer, share := one, 100.0
		if len(want) > 1 {
			i := strings.LastIndexByte(one, ':')
			answer, share = one[:i], float64(*number(one[i+1:]))
		}
		if got := 100 * float64(found[answer]) / rolls; math.Abs(got-share) > 4 {
			t.Errorf("%s (%s): %s in %.0f %% of answers, want %.0f %%; found %v", where, s.page, answer, got, share, found)
		}
	}
}

// summary is an answer as the tables have it.
func summary(a Answer) string {
	var values []string
	if a.Rcode != dns.RcodeSuccess {
		values = append(values, dns.RcodeToString[a.Rcode])
	}
	for _, rr := range a.Answer {
		value := strings.TrimPrefix(rr.String(), rr.Header().String())
		if strings.Contains(value, " ") && !strings.HasPrefix(value, `"`) {
			value = `"` + value + `"`
		}
		values = append(values, value)
	}
	if len(values) > 0 {
		return strings.Join(values, ",")
	}
	if !a.Authoritative && len(a.Authority) > 0 {
		return "REFERRAL"
	}
	return "NOERROR"
}
