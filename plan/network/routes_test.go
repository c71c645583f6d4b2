package network

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// A subnet that was moved from one of the stack's tables to the other is moved back by the table that it belongs to: the
// other one, whose step runs at the same time, does not touch it.
func TestMovedSubnetIsMovedBackByOneTable(t *testing.T) {
	a, b, c, d := &Subnet{ID: "subnet-a"}, &Subnet{ID: "subnet-b"}, &Subnet{ID: "subnet-c"}, &Subnet{ID: "subnet-d"}
	public, private := []*Subnet{a, b}, []*Subnet{c, d}
	var calls []string
	s := resourcetest.Answering(t, func(r *http.Request) (int, string) {
		form := resourcetest.FormOf(t, r)
		calls = append(calls, strings.Join(slices.DeleteFunc([]string{form.Get("Action"), form.Get("AssociationId"), form.Get("SubnetId"),
			form.Get("RouteTableId")}, func(s string) bool { return s == "" }), " "))
		switch form.Get("Action") {
		case "AssociateRouteTable":
			return resourcetest.NotFound("Resource.AlreadyAssociated")(r)
		case "DescribeRouteTables":
			return http.StatusOK, "<R><routeTableSet><item><routeTableId>rtb-private</routeTableId><associationSet><item><subnetId>subnet-a</subnetId>" +
				"<routeTableAssociationId>assoc-a</routeTableAssociationId></item></associationSet></item></routeTableSet></R>"
		}
		return http.StatusOK, "<R/>"
	})
	of := func(id, role string, subnets, others []*Subnet, associated ...string) *Routes {
		r := &Routes{Scope: s, id: id, Role: role, Subnets: subnets, Elsewhere: others, Associations: map[string]string{}}
		for _, id := range associated {
			r.Associations["subnet-"+id] = "assoc-" + id
		}
		return r
	}
	to := []*Routes{
		of("rtb-private", PrivateRoutes, private, public, "a", "c", "d", "foreign"),
		of("rtb-public", PublicRoutes, public, private, "b"),
	}
	for _, r := range to {
		if err := r.Change(t.Context(), []resource.Difference{{Name: "subnets"}}); err != nil {
			t.Error(err)
		}
	}
	want := []string{"DisassociateRouteTable assoc-foreign", "AssociateRouteTable subnet-a rtb-public", "DescribeRouteTables",
		"ReplaceRouteTableAssociation assoc-a rtb-public"}
	if diff := cmp.Diff(want, calls); diff != "" {
		t.Errorf("calls (-want +got)\n%s", diff)
	}
}

// An association that ends between two calls is made anew.
func TestSubnetWhoseAssociationEndsMeanwhileIsAssociated(t *testing.T) {
	associations := 0
	s := resourcetest.Answering(t, func(r *http.Request) (int, string) {
		switch resourcetest.FormOf(t, r).Get("Action") {
		case "AssociateRouteTable":
			if associations++; associations == 1 {
				return resourcetest.NotFound("Resource.AlreadyAssociated")(r)
			}
		case "DescribeRouteTables":
			return http.StatusOK, "<R><routeTableSet><item><associationSet><item><subnetId>subnet-a</subnetId>" +
				"<routeTableAssociationId>assoc-a</routeTableAssociationId></item></associationSet></item></routeTableSet></R>"
		case "ReplaceRouteTableAssociation":
			return resourcetest.NotFound("InvalidAssociationID.NotFound")(r)
		}
		return http.StatusOK, "<R/>"
	})
	r := &Routes{Scope: s, id: "rtb-public", Subnets: []*Subnet{{ID: "subnet-a"}}}
	if err := r.associate(t.Context()); err != nil || associations != 2 {
		t.Errorf("%d associations, %v", associations, err)
	}
}

// A table that has lost one of its tags, or both, is known by the role that is left, or by the subnets under it.
func TestRouteTableWithoutItsTagsIsRecognised(t *testing.T) {
	s := resourcetest.Scope(t)
	public, private := []*Subnet{{ID: "a"}, {ID: "b"}}, []*Subnet{{ID: "c"}, {ID: "d"}}
	tables := []*Routes{{Scope: s, Role: PublicRoutes, Subnets: public, Elsewhere: private}, {Scope: s, Role: PrivateRoutes, Subnets: private, Elsewhere: public}}
	for name, c := range map[string]struct {
		tags    map[string]string
		subnets string
		want    []string
	}{
		"no tags":                              {nil, "ab", []string{PublicRoutes}},
		"the stack's tag is lost":              {map[string]string{account.TagRole: PublicRoutes}, "ab", []string{PublicRoutes}},
		"the role's tag is lost":               {map[string]string{account.TagStack: s.Stack()}, "cd", []string{PrivateRoutes}},
		"another role was written":             {map[string]string{account.TagStack: s.Stack(), account.TagRole: "mine"}, "cd", []string{PrivateRoutes}},
		"a subnet was moved here":              {nil, "acd", []string{PrivateRoutes}},
		"all were moved, and the role is left": {map[string]string{account.TagRole: PrivateRoutes}, "ab", []string{PrivateRoutes}},
		"one of each":                          {nil, "ac", nil},
		"another stack's":                      {map[string]string{account.TagStack: "other"}, "ab", nil},
	} {
		table := ec2types.RouteTable{}
		for k, v := range c.tags {
			table.Tags = append(table.Tags, ec2types.Tag{Key: &k, Value: &v})
		}
		for _, id := range c.subnets {
			table.Associations = append(table.Associations, ec2types.RouteTableAssociation{SubnetId: aws.String(string(id))})
		}
		var got []string
		for _, r := range tables {
			if r.recognises(table) {
				got = append(got, r.Role)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

func TestRoutesDiffer(t *testing.T) {
	a, b := &Subnet{ID: "subnet-a"}, &Subnet{ID: "subnet-b"}
	r := &Routes{Scope: resourcetest.Scope(t), Role: "public-routes", Gateway: &Gateway{id: "igw-1"}, Subnets: []*Subnet{b, a}}
	r.remember(ec2types.RouteTable{
		RouteTableId: aws.String("rtb-1"),
		Tags:         r.Mark("public-routes").EC2("route-table")[0].Tags,
		Routes: []ec2types.Route{
			{DestinationCidrBlock: aws.String("10.10.0.0/16"), GatewayId: aws.String("local"), Origin: "CreateRouteTable"},
			{DestinationCidrBlock: aws.String("10.9.0.0/16"), GatewayId: aws.String("vgw-1"), Origin: "EnableVgwRoutePropagation"},
			{DestinationPrefixListId: aws.String("pl-1"), GatewayId: aws.String("vpce-1"), Origin: "CreateRoute"},
			{DestinationIpv6CidrBlock: aws.String("::/0"), GatewayId: aws.String("igw-1"), Origin: "CreateRoute"},
			{DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: aws.String("igw-2"), Origin: "CreateRoute"},
		},
	})
	resourcetest.Expect(t, r, "0.0.0.0/0: igw-1, not igw-2", "other routes: , not ::/0 by igw-1", "subnets: subnet-a, subnet-b, not ")
	want := []resource.Remark{{ID: "rtb-1", Text: "has routes of gateway endpoints, which are not this stack's: pl-1 by vpce-1"}}
	if diff := cmp.Diff(want, r.Remarks()); diff != "" {
		t.Errorf("remarks (-want +got)\n%s", diff)
	}
	r.Gateway = nil
	r.extra, r.Associations = nil, map[string]string{"subnet-a": "x", "subnet-b": "y"}
	resourcetest.Expect(t, r, "0.0.0.0/0: nowhere, not igw-2")
	r.remember(ec2types.RouteTable{RouteTableId: aws.String("rtb-1")})
	resourcetest.Expect(t, r, "subnets: subnet-a, subnet-b, not ", "tagged: yes, not no")
}
