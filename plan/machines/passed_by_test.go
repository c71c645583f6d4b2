package machines

import (
	"testing"

	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// Each generation is looked at by itself: what lies in the other's VPC is neither in use nor a double.
func TestWhatLiesInAnotherNetworkIsPassedBy(t *testing.T) {
	s, _ := resourcetest.TwoNetworks(t, map[string]string{
		"DescribeSubnets": resourcetest.Items("subnetSet", "<subnetId>subnet-%[1]s</subnetId><vpcId>vpc-%[1]s</vpcId>"),
		"DescribeInternetGateways": resourcetest.Items("internetGatewaySet",
			"<internetGatewayId>igw-%[1]s</internetGatewayId><attachmentSet><item><vpcId>vpc-%[1]s</vpcId></item></attachmentSet>"),
		"DescribeRouteTables":    resourcetest.Items("routeTableSet", "<routeTableId>rtb-%[1]s</routeTableId><vpcId>vpc-%[1]s</vpcId>"),
		"DescribeSecurityGroups": resourcetest.Items("securityGroupInfo", "<groupId>sg-%[1]s</groupId><vpcId>vpc-%[1]s</vpcId>"),
		"DescribeInstances": "<reservationSet><item>" + resourcetest.Items("instancesSet",
			"<instanceId>i-%[1]s</instanceId><vpcId>vpc-%[1]s</vpcId><instanceState><name>running</name></instanceState>") + "</item></reservationSet>",
	})
	for of, v := range map[string]*network.VPC{
		"new": {ID: "vpc-new", Earlier: []*network.VPC{{ID: "vpc-old"}}},
		"old": {ID: "vpc-old", Leaving: true},
		"":    {Earlier: []*network.VPC{{ID: "vpc-old"}, {ID: "vpc-new"}}}, // a third one is to be made
	} {
		in := &network.Subnet{Scope: s, VPC: v}
		for want, r := range map[string]resource.Doubling{
			"subnet-": in, "igw-": &network.Gateway{Scope: s, VPC: v}, "sg-": &network.Group{Scope: s, VPC: v}, "rtb-": &network.Routes{Scope: s, VPC: v},
			"i-": &Host{Scope: s, Subnet: in, Template: &Template{ImageID: func() string { return "" }}, Group: &network.Group{}},
		} {
			there, err := r.Find(t.Context())
			if _, settings := r.(*Host); settings {
				err = nil // which are read by calls of their own
			}
			if of == "" {
				want = ""
			} else {
				want += of
			}
			if err != nil || there != (of != "") || r.Identity() != want || len(r.(resource.Doubled).Others()) > 0 {
				t.Errorf("of %q, %T: %v, %q and doubles %v, %v; want %q", of, r, there, r.Identity(), r.(resource.Doubled).Others(), err, want)
			}
		}
	}
}
