package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/discover"
)

// judgeSite looks at one load balancer and what is behind it.
func (s *standing) judgeSite(site *discover.Site) (all []Finding) {
	name, side := site.Region+": load balancer "+aws.ToString(site.Balancer.LoadBalancerName), s.sides[site.DNS()]
	if zones := site.Zones(); len(zones) == 1 {
		all = append(all, Finding{CheckZones, Warning, side, name + " is in one zone, " + zones[0], whyZones, "give it a subnet in a second zone"})
	}
	for _, g := range site.Fleets {
		if len(g.AvailabilityZones) == 1 {
			all = append(all, Finding{CheckZones, Warning, side, fmt.Sprintf("%s: Auto Scaling group %s is in one zone, %s", site.Region,
				aws.ToString(g.AutoScalingGroupName), g.AvailabilityZones[0]), whyZones, "give it a subnet in a second zone"})
		}
	}
	for _, g := range site.Groups {
		all = append(all, judgeTargets(site, g, side)...)
		if behind := g.Behind(); behind != "" {
			all = append(all, Finding{CheckTargets, Note, side, fmt.Sprintf("%s: target group %s leads to the application load balancer %s, behind which nothing is "+
				"looked at", site.Region, aws.ToString(g.TargetGroupName), behind), "it counts as one target, whatever serves behind it", "understudy parity --record " +
				"compares it, as all of both VPCs"})
		}
	}
	for _, arn := range certificatesOf(site) {
		all = append(all, judgeServed(arn, s.Tree.Host, side, site.Region, s.certificates[arn])...)
	}
	return all
}

// judgeTargets counts the targets of a target group that do not serve.
func judgeTargets(site *discover.Site, g discover.Group, side understudy.Side) []Finding {
	name, ill := aws.ToString(g.TargetGroupName), 0
	for _, t := range g.Targets {
		switch t.TargetHealth.State {
		case elbtypes.TargetHealthStateEnumUnhealthy, elbtypes.TargetHealthStateEnumUnavailable:
			ill++
		}
	}
	f := Finding{Check: CheckTargets, Severity: Warning, Side: side,
		Heal: fmt.Sprintf("aws elbv2 describe-target-health --region %s --target-group-arn %s", site.Region, aws.ToString(g.TargetGroupArn))}
	switch {
	case len(g.Targets) == 0:
		f.What, f.Why = fmt.Sprintf("%s: target group %s has no targets", site.Region, name), "requests that come to it get no answer"
	case ill > 0:
		f.What = fmt.Sprintf("%s: %d of %d targets of %s are ill", site.Region, ill, len(g.Targets), name)
		f.Why = "the others serve their share of the users, too, and after a failover those of the other region"
	default:
		return nil
	}
	return []Finding{f}
}

// serving counts the targets that serve behind a load balancer, each once.
func serving(site *discover.Site) int {
	well := map[string]bool{}
	for _, g := range site.Groups {
		for _, t := range g.Targets {
			if t.TargetHealth.State == elbtypes.TargetHealthStateEnumHealthy {
				well[aws.ToString(t.Target.Id)] = true
			}
		}
	}
	return len(well)
}

// judgeStandbys compares the load balancers that stand by with those in whose place they are to serve.
func (s *standing) judgeStandbys() (all []Finding) {
	for _, p := range s.Tree.Pairs() {
		first, second := s.Site(p.Balancers[0]), s.Site(p.Balancers[1])
		if s.sides[second.DNS()] != understudy.Secondary {
			continue // both serve
		}
		say := func(severity Severity, what, why, heal string) {
			all = append(all, Finding{CheckStandby, severity, understudy.Secondary, second.Region + ": " + what, why, heal})
		}
		needed, ready := serving(first), serving(second)
		switch {
		case ready == 0:
			say(Blocker, "nothing serves behind load balancer "+aws.ToString(second.Balancer.LoadBalancerName), whyEmpty, "start instances there")
		case ready < needed:
			say(Warning, fmt.Sprintf("%d targets serve, and in %s it is %d", ready, first.Region, needed),
				"the standby must serve all of the primary's users from the first second on", "give the standby as many instances as the primary")
		}
		if most := most(second); most > 0 && most < needed {
			say(Warning, fmt.Sprintf("its Auto Scaling groups may have %d instances, and in %s %d serve", most, first.Region, needed),
				"the standby cannot grow to what the primary serves", "raise the groups' greatest size")
		}
		all = append(all, s.judgeCapacity(second, needed-ready)...)
	}
	return slices.CompactFunc(all, func(a, b Finding) bool { return a == b })
}

// most is how many instances the fleets may have, 0 where there is none.
func most(site *discover.Site) (n int) {
	for _, g := range site.Fleets {
		n += int(aws.ToInt32(g.MaxSize))
	}
	return n
}

// judgeCapacity wants room for the instances that the standby lacks beside the primary.
func (s *standing) judgeCapacity(site *discover.Site, more int) []Finding {
	c, known := s.capacity[site.DNS()]
	if !known {
		return nil
	}
	family := familyOf(c.size)
	switch {
	case c.limits.err != nil:
		return []Finding{unread(CheckQuota, understudy.Secondary, "servicequotas:GetServiceQuota", c.limits.err)}
	case c.kind.err != nil:
		return []Finding{unread(CheckQuota, understudy.Secondary, "ec2:DescribeInstanceTypes", c.kind.err)}
	case c.running.err != nil:
		return []Finding{unread(CheckQuota, understudy.Secondary, "ec2:DescribeInstances", c.running.err)}
	}
	r := region{name: site.Region, limits: c.limits}
	q := quota{what: "vCPUs of running " + strings.TrimSpace(family.name) + " instances", used: c.running.value.all}
	return limited(understudy.Secondary, r, q, "ec2", family.code, max(0, more)*c.kind.value.vcpus)
}
