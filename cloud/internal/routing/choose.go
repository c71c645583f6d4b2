package routing

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/miekg/dns"
)

// A visit is one group at one depth of an alias tree.
type visit struct {
	*group
	depth int
}

// visited is what is known of a tree by now. A tree may lead to one group by many ways, each of which would else
// be gone again: with groups of a hundred aliases, too many to go.
type visited struct {
	empty   map[visit]bool // has nothing for this client
	healthy map[visit]bool
}

func remember(m *map[visit]bool, at visit, is bool) {
	if *m == nil {
		*m = map[visit]bool{}
	}
	(*m)[at] = is
}

// choose returns the records that win in a group. Its policy puts the records in the order in which this client
// would have them. The first healthy one that leads to anything answers, so that a branch which has nothing for the
// client is backed out of (Developer Guide, dns-failover-complex-configs). Where none is healthy, all count as
// healthy (health-checks-how-route-53-chooses-records: Route 53 must give some answer).
func (s *search) choose(g *group, depth int) []dns.RR {
	at := visit{g, depth}
	if depth > maxChain || s.visited.empty[at] {
		return nil
	}
	healthy, ill := s.part(s.candidates(g), depth)
	for _, records := range [][]*record{healthy, ill} {
		if rrs := s.first(records, g, depth); len(rrs) > 0 {
			return rrs
		}
	}
	remember(&s.visited.empty, at, true)
	return nil
}

// candidates are the records of a group that may answer this client, and their order where it is not drawn.
func (s *search) candidates(g *group) []*record {
	switch r := g.records[0]; {
	case r.Failover != "":
		return primaryFirst(g.records)
	case r.Region != "":
		return s.latency(g.records)
	case r.GeoLocation != nil:
		return s.geolocation(g.records)
	case r.GeoProximityLocation != nil:
		return s.geoproximity(g.records)
	case r.CidrRoutingConfig != nil:
		return s.cidr(g.records)
	}
	return g.records
}

// first returns what the first of these records leads to that leads to anything; of multivalue ones, all that
// are drawn.
func (s *search) first(records []*record, g *group, depth int) []dns.RR {
	switch r := g.records[0]; {
	case r.Weight != nil:
		records = s.weighted(records)
	case aws.ToBool(r.MultiValueAnswer):
		var rrs []dns.RR
		for _, r := range s.multivalue(records) {
			rrs = append(rrs, r.rrs...)
		}
		return rrs
	}
	for _, r := range records {
		if rrs := s.follow(r, g.rtype, depth); len(rrs) > 0 {
			return rrs
		}
	}
	return nil
}

// part divides records into the healthy and the others. The order stays. What has no others beside it answers
// whatever its health.
func (s *search) part(records []*record, depth int) (healthy, ill []*record) {
	if len(records) < 2 {
		return records, nil
	}
	for _, r := range records {
		if s.healthy(r, depth) {
			healthy = append(healthy, r)
		} else {
			ill = append(ill, r)
		}
	}
	return healthy, ill
}

// follow returns what a record leads to. Of an alias, resolution goes on in its target, even where all there
// are failing.
func (s *search) follow(r *record, rtype uint16, depth int) []dns.RR {
	if r.AliasTarget == nil {
		return r.rrs
	}
	if b, ok := s.view.balancer(r.target); ok {
		s.answer.Depends |= OnHealth
		if rtype != dns.TypeA {
			return nil // load balancers here have IPv4 addresses alone
		}
		return s.view.addressRecords(b.Addresses)
	}
	if dns.IsSubDomain(balancerZone, r.target) {
		s.answer.Depends |= OnHealth // a load balancer that is to come
		return nil
	}
	if g := s.target(r, rtype); g != nil {
		return s.choose(g, depth+1)
	}
	return nil
}

// target returns the group that an alias to a record of its zone leads to.
func (s *search) target(r *record, rtype uint16) *group {
	n, wildcard := s.zone.lookup(r.target)
	if n == nil || wildcard && rtype == dns.TypeNS {
		return nil
	}
	return n.group(rtype)
}

// healthy is the health of one record: its own check's, and for an alias that evaluates it, the target's; both
// where it has both (Developer Guide, dns-failover-complex-configs). What has neither is always healthy.
func (s *search) healthy(r *record, depth int) bool {
	if id := aws.ToString(r.HealthCheckId); id != "" {
		s.answer.Depends |= OnHealth
		if !s.view.health.healthy(id) {
			return false
		}
	}
	if r.AliasTarget == nil || !r.AliasTarget.EvaluateTargetHealth {
		return true
	}
	return s.targetHealthy(r, depth+1)
}

// targetHealthy is what EvaluateTargetHealth finds: a load balancer's own health, or for records of the zone,
// whether any of the group is healthy, be it one for other clients (Developer Guide,
// health-checks-how-route-53-chooses-records, "Alias records").
func (s *search) targetHealthy(r *record, depth int) bool {
	if b, ok := s.view.balancer(r.target); ok {
		s.answer.Depends |= OnHealth
		return b.Healthy
	}
	if dns.IsSubDomain(balancerZone, r.target) {
		s.answer.Depends |= OnHealth
		return false // a load balancer that nobody has
	}
	if depth > maxChain {
		return false
	}
	g := s.target(r, dns.StringToType[string(r.Type)])
	if g == nil {
		return false
	}
	at := visit{g, depth}
	healthy, known := s.visited.healthy[at]
	if !known {
		healthy = slices.ContainsFunc(g.records, func(t *record) bool { return s.healthy(t, depth) })
		remember(&s.visited.healthy, at, healthy)
	}
	return healthy
}
