package zones

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"

	"github.com/understudy/understudy/cloud/internal/records"
)

func TestGeoLocationsAreListedWhole(t *testing.T) {
	a, _ := openAPI(t, t.TempDir())
	in := &route53.ListGeoLocationsInput{MaxItems: aws.Int32(60)}
	seen := map[records.Place]bool{}
	for {
		out, err := a.listGeoLocations(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range out.GeoLocationDetailsList {
			seen[records.PlaceOf(d.ContinentCode, d.CountryCode, d.SubdivisionCode)] = true
		}
		if !out.IsTruncated {
			break
		}
		in.StartContinentCode, in.StartCountryCode, in.StartSubdivisionCode = out.NextContinentCode, out.NextCountryCode, out.NextSubdivisionCode
	}
	// 7 continents, 249 countries, the default, 50 states and the District of Columbia, 27 regions of Ukraine
	if want := 7 + 249 + 1 + 51 + 27; len(seen) != want || len(records.Places()) != want {
		t.Errorf("%d locations listed of %d, want %d", len(seen), len(records.Places()), want)
	}
	for p, name := range map[records.Place]string{{Country: "*"}: "Default", {Country: "DE"}: "Germany"} {
		got, err := a.getGeoLocation(t.Context(), &route53.GetGeoLocationInput{CountryCode: &p.Country})
		if err != nil || *got.GeoLocationDetails.CountryName != name {
			t.Errorf("%s: %v, %v, want %s", p.Country, got, err, name)
		}
	}
	got, err := a.getGeoLocation(t.Context(), &route53.GetGeoLocationInput{CountryCode: aws.String("US"), SubdivisionCode: aws.String("TX")})
	if err != nil || *got.GeoLocationDetails.SubdivisionName != "Texas" || *got.GeoLocationDetails.CountryName != "United States" {
		t.Errorf("Texas: %v, %v", got, err)
	}
	_, err = a.getGeoLocation(t.Context(), &route53.GetGeoLocationInput{CountryCode: aws.String("XX")})
	refused(t, err, "NoSuchGeoLocation", "")
}
