package nets_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestAvailabilityZonesAreTold(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	name := func(z ec2types.AvailabilityZone) *string { return z.ZoneName }
	zones := func(in *ec2.DescribeAvailabilityZonesInput) []ec2types.AvailabilityZone {
		t.Helper()
		out, err := d.DescribeAvailabilityZones(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		return out.AvailabilityZones
	}
	all := zones(&ec2.DescribeAvailabilityZonesInput{})
	roomtest.WantSame(t, "zones", regiontest.IDsOf(all, name), "us-east-1a", "us-east-1b", "us-east-1c")
	ids := map[string]bool{}
	for _, z := range all {
		ids[*z.ZoneId] = true
		if z.State != "available" || *z.RegionName != "us-east-1" || *z.ZoneType != "availability-zone" || z.OptInStatus != "opt-in-not-required" ||
			!strings.HasPrefix(*z.ZoneId, "use1-az") {
			t.Errorf("zone %+v", z)
		}
	}
	if len(ids) != 3 {
		t.Errorf("zone ids %v", ids)
	}
	roomtest.WantSame(t, "by name", regiontest.IDsOf(zones(&ec2.DescribeAvailabilityZonesInput{ZoneNames: []string{"us-east-1b"}}), name), "us-east-1b")
	roomtest.WantSame(t, "by id", regiontest.IDsOf(zones(&ec2.DescribeAvailabilityZonesInput{ZoneIds: []string{*all[2].ZoneId}}), name), *all[2].ZoneName)
	roomtest.WantSame(t, "by filter",
		regiontest.IDsOf(zones(&ec2.DescribeAvailabilityZonesInput{Filters: regiontest.Where("zone-name", "*a", "*c")}), name), "us-east-1a", "us-east-1c")
	roomtest.WantSame(t, "by state", regiontest.IDsOf(zones(&ec2.DescribeAvailabilityZonesInput{Filters: regiontest.Where("state", "impaired")}), name))
	for _, in := range []*ec2.DescribeAvailabilityZonesInput{
		{ZoneNames: []string{"us-east-1a", "us-east-1z"}}, {ZoneIds: []string{"use1-az99"}}, {Filters: regiontest.Where("colour", "red")},
	} {
		_, err := d.DescribeAvailabilityZones(ctx, in)
		roomtest.WantAPIError(t, err, "InvalidParameterValue")
	}
}
