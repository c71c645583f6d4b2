package terraform

import (
	"net/netip"

	"github.com/understudy/understudy/export"
	"github.com/understudy/understudy/plan/blueprint"
)

const networkFile = "network.tf"

func (t *translation) vpc(s *export.Settings) {
	r := t.add(s, "aws_vpc", networkFile, "vpc")
	r.set("cidr_block", text(s.Text("cidr")))
	r.set("enable_dns_support", truth(s.Yes("dns support")))
	r.set("enable_dns_hostnames", truth(s.Yes("dns host names")))
	t.tags(s, r)
}

func (t *translation) gateway(s *export.Settings) {
	r := t.add(s, "aws_internet_gateway", networkFile, "gateway")
	r.set("vpc_id", ref{Ref: s.Ref("attached to")})
	t.tags(s, r)
}

// subnet computes the network from the VPC's, so that it stands once for both regions.
func (t *translation) subnet(s *export.Settings) {
	r := t.add(s, "aws_subnet", networkFile, "subnet")
	vpc := s.Of[blueprint.KindVPC]
	r.set("vpc_id", ref{Ref: vpc})
	r.set("cidr_block", t.part(s.Text("cidr"), vpc))
	r.set("availability_zone", verbatim("data.aws_availability_zones.available.names["+s.Text("zone")+"]"))
	r.set("map_public_ip_on_launch", truth(s.Yes("public addresses")))
	t.tags(s, r)
	// The list of a region's zones may grow, and a subnet cannot move.
	t.ignores(r, "A new zone of the region must not move the subnet.", "availability_zone")
}

// part writes a network as a part of a VPC's.
func (t *translation) part(cidr string, vpc blueprint.Ref) value {
	whole, err := netip.ParsePrefix(setting(t.pieces[vpc.Piece], "cidr"))
	part, err2 := netip.ParsePrefix(cidr)
	if err != nil || err2 != nil || !whole.Contains(part.Addr()) || part.Bits() <= whole.Bits() || !part.Addr().Is4() {
		return text(cidr)
	}
	n := (asNumber(part.Addr()) - asNumber(whole.Addr())) >> (32 - part.Bits())
	return call{"cidrsubnet", []value{ref{vpc, "cidr_block"}, num(part.Bits() - whole.Bits()), num(int(n))}}
}

func asNumber(a netip.Addr) uint32 {
	b := a.As4()
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

func setting(p blueprint.Piece, name string) string {
	for _, f := range p.Settings {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// ways are the arguments of a route by what it leads to.
var ways = map[blueprint.Kind]string{blueprint.KindGateway: "gateway_id", blueprint.KindNAT: "nat_gateway_id"}

func (t *translation) routes(s *export.Settings) {
	r := t.add(s, "aws_route_table", networkFile, "routes")
	r.set("vpc_id", ref{Ref: s.Of[blueprint.KindVPC]})
	t.tags(s, r)
	own := blueprint.Ref{Piece: s.ID}
	const everywhere = "0.0.0.0/0"
	if way := s.Text(everywhere); way != "nowhere" {
		gateway, ok := blueprint.ParseRef(way)
		by, known := ways[t.pieces[gateway.Piece].Kind]
		if !ok || !known {
			s.Refuse("a way to %s", way)
		}
		route := t.beside(r, "aws_route", r.label+"_default")
		route.set("route_table_id", ref{Ref: own})
		route.set("destination_cidr_block", text(everywhere))
		route.set(by, ref{Ref: gateway})
		if s.Parts[blueprint.DefaultRoute] != "" {
			route.imported = joined{ref{Ref: own}, text("_" + everywhere)}
		}
	}
	for _, subnet := range s.Refs("subnets") {
		a := t.beside(r, "aws_route_table_association", t.labelOf(subnet))
		a.set("subnet_id", ref{Ref: subnet})
		a.set("route_table_id", ref{Ref: own})
		if s.Association(t.pieces[subnet.Piece].Standing) != "" {
			a.imported = joined{ref{Ref: subnet}, text("/"), ref{Ref: own}}
		}
	}
}

// group writes the rules in the group: what stands there is all of them, as the declaration means it, and a rule that somebody adds is taken
// away again.
func (t *translation) group(s *export.Settings) {
	r := t.add(s, "aws_security_group", networkFile, "group")
	r.set("name", text(s.Name))
	r.set("description", text(s.Text("description")))
	r.set("vpc_id", ref{Ref: s.Of[blueprint.KindVPC]})
	s.Told("ingress", "egress")
	rules, ok := s.Content.(blueprint.Rules)
	if !ok {
		s.Refuse("rules of %T", s.Content)
	}
	for _, rule := range rules.In {
		t.rule(s, r.within("ingress"), rule)
	}
	for _, rule := range rules.Out {
		t.rule(s, r.within("egress"), rule)
	}
	t.tags(s, r)
}

func (t *translation) rule(s *export.Settings, b *block, rule blueprint.Rule) {
	b.set("protocol", text(rule.Protocol)).set("from_port", num(rule.From)).set("to_port", num(rule.To))
	if peer, ok := blueprint.ParseRef(rule.Peer); ok {
		b.set("security_groups", list{ref{Ref: peer}})
		return
	}
	network, err := netip.ParsePrefix(rule.Peer)
	vpc := s.Of[blueprint.KindVPC]
	switch {
	case rule.Peer == setting(t.pieces[vpc.Piece], "cidr"):
		b.set("cidr_blocks", list{ref{vpc, "cidr_block"}})
	case err != nil:
		s.Refuse("a rule for %s", rule.Peer)
	case network.Addr().Is4():
		b.set("cidr_blocks", list{text(rule.Peer)})
	default:
		b.set("ipv6_cidr_blocks", list{text(rule.Peer)})
	}
}

func (t *translation) address(s *export.Settings) {
	r := t.add(s, "aws_eip", networkFile, "address of")
	r.set("domain", text("vpc"))
	t.tags(s, r)
}

func (t *translation) nat(s *export.Settings) {
	r := t.add(s, "aws_nat_gateway", networkFile, "nat-")
	r.set("subnet_id", ref{Ref: s.Ref("subnet")})
	r.set("allocation_id", ref{Ref: s.Ref("address")})
	s.Is("state", "available")
	t.tags(s, r)
}

// endpoint names the service by the provider's region, so that it stands once for both regions. The region is the id of its data source: its
// other name is another in each generation of the provider.
func (t *translation) endpoint(s *export.Settings) {
	r := t.add(s, "aws_vpc_endpoint", networkFile, "endpoint-")
	r.set("vpc_id", ref{Ref: s.Of[blueprint.KindVPC]})
	s.Is("service", "com.amazonaws."+t.blueprint.Declaration.Regions[s.Side].Name+"."+s.Name)
	r.set("service_name", joined{text("com.amazonaws."), verbatim("data.aws_region.current.id"), text("." + s.Name)})
	if s.Has("route tables") {
		r.set("vpc_endpoint_type", text("Gateway"))
		r.set("route_table_ids", refs(s.Refs("route tables")))
	} else {
		r.set("vpc_endpoint_type", text("Interface"))
		r.set("subnet_ids", refs(s.Refs("subnets")))
		r.set("security_group_ids", refs(s.Refs("groups")))
		r.set("private_dns_enabled", truth(s.Yes("private names")))
	}
	s.Is("policy", "everything")
	s.Is("state", "available")
	t.tags(s, r)
}
