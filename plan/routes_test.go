package plan

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// formOf reads the parameters of a call by query protocol.
func formOf(t *testing.T, r *http.Request) url.Values {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		t.Fatal(err)
	}
	return form
}

// A subnet that was moved from one of the stack's tables to the other is moved back by the table that it belongs to: the
// other one, whose step runs at the same time, does not touch it.
func TestMovedSubnetIsMovedBackByOneTable(t *testing.T) {
	a, b, c, d := &subnet{id: "subnet-a"}, &subnet{id: "subnet-b"}, &subnet{id: "subnet-c"}, &subnet{id: "subnet-d"}
	public, private := []*subnet{a, b}, []*subnet{c, d}
	var calls []string
	s := answering(t, func(r *http.Request) (int, string) {
		form := formOf(t, r)
		calls = append(calls, strings.Join(slices.DeleteFunc([]string{form.Get("Action"), form.Get("AssociationId"), form.Get("SubnetId"),
			form.Get("RouteTableId")}, func(s string) bool { return s == "" }), " "))
		switch form.Get("Action") {
		case "AssociateRouteTable":
			return notFound("Resource.AlreadyAssociated")(r)
		case "DescribeRouteTables":
			return http.StatusOK, "<R><routeTableSet><item><routeTableId>rtb-private</routeTableId><associationSet><item><subnetId>subnet-a</subnetId>" +
				"<routeTableAssociationId>assoc-a</routeTableAssociationId></item></associationSet></item></routeTableSet></R>"
		}
		return http.StatusOK, "<R/>"
	})
	of := func(id, role string, subnets, others []*subnet, associated ...string) *routes {
		r := &routes{scope: s, id: id, role: role, subnets: subnets, elsewhere: others, associations: map[string]string{}}
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
		if err := r.change(t.Context(), []Difference{{Name: "subnets"}}); err != nil {
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
	s := answering(t, func(r *http.Request) (int, string) {
		switch formOf(t, r).Get("Action") {
		case "AssociateRouteTable":
			if associations++; associations == 1 {
				return notFound("Resource.AlreadyAssociated")(r)
			}
		case "DescribeRouteTables":
			return http.StatusOK, "<R><routeTableSet><item><associationSet><item><subnetId>subnet-a</subnetId>" +
				"<routeTableAssociationId>assoc-a</routeTableAssociationId></item></associationSet></item></routeTableSet></R>"
		case "ReplaceRouteTableAssociation":
			return notFound("InvalidAssociationID.NotFound")(r)
		}
		return http.StatusOK, "<R/>"
	})
	r := &routes{scope: s, id: "rtb-public", subnets: []*subnet{{id: "subnet-a"}}}
	if err := r.associate(t.Context()); err != nil || associations != 2 {
		t.Errorf("%d associations, %v", associations, err)
	}
}
