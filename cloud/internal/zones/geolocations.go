package zones

import (
	"cmp"
	"context"
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

//go:embed geolocations.txt
var geolocationTable string

// place is a location that geolocation records can be made for: a continent, a country or a part of one.
type place struct{ continent, country, subdivision, name, countryName string }

// continentNames are as ListGeoLocations gives them.
var continentNames = map[string]string{
	"AF": "Africa", "AN": "Antarctica", "AS": "Asia", "EU": "Europe", "OC": "Oceania", "NA": "North America", "SA": "South America",
}

// places are all locations in the order of listings: countries, the default of "*" before all others and each before its
// parts, and then continents (API reference, ListGeoLocations).
var places = sync.OnceValue(func() []place {
	all := []place{{country: "*", name: "Default"}}
	for code, name := range continentNames {
		all = append(all, place{continent: code, name: name})
	}
	countries := map[string]string{}
	for line := range strings.Lines(geolocationTable) {
		field := strings.SplitN(strings.TrimSpace(line), " ", 4)
		if field[0] == "#" {
			continue
		}
		if field[2] == "-" {
			countries[field[1]] = field[3]
			all = append(all, place{country: field[1], name: field[3]})
			continue
		}
		all = append(all, place{country: field[1], subdivision: field[2], name: field[3], countryName: countries[field[1]]})
	}
	slices.SortFunc(all, place.compare)
	return all
})

func (p place) compare(o place) int {
	if (p.continent == "") != (o.continent == "") {
		return cmp.Compare(p.continent, o.continent) // those without a continent first
	}
	return cmp.Or(cmp.Compare(p.continent, o.continent), cmp.Compare(p.country, o.country), cmp.Compare(p.subdivision, o.subdivision))
}

// placeOf reads a location's codes.
func placeOf(continent, country, subdivision *string) place {
	return place{continent: aws.ToString(continent), country: aws.ToString(country), subdivision: aws.ToString(subdivision)}
}

// find returns a location of the table by its codes.
func (p place) find() (place, bool) {
	at, ok := slices.BinarySearchFunc(places(), p, place.compare)
	if !ok {
		return p, false
	}
	return places()[at], true
}

func known(p place) bool {
	_, ok := p.find()
	return ok
}

func (p place) describe() r53types.GeoLocationDetails {
	var d r53types.GeoLocationDetails
	switch {
	case p.continent != "":
		d.ContinentCode, d.ContinentName = &p.continent, &p.name
	case p.subdivision != "":
		d.CountryCode, d.CountryName, d.SubdivisionCode, d.SubdivisionName = &p.country, &p.countryName, &p.subdivision, &p.name
	default:
		d.CountryCode, d.CountryName = &p.country, &p.name
	}
	return d
}

func (a *api) getGeoLocation(_ context.Context, in *route53.GetGeoLocationInput) (*route53.GetGeoLocationOutput, error) {
	asked := placeOf(in.ContinentCode, in.CountryCode, in.SubdivisionCode)
	if asked == (place{}) {
		asked.country = "*"
	}
	found, ok := asked.find()
	if !ok {
		return nil, notFound("NoSuchGeoLocation", "The specified geolocation was not found.")
	}
	d := found.describe()
	return &route53.GetGeoLocationOutput{GeoLocationDetails: &d}, nil
}

func (a *api) listGeoLocations(_ context.Context, in *route53.ListGeoLocationsInput) (*route53.ListGeoLocationsOutput, error) {
	n, err := size(in.MaxItems, 100)
	if err != nil {
		return nil, err
	}
	rest := places()
	if start := placeOf(in.StartContinentCode, in.StartCountryCode, in.StartSubdivisionCode); start != (place{}) {
		at, _ := slices.BinarySearchFunc(rest, start, place.compare)
		rest = rest[at:]
	}
	out := &route53.ListGeoLocationsOutput{MaxItems: aws.Int32(int32(n)), GeoLocationDetailsList: []r53types.GeoLocationDetails{}}
	for _, p := range rest[:min(n, len(rest))] {
		out.GeoLocationDetailsList = append(out.GeoLocationDetailsList, p.describe())
	}
	if len(rest) > n {
		next := rest[n].describe()
		out.IsTruncated = true
		out.NextContinentCode, out.NextCountryCode, out.NextSubdivisionCode = next.ContinentCode, next.CountryCode, next.SubdivisionCode
	}
	return out, nil
}
