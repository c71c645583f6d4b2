package nets

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Zones are the region's availability zones: us-east-1a and so on.
func (r *Room) Zones() []string {
	return []string{r.Region + "a", r.Region + "b", r.Region + "c"}
}

// ZoneID returns a zone's id, use1-az1 for us-east-1a. On AWS the pairing differs between accounts.
func ZoneID(zone string) string {
	name, letter := zone[:len(zone)-1], zone[len(zone)-1]
	parts := strings.Split(name, "-")
	if len(parts) != 3 {
		return name + "-az" + strconv.Itoa(int(letter-'a')+1)
	}
	short := strings.NewReplacer("north", "n", "south", "s", "east", "e", "west", "w", "central", "c")
	return parts[0] + short.Replace(parts[1]) + parts[2] + "-az" + strconv.Itoa(int(letter-'a')+1)
}

// ChooseZone finds the zone of a name, an id or both; the first where neither is given.
func (r *Room) ChooseZone(zone, id string) (string, error) {
	for _, z := range r.Zones() {
		if id != "" && ZoneID(z) == id && (zone == "" || zone == z) {
			return z, nil
		}
	}
	switch {
	case id != "":
		return "", wire.Errorf("InvalidParameterValue", "Value (%s) for parameter availabilityZoneId is invalid.", id)
	case zone == "":
		return r.Zones()[0], nil
	case !slices.Contains(r.Zones(), zone):
		return "", wire.Errorf(
			"InvalidParameterValue",
			"Value (%s) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: %s.",
			zone,
			strings.Join(r.Zones(), ", "),
		)
	}
	return zone, nil
}

// DescribeAvailabilityZones lists the region's three zones.
func (r *Room) DescribeAvailabilityZones(ctx context.Context, in *ec2.DescribeAvailabilityZonesInput) (*ec2.DescribeAvailabilityZonesOutput, error) {
	if err := room.Only(in, "AllAvailabilityZones", "Filters", "ZoneIds", "ZoneNames"); err != nil {
		return nil, err
	}
	var zones []ec2types.AvailabilityZone
	for _, z := range r.Zones() {
		named := len(in.ZoneNames) == 0 || slices.Contains(in.ZoneNames, z)
		if named && (len(in.ZoneIds) == 0 || slices.Contains(in.ZoneIds, ZoneID(z))) {
			zones = append(zones, ec2types.AvailabilityZone{
				ZoneName: new(z), ZoneId: new(ZoneID(z)), RegionName: new(r.Region), State: ec2types.AvailabilityZoneStateAvailable,
				ZoneType: new("availability-zone"), GroupName: new(r.Region), NetworkBorderGroup: new(r.Region),
				OptInStatus: ec2types.AvailabilityZoneOptInStatusOptInNotRequired,
			})
		}
	}
	for _, z := range in.ZoneNames {
		if !slices.Contains(r.Zones(), z) {
			return nil, wire.Errorf("InvalidParameterValue", "Invalid availability zone: [%s]", z)
		}
	}
	for _, id := range in.ZoneIds {
		if !slices.ContainsFunc(r.Zones(), func(z string) bool { return ZoneID(z) == id }) {
			return nil, wire.Errorf("InvalidParameterValue", "Invalid availability zone-id: [%s]", id)
		}
	}
	type zone = ec2types.AvailabilityZone
	zones, err := resource.Filter(r.Registry, zones, in.Filters, func(z zone) string { return *z.ZoneName }, resource.Fields[zone]{
		"zone-name":     resource.One(func(z zone) string { return *z.ZoneName }),
		"zone-id":       resource.One(func(z zone) string { return *z.ZoneId }),
		"region-name":   resource.One(func(z zone) string { return *z.RegionName }),
		"state":         resource.One(func(z zone) string { return string(z.State) }),
		"zone-type":     resource.One(func(z zone) string { return *z.ZoneType }),
		"group-name":    resource.One(func(z zone) string { return *z.GroupName }),
		"opt-in-status": resource.One(func(z zone) string { return string(z.OptInStatus) }),
		"message":       resource.Nothing[zone], "parent-zone-id": resource.Nothing[zone], "parent-zone-name": resource.Nothing[zone],
	})
	return &ec2.DescribeAvailabilityZonesOutput{AvailabilityZones: zones}, err
}
