package zones

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/records"
	"github.com/understudy/understudy/cloud/internal/request"
)

func (r *Room) getGeoLocation(_ context.Context, in *route53.GetGeoLocationInput) (*route53.GetGeoLocationOutput, error) {
	asked := records.PlaceOf(in.ContinentCode, in.CountryCode, in.SubdivisionCode)
	if asked == (records.Place{}) {
		asked.Country = "*"
	}
	found, ok := asked.Find()
	if !ok {
		return nil, request.NotFound("NoSuchGeoLocation", "The specified geolocation was not found.")
	}
	d := found.Describe()
	return &route53.GetGeoLocationOutput{GeoLocationDetails: &d}, nil
}

func (r *Room) listGeoLocations(_ context.Context, in *route53.ListGeoLocationsInput) (*route53.ListGeoLocationsOutput, error) {
	n, err := request.Size(in.MaxItems, 100)
	if err != nil {
		return nil, err
	}
	rest := records.Places()
	if start := records.PlaceOf(in.StartContinentCode, in.StartCountryCode, in.StartSubdivisionCode); start != (records.Place{}) {
		at, _ := slices.BinarySearchFunc(rest, start, records.Place.Compare)
		rest = rest[at:]
	}
	out := &route53.ListGeoLocationsOutput{MaxItems: aws.Int32(int32(n)), GeoLocationDetailsList: []r53types.GeoLocationDetails{}}
	for _, p := range rest[:min(n, len(rest))] {
		out.GeoLocationDetailsList = append(out.GeoLocationDetailsList, p.Describe())
	}
	if len(rest) > n {
		next := rest[n].Describe()
		out.IsTruncated = true
		out.NextContinentCode, out.NextCountryCode, out.NextSubdivisionCode = next.ContinentCode, next.CountryCode, next.SubdivisionCode
	}
	return out, nil
}
