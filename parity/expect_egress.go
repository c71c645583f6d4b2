package parity

import (
	"fmt"
	"slices"

	"github.com/understudy/understudy"
)

// everywhere is the setting of a route table's default route.
const everywhere = "route to 0.0.0.0/0"

// expectWaysOut adds the private route tables, and what they lead to.
func expectWaysOut(parts map[key]map[string]string, region understudy.Region) {
	subnets := region.Subnets()
	for _, t := range region.PrivateTables() {
		if !t.Declared {
			continue
		}
		table := map[string]string{"main": "false", "route to the vpc's range": "local"}
		for _, s := range subnets {
			if !s.Public && slices.Contains(t.Zones, s.Zone) {
				table["governs subnet "+s.Name] = "yes"
			}
		}
		if t.NAT != "" {
			table[everywhere] = "nat gateway " + t.NAT
		}
		parts[key{"route table", t.Role}] = table
	}
	for _, s := range subnets {
		if s.Public && region.HasNAT(s.Zone) {
			parts[key{"nat gateway", understudy.NATRole(s.Zone)}] = map[string]string{"in": "subnet " + s.Name, "connectivity type": "public"}
		}
	}
	if region.Egress == understudy.EgressEndpoints {
		expectEndpoints(parts, subnetsText(region, false))
	}
}

func expectEndpoints(parts map[key]map[string]string, within string) {
	for _, e := range understudy.Endpoints {
		settings := map[string]string{
			"service": "com.amazonaws.REGION." + e.Service, "state": "available", "type": "Interface", "in": within,
			"groups": "security group endpoints", "route tables": None, "private names": "true",
		}
		if e.Gateway {
			settings["type"], settings["in"], settings["groups"], settings["private names"] = "Gateway", None, None, "false"
			settings["route tables"] = "route table private-routes"
			name := "vpc endpoint " + e.Role()
			parts[key{"route table", "private-routes"}][fmt.Sprintf("route to what %s leads to", name)] = name
		}
		parts[key{"vpc endpoint", e.Role()}] = settings
	}
	expectEndpointsGroup(parts)
}

func expectEndpointsGroup(parts map[key]map[string]string) {
	parts[key{"security group", "endpoints"}] = map[string]string{
		"ingress tcp 443 from the vpc's range": "allowed", "egress everything to 0.0.0.0/0": "allowed",
	}
}

// intended notes what the sides are declared to have otherwise.
func intended(d *understudy.Declaration) []Note {
	if d == nil || d.GivenNetwork() || d.Regions[understudy.Primary].Egress == d.Regions[understudy.Secondary].Egress {
		return nil
	}
	return []Note{{"egress", fmt.Sprintf("an intended difference: %s in the primary, %s in the secondary",
		d.Regions[understudy.Primary].Egress, d.Regions[understudy.Secondary].Egress)}}
}
