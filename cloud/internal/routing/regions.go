package routing

import (
	"math"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// regions are AWS's regions with their locations, which are those of the city or area in AWS's name of each (2026). AWS
// does not publish where its data centres are.
var regions = map[string]Place{
	"af-south-1":     {"AF", "ZA", "", -33.9, 18.4, "", true},
	"ap-east-1":      {"AS", "HK", "", 22.3, 114.2, "", true},
	"ap-east-2":      {"AS", "TW", "", 25.0, 121.5, "", true},
	"ap-northeast-1": {"AS", "JP", "", 35.7, 139.7, "", true},
	"ap-northeast-2": {"AS", "KR", "", 37.6, 127.0, "", true},
	"ap-northeast-3": {"AS", "JP", "", 34.7, 135.5, "", true},
	"ap-south-1":     {"AS", "IN", "", 19.1, 72.9, "", true},
	"ap-south-2":     {"AS", "IN", "", 17.4, 78.5, "", true},
	"ap-southeast-1": {"AS", "SG", "", 1.3, 103.8, "", true},
	"ap-southeast-2": {"OC", "AU", "", -33.9, 151.2, "", true},
	"ap-southeast-3": {"AS", "ID", "", -6.2, 106.8, "", true},
	"ap-southeast-4": {"OC", "AU", "", -37.8, 145.0, "", true},
	"ap-southeast-5": {"AS", "MY", "", 3.1, 101.7, "", true},
	"ap-southeast-6": {"OC", "NZ", "", -36.8, 174.8, "", true},
	"ap-southeast-7": {"AS", "TH", "", 13.8, 100.5, "", true},
	"ca-central-1":   {"NA", "CA", "", 45.5, -73.6, "", true},
	"ca-west-1":      {"NA", "CA", "", 51.0, -114.1, "", true},
	"cn-north-1":     {"AS", "CN", "", 39.9, 116.4, "", true},
	"cn-northwest-1": {"AS", "CN", "", 38.5, 106.3, "", true},
	"eu-central-1":   {"EU", "DE", "", 50.1, 8.7, "", true},
	"eu-central-2":   {"EU", "CH", "", 47.4, 8.5, "", true},
	"eu-north-1":     {"EU", "SE", "", 59.3, 18.1, "", true},
	"eu-south-1":     {"EU", "IT", "", 45.5, 9.2, "", true},
	"eu-south-2":     {"EU", "ES", "", 41.6, -0.9, "", true},
	"eu-west-1":      {"EU", "IE", "", 53.3, -6.3, "", true},
	"eu-west-2":      {"EU", "GB", "", 51.5, -0.1, "", true},
	"eu-west-3":      {"EU", "FR", "", 48.9, 2.4, "", true},
	"il-central-1":   {"AS", "IL", "", 32.1, 34.8, "", true},
	"me-central-1":   {"AS", "AE", "", 24.5, 54.4, "", true},
	"me-south-1":     {"AS", "BH", "", 26.1, 50.6, "", true},
	"mx-central-1":   {"NA", "MX", "", 20.6, -100.4, "", true},
	"sa-east-1":      {"SA", "BR", "", -23.5, -46.6, "", true},
	"us-east-1":      {"NA", "US", "VA", 38.9, -77.4, "", true},
	"us-east-2":      {"NA", "US", "OH", 40.0, -83.0, "", true},
	"us-gov-east-1":  {"NA", "US", "OH", 40.0, -83.0, "", true},
	"us-gov-west-1":  {"NA", "US", "OR", 45.5, -122.7, "", true},
	"us-west-1":      {"NA", "US", "CA", 37.4, -121.9, "", true},
	"us-west-2":      {"NA", "US", "OR", 45.8, -119.7, "", true},
}

// placeOf is the place of a client in a region.
func placeOf(region string) Place {
	p := regions[region]
	p.Region = region
	return p
}

// AWS publishes neither the latencies that it routes by nor a table of those between its regions, so they are
// estimated (as of 23 November 2026) from the places above: a signal in fibre takes 10 µs a kilometre there and back,
// and cables are about 1.4 times as long as the great circle. By these estimates, the nearer of two regions is the same as
// by measured latencies, except if they differ little. The file testdata/latency.txt has the estimates between all regions.
const msPerKilometre = 0.014

// latency is the time of a round trip to a region, in milliseconds; 0 from an unknown place, and
// infinite to an unknown region.
func (p Place) latency(region string) float64 {
	at, ok := regions[region]
	switch {
	case !ok:
		return math.Inf(1)
	case !p.known:
		return 0
	}
	return p.distance(at.Latitude, at.Longitude) * msPerKilometre
}

// biased is the distance to a location in kilometres after its bias: one of 50 makes it half as far, one of -50
// half as far again. (Developer Guide, routing-policy-geoproximity, "How Amazon Route 53 uses bias to route
// traffic", as of 2026, has this one formula for both. Until 2023 it divided by 1 + bias/100 for negative ones.)
func (p Place) biased(l *r53types.GeoProximityLocation) float64 {
	at, ok := locate(l)
	if !ok {
		return math.Inf(1)
	}
	if !p.known {
		return 0
	}
	return p.distance(at.Latitude, at.Longitude) * (1 - float64(aws.ToInt32(l.Bias))/100)
}

// locate finds a location by its coordinates, its region or, for a local zone group, whose location AWS does
// not publish, by the region that it belongs to.
func locate(l *r53types.GeoProximityLocation) (Place, bool) {
	if c := l.Coordinates; c != nil {
		latitude, err := strconv.ParseFloat(aws.ToString(c.Latitude), 64)
		longitude, err2 := strconv.ParseFloat(aws.ToString(c.Longitude), 64)
		return Place{Latitude: latitude, Longitude: longitude}, err == nil && err2 == nil
	}
	if l.AWSRegion != nil {
		at, ok := regions[*l.AWSRegion]
		return at, ok
	}
	group := aws.ToString(l.LocalZoneGroup)
	for region, at := range regions {
		if strings.HasPrefix(group, region+"-") {
			return at, true
		}
	}
	return Place{}, false
}

const earthRadius = 6371 // km, mean

// distance is that of the great circle, in kilometres (haversine formula).
func (p Place) distance(latitude, longitude float64) float64 {
	rad := func(deg float64) float64 { return deg * math.Pi / 180 }
	square := func(x float64) float64 { return x * x }
	h := square(math.Sin(rad(latitude-p.Latitude)/2)) +
		math.Cos(rad(p.Latitude))*math.Cos(rad(latitude))*square(math.Sin(rad(longitude-p.Longitude)/2))
	return 2 * earthRadius * math.Asin(math.Sqrt(min(h, 1)))
}

// within tells how specific a location is that the place is in: 0 for a subdivision, then country, continent and
// the default; -1 if the place is not in it.
func (p Place) within(l *r53types.GeoLocation) int {
	country, subdivision := aws.ToString(l.CountryCode), aws.ToString(l.SubdivisionCode)
	switch {
	case country == "*":
		return 3
	case l.ContinentCode != nil:
		if p.Continent != "" && *l.ContinentCode == p.Continent {
			return 2
		}
	case country != "" && country == p.Country:
		if subdivision == "" {
			return 1
		}
		if subdivision == p.Subdivision {
			return 0
		}
	}
	return -1
}
