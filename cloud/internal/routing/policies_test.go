package routing

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/miekg/dns"
)

func identified(id string, change func(*r53types.ResourceRecordSet)) option {
	return func(r *r53types.ResourceRecordSet) {
		r.SetIdentifier = &id
		change(r)
	}
}

func weight(id string, n int64) option {
	return identified(id, func(r *r53types.ResourceRecordSet) { r.Weight = &n })
}

func region(name string) option {
	return identified(name, func(r *r53types.ResourceRecordSet) { r.Region = r53types.ResourceRecordSetRegion(name) })
}

func location(continent, country, subdivision string) option {
	return identified(continent+country+subdivision, func(r *r53types.ResourceRecordSet) {
		r.GeoLocation = &r53types.GeoLocation{}
		for to, code := range map[**string]string{&r.GeoLocation.ContinentCode: continent, &r.GeoLocation.CountryCode: country, &r.GeoLocation.SubdivisionCode: subdivision} {
			if code != "" {
				*to = &code
			}
		}
	})
}

func near(region string, bias int32) option {
	return identified(region, func(r *r53types.ResourceRecordSet) {
		r.GeoProximityLocation = &r53types.GeoProximityLocation{AWSRegion: &region, Bias: &bias}
	})
}

func blocks(location string) option {
	return identified(location, func(r *r53types.ResourceRecordSet) {
		r.CidrRoutingConfig = &r53types.CidrRoutingConfig{CollectionId: aws.String("c"), LocationName: &location}
	})
}

func from(network string) Client { return Client{Subnet: netip.MustParsePrefix(network)} }

func networkOf(t *testing.T, region string) string {
	t.Helper()
	p := DefaultPlaces()
	for prefix, place := range p.places {
		if place.Region == region && prefix.Addr().Is4() {
			return prefix.String()
		}
	}
	t.Fatalf("no network in %s", region)
	return ""
}

func TestPoliciesByPlace(t *testing.T) {
	latency := []r53types.ResourceRecordSet{a("hello.test.", "192.0.2.1", region("us-east-1"), check("east")), a("hello.test.", "192.0.2.2", region("eu-west-1"), check("west"))}
	geo := []r53types.ResourceRecordSet{
		a("hello.test.", "192.0.2.1", location("", "US", "TX"), check("tx")), a("hello.test.", "192.0.2.2", location("", "US", ""), check("us")),
		a("hello.test.", "192.0.2.3", location("EU", "", "")), a("hello.test.", "192.0.2.4", location("", "*", "")),
	}
	lonely := geo[2:3]
	proximity := func(bias int32) []r53types.ResourceRecordSet {
		return []r53types.ResourceRecordSet{a("hello.test.", "192.0.2.1", near("us-east-1", 0)), a("hello.test.", "192.0.2.2", near("eu-west-1", bias))}
	}
	cidr := []r53types.ResourceRecordSet{a("hello.test.", "192.0.2.1", blocks("wide")), a("hello.test.", "192.0.2.2", blocks("narrow"), check("narrow")), a("hello.test.", "192.0.2.3", blocks("*"))}
	v4, texas, kenya := "198.18.200.0/24", "198.18.129.0/24", "198.18.133.0/24"
	for _, c := range []struct {
		name    string
		records []r53types.ResourceRecordSet
		ill     string
		client  string
		want    string
	}{
		{"latency: the nearest", latency, "", networkOf(t, "us-east-2"), "192.0.2.1"},
		{"latency: the nearest", latency, "", networkOf(t, "eu-west-2"), "192.0.2.2"},
		{"latency: the next best", latency, "west", networkOf(t, "eu-west-2"), "192.0.2.1"},
		{"geolocation: subdivision", geo, "", texas, "192.0.2.1"},
		{"geolocation: country where the subdivision is ill", geo, "tx", texas, "192.0.2.2"},
		{"geolocation: country", geo, "", networkOf(t, "us-east-1"), "192.0.2.2"},
		{"geolocation: continent", geo, "", networkOf(t, "eu-west-1"), "192.0.2.3"},
		{"geolocation: default", geo, "", kenya, "192.0.2.4"},
		{"geolocation: default for who is nowhere", geo, "", v4, "192.0.2.4"},
		{"geolocation: no default, no answer", lonely, "", kenya, "NOERROR SOA"},
		{"geoproximity: no bias", proximity(0), "", networkOf(t, "us-east-1"), "192.0.2.1"},
		{"geoproximity: bias", proximity(99), "", networkOf(t, "us-east-2"), "192.0.2.2"},
		{"geoproximity: against", proximity(-99), "", networkOf(t, "eu-west-2"), "192.0.2.1"},
		{"IP-based: the longest block", cidr, "", "10.1.2.0/24", "192.0.2.2"},
		{"IP-based: a wider block", cidr, "", "10.1.3.0/24", "192.0.2.1"},
		{"IP-based: a wider block where the longest is ill", cidr, "narrow", "10.1.2.0/24", "192.0.2.1"},
		{"IP-based: default", cidr, "", "10.2.0.0/16", "192.0.2.3"},
	} {
		v := world{health: map[string]bool{c.ill: false}}.view(c.records...).WithCollections(map[string]Collection{
			"c": {"wide": {netip.MustParsePrefix("10.1.0.0/16")}, "narrow": {netip.MustParsePrefix("10.1.2.0/24")}},
		})
		if got := ask(v, "hello.test.", dns.TypeA, from(c.client)); got != c.want {
			t.Errorf("%s: from %s %s, want %s", c.name, c.client, got, c.want)
		}
	}
}

func TestWeights(t *testing.T) {
	for _, c := range []struct {
		name    string
		weights []int64
		ill     []int
		want    []float64 // shares
	}{
		{"as they weigh", []int64{10, 20, 20}, nil, []float64{0.2, 0.4, 0.4}},
		{"the ill leave the sum (dns-failover-simple-configs)", []int64{10, 20, 20}, []int{2}, []float64{1. / 3, 2. / 3, 0}},
		{"all zero are equal (resource-record-sets-values-weighted)", []int64{0, 0}, nil, []float64{0.5, 0.5}},
		{"zero only where all others are ill (health-checks-how-route-53-chooses-records)", []int64{1, 0}, nil, []float64{1, 0}},
		{"zero only where all others are ill (health-checks-how-route-53-chooses-records)", []int64{1, 0}, []int{0}, []float64{0, 1}},
		{"all ill: as if all were well", []int64{1, 0}, []int{0, 1}, []float64{1, 0}},
	} {
		var records []r53types.ResourceRecordSet
		for i, n := range c.weights {
			records = append(records, a("hello.test.", fmt.Sprintf("192.0.2.%d", i), weight(fmt.Sprint(i), n), check(fmt.Sprint(i))))
		}
		health := map[string]bool{}
		for _, i := range c.ill {
			health[fmt.Sprint(i)] = false
		}
		v := world{health: health}.view(records...)
		const draws = 10_000
		count := map[string]int{}
		for roll := range uint64(draws) {
			count[ask(v, "hello.test.", dns.TypeA, Client{Roll: roll})]++
		}
		for i, want := range c.want {
			if got := float64(count[fmt.Sprintf("192.0.2.%d", i)]) / draws; got < want-0.02 || got > want+0.02 {
				t.Errorf("%s: record %d has a share of %.3f, want %.3f", c.name, i, got, want)
			}
		}
	}
}
