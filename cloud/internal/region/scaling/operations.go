package scaling

import "github.com/understudy/understudy/cloud/internal/wire"

// Operations registers Auto Scaling's handlers, one line each.
func (r *Room) Operations(m *wire.Mux) {
	wire.Handle(m, wire.AutoScaling, "AttachLoadBalancerTargetGroups", r.AttachLoadBalancerTargetGroups)
	wire.Handle(m, wire.AutoScaling, "CancelInstanceRefresh", r.CancelInstanceRefresh)
	wire.Handle(m, wire.AutoScaling, "CreateAutoScalingGroup", r.CreateAutoScalingGroup)
	wire.Handle(m, wire.AutoScaling, "CreateOrUpdateTags", r.CreateOrUpdateTags)
	wire.Handle(m, wire.AutoScaling, "DeleteAutoScalingGroup", r.DeleteAutoScalingGroup)
	wire.Handle(m, wire.AutoScaling, "DeleteTags", r.DeleteTags)
	wire.Handle(m, wire.AutoScaling, "DescribeAccountLimits", r.DescribeAccountLimits)
	wire.Handle(m, wire.AutoScaling, "DescribeAutoScalingGroups", r.DescribeAutoScalingGroups)
	wire.Handle(m, wire.AutoScaling, "DescribeAutoScalingInstances", r.DescribeAutoScalingInstances)
	wire.Handle(m, wire.AutoScaling, "DescribeInstanceRefreshes", r.DescribeInstanceRefreshes)
	wire.Handle(m, wire.AutoScaling, "DescribeLoadBalancerTargetGroups", r.DescribeLoadBalancerTargetGroups)
	wire.Handle(m, wire.AutoScaling, "DescribeScalingActivities", r.DescribeScalingActivities)
	wire.Handle(m, wire.AutoScaling, "DescribeScalingProcessTypes", r.DescribeScalingProcessTypes)
	wire.Handle(m, wire.AutoScaling, "DescribeTags", r.DescribeTags)
	wire.Handle(m, wire.AutoScaling, "DescribeTerminationPolicyTypes", r.DescribeTerminationPolicyTypes)
	wire.Handle(m, wire.AutoScaling, "DetachLoadBalancerTargetGroups", r.DetachLoadBalancerTargetGroups)
	wire.Handle(m, wire.AutoScaling, "ResumeProcesses", r.ResumeProcesses)
	wire.Handle(m, wire.AutoScaling, "RollbackInstanceRefresh", r.RollbackInstanceRefresh)
	wire.Handle(m, wire.AutoScaling, "SetDesiredCapacity", r.SetDesiredCapacity)
	wire.Handle(m, wire.AutoScaling, "SetInstanceHealth", r.SetInstanceHealth)
	wire.Handle(m, wire.AutoScaling, "SetInstanceProtection", r.SetInstanceProtection)
	wire.Handle(m, wire.AutoScaling, "StartInstanceRefresh", r.StartInstanceRefresh)
	wire.Handle(m, wire.AutoScaling, "SuspendProcesses", r.SuspendProcesses)
	wire.Handle(m, wire.AutoScaling, "TerminateInstanceInAutoScalingGroup", r.TerminateInstanceInAutoScalingGroup)
	wire.Handle(m, wire.AutoScaling, "UpdateAutoScalingGroup", r.UpdateAutoScalingGroup)
}
