package discover

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/understudy/understudy"
)

// Held is what of a stack can be held as it stands.
type Held struct {
	Regions   []string // the primary and the secondary
	Resources []understudy.AdoptedResource
	Unsaid    []string // what cannot, by names
}

// Hold lists what stands in the first pair of regions.
func (s *Stack) Hold() (*Held, error) {
	pairs := s.Tree.Pairs()
	if len(pairs) == 0 {
		return nil, fmt.Errorf("%s leads to no two regions", s.Tree.Host)
	}
	h := &Held{}
	for _, b := range pairs[0].Balancers {
		h.Regions = append(h.Regions, RegionOf(b))
	}
	h.names(s)
	for _, site := range s.Sites {
		if !slices.Contains(h.Regions, site.Region) {
			h.unsaid("the load balancer %s in %s and all behind it: two regions can be held", aws.ToString(site.Balancer.LoadBalancerName), site.Region)
			continue
		}
		h.hold(site)
		h.leave(site)
	}
	slices.Sort(h.Unsaid)
	h.Unsaid = slices.Compact(h.Unsaid)
	return h, nil
}

// names adds the records, and the health checks that they follow, as the primary's: Route 53 has no regions.
func (h *Held) names(s *Stack) {
	for _, n := range s.Tree.Names() {
		for _, b := range n.Branches {
			label := strings.TrimSpace(strings.Join([]string{n.Name, string(b.Record.Type), aws.ToString(b.Record.SetIdentifier)}, " "))
			h.add(h.Regions[0], understudy.AdoptedRecord, strings.TrimPrefix(s.Zone.ID, "/hostedzone/")+" "+label, label)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.Checks)) {
		h.add(h.Regions[0], understudy.AdoptedCheck, id, id)
		if c := s.Checks[id].HealthCheckConfig; c.AlarmIdentifier != nil || aws.ToString(c.RoutingControlArn) != "" {
			h.unsaid("what the health check %s follows", id)
		}
	}
}

// add adds a resource once. Sites may share a target group, a fleet or a security group.
func (h *Held) add(region string, kind understudy.AdoptedKind, id, name string) {
	r := understudy.AdoptedResource{Region: region, Kind: kind, ID: id, Name: name}
	same := func(o understudy.AdoptedResource) bool { return o.Region == r.Region && o.Kind == kind && o.ID == r.ID }
	if !slices.ContainsFunc(h.Resources, same) {
		h.Resources = append(h.Resources, r)
	}
}

func (h *Held) unsaid(format string, args ...any) {
	h.Unsaid = append(h.Unsaid, fmt.Sprintf(format, args...))
}

// hold adds what a site has of the kinds that can be held.
func (h *Held) hold(site *Site) {
	add := func(kind understudy.AdoptedKind, id, name *string) {
		h.add(site.Region, kind, aws.ToString(id), aws.ToString(name))
	}
	add(understudy.AdoptedBalancer, site.Balancer.LoadBalancerArn, site.Balancer.LoadBalancerName)
	for _, l := range site.Listeners {
		at := fmt.Sprintf("%s at port %d", aws.ToString(site.Balancer.LoadBalancerName), aws.ToInt32(l.Port))
		add(understudy.AdoptedListener, l.ListenerArn, &at)
		for _, r := range l.Rules {
			add(understudy.AdoptedRule, r.RuleArn, aws.String(aws.ToString(r.Priority)+" of "+at))
		}
	}
	for _, t := range site.Templates {
		add(understudy.AdoptedTemplate, t.LaunchTemplateId, t.LaunchTemplateName)
	}
	for _, g := range site.Groups {
		add(understudy.AdoptedTargetGroup, g.TargetGroupArn, g.TargetGroupName)
	}
	for _, g := range site.Fleets {
		add(understudy.AdoptedFleet, g.AutoScalingGroupName, g.AutoScalingGroupName)
	}
	for _, g := range site.Filters {
		add(understudy.AdoptedFilter, g.GroupId, g.GroupName)
	}
}

// leave names what a site has of other kinds, and what no setting of the held ones says.
func (h *Held) leave(site *Site) {
	in := func(format string, args ...any) { h.unsaid("in %s: %s", site.Region, fmt.Sprintf(format, args...)) }
	in("the subnets, security groups and scheme of the load balancer %s", aws.ToString(site.Balancer.LoadBalancerName))
	for _, l := range site.Listeners {
		in("what else the listener of %s at port %d has: certificates beside the first, client certificates, attributes",
			aws.ToString(site.Balancer.LoadBalancerName), aws.ToInt32(l.Port))
	}
	for _, g := range site.Groups {
		in("the port, protocol and targets of the target group %s", aws.ToString(g.TargetGroupName))
		if name := g.Behind(); name != "" {
			in("the application load balancer %s, to which that target group leads, and all behind it", name)
		}
	}
	for _, g := range site.Fleets {
		in("the desired capacity, subnets, launch template, target groups and scaling of the Auto Scaling group %s", aws.ToString(g.AutoScalingGroupName))
	}
	for _, t := range site.Templates {
		in("what the versions of the launch template %s (%s) say: they never change", aws.ToString(t.LaunchTemplateName), aws.ToString(t.LaunchTemplateId))
	}
	for _, m := range site.Machines {
		in("the instance %s", aws.ToString(m.InstanceId))
	}
	for _, g := range site.Filters {
		in("the descriptions of the rules of the security group %s", aws.ToString(g.GroupName))
	}
	in("the VPC %s", aws.ToString(site.VPC.VpcId))
	for _, one := range site.Subnets {
		in("the subnet %s", aws.ToString(one.SubnetId))
	}
	for _, one := range site.Tables {
		in("the route table %s", aws.ToString(one.RouteTableId))
	}
	for _, one := range site.Gateways {
		in("the internet gateway %s", aws.ToString(one.InternetGatewayId))
	}
	for _, one := range site.ACLs {
		in("the network ACL %s", aws.ToString(one.NetworkAclId))
	}
}
