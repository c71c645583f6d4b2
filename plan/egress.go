package plan

import (
	"slices"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/resource"
)

// The ways out of the private subnets. Whatever is declared, all that may have been declared before is looked for: a way that is new is there
// before a route leads to it, and one that is no longer declared goes when no route does. Tables take subnets over in one call each.
//
// Of two regions that change, the second comes after the first's bake (order.go): the first one's instances must serve with the new way.

// publicOf returns the public ones of some subnets, or of their nodes, and privateOf the private ones, each in the order of zones.
func publicOf[T any](subnets []T) []T  { return slices.Clone(subnets[:len(subnets)/2]) }
func privateOf[T any](subnets []T) []T { return slices.Clone(subnets[len(subnets)/2:]) }

func (r *region) public() []*subnet  { return publicOf(r.subnets) }
func (r *region) private() []*subnet { return privateOf(r.subnets) }

// asked is a resource that the declaration asks for, or what is left of it.
func asked(declared bool, res resource.Resource) resource.Resource {
	if declared {
		return res
	}
	return &retired{Resource: res}
}

// addWaysOut adds NAT gateways and the private route tables.
func (v *inventory) addWaysOut(r *region, gatewayNode *node) {
	g, place := &v.graph, r.Place()
	nats, natNodes := map[string]*nat{}, map[string]*node{}
	nodes := append(publicOf(r.subnetNodes), publicOf(r.otherNodes)...)
	for zone, sub := range append(r.public(), publicOf(r.otherSubnets)...) {
		role := understudy.NATRole(zone)
		a := &address{Scope: r.Scope, role: role, vpc: r.vpc}
		addressNode := g.add(r.id("address of "+role), asked(place.HasNAT(zone), a), r.vpcNode)
		nats[role] = &nat{Scope: r.Scope, role: role, vpc: r.vpc, subnet: sub, address: a}
		natNodes[role] = g.add(r.id(role), asked(place.HasNAT(zone), nats[role]), slices.Concat(r.openNodes, []*node{addressNode, gatewayNode, nodes[zone]})...).
			finding(addressNode, nodes[zone])
	}
	for _, t := range place.PrivateTables() {
		table := &routes{Scope: r.Scope, role: t.Role, vpc: r.vpc, nat: nats[t.NAT]}
		needs := []*node{r.vpcNode}
		for zone, sub := range r.private() {
			if slices.Contains(t.Zones, zone) {
				table.subnets, needs = append(table.subnets, sub), append(needs, r.subnetNodes[len(r.subnets)/2+zone])
			}
		}
		table.elsewhere = slices.DeleteFunc(slices.Concat(r.subnets, r.otherSubnets), func(s *subnet) bool { return slices.Contains(table.subnets, s) })
		table.going = r.otherSubnets
		n := g.add(r.id(tableName(t.Role)), asked(t.Declared, table), append(needs, with(natNodes[t.NAT])...)...).finding(r.subnetNodes...)
		if t.Declared {
			r.privateRoutes = append(r.privateRoutes, n)
		}
		r.tables = append(r.tables, table)
	}
}

// tableName is a route table's name in the plan: private routes, private routes b.
func tableName(role string) string {
	if rest := role[len(privateRoutes):]; rest != "" {
		return "private routes " + rest[1:]
	}
	return "private routes"
}

// addEndpoints adds the VPC endpoints, and the security group of their interfaces.
func (v *inventory) addEndpoints(r *region) {
	if r.Place().Given() {
		return
	}
	g, declared := &v.graph, r.Place().Egress == understudy.EgressEndpoints
	group := &group{Scope: r.Scope, role: "endpoints", purpose: "instances to services of AWS", vpc: r.vpc, port: 443, peer: r.Place().CIDR.String()}
	groupNode := g.add(r.id("endpoints group"), asked(declared, group), r.vpcNode)
	tableNode := g.byID[r.id(tableName(privateRoutes))]
	for _, of := range understudy.Endpoints {
		e := &endpoint{Scope: r.Scope, of: of, vpc: r.vpc}
		needs := append([]*node{groupNode}, privateOf(r.subnetNodes)...)
		if of.Gateway {
			e.table, needs = r.tables[0], []*node{tableNode}
			r.tables[0].own = append(r.tables[0].own, e)
		} else {
			e.within, e.group = r.private(), group
		}
		n := g.add(r.id(of.Role()), asked(declared, e), needs...).finding(r.vpcNode)
		if !declared {
			continue
		}
		r.endpointNodes = append(r.endpointNodes, n)
		if !of.Gateway {
			g.after(tableNode, n) // which may lose another way out
		}
	}
}
