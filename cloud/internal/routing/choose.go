package routing

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/miekg/dns"
)

// choose returns the records of a group that answer. The routing policy puts the records for this client in its order of
// preference. The healthy ones come first; if none is healthy, all count as healthy, since Route 53 must give an answer
// (Developer Guide, health-checks-how-route-53-chooses-records). The first one that has an answer is used: an alias whose
// target has nothing for the client is skipped (dns-failover-complex-configs), and unhealthy records come last.
//
// A group that was visited before has no answer, or refers back to this one. So each group is visited once, in whatever
// way aliases refer to each other.
func (s *search) choose(g *group) []dns.RR {
	if slices.Contains(s.entered, g) {
		return nil
	}
	s.entered = append(s.entered, g)
	healthy, ill := s.part(s.applicable(g.records))
	if rrs := s.first(healthy, g.rtype); len(rrs) > 0 {
		return rrs
	}
	return s.first(ill, g.rtype)
}

// first returns the answer of the first of a group's records that has one.
func (s *search) first(records []*record, rtype uint16) []dns.RR {
	switch {
	case len(records) == 0:
		return nil
	case aws.ToBool(records[0].MultiValueAnswer): // not the first that answers but all of them
		return valuesOf(s.multivalue(records))
	case records[0].Weight != nil:
		records = s.weighted(records)
	}
	for _, r := range records {
		if rrs := s.follow(r, rtype); len(rrs) > 0 {
			return rrs
		}
	}
	return nil
}

func valuesOf(records []*record) []dns.RR {
	var rrs []dns.RR
	for _, r := range records {
		rrs = append(rrs, r.rrs...)
	}
	return rrs
}

// applicable returns the records that are for this client, in the policy's order of preference.
func (s *search) applicable(records []*record) []*record {
	switch r := records[0]; {
	case r.Failover != "":
		return failover(records)
	case r.Region != "":
		return s.latency(records)
	case r.GeoLocation != nil:
		return s.geolocation(records)
	case r.GeoProximityLocation != nil:
		return s.geoproximity(records)
	case r.CidrRoutingConfig != nil:
		return s.cidr(records)
	}
	return records
}

// part divides records into the healthy and the others, each in their order. A single record counts as healthy, since it
// answers in any case.
func (s *search) part(records []*record) (healthy, ill []*record) {
	if len(records) < 2 {
		return records, nil
	}
	for _, r := range records {
		if s.healthy(r) {
			healthy = append(healthy, r)
		} else {
			ill = append(ill, r)
		}
	}
	return healthy, ill
}

// follow returns the answer of a record. For an alias, it is that of its target, even if all records there
// are unhealthy.
func (s *search) follow(r *record, rtype uint16) []dns.RR {
	if r.AliasTarget == nil {
		return r.rrs
	}
	if b, ok := s.view.balancer(r.target); ok {
		s.answer.Depends |= OnHealth
		return s.view.addressRecords(b.Addresses, rtype)
	}
	if dns.IsSubDomain(balancerZone, r.target) {
		s.answer.Depends |= OnHealth // a load balancer that is to come
		return nil
	}
	if g := s.target(r, rtype); g != nil {
		return s.choose(g)
	}
	return nil
}

// target returns the group that an alias to a record of its zone refers to.
func (s *search) target(r *record, rtype uint16) *group {
	n, wildcard := s.zone.lookup(r.target)
	if n == nil || wildcard && rtype == dns.TypeNS {
		return nil
	}
	return n.group(rtype)
}

// healthy is the health of one record: its own check's, and for an alias with EvaluateTargetHealth the target's; both
// if it has both (Developer Guide, dns-failover-complex-configs). A record with neither is always healthy.
func (s *search) healthy(r *record) bool {
	if id := aws.ToString(r.HealthCheckId); id != "" {
		s.answer.Depends |= OnHealth
		if !s.view.health.healthy(id) {
			return false
		}
	}
	if r.AliasTarget == nil || !r.AliasTarget.EvaluateTargetHealth {
		return true
	}
	return s.targetHealthy(r)
}

// targetHealthy is the health for EvaluateTargetHealth: a load balancer's own health, or for records of the zone,
// whether any record of the group is healthy, even one for other clients (Developer Guide,
// health-checks-how-route-53-chooses-records, "Alias records").
func (s *search) targetHealthy(r *record) bool {
	if b, ok := s.view.balancer(r.target); ok {
		s.answer.Depends |= OnHealth
		return b.Healthy
	}
	if dns.IsSubDomain(balancerZone, r.target) {
		s.answer.Depends |= OnHealth
		return false // a load balancer that nobody has
	}
	g := s.target(r, dns.StringToType[string(r.Type)])
	if g == nil {
		return false
	}
	healthy, known := s.groups[g]
	if !known {
		if s.groups == nil {
			s.groups = map[*group]bool{}
		}
		s.groups[g] = false // for those that lead here again
		healthy = slices.ContainsFunc(g.records, s.healthy)
		s.groups[g] = healthy
	}
	return healthy
}
