package plan

import (
	"slices"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
)

// The ways out of the private subnets. Whatever is declared, all that may have been declared before is looked for: a way that is new is there
// before a route leads to it, and one that is no longer declared goes when no route does. Tables take subnets over in one call each.
//
// Of two regions that change, the second comes after the first's bake (order.go): the first one's instances must serve with the new way.

// publicOf returns the public ones of some subnets, or of their nodes, and privateOf the private ones, each in the order of zones.
func publicOf[T any](subnets []T) []T  { return slices.Clone(subnets[:len(subnets)/2]) }
func privateOf[T any](subnets []T) []T { return slices.Clone(subnets[len(subnets)/2:]) }

func (r *region) public() []*network.Subnet  { return publicOf(r.subnets) }
func (r *region) private() []*network.Subnet { return privateOf(r.subnets) }

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
	nats, natNodes := map[string]*network.NAT{}, map[string]*node{}
	nodes := append(publicOf(r.subnetNodes), publicOf(r.otherNodes)...)
	for zone, sub := range append(r.public(), publicOf(r.otherSubnets)...) {
		role := understudy.NATRole(zone)
		a := &network.Address{Scope: r.Scope, Role: role, VPC: r.vpc}
		addressNode := g.add(r.id("address of "+role), asked(place.HasNAT(zone), a), r.vpcNode)
		nats[role] = &network.NAT{Scope: r.Scope, Role: role, VPC: r.vpc, Subnet: sub, Address: a}
		natNodes[role] = g.add(r.id(role), asked(place.HasNAT(zone), nats[role]), slices.Concat(r.openNodes, []*node{addressNode, gatewayNode, nodes[zone]})...).
			finding(addressNode, nodes[zone])
	}
	for _, t := range place.PrivateTables() {
		table := &network.Routes{Scope: r.Scope, Role: t.Role, VPC: r.vpc, NAT: nats[t.NAT]}
		needs := []*node{r.vpcNode}
		for zone, sub := range r.private() {
			if slices.Contains(t.Zones, zone) {
				table.Subnets, needs = append(table.Subnets, sub), append(needs, r.subnetNodes[len(r.subnets)/2+zone])
			}
		}
		table.Elsewhere = slices.DeleteFunc(slices.Concat(r.subnets, r.otherSubnets), func(s *network.Subnet) bool { return slices.Contains(table.Subnets, s) })
		table.Going = r.otherSubnets
		n := g.add(r.id(tableName(t.Role)), asked(t.Declared, table), append(needs, with(natNodes[t.NAT])...)...).finding(r.subnetNodes...)
		if t.Declared {
			r.privateRoutes = append(r.privateRoutes, n)
		}
		r.tables = append(r.tables, table)
	}
}

// tableName is a route table's name in the plan: private routes, private routes b.
func tableName(role string) string {
	if rest := role[len(network.PrivateRoutes):]; rest != "" {
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
	group := &network.Group{Scope: r.Scope, Role: "endpoints", Purpose: "instances to services of AWS", VPC: r.vpc, Port: 443, Peer: r.Place().CIDR.String()}
	groupNode := g.add(r.id("endpoints group"), asked(declared, group), r.vpcNode)
	tableNode := g.byID[r.id(tableName(network.PrivateRoutes))]
	for _, of := range understudy.Endpoints {
		e := &network.Endpoint{Scope: r.Scope, Of: of, VPC: r.vpc}
		needs := append([]*node{groupNode}, privateOf(r.subnetNodes)...)
		if of.Gateway {
			e.Table, needs = r.tables[0], []*node{tableNode}
			r.tables[0].Own = append(r.tables[0].Own, e)
		} else {
			e.Within, e.Group = r.private(), group
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
