package doctor

import (
	"fmt"
	"strings"

	"github.com/understudy/understudy"
)

const whyQuota = "a standby that cannot grow to what the primary serves is overrun by its users, and AWS takes hours to days to raise a quota"

// near is the share of a quota, in percent, from which little room is left.
const near = 90

// groupsQuota is what findings call target groups.
var groupsQuota = strings.ReplaceAll(limitGroups, "-", " ")

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

// judgeQuotas compares what one region lets an account have with what the stack needs: one of each, and of target groups
// as many as are declared, if it is not built.
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
			needed := more
			if q.what == groupsQuota {
				needed *= 1 + len(d.Groups)
			}
			all = append(all, full(side, r.name, q, needed)...)
		}
	}
	return append(all, judgeLimits(d, side, r, more)...)
}

// judgeLimits compares what Service Quotas tells with what there is, and what the stack needs beside it: a VPC and a gateway, if it is not
// built, and the vCPUs of the fleet and of the hosts.
func judgeLimits(d *understudy.Declaration, side understudy.Side, r region, more int) (all []Finding) {
	if r.limits.err != nil {
		return []Finding{unread(CheckQuota, side, "servicequotas:GetServiceQuota", r.limits.err)}
	}
	if r.networks.err != nil {
		all = append(all, unread(CheckQuota, side, "ec2:DescribeInternetGateways", r.networks.err))
	} else {
		if d.Regions[side].Given() {
			more = 0
		}
		all = append(all, limited(side, r, quota{what: "VPCs", used: r.networks.value.vpcs}, "vpc", codeVPCs, more)...)
		all = append(all, limited(side, r, quota{what: "internet gateways", used: r.networks.value.gateways}, "vpc", codeGateways, more)...)
	}
	nats, endpoints, alarms := len(d.Regions[side].NATs()), gatewayEndpoints(d.Regions[side]), alarmsNeeded(d, side)
	all = append(all, judgeCounted(side, r, r.elastics, "ec2:DescribeAddresses", "Elastic IP addresses", "ec2", codeElastics, nats)...) // one for each
	all = append(all, judgeNATs(d, side, r)...)
	all = append(all, judgeCounted(side, r, r.endpoints, "ec2:DescribeVpcEndpoints", "gateway VPC endpoints", "vpc", codeEndpoints, endpoints)...)
	all = append(all, judgeCounted(side, r, r.alarms, "cloudwatch:DescribeAlarms", "CloudWatch alarms", "monitoring", codeAlarms, alarms)...)
	if r.running.err != nil {
		return append(all, unread(CheckQuota, side, "ec2:DescribeInstances", r.running.err))
	}
	return append(all, judgeVCPUs(d, side, r)...)
}

// judgeCounted wants room for as many as are needed of what an action has counted, beside those that are the stack's own already.
func judgeCounted(side understudy.Side, r region, found fact[counted], action, what, service, code string, needed int) []Finding {
	switch {
	case needed == 0:
		return nil
	case found.err != nil:
		return []Finding{unread(CheckQuota, side, action, found.err)}
	}
	return limited(side, r, quota{what: what, used: found.value.all}, service, code, max(0, needed-found.value.own))
}

// limited judges a quota by what Service Quotas says of its code.
func limited(side understudy.Side, r region, q quota, service, code string, more int) []Finding {
	most, ok := r.limits.value[code]
	if !ok {
		return []Finding{{
			Check: CheckQuota, Severity: Unchecked, Side: side, Why: whyQuota,
			What: fmt.Sprintf("%s: Service Quotas does not know the quota %s of %s; %d are used, and %d more are needed", r.name, code, q.what, q.used, more),
		}}
	}
	q.most = most
	found := full(side, r.name, q, more)
	for i := range found {
		found[i].Heal = fmt.Sprintf("delete what is not needed, or: aws service-quotas request-service-quota-increase --region %s"+
			" --service-code %s --quota-code %s --desired-value %d", r.name, service, code, max(most, q.used+more)+1)
	}
	return found
}

// judgeVCPUs wants room for the fleet as it is declared to begin, without which nothing is built, and as it may grow.
func judgeVCPUs(d *understudy.Declaration, side understudy.Side, r region) []Finding {
	n, family := r.kind.value.vcpus, familyOf(d.InstanceType(side))
	if n == 0 {
		return nil // the type is not known, which is said already
	}
	hosts, all := d.Hosts.Count*n, []Finding(nil)
	if h := r.hosts; h != nil {
		hosts = d.Hosts.Count * h.kind.value.vcpus
		if familyOf(d.HostType(side)) != family {
			all, hosts = judgeHostVCPUs(d, side, r, hosts), 0
		}
	}
	q, own := ofVCPUs(family, r, r.running.value)
	beside := func(fleet int) int { return max(0, fleet*n+hosts-own) }
	if found := limited(side, r, q, "ec2", family.code, beside(d.Size(side).Desired)); len(found) > 0 && found[0].Severity != Note {
		return append(all, found...)
	}
	most := max(d.Peak(side).Max, d.Peak(understudy.Primary).Max) // a smaller standby grows to what the primary has
	found := limited(side, r, q, "ec2", family.code, beside(most))
	if len(found) > 0 && found[0].Severity == Blocker {
		found[0].Severity = Warning
		found[0].What += fmt.Sprintf(" by a fleet of %d", most)
	}
	return append(all, found...)
}

// ofVCPUs is the quota of a family, and how many of those in use are the stack's own.
func ofVCPUs(f family, r region, now running) (q quota, own int) {
	if r.built.value { // in another network, they run until the new ones serve
		own = now.own
	}
	return quota{what: "vCPUs of running " + f.name + " instances", used: now.all}, own
}

// judgeHostVCPUs judges the quota of hosts of another family than the fleet's.
func judgeHostVCPUs(d *understudy.Declaration, side understudy.Side, r region, vcpus int) []Finding {
	if r.hosts.running.err != nil {
		return []Finding{unread(CheckQuota, side, "ec2:DescribeInstances", r.hosts.running.err)}
	}
	family := familyOf(d.HostType(side))
	q, own := ofVCPUs(family, r, r.hosts.running.value)
	return limited(side, r, q, "ec2", family.code, max(0, vcpus-own))
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
	checks := 0
	for _, side := range understudy.Sides {
		if !f.regions[side].built.value {
			checks += checksOf(d, side)
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

// checksOf is how many health checks the stack has for a region: its own, those of its switch, and the one that its record follows where it is
// calculated.
func checksOf(d *understudy.Declaration, side understudy.Side) int {
	n := len(d.Failover.Checks())
	if d.Switched(side) {
		n += d.Failover.SwitchChecks()
	}
	if d.Switched(side.Other()) || len(d.Failover.Further) > 0 {
		n++
	}
	return n
}
