package doctor

import (
	"fmt"

	"github.com/understudy/understudy"
)

const whyQuota = "a standby that cannot grow to what the primary serves is overrun by its users, and AWS takes hours to days to raise a quota"

// near is the share of a quota, in percent, from which little room is left.
const near = 90

// full judges a quota of which the stack will need some more.
func full(side understudy.Side, place string, q quota, more int) []Finding {
	f := Finding{Check: CheckQuota, Side: side, Why: whyQuota, Heal: "delete what is not needed, or ask AWS for more in the console's Service Quotas"}
	switch {
	case more > 0 && q.used+more > q.most:
		f.Severity, f.What = Blocker, fmt.Sprintf("%s: %d of %d %s are used, and %d more are needed", place, q.used, q.most, q.what, more)
	case (q.used+more)*100 >= q.most*near:
		f.Severity, f.What = Note, fmt.Sprintf("%s: %d of %d %s are used", place, q.used, q.most, q.what)
	default:
		return nil
	}
	return []Finding{f}
}

// judgeQuotas compares what one region lets an account have with what the stack needs: one of each, if it is not built.
func judgeQuotas(d *understudy.Declaration, side understudy.Side, r region) (all []Finding) {
	more := 1
	if r.built.err != nil {
		all = append(all, unread(CheckQuota, side, "ec2:DescribeVpcs", r.built.err))
	} else if r.built.value {
		more = 0
	}
	for _, asked := range []struct {
		action string
		quotas fact[[]quota]
	}{{"elasticloadbalancing:DescribeAccountLimits", r.balancing}, {"autoscaling:DescribeAccountLimits", r.scaling}} {
		if asked.quotas.err != nil {
			all = append(all, unread(CheckQuota, side, asked.action, asked.quotas.err))
			continue
		}
		for _, q := range asked.quotas.value {
			all = append(all, full(side, r.name, q, more)...)
		}
	}
	return append(all, elsewhere(d, side, r))
}

// elsewhere is what only the service Service Quotas tells, with the quotas' codes there.
func elsewhere(d *understudy.Declaration, side understudy.Side, r region) Finding {
	need := "the vCPUs"
	if n := r.kind.value.vcpus; n > 0 {
		// Two hosts stand beside the fleet, and an instance refresh replaces while the old ones run.
		need = fmt.Sprintf("%d vCPUs (the largest fleet of %d and two hosts, %d each)", (d.Fleet.Max+2)*n, d.Fleet.Max, n)
	}
	return Finding{
		CheckQuota, Unchecked, side,
		"only Service Quotas tells the quotas of vCPUs and VPCs, and this program does not ask it; needed are " + need + " and one VPC",
		whyQuota,
		"aws service-quotas get-service-quota --region " + r.name +
			" --service-code ec2 --quota-code L-1216C47A; for VPCs --service-code vpc --quota-code L-F678F1CE",
	}
}

// The quotas of Route 53, which are of the account and not of a region.
const (
	healthChecks     = "health checks"
	hostedZonesQuota = "hosted zones"
)

// judgeWorldQuotas compares what Route 53 lets an account have with what the stack needs.
func judgeWorldQuotas(d *understudy.Declaration, f facts) (all []Finding) {
	w := f.world
	if w.quotas.err != nil {
		return []Finding{unread(CheckQuota, understudy.Global, "route53:GetAccountLimit", w.quotas.err)}
	}
	each := 1
	if d.Failover.Switch != understudy.SwitchNone {
		each = 2 // the switch's own, and the one that is calculated
	}
	checks := 0
	for _, side := range understudy.Sides {
		if !f.regions[side].built.value {
			checks += each
		}
	}
	for _, q := range w.quotas.value {
		more := checks
		if q.what == hostedZonesQuota {
			if more = 0; w.zones.err == nil && len(w.zones.value) == 0 {
				more = 1
			}
		}
		all = append(all, full(understudy.Global, "Route 53", q, more)...)
	}
	return all
}
