package network

import (
	"github.com/understudy/understudy/plan/blueprint"
	"github.com/understudy/understudy/plan/resource"
)

func (v *VPC) Refer(id blueprint.Ref) { v.ID = id.String() }

func (v *VPC) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindVPC, Tags: v.Mark("vpc"), Settings: v.Desired()}
}

// A given network is drawn as what finds it.
func (g *GivenVPC) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindGivenVPC, Content: g.Place().Network.VPC}
}

func (s *GivenSubnet) Draw() blueprint.Piece {
	of := s.Place().Network.Private
	if s.Public {
		of = s.Place().Network.Public
	}
	return blueprint.Piece{Kind: blueprint.KindGivenSubnet, Content: of, Of: map[blueprint.Kind]blueprint.Ref{blueprint.KindVPC: blueprint.RefOf(s.VPC.ID)},
		Settings: []resource.Field{{Name: "zone", Value: resource.Number(s.Zone)}}}
}

func (g *Gateway) Refer(id blueprint.Ref) { g.id = id.String() }

func (g *Gateway) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindGateway, Tags: g.Mark("gateway"), Settings: g.Desired()}
}

func (s *Subnet) Refer(id blueprint.Ref) { s.ID = id.String() }

func (s *Subnet) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindSubnet, Tags: s.Mark(s.Name), Settings: append(s.Desired(),
		resource.Field{Name: "zone", Value: resource.Number(s.Zone)}),
		Of: map[blueprint.Kind]blueprint.Ref{blueprint.KindVPC: blueprint.RefOf(s.VPC.ID)}}
}

func (r *Routes) Refer(id blueprint.Ref) { r.id = id.String() }

func (r *Routes) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindRoutes, Tags: r.Mark(r.Role), Settings: r.Desired(),
		Of: map[blueprint.Kind]blueprint.Ref{blueprint.KindVPC: blueprint.RefOf(r.VPC.ID)}}
}

func (a *Address) Refer(id blueprint.Ref) { a.id = id.String() }

func (a *Address) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindAddress, Tags: a.Mark(a.Role), Settings: a.Desired()}
}

func (n *NAT) Refer(id blueprint.Ref) { n.ID = id.String() }

func (n *NAT) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindNAT, Tags: n.Mark(n.Role), Settings: n.Desired()}
}

func (e *Endpoint) Refer(id blueprint.Ref) { e.id = id.String() }

func (e *Endpoint) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindEndpoint, Name: e.Of.Service, Tags: e.Mark(e.Of.Role()),
		Of:       map[blueprint.Kind]blueprint.Ref{blueprint.KindVPC: blueprint.RefOf(e.VPC.ID)},
		Settings: append(e.Desired(), resource.Field{Name: "service", Value: e.service()})}
}

func rulesDrawn(rules []Rule) (all []blueprint.Rule) {
	for _, r := range rules {
		all = append(all, blueprint.Rule{Protocol: r.Protocol, From: int(r.From), To: int(r.To), Peer: r.Peer})
	}
	return all
}

func (g *Group) Refer(id blueprint.Ref) { g.ID = id.String() }

func (g *Group) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindGroup, Name: g.NameOf(g.Role), Tags: g.Mark(g.Role),
		Settings: append(g.Desired(), resource.Field{Name: "description",
			Value: g.Purpose}),
		Of: map[blueprint.Kind]blueprint.Ref{blueprint.KindVPC: blueprint.RefOf(g.VPC.ID)}, Content: blueprint.Rules{In: rulesDrawn(g.wantsIn()),
			Out: rulesDrawn(g.wantsOut())}}
}
