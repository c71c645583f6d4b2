package routing

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/miekg/dns"
)

// choose returns the records that win in a group. Every routing policy puts the group's records in the order in
// which this client would have them; the first that leads to anything answers, so that a branch which has
// nothing for the client is backed out of (Developer Guide, dns-failover-complex-configs).
func (s *search) choose(g *group, depth int) []dns.RR {
	if depth > maxChain {
		return nil
	}
	preferred, all := s.order(g, depth)
	if all { // multivalue: not the first that answers but all of them
		var rrs []dns.RR
		for _, r := range preferred {
			rrs = append(rrs, r.rrs...)
		}
		return rrs
	}
	for _, r := range preferred {
		if rrs := s.follow(r, g.rtype, depth); len(rrs) > 0 {
			return rrs
		}
	}
	return nil
}

// order puts a group's records in the order of preference: first by the policy among the healthy. Where none is,
// all count as healthy (Developer Guide, health-checks-how-route-53-chooses-records: Route 53 must give some
// answer).
func (s *search) order(g *group, depth int) (preferred []*record, all bool) {
	r := g.records[0]
	switch {
	case r.Failover != "":
		return s.failover(g.records, depth), false
	case r.Weight != nil:
		return s.weighted(s.alive(g.records, depth)), false
	case r.Region != "":
		return s.failOpen(s.latency(g.records), depth), false
	case r.GeoLocation != nil:
		return s.failOpen(s.geolocation(g.records), depth), false
	case r.GeoProximityLocation != nil:
		return s.failOpen(s.geoproximity(g.records), depth), false
	case r.CidrRoutingConfig != nil:
		return s.failOpen(s.cidr(g.records), depth), false
	case aws.ToBool(r.MultiValueAnswer):
		return s.multivalue(s.alive(g.records, depth)), true
	}
	return g.records, false
}

// alive returns the healthy records, or all where none is.
func (s *search) alive(records []*record, depth int) []*record {
	var healthy []*record
	for _, r := range records {
		if s.healthy(r, depth) {
			healthy = append(healthy, r)
		}
	}
	if len(healthy) == 0 {
		return records
	}
	return healthy
}

// failOpen puts the healthy records first, each kind in the order they come in.
func (s *search) failOpen(records []*record, depth int) []*record {
	var healthy, ill []*record
	for _, r := range records {
		if s.healthy(r, depth) {
			healthy = append(healthy, r)
		} else {
			ill = append(ill, r)
		}
	}
	return append(healthy, ill...)
}

// follow returns what a record leads to. Of an alias, resolution goes on in its target, even where all there
// are failing.
func (s *search) follow(r *record, rtype uint16, depth int) []dns.RR {
	if r.AliasTarget == nil {
		return r.rrs
	}
	if b, ok := s.view.balancer(r.target); ok {
		s.answer.Depends |= OnHealth
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
// whether any of the group is healthy.
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
	return g != nil && slices.ContainsFunc(g.records, func(t *record) bool { return s.healthy(t, depth) })
}
