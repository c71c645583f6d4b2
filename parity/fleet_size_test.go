package parity

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
)

// A pilot light has nothing that serves, as declared: that is noted, and no finding. The same of the primary is one.
func TestAPilotLightIsIntended(t *testing.T) {
	declared := &understudy.Declaration{Name: "hello", Fleet: understudy.Fleet{Min: 2, Desired: 2, Max: 4}}
	declared.Regions = map[understudy.Side]understudy.Region{
		understudy.Primary:   {Name: "us-east-1", CIDR: netip.MustParsePrefix("10.10.0.0/16")},
		understudy.Secondary: {Name: "us-west-2", CIDR: netip.MustParsePrefix("10.20.0.0/16"), Fleet: &understudy.Size{Max: 4}},
	}
	side := func(side understudy.Side, name, healthy, least string, more ...string) Region {
		fleet := Resource{Kind: "auto scaling group", Role: "fleet", Settings: map[string]string{"min": least, "max": "4", settingFull: "yes"}}
		for n := 0; n < len(more); n += 2 {
			fleet.Settings[more[n]] = more[n+1]
		}
		group := Resource{Kind: "target group", Role: "target-group", Settings: map[string]string{settingHealthy: healthy, settingAttached: "all"}}
		return Region{Name: name, Side: side, Resources: []Resource{fleet, group}}
	}
	primary := side(understudy.Primary, "us-east-1", "true", "2", "instances' source/dest check", "true")
	dark := side(understudy.Secondary, "us-west-2", noneWanted, "0")
	r := Compare(Pair{Left: primary, Right: dark}, declared)
	want := []Note{{"auto scaling group fleet: size", "an intended difference: " +
		"2 instances, from 2 to 4 in the primary, 0 instances, from 0 to 4 in the secondary"}}
	if diff := cmp.Diff(want, r.Notes); diff != "" || len(r.Findings) > 0 {
		t.Errorf("findings %v; notes (-want +got)\n%s", outline(r.Findings), diff)
	}
	ill := side(understudy.Secondary, "us-west-2", "false", "1", "instances' source/dest check", "false")
	r = Compare(Pair{Left: primary, Right: ill}, declared)
	if diff := cmp.Diff([]string{
		"critical target group target-group: has a healthy target in us-west-2", "high auto scaling group fleet: instances' source/dest check in us-west-2",
		"medium auto scaling group fleet: min in us-west-2"}, outline(r.Findings)); diff != "" {
		t.Errorf("of one that is ill (-want +got)\n%s", diff)
	}
	dark.Resources[1].Settings[settingHealthy], primary.Resources[1].Settings[settingHealthy] = noneWanted, noneWanted
	if r = Compare(Pair{Left: primary, Right: dark}, declared); len(r.Findings) != 1 {
		t.Errorf("a primary of which none is wanted: %v", outline(r.Findings))
	}
}
