package records

//lint:file-ignore ST1005 the messages are AWS's, which answers carry as they are

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/request"
)

// Policy is a routing policy, as Route 53's messages call it.
type Policy string

const (
	simple       Policy = "simple"
	weighted     Policy = "weighted"
	latency      Policy = "latency"
	failingOver  Policy = "failover"
	geolocation  Policy = "geolocation"
	multivalue   Policy = "multivalue answer"
	geoproximity Policy = "geoproximity"
	ipBased      Policy = "CIDR routing"
)

// policiesOf lists the policies that a record set asks for; a simple one asks for none.
func policiesOf(set *r53types.ResourceRecordSet) []Policy {
	var found []Policy
	for _, p := range []struct {
		Policy
		given bool
	}{
		{weighted, set.Weight != nil}, {latency, set.Region != ""}, {failingOver, set.Failover != ""}, {geolocation, set.GeoLocation != nil},
		{multivalue, set.MultiValueAnswer != nil}, {geoproximity, set.GeoProximityLocation != nil}, {ipBased, set.CidrRoutingConfig != nil},
	} {
		if p.given {
			found = append(found, p.Policy)
		}
	}
	return found
}

func policyOf(set *r53types.ResourceRecordSet) Policy {
	if found := policiesOf(set); len(found) > 0 {
		return found[0]
	}
	return simple
}

// Routed checks the members of a record set's routing policy; in names the change, for messages.
func Routed(set *r53types.ResourceRecordSet, in string) error {
	const exactly = "Invalid request: Expected exactly one of [Weight, Region, Failover, " +
		"GeoLocation, MultiValueAnswer, GeoProximityLocation, or CidrRoutingConfig], but found"
	found := policiesOf(set)
	switch {
	case len(found) > 1:
		return request.BadInput("%s more than one %s", exactly, in)
	case len(found) == 0 && set.SetIdentifier != nil:
		return request.BadInput("%s none %s", exactly, in)
	case len(found) == 0:
		return nil
	case set.SetIdentifier == nil:
		return request.BadInput("Invalid request: Missing field 'SetIdentifier' %s", in)
	}
	if err := request.Length("setIdentifier", *set.SetIdentifier, 1, 128); err != nil {
		return err
	}
	switch found[0] {
	case weighted:
		if *set.Weight < 0 || *set.Weight > 255 {
			return request.BadInput(
				"1 validation error detected: Value '%d' at 'weight' failed to satisfy constraint: Member must have value between 0 and 255",
				*set.Weight,
			)
		}
	case latency:
		return request.OneOf("region", string(set.Region), set.Region.Values())
	case failingOver:
		return request.OneOf("failover", string(set.Failover), set.Failover.Values())
	case geolocation:
		return geoLocation(set.GeoLocation, in)
	case multivalue:
		return multivalueAnswer(set, in)
	case geoproximity:
		return geoProximity(set.GeoProximityLocation, in)
	case ipBased:
		return cidrRouting(set.CidrRoutingConfig)
	}
	return nil
}

func multivalueAnswer(set *r53types.ResourceRecordSet, in string) error {
	switch {
	case !*set.MultiValueAnswer:
		return request.BadInput("Invalid request: MultiValueAnswer may only be true %s", in)
	case set.AliasTarget != nil:
		return request.BadInput("Invalid request: a multivalue answer record may not be an alias %s", in)
	case slices.Contains([]r53types.RRType{r53types.RRTypeCname, r53types.RRTypeNs}, set.Type):
		// Developer Guide, resource-record-sets-values-multivalue: any type except NS and CNAME.
		return request.BadInput("Invalid request: a multivalue answer record may not be of type %s %s", set.Type, in)
	}
	return nil
}

var subdivisions = []string{"US", "UA"} // the countries whose parts Route 53 tells apart

// geoLocation checks a location by the API reference, GeoLocation.
func geoLocation(l *r53types.GeoLocation, in string) error {
	continent, country, part := aws.ToString(l.ContinentCode), aws.ToString(l.CountryCode), aws.ToString(l.SubdivisionCode)
	wrong := func(format string, args ...any) error {
		return request.BadInput("Invalid request: %s %s", fmt.Sprintf(format, args...), in)
	}
	switch {
	case continent == "" && country == "":
		return wrong("GeoLocation must have a ContinentCode or a CountryCode")
	case continent != "" && (country != "" || part != ""):
		return wrong("GeoLocation may not have both a ContinentCode and a CountryCode or SubdivisionCode")
	case continent != "" && continentNames[continent] == "":
		return wrong("'%s' is not a valid ContinentCode", continent)
	case country != "" && !known(Place{Country: country}):
		return wrong("'%s' is not a valid CountryCode", country)
	case part != "" && !slices.Contains(subdivisions, country):
		return wrong("SubdivisionCode may only be used with the countries %v", subdivisions)
	case part != "" && !known(Place{Country: country, subdivision: part}):
		return wrong("'%s' is not a valid SubdivisionCode", part)
	}
	return nil
}

// coordinate is a number of degrees with at most two decimals.
var coordinate = regexp.MustCompile(`^[-+]?[0-9]{1,3}(\.[0-9]{0,2})?$`)

// geoProximity checks a location by the API reference, GeoProximityLocation.
func geoProximity(l *r53types.GeoProximityLocation, in string) error {
	given := 0
	for _, is := range []bool{l.AWSRegion != nil, l.LocalZoneGroup != nil, l.Coordinates != nil} {
		if is {
			given++
		}
	}
	if given != 1 {
		return request.BadInput(
			"Invalid request: Expected exactly one of [AWSRegion, LocalZoneGroup, or Coordinates] in GeoProximityLocation, but found %d %s",
			given,
			in,
		)
	}
	if b := aws.ToInt32(l.Bias); b < -99 || b > 99 {
		return request.BadInput("1 validation error detected: Value '%d' at 'bias' failed to satisfy constraint: Member must have value between -99 and 99", b)
	}
	if l.AWSRegion != nil {
		return request.OneOf("AWSRegion", *l.AWSRegion, r53types.ResourceRecordSetRegion("").Values())
	}
	if c := l.Coordinates; c != nil {
		for _, d := range []struct {
			name, value string
			most        float64
		}{{"Latitude", aws.ToString(c.Latitude), 90}, {"Longitude", aws.ToString(c.Longitude), 180}} {
			n, err := strconv.ParseFloat(d.value, 64)
			if err != nil || !coordinate.MatchString(d.value) || n < -d.most || n > d.most {
				return request.BadInput("Invalid request: '%s' is not a valid %s %s", d.value, d.name, in)
			}
		}
	}
	return nil
}

// LocationName is what a location of a CIDR collection may be called (API reference, CidrRoutingConfig).
var LocationName = regexp.MustCompile(`^([0-9A-Za-z_-]{1,16}|\*)$`)

func cidrRouting(c *r53types.CidrRoutingConfig) error {
	if !LocationName.MatchString(aws.ToString(c.LocationName)) {
		return request.BadInput(
			"1 validation error detected: Value '%s' at 'locationName' failed to satisfy constraint: "+
				"Member must satisfy regular expression pattern: [0-9A-Za-z_\\-\\*]+",
			aws.ToString(c.LocationName),
		)
	}
	if aws.ToString(c.CollectionId) == "" {
		return request.BadInput("Invalid XML ; the content of element 'CidrRoutingConfig' is not complete: CollectionId is expected.")
	}
	return nil
}

// beside checks a set against another of the same name and type.
func (p Policy) beside(set, other Set) error {
	k, o := KeyOf(set), policyOf(other)
	refuse := func(why string) error {
		return fmt.Errorf("RRSet with DNS name %s, type %s, SetIdentifier %s cannot be created as a %s", k.Name, k.Kind, k.ID, why)
	}
	const exists = " set exists with the same name and type."
	switch {
	case p == simple:
		return fmt.Errorf("RRSet with DNS name %s, type %s cannot be created as other RRSets exist with the same name and type.", k.Name, k.Kind)
	case o == simple || o != p && p == failingOver:
		return refuse("non-weighted" + exists)
	case o != p:
		return refuse("non-" + string(p) + exists)
	case p == failingOver && set.Failover == other.Failover:
		return refuse(fmt.Sprintf("failover %s"+exists, set.Failover))
	case p == latency && set.Region == other.Region:
		return refuse(fmt.Sprintf("latency set for region %s exists with the same name and type.", set.Region))
	case p == geolocation && sameLocation(set.GeoLocation, other.GeoLocation):
		return refuse("geolocation set for the same location exists with the same name and type.")
	case p == ipBased && *set.CidrRoutingConfig.CollectionId != *other.CidrRoutingConfig.CollectionId:
		return refuse("CIDR routing set of another CIDR collection exists with the same name and type.")
	case p == ipBased && *set.CidrRoutingConfig.LocationName == *other.CidrRoutingConfig.LocationName:
		return refuse("CIDR routing set for the same location exists with the same name and type.")
	}
	return nil
}

func sameLocation(a, b *r53types.GeoLocation) bool {
	return aws.ToString(a.ContinentCode) == aws.ToString(b.ContinentCode) && aws.ToString(a.CountryCode) == aws.ToString(b.CountryCode) &&
		aws.ToString(a.SubdivisionCode) == aws.ToString(b.SubdivisionCode)
}
