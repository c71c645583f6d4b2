package records

import (
	"cmp"
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

//go:embed geolocations.txt
var geolocationTable string

// Place is a location that geolocation records can be made for: a continent, a country or a part of one.
type Place struct{ continent, Country, subdivision, name, countryName string }

// continentNames are as ListGeoLocations gives them.
var continentNames = map[string]string{
	"AF": "Africa", "AN": "Antarctica", "AS": "Asia", "EU": "Europe", "OC": "Oceania", "NA": "North America", "SA": "South America",
}

// Places are all locations in the order of listings: countries, the default of "*" before all others and each before its
// parts, and then continents (API reference, ListGeoLocations).
var Places = sync.OnceValue(func() []Place {
	all := []Place{{Country: "*", name: "Default"}}
	for code, name := range continentNames {
		all = append(all, Place{continent: code, name: name})
	}
	countries := map[string]string{}
	for line := range strings.Lines(geolocationTable) {
		field := strings.SplitN(strings.TrimSpace(line), " ", 4)
		if field[0] == "#" {
			continue
		}
		if field[2] == "-" {
			countries[field[1]] = field[3]
			all = append(all, Place{Country: field[1], name: field[3]})
			continue
		}
		all = append(all, Place{Country: field[1], subdivision: field[2], name: field[3], countryName: countries[field[1]]})
	}
	slices.SortFunc(all, Place.Compare)
	return all
})

// Compare orders as ListGeoLocations does.
func (p Place) Compare(o Place) int {
	if (p.continent == "") != (o.continent == "") {
		return cmp.Compare(p.continent, o.continent) // those without a continent first
	}
	return cmp.Or(cmp.Compare(p.continent, o.continent), cmp.Compare(p.Country, o.Country), cmp.Compare(p.subdivision, o.subdivision))
}

// PlaceOf reads a location's codes.
func PlaceOf(continent, country, subdivision *string) Place {
	return Place{continent: aws.ToString(continent), Country: aws.ToString(country), subdivision: aws.ToString(subdivision)}
}

// Find returns a location of the table by its codes.
func (p Place) Find() (Place, bool) {
	at, ok := slices.BinarySearchFunc(Places(), p, Place.Compare)
	if !ok {
		return p, false
	}
	return Places()[at], true
}

func known(p Place) bool {
	_, ok := p.Find()
	return ok
}

// Describe is a location as the API gives it.
func (p Place) Describe() r53types.GeoLocationDetails {
	var d r53types.GeoLocationDetails
	switch {
	case p.continent != "":
		d.ContinentCode, d.ContinentName = &p.continent, &p.name
	case p.subdivision != "":
		d.CountryCode, d.CountryName, d.SubdivisionCode, d.SubdivisionName = &p.Country, &p.countryName, &p.subdivision, &p.name
	default:
		d.CountryCode, d.CountryName = &p.Country, &p.name
	}
	return d
}
