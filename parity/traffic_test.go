package parity

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
)

// Declared rules of a security group are expected, and others are not. What is declared of the primary's own network is in the secondary
// another's.
func TestTheDeclaredTrafficIsExpected(t *testing.T) {
	d := declaration(t, "security: {public_facing: {ingress: [{ports: 22, from: 10.10.0.0/24}]}, "+
		"internal: {ingress: [{protocol: icmp, from: public-facing}], egress: [{ports: 443, to: 0.0.0.0/0}]}}\n")
	group := func(role string, settings ...string) Resource {
		all := map[string]string{}
		for _, s := range settings {
			all[s] = "allowed"
		}
		return Resource{Kind: "security group", Role: role, Settings: all}
	}
	const probes, pings, out = "ingress tcp 8080 from security group public-facing",
		"ingress icmp from security group public-facing", "egress tcp 443 to 0.0.0.0/0"
	public := func(from string) Resource {
		return group("public-facing", "ingress tcp 80 from 0.0.0.0/0", "ingress tcp 22 from "+from, "egress everything to 0.0.0.0/0")
	}
	for name, c := range map[string]struct {
		left, right []Resource
		want        []string
	}{
		"as declared": {[]Resource{public("+0.0.0.0/24"), group("internal", probes, pings, out)},
			[]Resource{public("10.10.0.0/24"), group("internal", probes, pings, out)}, nil},
		"nothing declared": {[]Resource{group("internal", probes, "egress everything to 0.0.0.0/0")}, []Resource{group("internal", probes, pings, out)},
			[]string{"critical security group internal: " + pings + " in us-east-1", "high security group internal: " + out + " in us-east-1",
				"medium security group internal: egress everything to 0.0.0.0/0 in us-east-1"}},
	} {
		r := Compare(Pair{Left: east(c.left...), Right: west(c.right...)}, d)
		if diff := cmp.Diff(c.want, outline(r.Findings)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	if _, ok := expect(d).setting(understudy.Primary, "security group", "internal", pings); !ok {
		t.Error("nothing is expected")
	}
}
