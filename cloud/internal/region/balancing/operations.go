package balancing

import "github.com/understudy/understudy/cloud/internal/wire"

// Operations registers Elastic Load Balancing's handlers, one line each.
func (r *Room) Operations(m *wire.Mux) {
	wire.Handle(m, wire.ELBv2, "AddTags", r.AddTags)
	wire.Handle(m, wire.ELBv2, "CreateListener", r.CreateListener)
	wire.Handle(m, wire.ELBv2, "CreateLoadBalancer", r.CreateLoadBalancer)
	wire.Handle(m, wire.ELBv2, "CreateRule", r.CreateRule)
	wire.Handle(m, wire.ELBv2, "CreateTargetGroup", r.CreateTargetGroup)
	wire.Handle(m, wire.ELBv2, "DeleteListener", r.DeleteListener)
	wire.Handle(m, wire.ELBv2, "DeleteLoadBalancer", r.DeleteLoadBalancer)
	wire.Handle(m, wire.ELBv2, "DeleteRule", r.DeleteRule)
	wire.Handle(m, wire.ELBv2, "DeleteTargetGroup", r.DeleteTargetGroup)
	wire.Handle(m, wire.ELBv2, "DeregisterTargets", r.DeregisterTargets)
	wire.Handle(m, wire.ELBv2, "DescribeAccountLimits", r.DescribeAccountLimits)
	wire.Handle(m, wire.ELBv2, "DescribeListenerAttributes", r.DescribeListenerAttributes)
	wire.Handle(m, wire.ELBv2, "DescribeListeners", r.DescribeListeners)
	wire.Handle(m, wire.ELBv2, "DescribeLoadBalancerAttributes", r.DescribeLoadBalancerAttributes)
	wire.Handle(m, wire.ELBv2, "DescribeLoadBalancers", r.DescribeLoadBalancers)
	wire.Handle(m, wire.ELBv2, "DescribeRules", r.DescribeRules)
	wire.Handle(m, wire.ELBv2, "DescribeTags", r.DescribeTags)
	wire.Handle(m, wire.ELBv2, "DescribeTargetGroupAttributes", r.DescribeTargetGroupAttributes)
	wire.Handle(m, wire.ELBv2, "DescribeTargetGroups", r.DescribeTargetGroups)
	wire.Handle(m, wire.ELBv2, "DescribeTargetHealth", r.DescribeTargetHealth)
	wire.Handle(m, wire.ELBv2, "ModifyListener", r.ModifyListener)
	wire.Handle(m, wire.ELBv2, "ModifyListenerAttributes", r.ModifyListenerAttributes)
	wire.Handle(m, wire.ELBv2, "ModifyLoadBalancerAttributes", r.ModifyLoadBalancerAttributes)
	wire.Handle(m, wire.ELBv2, "ModifyRule", r.ModifyRule)
	wire.Handle(m, wire.ELBv2, "ModifyTargetGroup", r.ModifyTargetGroup)
	wire.Handle(m, wire.ELBv2, "ModifyTargetGroupAttributes", r.ModifyTargetGroupAttributes)
	wire.Handle(m, wire.ELBv2, "RegisterTargets", r.RegisterTargets)
	wire.Handle(m, wire.ELBv2, "RemoveTags", r.RemoveTags)
	wire.Handle(m, wire.ELBv2, "SetRulePriorities", r.SetRulePriorities)
	wire.Handle(m, wire.ELBv2, "SetSecurityGroups", r.SetSecurityGroups)
	wire.Handle(m, wire.ELBv2, "SetSubnets", r.SetSubnets)
}
