package policies

//lint:file-ignore ST1005 the messages are AWS's, which answers carry as they are

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/records"
	"github.com/understudy/understudy/cloud/internal/request"
)

// checkRule refuses a rule with members of other kinds of rules, or with branches that no record sets can have.
func (d Document) checkRule(r rule) error {
	if !slices.Contains([]string{"failover", "geo", "latency", "geoproximity", "multivalue", "weighted"}, r.RuleType) {
		return fmt.Errorf("RuleType %q is unknown", r.RuleType)
	}
	failover := r.RuleType == "failover"
	switch {
	case failover != (r.Primary != nil), failover != (r.Secondary != nil):
		return fmt.Errorf("Primary and Secondary are for failover rules, which must have both")
	case len(r.Locations) > 0 && r.RuleType != "geo", len(r.Regions) > 0 && r.RuleType != "latency",
		len(r.GeoproximityLocations) > 0 && r.RuleType != "geoproximity", len(r.Items) > 0 && r.RuleType != "weighted" && r.RuleType != "multivalue":
		return fmt.Errorf("it has members of another type of rule than %s", r.RuleType)
	}
	branches := r.branches()
	if len(branches) == 0 || len(branches) > records.MaxGroup {
		return fmt.Errorf("it must lead to 1 to %d endpoints or rules", records.MaxGroup)
	}
	seen := map[string]bool{}
	for i, b := range branches {
		if err := d.exists(b); err != nil {
			return err
		}
		if err := b.onlyOf(r.RuleType, d.AWSPolicyFormatVersion); err != nil {
			return err
		}
		set := &r53types.ResourceRecordSet{}
		if err := b.route(set, r.RuleType, i); err != nil {
			return err
		}
		if place := b.place(r.RuleType, set); place != "" && seen[place] {
			return fmt.Errorf("%s is there twice", place)
		} else if place != "" {
			seen[place] = true
		}
	}
	return nil
}

// onlyOf refuses members of a branch that its rule does not have.
func (b branch) onlyOf(rule, version string) error {
	old := rule == "geoproximity" && version == "2015-10-01"
	for _, m := range []struct {
		name  string
		given bool
		fits  bool
	}{
		{"IsDefault", b.IsDefault != "", rule == "geo"},
		{"Continent", b.Continent != "", rule == "geo"},
		{"Country", b.Country != "", rule == "geo"},
		{"Subdivision", b.Subdivision != "", rule == "geo"},
		{"Region", b.Region != "", rule == "latency" || old},
		{"Latitude", b.Latitude != "", old},
		{"Longitude", b.Longitude != "", old},
		{"Location", b.Location != nil, rule == "geoproximity" && !old},
		{"Bias", b.Bias != "", rule == "geoproximity"},
		{"Weight", b.Weight != "", rule == "weighted"},
		{"EvaluateTargetHealth", b.EvaluateTargetHealth != "", rule != "multivalue"},
		{"RuleReference", b.RuleReference != "", rule != "multivalue"},
	} {
		if m.given && !m.fits {
			return fmt.Errorf("%s is no member of a %s rule of version %s", m.name, rule, version)
		}
	}
	for member, s := range map[string]scalar{"EvaluateTargetHealth": b.EvaluateTargetHealth, "IsDefault": b.IsDefault} {
		if s != "" && s != "true" && s != "false" {
			return fmt.Errorf("%s is neither true nor false", member)
		}
	}
	return nil
}

// place is what must differ between the branches of a rule.
func (b branch) place(rule string, set *r53types.ResourceRecordSet) string {
	switch rule {
	case "geo":
		l := set.GeoLocation
		return strings.Join([]string{"location", aws.ToString(l.ContinentCode), aws.ToString(l.CountryCode), aws.ToString(l.SubdivisionCode)}, " ")
	case "latency":
		return "region " + b.Region
	}
	return ""
}

// route sets the members of a record set for a rule's routing policy, from one of its branches.
func (b branch) route(set *r53types.ResourceRecordSet, rule string, i int) error {
	set.SetIdentifier = aws.String(fmt.Sprintf("%s-%d", rule, i+1))
	switch rule {
	case "failover":
		set.Failover = []r53types.ResourceRecordSetFailover{r53types.ResourceRecordSetFailoverPrimary, r53types.ResourceRecordSetFailoverSecondary}[i]
	case "latency":
		set.Region = r53types.ResourceRecordSetRegion(b.Region)
	case "multivalue":
		set.MultiValueAnswer = aws.Bool(true)
	case "weighted":
		n, err := b.Weight.integer(0, 255)
		if err != nil || b.Weight == "" {
			return fmt.Errorf("weight %q is no number from 0 to 255", string(b.Weight))
		}
		set.Weight = aws.Int64(int64(n))
	case "geo":
		set.GeoLocation = b.geoLocation()
	case "geoproximity":
		l, err := b.geoProximity()
		if err != nil {
			return err
		}
		set.GeoProximityLocation = l
	}
	return records.Routed(set, "")
}

func (b branch) geoLocation() *r53types.GeoLocation {
	l := &r53types.GeoLocation{}
	request.Set(&l.ContinentCode, request.Given(b.Continent))
	request.Set(&l.CountryCode, request.Given(b.Country))
	request.Set(&l.SubdivisionCode, request.Given(b.Subdivision))
	if b.IsDefault.boolean() && b.Continent == "" && b.Country == "" {
		l.CountryCode = aws.String("*")
	}
	return l
}

// regionPrefix stands before regions' names in geoproximity rules.
const regionPrefix = "aws:route53:"

func (b branch) geoProximity() (*r53types.GeoProximityLocation, error) {
	bias, err := b.Bias.integer(-99, 99)
	if err != nil {
		return nil, fmt.Errorf("bias %w", err)
	}
	l := &r53types.GeoProximityLocation{}
	if b.Bias != "" {
		l.Bias = aws.Int32(int32(bias))
	}
	at := b.Location
	if at == nil { // version 2015-10-01
		at = &location{Type: "Coordinate", Latitude: b.Latitude, Longitude: b.Longitude}
		if b.Region != "" {
			at = &location{Type: "Region", LocationName: b.Region, Latitude: b.Latitude, Longitude: b.Longitude}
		}
	}
	where, named := strings.CutPrefix(at.LocationName, regionPrefix)
	coordinates := at.Latitude != "" || at.Longitude != ""
	switch {
	case at.Type == "Coordinate" && at.LocationName == "":
		l.Coordinates = &r53types.Coordinates{Latitude: aws.String(string(at.Latitude)), Longitude: aws.String(string(at.Longitude))}
	case at.Type == "Region" && named && !coordinates:
		l.AWSRegion = &where
	case at.Type == "LocalZone" && named && !coordinates && where != "":
		l.LocalZoneGroup = aws.String(where[:len(where)-1]) // the zone's name is the group's and a letter
	default:
		return nil, fmt.Errorf("location %+v is none", *at)
	}
	return l, nil
}
