package plan

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// Blueprint is a stack as it is declared, for whoever writes it down in another language. It is taken from the resources that Up works
// with: ids that AWS will give are references there, and everything else is what Up would send.
type Blueprint struct {
	Declaration *understudy.Declaration
	Pieces      []Piece // each after those that it refers to
	Remarks     []resource.Remark
}

// Piece is one resource of a blueprint.
type Piece struct {
	ID       string // as the plan calls it: primary/vpc
	Side     understudy.Side
	Kind     Kind
	Name     string           // that AWS knows it by; empty where it knows ids alone
	Tags     account.Tags     // with the stack's own
	Settings []resource.Field // as the plan shows them
	Of       map[Kind]Ref     // what it is in or of, beside what its settings say
	Needs    []string         // the pieces that must be there before it
	Content  any              // what is sent to AWS, in the SDK's types, where settings only tell it in words

	Standing string            // its id where it stands, as AWS calls it
	Foreign  bool              // it stands, is used, and is not the stack's
	Parts    map[string]string // ids of what the plan has no resource for
}

// Kind is a sort of resource.
type Kind string

// The kinds of pieces.
const (
	KindVPC          Kind = "vpc"
	KindGivenVPC     Kind = "given vpc"
	KindGivenSubnet  Kind = "given subnet"
	KindGateway      Kind = "gateway"
	KindSubnet       Kind = "subnet"
	KindRoutes       Kind = "routes"
	KindGroup        Kind = "group"
	KindAddress      Kind = "address"
	KindNAT          Kind = "nat gateway"
	KindEndpoint     Kind = "endpoint"
	KindImage        Kind = "image"
	KindHostImage    Kind = "host image"
	KindUsedImage    Kind = "used image"
	KindTargetGroup  Kind = "target group"
	KindBalancer     Kind = "load balancer"
	KindListener     Kind = "listener"
	KindSwitch       Kind = "switch listener"
	KindRule         Kind = "rule"
	KindDeclaredRule Kind = "declared rule"
	KindRole         Kind = "instance role"
	KindTemplate     Kind = "launch template"
	KindHost         Kind = "host"
	KindFleet        Kind = "fleet"
	KindTracking     Kind = "scaling policy"
	KindScheduled    Kind = "scheduled action"
	KindAlarm        Kind = "alarm"
	KindZone         Kind = "zone"
	KindCheck        Kind = "health check"
	KindRecords      Kind = "records"
	referenceSign         = "@"
	attributeSign         = "#"
	DNSName               = "dns"           // an attribute: of a load balancer, its name
	AliasZone             = "zone"          // of a load balancer, the hosted zone of its name
	RootDevice            = "root"          // of an image
	DefaultRoute          = "default route" // of a route table that stands, where it leads
	PublicIP              = "public ip"     // of an address that stands
	Zone                  = "zone"          // of a subnet that stands
	associationParts      = "association "
)

// Ref is what stands for an id in a blueprint.
type Ref struct{ Piece, Attribute string }

func (r Ref) String() string {
	if r.Attribute == "" {
		return referenceSign + r.Piece
	}
	return referenceSign + r.Piece + attributeSign + r.Attribute
}

// ParseRef reads a reference. No id of AWS's and no declared text that stands where an id does begins as one.
func ParseRef(s string) (r Ref, ok bool) {
	rest, ok := strings.CutPrefix(s, referenceSign)
	r.Piece, r.Attribute, _ = strings.Cut(rest, attributeSign)
	return r, ok && strings.Contains(r.Piece, "/")
}

// drawn is a resource that a blueprint shows.
type drawn interface {
	resource.Resource
	// refer makes the reference its id.
	refer(id Ref)
	// draw returns what it is, once all that it stands on has an id.
	draw() Piece
}

// undrawn is a resource that says nothing of its own about what is declared: it waits, or does what another language does by itself.
type undrawn interface{ undrawn() }

// Blueprint returns the stack as it is declared. It asks nobody.
func (s *Stack) Blueprint() (*Blueprint, error) {
	return blueprintOf(takeInventory(s.Declaration, s.Accounts))
}

func blueprintOf(v *inventory) (*Blueprint, error) {
	b := &Blueprint{Declaration: v.records.Declared}
	var shown []*node
	for _, n := range v.graph.ordered(forward) {
		there, err := shows(n)
		if err != nil {
			return nil, err
		}
		if there {
			if d, ok := n.resource.(drawn); ok {
				d.refer(Ref{Piece: n.id})
			}
			shown = append(shown, n)
		}
	}
	for _, n := range shown {
		if r, ok := n.resource.(*rules); ok {
			b.Pieces = append(b.Pieces, r.drawn(n.id)...)
			continue
		}
		p := n.resource.(drawn).draw()
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
	case drawn, *rules:
		return true, nil
	case *retired, undrawn, resource.Awaited, resource.Momentary: // what the declaration does not ask for, and work
		return false, nil
	}
	return false, fmt.Errorf("%s: a blueprint cannot show a %T", n.id, n.resource)
}

// Standing returns the blueprint with the ids of what stands. A stack of which a part could not be read, or of which one generation takes
// the place of another, is refused: the ids would be those of something that is about to go.
func (s *Stack) Standing(ctx context.Context) (*Blueprint, error) {
	return Answered(ctx, s, understudy.Sides, func(ctx context.Context) (*Blueprint, error) {
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
			if r.vpc.replaced() || r.targetGroup.Remnants() {
				return nil, fmt.Errorf("%s: what serves is being replaced\nhint: `understudy up` ends that", side)
			}
			wanted.regions[side].targetGroup.number, wanted.regions[side].balancer.number = r.targetGroup.number, r.balancer.number
		}
		b, err := blueprintOf(wanted)
		if err != nil {
			return nil, err
		}
		b.enter(found, seen)
		return b, nil
	})
}

// enter adds what was found.
func (b *Blueprint) enter(found *inventory, seen *survey) {
	for i := range b.Pieces {
		p := &b.Pieces[i]
		if p.Kind == KindDeclaredRule {
			of, _ := found.graph.byID[ruleNode(p.ID)].resource.(*rules)
			p.Standing = of.standing(p.Content.(AnsweringRule))
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
		p.learn(n.resource)
		if names := differing(n); len(names) > 0 {
			b.Remarks = append(b.Remarks, resource.Remark{Resource: p.ID, ID: p.Standing,
				Text: "stands otherwise than declared: " + resource.Set(names...) + "; `understudy up` or whoever takes over will change it"})
		}
	}
}

// learn notes what else is known of what stands.
func (p *Piece) learn(found resource.Resource) {
	p.Parts = map[string]string{}
	switch r := found.(type) {
	case *routes:
		for subnet, id := range r.associations {
			p.SetAssociation(subnet, id)
		}
		p.Parts[DefaultRoute] = r.defaultRoute
	case *address:
		p.Parts[PublicIP] = r.ip
	case *subnet:
		p.Parts[Zone] = r.lies
	case *givenSubnet:
		p.Parts[Zone] = r.lies
	}
}

// differing names the settings in which a resource is not as declared.
func differing(n *node) (names []string) {
	for _, d := range resource.Compare(n.resource.Desired(), n.resource.Actual()) {
		names = append(names, d.Name)
	}
	return names
}

// Association returns the id by which a route table is a subnet's.
func (p Piece) Association(subnet string) string { return p.Parts[associationParts+subnet] }

// SetAssociation tells by which id a route table is a subnet's.
func (p Piece) SetAssociation(subnet, id string) { p.Parts[associationParts+subnet] = id }
