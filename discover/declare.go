package discover

import (
	"fmt"
	"slices"

	"github.com/understudy/understudy"
)

// Declared is what a declaration says of a stack.
type Declared struct {
	Values map[string]any // by the paths of keys
	Unsaid []string       // what no key says, or what another value was written for; what no resource tells begins with its keys
}

// Declare describes a stack as a declaration does: the first pair of regions. Of what these have otherwise than each other, and the
// declaration has for both, it has the primary's and tells the secondary's.
func (s *Stack) Declare() (*Declared, error) {
	pairs := s.Tree.Pairs()
	if len(pairs) == 0 {
		return nil, fmt.Errorf("%s leads to no two regions", s.Tree.Host)
	}
	first, second := s.Site(pairs[0].Balancers[0]), s.Site(pairs[0].Balancers[1])
	d := described(first)
	d.otherwise(second, described(second))
	d.certificates(first, second)
	d.logs(first, second)
	d.scheduled(first, second)
	d.alarms(first, second)
	d.image(first, second)
	d.names(s, pairs[0])
	d.withoutSwitch()
	for side, site := range map[understudy.Side]*Site{understudy.Primary: first, understudy.Secondary: second} {
		d.Values["regions."+string(side)+".name"] = site.Region
		d.place(side, site)
	}
	for _, p := range pairs[1:] {
		d.unsaid("the load balancers %s and %s, of another pair", p.Balancers[0], p.Balancers[1])
	}
	if own := first.own(); own != "" && own == second.own() {
		d.Values["name"] = own
	}
	d.untold(notTold)
	slices.Sort(d.Unsaid)
	return d, nil
}

// described says of one region what a declaration says of both.
func described(site *Site) *Declared {
	d, at := &Declared{Values: map[string]any{}}, site.doors()
	d.balancer(site, at)
	d.listeners(site, at)
	d.targets(site, at)
	d.machines(site)
	d.hosts(site)
	d.network(site)
	d.security(site, at)
	d.tags(site)
	return d
}

func (d *Declared) unsaid(format string, args ...any) {
	d.Unsaid = append(d.Unsaid, fmt.Sprintf(format, args...))
}
