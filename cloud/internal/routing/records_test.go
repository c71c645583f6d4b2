package routing

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
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

func location(continent, country, subdivision string) option {
	return identified(continent+country+subdivision, func(r *r53types.ResourceRecordSet) {
		r.GeoLocation = &r53types.GeoLocation{}
		for to, code := range map[**string]string{
			&r.GeoLocation.ContinentCode: continent, &r.GeoLocation.CountryCode: country, &r.GeoLocation.SubdivisionCode: subdivision,
		} {
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
