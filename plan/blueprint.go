package plan

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/blueprint"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
)

// drawn is a resource that a blueprint shows.
type drawn interface {
	resource.Resource
	// Refer makes the reference its id.
	Refer(id blueprint.Ref)
	// Draw returns what it is, once all that it stands on has an id.
	Draw() blueprint.Piece
}

// undrawn is a resource that says nothing of its own about what is declared: it waits, or does what another language does by itself.
type undrawn interface{ Undrawn() }

// Blueprint returns the stack as it is declared. It asks nobody.
func (s *Stack) Blueprint() (*blueprint.Blueprint, error) {
	return blueprintOf(takeInventory(s.Declaration, s.Accounts))
}

func blueprintOf(v *inventory) (*blueprint.Blueprint, error) {
	b := &blueprint.Blueprint{Declaration: v.records.Declared}
	var shown []*node
	for _, n := range v.graph.ordered(forward) {
		there, err := shows(n)
		if err != nil {
			return nil, err
		}
		if there {
			if d, ok := n.resource.(drawn); ok {
				d.Refer(blueprint.Ref{Piece: n.id})
			}
			shown = append(shown, n)
		}
	}
	for _, n := range shown {
		if r, ok := n.resource.(*balancing.Rules); ok {
			b.Pieces = append(b.Pieces, r.Drawn(n.id)...)
			continue
		}
		p := n.resource.(drawn).Draw()
		p.ID = n.id
		side, _, _ := strings.Cut(n.id, "/")
		p.Side = understudy.Side(side)
		p.Needs = needed(n)
		b.Pieces = append(b.Pieces, p)
	}
	return b, nil
}

// needed lists the pieces that a node needs, those that it waits for by way of others too.
func needed(n *node) (ids []string) {
	for _, need := range n.needs {
		if _, ok := need.resource.(drawn); ok {
			ids = append(ids, need.id)
			continue
		}
		ids = append(ids, needed(need)...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// shows tells whether a blueprint shows a node. What nobody has decided about is an error: to leave it out would say that it is not
// declared.
func shows(n *node) (bool, error) {
	switch n.resource.(type) {
	case drawn, *balancing.Rules:
		return true, nil
	case *retired, undrawn, resource.Awaited, resource.Momentary: // what the declaration does not ask for, and work
		return false, nil
	}
	return false, fmt.Errorf("%s: a blueprint cannot show a %T", n.id, n.resource)
}

// Standing returns the blueprint with the ids of what stands. A stack of which a part could not be read, or of which one generation takes
// the place of another, is refused: the ids would be those of something that is about to go.
func (s *Stack) Standing(ctx context.Context) (*blueprint.Blueprint, error) {
	return Answered(ctx, s, understudy.Sides, func(ctx context.Context) (*blueprint.Blueprint, error) {
		found := takeInventory(s.Declaration, s.Accounts)
		seen, err := found.graph.survey(ctx, func(*node) bool { return false })
		if err != nil {
			return nil, err
		}
		for _, n := range found.graph.nodes {
			if err := seen.unread[n]; err != nil {
				return nil, fmt.Errorf("%s: %w", n.id, err)
			}
		}
		wanted := takeInventory(s.Declaration, s.Accounts)
		for side, r := range found.regions {
			if r.vpc.Replaced() || r.targetGroup.Remnants() {
				return nil, fmt.Errorf("%s: what serves is being replaced\nhint: `understudy up` ends that", side)
			}
			wanted.regions[side].targetGroup.Number, wanted.regions[side].balancer.Number = r.targetGroup.Number, r.balancer.Number
		}
		b, err := blueprintOf(wanted)
		if err != nil {
			return nil, err
		}
		enter(b, found, seen)
		return b, nil
	})
}

// enter adds what was found.
func enter(b *blueprint.Blueprint, found *inventory, seen *survey) {
	for i := range b.Pieces {
		p := &b.Pieces[i]
		if p.Kind == blueprint.KindDeclaredRule {
			of, _ := found.graph.byID[ruleNode(p.ID)].resource.(*balancing.Rules)
			p.Standing = of.Standing(p.Content.(blueprint.AnsweringRule))
			continue
		}
		n := found.graph.byID[p.ID]
		if !seen.found[n] {
			continue
		}
		p.Standing = resource.Identity(n.resource)
		if f, ok := n.resource.(resource.Shared); ok {
			p.Foreign = f.Foreign()
		}
		learn(p, n.resource)
		if names := differing(n); len(names) > 0 {
			b.Remarks = append(b.Remarks, resource.Remark{Resource: p.ID, ID: p.Standing,
				Text: "stands otherwise than declared: " + resource.Set(names...) + "; `understudy up` or whoever takes over will change it"})
		}
	}
}

// learn notes what else is known of what stands.
func learn(p *blueprint.Piece, found resource.Resource) {
	p.Parts = map[string]string{}
	switch r := found.(type) {
	case *network.Routes:
		for subnet, id := range r.Associations {
			p.SetAssociation(subnet, id)
		}
		p.Parts[blueprint.DefaultRoute] = r.DefaultRoute
	case *network.Address:
		p.Parts[blueprint.PublicIP] = r.IP
	case *network.Subnet:
		p.Parts[blueprint.Zone] = r.Lies
	case *network.GivenSubnet:
		p.Parts[blueprint.Zone] = r.Lies
	}
}

// differing names the settings in which a resource is not as declared.
func differing(n *node) (names []string) {
	for _, d := range resource.Compare(n.resource.Desired(), n.resource.Actual()) {
		names = append(names, d.Name)
	}
	return names
}

// ruleNode returns the id of the node whose piece a rule is.
func ruleNode(piece string) string { return piece[:strings.LastIndexByte(piece, ' ')] }
