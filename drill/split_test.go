package drill

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
)

// What a network ACL denies a part of, in the order in which its entries are taken.
func TestEntriesOfAPart(t *testing.T) {
	for _, c := range []struct {
		name string
		cut  cut
		want []string
	}{
		{"all", cut{}, nil},
		{"checkers", cut{Deny: []string{"198.18.0.0/26", "198.18.1.0/26"}}, []string{
			"in deny 198.18.0.0/26", "in deny 198.18.1.0/26", "in allow 0.0.0.0/0", "in allow ::/0", "out allow 0.0.0.0/0", "out allow ::/0"}},
		{"elsewhere", cut{Only: []string{"10.10.0.0/16", "2001:db8::/56"}}, []string{
			"in allow 10.10.0.0/16", "in allow 2001:db8::/56", "out allow 0.0.0.0/0", "out allow ::/0"}},
	} {
		var got []string
		for _, e := range c.cut.entries() {
			way := map[bool]string{true: "out", false: "in"}[*e.Egress]
			got = append(got, strings.Join([]string{way, string(e.RuleAction), aws.ToString(e.CidrBlock) + aws.ToString(e.Ipv6CidrBlock)}, " "))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// A fleet whose launches somebody had suspended before stays so.
func TestCapacityComesBackWhereItWas(t *testing.T) {
	for _, suspended := range []bool{false, true} {
		w := region()
		group := "<AutoScalingGroups><member><AutoScalingGroupName>fleet</AutoScalingGroupName>"
		if suspended {
			group += "<SuspendedProcesses><member><ProcessName>Launch</ProcessName></member></SuspendedProcesses>"
		}
		w.answers["DescribeAutoScalingGroups"] = group + "</member></AutoScalingGroups>"
		f := Starve{Account: w.open(t), Parts: Parts{Fleet: "fleet"}}
		undo, err := f.Prepare(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Break(t.Context(), undo); err != nil {
			t.Fatal(err)
		}
		if err := (Starve{Account: f.Account}).Repair(t.Context(), undo); err != nil {
			t.Fatal(err)
		}
		did := strings.Join(w.did, " ")
		if !strings.Contains(did, "SuspendProcesses") || strings.Contains(did, "ResumeProcesses") == suspended {
			t.Errorf("suspended before: %v: %s", suspended, did)
		}
	}
}

// What no drill makes alone, a sequence may have, and what neither makes says why.
func TestKindsOfStrokes(t *testing.T) {
	if _, err := KindOf("capacity"); err == nil || !strings.Contains(err.Error(), "--schedule") {
		t.Errorf("capacity alone: %v", err)
	}
	if k, err := StrokeKindOf("capacity"); err != nil || k.Name != "capacity" {
		t.Errorf("capacity in a sequence: %v", err)
	}
	for name, why := range refused {
		if _, err := KindOf(name); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var s splitting
	if err := json.Unmarshal([]byte(`{"cut": {"vpc": "vpc-1", "mark": "m", "acls": {}}}`), &s); err != nil || len(s.Cut.entries()) > 0 {
		t.Errorf("a journal of a cut of everything: %v", err)
	}
}
