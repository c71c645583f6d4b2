package cloudformation

import (
	"net/netip"
	"strings"

	"github.com/understudy/understudy/export"
	"github.com/understudy/understudy/plan/blueprint"
)

func (t *translation) vpc(s *export.Settings) {
	r := t.add(s, "AWS::EC2::VPC")
	r.properties.set("CidrBlock", s.Text("cidr")).set("EnableDnsSupport", s.Yes("dns support")).set("EnableDnsHostnames", s.Yes("dns host names"))
	t.tagged(s, r, "Tags")
	r.identified(entry{"VpcId", own(s)})
}

// own is the piece's id.
func own(s *export.Settings) ref { return ref{Ref: blueprint.Ref{Piece: s.ID}} }

func (t *translation) tagged(s *export.Settings, r *logicalResource, property string) {
	s.Told("tagged")
	r.properties.set(property, tags(s))
}

func (t *translation) gateway(s *export.Settings) {
	r := t.add(s, "AWS::EC2::InternetGateway")
	t.tagged(s, r, "Tags")
	r.identified(entry{"InternetGatewayId", own(s)})
	vpc := ref{Ref: s.Ref("attached to")}
	a := t.beside(s, "AWS::EC2::VPCGatewayAttachment", r.id+"Attachment")
	a.properties.set("VpcId", vpc).set("InternetGatewayId", own(s))
	a.identified(entry{"AttachmentType", "IGW"}, entry{"VpcId", vpc})
}

// subnet is in a zone that whoever makes the stack names: those that a function would find are not the same for ever, and a subnet
// cannot move.
func (t *translation) subnet(s *export.Settings) {
	r := t.add(s, "AWS::EC2::Subnet")
	letter := string(rune('A' + s.Number("zone")))
	zone := t.parameter(home(s.Piece), "Zone"+letter, "AWS::EC2::AvailabilityZone::Name", s.Parts[blueprint.Zone],
		"The zone of the subnets whose names end in "+strings.ToLower(letter))
	r.properties.set("VpcId", ref{Ref: s.Of[blueprint.KindVPC]}).set("CidrBlock", s.Text("cidr")).set("AvailabilityZone", zone).
		set("MapPublicIpOnLaunch", s.Yes("public addresses"))
	t.tagged(s, r, "Tags")
	r.identified(entry{"SubnetId", own(s)})
}

// ways are the properties of a route by what it leads to.
var ways = map[blueprint.Kind]string{blueprint.KindGateway: "GatewayId", blueprint.KindNAT: "NatGatewayId"}

func (t *translation) routes(s *export.Settings) {
	r := t.add(s, "AWS::EC2::RouteTable")
	r.properties.set("VpcId", ref{Ref: s.Of[blueprint.KindVPC]})
	t.tagged(s, r, "Tags")
	r.identified(entry{"RouteTableId", own(s)})
	const everywhere = "0.0.0.0/0"
	if way := s.Text(everywhere); way != "nowhere" {
		gateway, ok := blueprint.ParseRef(way)
		by, known := ways[t.pieces[gateway.Piece].Kind]
		if !ok || !known {
			s.Refuse("a way to %s", way)
			return
		}
		route := t.beside(s, "AWS::EC2::Route", r.id+"Default")
		route.properties.set("RouteTableId", own(s)).set("DestinationCidrBlock", everywhere).set(by, ref{Ref: gateway})
		if by == "GatewayId" {
			route.more.set("DependsOn", t.of[gateway.Piece].id+"Attachment")
		}
		if s.Parts[blueprint.DefaultRoute] != "" {
			route.identified(entry{"RouteTableId", own(s)}, entry{"CidrBlock", everywhere})
		}
	}
	for _, subnet := range s.Refs("subnets") {
		a := t.beside(s, "AWS::EC2::SubnetRouteTableAssociation", t.of[subnet.Piece].id+"Routes")
		a.properties.set("SubnetId", ref{Ref: subnet}).set("RouteTableId", own(s))
		if id := s.Association(t.pieces[subnet.Piece].Standing); id != "" {
			a.identified(entry{"Id", id})
		}
	}
}

func (t *translation) group(s *export.Settings) {
	r := t.add(s, "AWS::EC2::SecurityGroup")
	r.properties.set("GroupName", s.Name).set("GroupDescription", s.Text("description")).set("VpcId", ref{Ref: s.Of[blueprint.KindVPC]})
	s.Told("ingress", "egress")
	rules, ok := s.Content.(blueprint.Rules)
	if !ok {
		s.Refuse("rules of %T", s.Content)
	}
	var in, out []any
	for _, rule := range rules.In {
		in = append(in, t.rule(s, rule, "SourceSecurityGroupId"))
	}
	for _, rule := range rules.Out {
		out = append(out, t.rule(s, rule, "DestinationSecurityGroupId"))
	}
	r.properties.set("SecurityGroupIngress", in).set("SecurityGroupEgress", out)
	t.tagged(s, r, "Tags")
	r.identified(entry{"Id", own(s)})
}

func (t *translation) rule(s *export.Settings, rule blueprint.Rule, group string) tree {
	all := tree{{"IpProtocol", rule.Protocol}}
	if rule.Protocol != "-1" {
		all.set("FromPort", rule.From).set("ToPort", rule.To)
	}
	if peer, ok := blueprint.ParseRef(rule.Peer); ok {
		all.set(group, ref{Ref: peer})
		return all
	}
	network, err := netip.ParsePrefix(rule.Peer)
	switch {
	case err != nil:
		s.Refuse("a rule for %s", rule.Peer)
	case network.Addr().Is4():
		all.set("CidrIp", rule.Peer)
	default:
		all.set("CidrIpv6", rule.Peer)
	}
	return all
}

func (t *translation) address(s *export.Settings) {
	r := t.add(s, "AWS::EC2::EIP")
	r.properties.set("Domain", "vpc")
	t.tagged(s, r, "Tags")
	r.identified(entry{"PublicIp", s.Parts[blueprint.PublicIP]}, entry{"AllocationId", own(s)})
}

func (t *translation) nat(s *export.Settings) {
	r := t.add(s, "AWS::EC2::NatGateway")
	r.properties.set("SubnetId", ref{Ref: s.Ref("subnet")}).set("AllocationId", ref{s.Ref("address"), "AllocationId"})
	s.Is("state", "available")
	t.tagged(s, r, "Tags")
	r.identified(entry{"NatGatewayId", own(s)})
}

func (t *translation) endpoint(s *export.Settings) {
	r := t.add(s, "AWS::EC2::VPCEndpoint")
	p := r.properties.set("VpcId", ref{Ref: s.Of[blueprint.KindVPC]}).set("ServiceName", s.Text("service"))
	if s.Has("route tables") {
		p.set("VpcEndpointType", "Gateway").set("RouteTableIds", refs(s.Refs("route tables")))
	} else {
		p.set("VpcEndpointType", "Interface").set("SubnetIds", refs(s.Refs("subnets"))).set("SecurityGroupIds", refs(s.Refs("groups"))).
			set("PrivateDnsEnabled", s.Yes("private names"))
	}
	s.Is("policy", "everything")
	s.Is("state", "available")
	t.tagged(s, r, "Tags")
	r.identified(entry{"Id", own(s)})
}
