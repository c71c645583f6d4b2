package zones

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/records"
)

type mod = func(*r53types.ResourceRecordSet)

func identified(id string, m mod) mod {
	return func(s *r53types.ResourceRecordSet) { s.SetIdentifier = &id; m(s) }
}

func inRegion(id, region string) mod {
	return identified(id, func(s *r53types.ResourceRecordSet) { s.Region = r53types.ResourceRecordSetRegion(region) })
}

// located takes a location as CONTINENT/COUNTRY/SUBDIVISION.
func located(id, location string) mod {
	return identified(id, func(s *r53types.ResourceRecordSet) {
		part := strings.Split(location, "/")
		s.GeoLocation = &r53types.GeoLocation{}
		for i, to := range []**string{&s.GeoLocation.ContinentCode, &s.GeoLocation.CountryCode, &s.GeoLocation.SubdivisionCode} {
			if part[i] != "" {
				*to = &part[i]
			}
		}
	})
}

func nearTo(id string, l r53types.GeoProximityLocation) mod {
	return identified(id, func(s *r53types.ResourceRecordSet) { s.GeoProximityLocation = &l })
}

func at(latitude, longitude string) r53types.GeoProximityLocation {
	return r53types.GeoProximityLocation{Coordinates: &r53types.Coordinates{Latitude: &latitude, Longitude: &longitude}}
}

func oneOfMany(id string, yes bool) mod {
	return identified(id, func(s *r53types.ResourceRecordSet) { s.MultiValueAnswer = &yes })
}

// Each case is a zone's first records, of which all are taken, and a last one, which is or is not.
func TestPoliciesStandTogetherAsRoute53Allows(t *testing.T) {
	a, _ := openAPI(t, t.TempDir())
	const batch, input = "InvalidChangeBatch", "InvalidInput"
	text := func(m ...mod) *r53types.ResourceRecordSet {
		return set("t.example.com", r53types.RRTypeTxt, []string{`"x"`}, m...)
	}
	for name, c := range map[string]struct {
		first []*r53types.ResourceRecordSet
		last  *r53types.ResourceRecordSet
		code  string // empty where it is taken
	}{
		"weighted":                {[]*r53types.ResourceRecordSet{text(weight("a", 0))}, text(weight("b", 255)), ""},
		"weighted beside simple":  {[]*r53types.ResourceRecordSet{text()}, text(weight("b", 1)), batch},
		"simple beside weighted":  {[]*r53types.ResourceRecordSet{text(weight("b", 1))}, text(), batch},
		"weighted beside latency": {[]*r53types.ResourceRecordSet{text(inRegion("a", "us-east-1"))}, text(weight("b", 1)), batch},
		"another type": {[]*r53types.ResourceRecordSet{text(inRegion("a", "us-east-1"))},
			set("t.example.com", r53types.RRTypeA, []string{"192.0.2.1"}, weight("a", 1)), ""},
		"negative weight":  {nil, text(weight("a", -1)), input},
		"latency":          {[]*r53types.ResourceRecordSet{text(inRegion("a", "us-east-1"))}, text(inRegion("b", "us-west-2")), ""},
		"one region twice": {[]*r53types.ResourceRecordSet{text(inRegion("a", "us-east-1"))}, text(inRegion("b", "us-east-1")), batch},
		"no region":        {nil, text(inRegion("a", "mars-north-1")), input},
		"geolocation": {[]*r53types.ResourceRecordSet{text(located("a", "/US/")), text(located("b", "/US/CA")), text(located("c", "NA//"))},
			text(located("d", "/*/")), ""},
		"one location twice":        {[]*r53types.ResourceRecordSet{text(located("a", "/US/CA"))}, text(located("b", "/US/CA")), batch},
		"continent and country":     {nil, text(located("a", "EU/DE/")), input},
		"nowhere":                   {nil, text(located("a", "//")), input},
		"no continent":              {nil, text(located("a", "XX//")), input},
		"no country":                {nil, text(located("a", "/usa/")), input},
		"a part of another country": {nil, text(located("a", "/DE/BY")), input},
		"geoproximity": {[]*r53types.ResourceRecordSet{text(nearTo("a", r53types.GeoProximityLocation{AWSRegion: aws.String("us-east-1"), Bias: aws.Int32(-99)}))},
			text(nearTo("b", at("49.22", "-74.01"))), ""},
		"two places": {nil,
			text(nearTo("a", r53types.GeoProximityLocation{AWSRegion: aws.String("us-east-1"), LocalZoneGroup: aws.String("us-west-2-lax-1")})), input},
		"bias":                {nil, text(nearTo("a", r53types.GeoProximityLocation{AWSRegion: aws.String("us-east-1"), Bias: aws.Int32(100)})), input},
		"off the globe":       {nil, text(nearTo("a", at("91", "0"))), input},
		"too fine":            {nil, text(nearTo("a", at("1.234", "0"))), input},
		"multivalue":          {[]*r53types.ResourceRecordSet{text(oneOfMany("a", true))}, text(oneOfMany("b", true)), ""},
		"multivalue, but not": {nil, text(oneOfMany("b", false)), input},
		"multivalue alias":    {[]*r53types.ResourceRecordSet{a1("x.example.com")}, a1("t.example.com", alias("ZONE", "x.example.com"), oneOfMany("b", true)), input},
		"multivalue CNAME":    {nil, set("t.example.com", r53types.RRTypeCname, []string{"x.org"}, oneOfMany("b", true)), input},
		"weighted CNAME": {[]*r53types.ResourceRecordSet{set("t.example.com", r53types.RRTypeCname, []string{"x.org"}, weight("a", 1))},
			set("t.example.com", r53types.RRTypeCname, []string{"y.org"}, weight("b", 1)), ""},
	} {
		z := makeZone(t, a, "example.com")
		for _, s := range c.first {
			if err := apply(t, a, z, create(s)); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if c.last.AliasTarget != nil {
			c.last.AliasTarget.HostedZoneId = &z
		}
		err := apply(t, a, z, create(c.last))
		if c.code == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		t.Run(name, func(t *testing.T) { refused(t, err, c.code, "") })
	}
}

func TestGroupsAreBounded(t *testing.T) {
	a, _ := openAPI(t, t.TempDir())
	z := makeZone(t, a, "example.com")
	var changes []r53types.Change
	for i := range records.MaxGroup {
		changes = append(changes, create(a1("w.example.com", weight(fmt.Sprint(i), 1))))
	}
	if err := apply(t, a, z, changes...); err != nil {
		t.Fatal(err)
	}
	refused(t, apply(t, a, z, create(a1("w.example.com", weight("more", 1)))), "InvalidChangeBatch", "")
	if err := apply(t, a, z, upsert(a1("w.example.com", weight("7", 2)))); err != nil {
		t.Error(err)
	}
}

// Developer Guide, ResourceRecordTypes.
func TestValuesOfEveryType(t *testing.T) {
	a, _ := openAPI(t, t.TempDir())
	digest := strings.Repeat("ab", 32)
	for kind, c := range map[r53types.RRType]struct{ good, bad []string }{
		r53types.RRTypeA:     {[]string{"192.0.2.1"}, []string{"192.0.2", "2001:db8::1", "192.0.2.1 192.0.2.2"}},
		r53types.RRTypeAaaa:  {[]string{"2001:db8::1", "2001:0db8:85a3:0:0:8a2e:0370:7334"}, []string{"192.0.2.1", "fe80::1%eth0"}},
		r53types.RRTypeCaa:   {[]string{`0 issue "ca.example.net; account=123"`, `0 iodef "mailto:a@x.org"`}, []string{`0 issue`, `256 issue "x"`}},
		r53types.RRTypeCname: {[]string{"x.org", `\052.x.org.`}, []string{"x org", ""}},
		r53types.RRTypeDs:    {[]string{"123 13 2 " + digest}, []string{"123 13 2", "123 13 2 xyz", "99999 13 2 " + digest}},
		r53types.RRTypeHttps: {[]string{"1 . alpn=h2,h3 ipv4hint=192.0.2.1", "0 x.org"}, []string{"1", "x ."}},
		r53types.RRTypeMx:    {[]string{"10 mail.x.org"}, []string{"mail.x.org", "70000 mail.x.org"}},
		r53types.RRTypeNaptr: {[]string{`100 50 "u" "E2U+sip" "!^(\\+441632960083)$!sip:\\1@x.org!" .`, `10 10 "s" "SIP+D2U" "" _sip._udp.x.org.`},
			[]string{`100 50 "u"`, `x 50 "u" "" "" .`}},
		r53types.RRTypeNs:    {[]string{"ns-1.x.org"}, []string{"a b"}},
		r53types.RRTypePtr:   {[]string{"host.x.org"}, []string{"a b"}},
		r53types.RRTypeSpf:   {[]string{`"v=spf1 -all"`}, []string{"v=spf1"}},
		r53types.RRTypeSrv:   {[]string{"10 5 80 host.x.org", "0 0 0 ."}, []string{"10 5 host.x.org", "10 5 99999 host.x.org"}},
		r53types.RRTypeSshfp: {[]string{"4 2 " + digest}, []string{"4 2", "4 2 zz"}},
		r53types.RRTypeSvcb:  {[]string{"1 svc.x.org port=8443 mandatory=port"}, []string{"1 svc.x.org port=x"}},
		r53types.RRTypeTlsa:  {[]string{"3 1 1 " + digest}, []string{"3 1 1", "3 1 1 zz"}},
		r53types.RRTypeTxt:   {[]string{`"a" "b"`, `"\141\"\\"`, `""`}, []string{`a`, `"` + strings.Repeat("x", 256) + `"`}},
	} {
		z := makeZone(t, a, "example.com")
		for i, v := range c.good {
			if err := apply(t, a, z, create(set(fmt.Sprintf("g%d.example.com", i), kind, []string{v}))); err != nil {
				t.Errorf("%s %s: %v", kind, v, err)
			}
		}
		for _, v := range c.bad {
			if err := apply(t, a, z, create(set("b.example.com", kind, []string{v}))); err == nil {
				t.Errorf("%s %q is taken", kind, v)
			}
		}
	}
}
