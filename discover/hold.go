package discover

import (
	"fmt"
	"slices"

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
	for _, n := range s.Tree.Names() {
		for _, b := range n.Branches {
			h.unsaid("the record %s %s %s", n.Name, b.Record.Type, aws.ToString(b.Record.SetIdentifier))
			if check := aws.ToString(b.Record.HealthCheckId); check != "" {
				h.unsaid("the health check %s", check)
			}
		}
	}
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

func (h *Held) unsaid(format string, args ...any) {
	h.Unsaid = append(h.Unsaid, fmt.Sprintf(format, args...))
}

// hold adds what a site has of the kinds that can be held. Sites may share a target group, a fleet or a security group.
func (h *Held) hold(site *Site) {
	add := func(kind understudy.AdoptedKind, id, name *string) {
		r := understudy.AdoptedResource{Region: site.Region, Kind: kind, ID: aws.ToString(id), Name: aws.ToString(name)}
		same := func(o understudy.AdoptedResource) bool { return o.Region == r.Region && o.Kind == kind && o.ID == r.ID }
		if !slices.ContainsFunc(h.Resources, same) {
			h.Resources = append(h.Resources, r)
		}
	}
	add(understudy.AdoptedBalancer, site.Balancer.LoadBalancerArn, site.Balancer.LoadBalancerName)
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
		in("the listener of %s at port %d, with its actions, certificates and rules (%d)", aws.ToString(site.Balancer.LoadBalancerName),
			aws.ToInt32(l.Port), len(l.Rules))
	}
	for _, g := range site.Groups {
		in("the port, protocol and targets of the target group %s", aws.ToString(g.TargetGroupName))
	}
	for _, g := range site.Fleets {
		in("the desired capacity, subnets, launch template, target groups and scaling of the Auto Scaling group %s", aws.ToString(g.AutoScalingGroupName))
	}
	for _, t := range site.Templates {
		in("the launch template %s (%s)", aws.ToString(t.LaunchTemplateName), aws.ToString(t.LaunchTemplateId))
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
