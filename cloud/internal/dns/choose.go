package dns

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/miekg/dns"
)

// choose returns the records that win among the record sets of one name and type. A set of one is simple;
// of two, failover. The result is never empty for want of health.
func (a *Answers) choose(z *zone, set []*record, depth int) []dns.RR {
	r := a.winner(z, set, depth)
	if r == nil || depth > maxChain {
		return nil
	}
	if r.AliasTarget == nil {
		return r.rrs
	}
	if b, ok := a.balancer(aws.ToString(r.AliasTarget.DNSName)); ok {
		return addressRecords(b.Addresses, a.speed)
	}
	// Resolution stays within the branch, even if all in it are failing (Developer Guide,
	// dns-failover-complex-configs).
	target, _ := z.lookup(fold(aws.ToString(r.AliasTarget.DNSName)), dns.StringToType[string(r.Type)])
	return a.choose(z, target, depth+1)
}

// winner picks the record set that answers. Of a failover pair (Developer Guide,
// health-checks-how-route-53-chooses-records): the primary while it is healthy; else the secondary while
// it is healthy; and when neither is, the primary. Never both, never none.
func (a *Answers) winner(z *zone, set []*record, depth int) *record {
	var primary, secondary *record
	for _, r := range set {
		switch r.Failover {
		case r53types.ResourceRecordSetFailoverPrimary:
			primary = r
		case r53types.ResourceRecordSetFailoverSecondary:
			secondary = r
		default:
			return r
		}
	}
	switch {
	case primary == nil:
		return secondary
	case secondary == nil || a.healthy(z, primary, depth) || !a.healthy(z, secondary, depth):
		return primary
	}
	return secondary
}

// healthy is the health of one record set: its own check's, and for an alias that evaluates it, the
// target's; both where it has both (Developer Guide, dns-failover-complex-configs). What has neither is
// always healthy.
func (a *Answers) healthy(z *zone, r *record, depth int) bool {
	if id := aws.ToString(r.HealthCheckId); id != "" {
		if healthy, known := a.health[id]; known && !healthy {
			return false
		}
	}
	if r.AliasTarget == nil || !r.AliasTarget.EvaluateTargetHealth {
		return true
	}
	return a.targetHealthy(z, r, depth+1)
}

// targetHealthy is what EvaluateTargetHealth finds: a load balancer's own health, or for records of the
// zone, whether any of the group is healthy.
func (a *Answers) targetHealthy(z *zone, r *record, depth int) bool {
	name := aws.ToString(r.AliasTarget.DNSName)
	if b, ok := a.balancer(name); ok {
		return b.Healthy
	}
	if dns.IsSubDomain(balancerZone, fold(name)) || depth > maxChain {
		return false // a load balancer that nobody has
	}
	target, _ := z.lookup(fold(name), dns.StringToType[string(r.Type)])
	for _, t := range target {
		if a.healthy(z, t, depth) {
			return true
		}
	}
	return false
}
