package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/prices"
	"github.com/understudy/understudy/plan/resource"
)

// Price is about what a stack costs a month as it is declared, in US dollars, with the fleets at their declared size.
type Price struct {
	Of        string       `json:"prices_of"`
	Primary   PartialPrice `json:"primary"`
	Secondary PartialPrice `json:"secondary"` // the standby alone
	Global    PartialPrice `json:"global"`
	All       PartialPrice `json:"all"`
	Without   []string     `json:"without"` // what no declaration tells
}

// PartialPrice is that of a part. What has an unknown price is not in the sum.
type PartialPrice struct {
	Monthly float64  `json:"about_usd_a_month"`
	Unknown []string `json:"unknown,omitempty"`
}

// unpriced is a resource of which a part has a price that is not known here.
type unpriced interface{ UnknownPrice() string }

// Price adds up what is declared. It reads nothing.
func (s *Stack) Price() Price {
	p := Price{Of: prices.Source, Without: []string{"traffic", "what load balancers and NAT gateways process", "taxes"}}
	parts := map[string]*PartialPrice{string(understudy.Primary): &p.Primary, string(understudy.Secondary): &p.Secondary, string(understudy.Global): &p.Global}
	for _, n := range takeInventory(s.Declaration, s.Accounts).graph.nodes {
		side, _, _ := strings.Cut(n.id, "/")
		cost := monthly(n.resource)
		parts[side].Monthly += cost
		p.All.Monthly += cost
		if u, ok := n.resource.(unpriced); ok {
			parts[side].lacks(u.UnknownPrice())
			p.All.lacks(u.UnknownPrice())
		}
	}
	return p
}

func (p *PartialPrice) lacks(what string) {
	if what != "" && !slices.Contains(p.Unknown, what) {
		p.Unknown = append(p.Unknown, what)
	}
}

// String tells a part's price, and what of it is unknown.
func (p PartialPrice) String() string {
	if len(p.Unknown) == 0 {
		return fmt.Sprintf("$%.2f", p.Monthly)
	}
	return fmt.Sprintf("$%.2f and what is not known: %s", p.Monthly, strings.Join(p.Unknown, ", "))
}

// costly is a resource that AWS bills by the month or the hour.
type costly interface{ Monthly() float64 }

// monthly returns about what a resource costs a month, or 0 where it is free or not known.
func monthly(r resource.Resource) float64 {
	if c, ok := r.(costly); ok {
		return c.Monthly()
	}
	return 0
}
