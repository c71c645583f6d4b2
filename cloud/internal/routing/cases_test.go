package routing

import (
	"fmt"
	"maps"
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
//	page NAME[#ANCHOR] or RFC SECTION     begins a zone, zone.test., by that page of the guide or that RFC
//	by NAME[#ANCHOR] or RFC SECTION       names another page for what is asked from here on
//	zone NAME [VPC...]                    begins another zone by the same, of which the records after it are
//	record NAME TYPE [POLICY...] VALUE    a record set; alias=NAME and eth in place of a value; @ is the zone's name
//	balancer NAME ADDRESS                 a load balancer
//	collection ID LOCATION BLOCK...       a location of a CIDR collection
//	ask NAME [TYPE] [ill=CHECK,...] [down=BALANCER,...] [from=NETWORK|REGION|ADDRESS] [vpc=VPC] => ANSWER
//
// A # begins a comment. What has spaces stands in quotation marks, or in ` where it has such itself. An ANSWER is the
// values with commas; or several such with their shares in per cent, VALUE:SHARE; or a response code, NOERROR for no
// data; or REFERRAL.
type scene struct {
	page        string
	zones       []HostedZone
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
			words := caseWords.FindAllString(line, -1)
			if len(words) == 0 || strings.HasPrefix(words[0], "#") {
				continue
			}
			where := fmt.Sprintf("%s:%d", file, n+1)
			switch words[0] {
			case "page":
				s = &scene{page: strings.Join(words[1:], " "), collections: map[string]Collection{}}
				s.zone("zone.test.", nil)
			case "by":
				s.page = strings.Join(words[1:], " ")
			case "zone":
				s.zone(words[1], words[2:])
			case "record":
				z := &s.zones[len(s.zones)-1]
				z.Records = append(z.Records, recordOf(t, where, z.Name, words[1:]))
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
	for _, page := range slices.Sorted(maps.Keys(asked)) {
		t.Logf("%3d cases by %s", asked[page], pageURL(page))
		total += asked[page]
	}
	t.Logf("%3d cases of %d pages", total, len(asked))
}

var caseWords = regexp.MustCompile("`[^`]*`|\"[^\"]*\"|\\S+")

// pageURL is where a page is that cases are by.
func pageURL(page string) string {
	if rfc, section, ok := strings.Cut(page, " "); ok {
		return "https://www.rfc-editor.org/rfc/" + strings.ToLower(rfc) + "#section-" + section
	}
	name, anchor, _ := strings.Cut(page, "#")
	guide := "DeveloperGuide"
	if strings.HasPrefix(page, "API_") {
		guide = "APIReference"
	}
	return strings.TrimSuffix("https://docs.aws.amazon.com/Route53/latest/"+guide+"/"+name+".html#"+anchor, "#")
}

func (s *scene) zone(name string, vpcs []string) {
	apex := set(name, r53types.RRTypeSoa, soa)
	s.zones = append(
		s.zones,
		HostedZone{ID: fmt.Sprint("Z", len(s.zones)), Name: name, Private: len(vpcs) > 0, VPCs: vpcs, Records: []*r53types.ResourceRecordSet{&apex}},
	)
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

// full is a name of a zone, where it is not one in full already.
func full(name, zone string) string {
	switch {
	case name == "@":
		return zone
	case strings.HasSuffix(name, "."):
		return name
	}
	return name + "." + zone
}

func recordOf(t *testing.T, where, zone string, words []string) *r53types.ResourceRecordSet {
	name := full(words[0], zone)
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
			alias(full(value, zone), false)(r)
		case "eth":
			r.AliasTarget.EvaluateTargetHealth = true
		default:
			value := dataOf(r.Type, word, zone)
			if _, err := Parse(name, string(r.Type), 60, value); err != nil {
				t.Fatalf("%s: %v", where, err)
			}
			r.ResourceRecords = append(r.ResourceRecords, r53types.ResourceRecord{Value: &value})
		}
	}
	return r
}

// dataOf writes a value out in full: TXT keeps its quotation marks, names are the zone's.
func dataOf(rtype r53types.RRType, word, zone string) string {
	if strings.HasPrefix(word, "`") {
		return strings.Trim(word, "`")
	}
	switch rtype {
	case r53types.RRTypeTxt:
		return word
	case r53types.RRTypeCname, r53types.RRTypeNs:
		return full(word, zone)
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
	q, want := dns.Question{Name: full(strings.Trim(words[0], "`"), "zone.test."), Qtype: dns.TypeA, Qclass: dns.ClassINET}, words[arrow+1:]
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
			if addr, err := netip.ParseAddr(value); err == nil {
				client.Addr = addr
			} else {
				client.Subnet = netip.MustParsePrefix(value)
			}
		case "vpc":
			client.VPC = value
		default:
			q.Qtype = dns.StringToType[word]
		}
	}
	v := New(1, 1, nil).WithZones(s.zones).WithHealth(health).WithBalancers(balancers).WithCollections(s.collections)
	const rolls = 2000
	found := map[string]int{}
	for client.Roll = range uint64(rolls) {
		found[summary(v.Answer(q, client))]++
	}
	for _, one := range want {
		answer, share := strings.Trim(one, "`"), 1.0
		if len(want) > 1 {
			i := strings.LastIndexByte(one, ':')
			percent, err := strconv.ParseFloat(one[i+1:], 64)
			if err != nil {
				t.Fatalf("%s: %v", where, err)
			}
			answer, share = one[:i], percent/100
		}
		// Give or take five standard deviations.
		if got := float64(found[answer]) / rolls; math.Abs(got-share) > 5*math.Sqrt(share*(1-share)/rolls) {
			t.Errorf("%s (%s): %s in %.1f %% of answers, want %.1f %%; found %v", where, s.page, answer, 100*got, 100*share, found)
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
