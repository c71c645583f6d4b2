package parity

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/google/go-cmp/cmp"
	"github.com/understudy/understudy"

	"github.com/understudy/understudy/discover"
)

// Of weights over failover pairs, each region has the records that lead to it alone. Those that lead to both, and to what another pair of
// regions has, are neither side's and in nobody's way.
func TestRecordsOfATreeBelongToTheSideThatTheyLeadTo(t *testing.T) {
	const (
		east  = "web-1.us-east-1.elb.amazonaws.com"
		west  = "net-2.elb.us-west-2.amazonaws.com"
		other = "web-3.eu-west-1.elb.amazonaws.com"
	)
	alias := func(name, to, zone string, half r53types.ResourceRecordSetFailover, weight *int64) r53types.ResourceRecordSet {
		return r53types.ResourceRecordSet{Name: aws.String(name + "."), Type: r53types.RRTypeA, SetIdentifier: aws.String(to), Failover: half, Weight: weight,
			AliasTarget: &r53types.AliasTarget{DNSName: aws.String(to + "."), HostedZoneId: &zone, EvaluateTargetHealth: true}}
	}
	records := []r53types.ResourceRecordSet{
		alias("www.shop.test", "a.shop.test", "Z1", "", aws.Int64(90)), alias("www.shop.test", "b.shop.test", "Z1", "", aws.Int64(10)),
		alias("a.shop.test", "east.shop.test", "Z1", "PRIMARY", nil), alias("a.shop.test", west, "Z2", "SECONDARY", nil),
		alias("east.shop.test", east, "Z3", "", nil), alias("b.shop.test", other, "Z4", "", nil),
		{Name: aws.String("b.shop.test."), Type: r53types.RRTypeAaaa, ResourceRecords: []r53types.ResourceRecord{{Value: aws.String("2001:db8::1")}}},
	}
	var left, right Region
	n := &naming{names: newNames("www.shop.test"), regions: map[understudy.Side]*Region{understudy.Primary: &left, understudy.Secondary: &right},
		fronts: []front{{understudy.Primary, east, "Z3", "load balancer web"}, {understudy.Secondary, west, "Z2", "load balancer web"}}}
	n.zone, n.records, n.tree = "Z1", records, discover.Walk(discover.Zone{ID: "Z1", Name: "shop.test"}, "www.shop.test", records)
	n.describe()
	of := func(r Region) map[string]string {
		points := map[string]string{}
		for _, res := range r.Resources {
			points[res.Name()] = res.Settings["points at"]
		}
		return points
	}
	if diff := cmp.Diff(map[string]string{
		"record a.shop.test A":    "a name of the zone that leads to this region",
		"record east.shop.test A": "this region's load balancer web",
	}, of(left)); diff != "" {
		t.Error("primary", diff)
	}
	if diff := cmp.Diff(map[string]string{"record a.shop.test A": "this region's load balancer web"}, of(right)); diff != "" {
		t.Error("secondary", diff)
	}
	if len(n.foreign) != 1 || n.foreign[0].Name() != "foreign record b.shop.test AAAA" {
		t.Errorf("foreign %v", n.foreign)
	}
}
