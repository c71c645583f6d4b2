package plan

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
	a, b, c, d := &subnet{id: "subnet-a"}, &subnet{id: "subnet-b"}, &subnet{id: "subnet-c"}, &subnet{id: "subnet-d"}
	public, private := []*subnet{a, b}, []*subnet{c, d}
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
	of := func(id, role string, subnets, others []*subnet, associated ...string) *routes {
		r := &routes{Scope: s, id: id, role: role, subnets: subnets, elsewhere: others, associations: map[string]string{}}
		for _, id := range associated {
			r.associations["subnet-"+id] = "assoc-" + id
		}
		return r
	}
	to := []*routes{
		of("rtb-private", privateRoutes, private, public, "a", "c", "d", "foreign"),
		of("rtb-public", publicRoutes, public, private, "b"),
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
	r := &routes{Scope: s, id: "rtb-public", subnets: []*subnet{{id: "subnet-a"}}}
	if err := r.associate(t.Context()); err != nil || associations != 2 {
		t.Errorf("%d associations, %v", associations, err)
	}
}

// A table that has lost one of its tags, or both, is known by the role that is left, or by the subnets under it.
func TestRouteTableWithoutItsTagsIsRecognised(t *testing.T) {
	s := resourcetest.Scope(t)
	public, private := []*subnet{{id: "a"}, {id: "b"}}, []*subnet{{id: "c"}, {id: "d"}}
	tables := []*routes{{Scope: s, role: publicRoutes, subnets: public, elsewhere: private}, {Scope: s, role: privateRoutes, subnets: private, elsewhere: public}}
	for name, c := range map[string]struct {
		tags    map[string]string
		subnets string
		want    []string
	}{
		"no tags":                              {nil, "ab", []string{publicRoutes}},
		"the stack's tag is lost":              {map[string]string{account.TagRole: publicRoutes}, "ab", []string{publicRoutes}},
		"the role's tag is lost":               {map[string]string{account.TagStack: s.Stack()}, "cd", []string{privateRoutes}},
		"another role was written":             {map[string]string{account.TagStack: s.Stack(), account.TagRole: "mine"}, "cd", []string{privateRoutes}},
		"a subnet was moved here":              {nil, "acd", []string{privateRoutes}},
		"all were moved, and the role is left": {map[string]string{account.TagRole: privateRoutes}, "ab", []string{privateRoutes}},
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
				got = append(got, r.role)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}
