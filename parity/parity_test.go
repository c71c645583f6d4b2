package parity

import (
	"net/netip"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func region(name string, resources ...Resource) Region {
	return Region{Name: name, Resources: resources}
}

func TestEqualMeaningIsEqualWhateverTheIds(t *testing.T) {
	left := region("us-east-1", Resource{Kind: "vpc", Role: "main", ID: "vpc-1", Settings: map[string]string{"size": "/16"}})
	right := region("us-west-2", Resource{Kind: "vpc", Role: "main", ID: "vpc-2", Settings: map[string]string{"size": "/16"}})
	if found := Compare(left, right); len(found) != 0 {
		t.Errorf("findings %v", found)
	}
}

func TestDifferenceIsNamedWithBothSides(t *testing.T) {
	left := region("us-east-1", Resource{Kind: "security group", Role: "internal", ID: "sg-1",
		Settings: map[string]string{"ingress tcp 22 from 0.0.0.0/0": "allowed"}})
	right := region("us-west-2", Resource{Kind: "security group", Role: "internal", ID: "sg-2"}, Resource{Kind: "image", Role: "app", ID: "ami-2"})
	want := []Finding{
		{Kind: "image", Role: "app", Left: Side{"us-east-1", "", None}, Right: Side{"us-west-2", "ami-2", "present"}},
		{Kind: "security group", Role: "internal", Setting: "ingress tcp 22 from 0.0.0.0/0",
			Left: Side{"us-east-1", "sg-1", "allowed"}, Right: Side{"us-west-2", "sg-2", None}},
	}
	if diff := cmp.Diff(want, Compare(left, right)); diff != "" {
		t.Error(diff)
	}
}

func TestResourcesOfOneRoleMeetTheirLike(t *testing.T) {
	a := Resource{Kind: "instance", Role: "fleet", ID: "i-1", Settings: map[string]string{"in": "subnet private-a"}}
	b := Resource{Kind: "instance", Role: "fleet", ID: "i-2", Settings: map[string]string{"in": "subnet private-b"}}
	if found := Compare(region("one", a, b), region("two", b, a)); len(found) != 0 {
		t.Errorf("findings %v", found)
	}
	if found := Compare(region("one", a, b), region("two", a)); len(found) != 1 {
		t.Errorf("%d findings, want 1: %v", len(found), found)
	}
}

// Comparing is symmetric, finds nothing between a region and itself in another order, and finds every
// setting that was changed.
func TestCompareProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		resources := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Resource {
			return Resource{
				Kind:     rapid.SampledFrom([]string{"vpc", "subnet", "instance"}).Draw(t, "kind"),
				Role:     rapid.SampledFrom([]string{"a", "b"}).Draw(t, "role"),
				Settings: rapid.MapOfN(rapid.SampledFrom([]string{"x", "y", "z"}), rapid.SampledFrom([]string{"1", "2"}), 0, 3).Draw(t, "settings"),
			}
		}), 1, 8).Draw(t, "resources")
		one := region("one", resources...)
		two := region("two", rapid.Permutation(resources).Draw(t, "order")...)
		if found := Compare(one, two); len(found) != 0 {
			t.Fatalf("findings between equals: %v", found)
		}
		changed := append([]Resource(nil), two.Resources...)
		i := rapid.IntRange(0, len(changed)-1).Draw(t, "which")
		changed[i].Settings = map[string]string{"new": "value"}
		if len(Compare(one, region("two", changed...))) == 0 {
			t.Fatal("a changed setting was not found")
		}
		if a, b := Compare(one, region("two", changed...)), Compare(region("two", changed...), one); len(a) != len(b) {
			t.Fatalf("%d findings one way, %d the other", len(a), len(b))
		}
	})
}

func TestRulesAreReadByMeaning(t *testing.T) {
	r := &reader{cidr: netip.MustParsePrefix("10.20.0.0/16"), roles: map[string]string{"sg-1": "security group public"}}
	settings := map[string]string{}
	r.rules(settings, "ingress", "from", []ec2types.IpPermission{
		{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(8080), ToPort: aws.Int32(8080),
			UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: aws.String("sg-1")}}},
		{IpProtocol: aws.String("udp"), FromPort: aws.Int32(1), ToPort: aws.Int32(9),
			IpRanges: []ec2types.IpRange{{CidrIp: aws.String("10.20.3.0/24")}, {CidrIp: aws.String("0.0.0.0/0")}}},
		{IpProtocol: aws.String("-1"), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("10.20.0.0/16")}}},
	})
	want := map[string]string{
		"ingress tcp 8080 from security group public": "allowed",
		"ingress udp 1-9 from +0.0.3.0/24":            "allowed",
		"ingress udp 1-9 from 0.0.0.0/0":              "allowed",
		"ingress everything from the vpc's range":     "allowed",
	}
	if diff := cmp.Diff(want, settings); diff != "" {
		t.Error(diff)
	}
}

func TestInventoryCountsWhatWasDeclared(t *testing.T) {
	r := region("one", Resource{Kind: "security group", Role: "internal"}, Resource{Kind: "security group", Role: "default", Given: true},
		Resource{Kind: "route table", Role: "main", Given: true}, Resource{Kind: "route table", Role: "public"})
	if diff := cmp.Diff(map[string]int{"security group": 1, "route table": 1}, r.Inventory()); diff != "" {
		t.Error(diff)
	}
	opened := region("two", r.Resources...)
	opened.Resources = append([]Resource(nil), r.Resources...)
	opened.Resources[1].Settings = map[string]string{"ingress everything from 0.0.0.0/0": "allowed"}
	if found := Compare(r, opened); len(found) != 1 || found[0].Role != "default" {
		t.Errorf("a default group that was opened is found as %v", found)
	}
}
