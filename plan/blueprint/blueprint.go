// Package blueprint is what a stack looks like on paper, for whoever writes it down in another language: pieces, and references in the place of
// the ids that AWS will give.
package blueprint

import (
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

// Association returns the id by which a route table is a subnet's.
func (p Piece) Association(subnet string) string { return p.Parts[associationParts+subnet] }

// SetAssociation tells by which id a route table is a subnet's.
func (p Piece) SetAssociation(subnet, id string) { p.Parts[associationParts+subnet] = id }

// How each kind of resource is drawn: what is its id in others' settings, and what it is.

// RefOf reads a resource's id, which a blueprint has given it.
func RefOf(id string) Ref {
	r, _ := ParseRef(id)
	return r
}
