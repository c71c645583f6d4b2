package fleet

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/machines"
	"github.com/understudy/understudy/plan/resource"
)

// usualSetting is a setting of an Auto Scaling group that a declaration says nothing about, or need not.
type usualSetting struct {
	name     string
	usual    string                        // as AWS makes it
	declared func(understudy.Fleet) string // nil where it cannot be
	of       func(*autoscalingtypes.AutoScalingGroup) string
	reset    func(*autoscaling.UpdateAutoScalingGroupInput, understudy.Fleet)
}

// fleetDefaults are these settings with the values that AWS gives a new group (CreateAutoScalingGroup in the Amazon EC2 Auto
// Scaling API Reference), and how each is given back (UpdateAutoScalingGroup there). Where one is another, the region's fleet
// scales, or replaces what is ill, in another way than the other region's.
var fleetDefaults = []usualSetting{
	{
		name: "cooldown", usual: "300",
		of: func(g *autoscalingtypes.AutoScalingGroup) string {
			return resource.Number(aws.ToInt32(g.DefaultCooldown))
		},
		reset: func(in *autoscaling.UpdateAutoScalingGroupInput, _ understudy.Fleet) {
			in.DefaultCooldown = aws.Int32(300)
		},
	},
	{
		name: "termination policies", usual: "Default",
		declared: func(f understudy.Fleet) string { return policiesText(f.Termination) },
		of:       func(g *autoscalingtypes.AutoScalingGroup) string { return policiesText(g.TerminationPolicies) },
		reset: func(in *autoscaling.UpdateAutoScalingGroupInput, f understudy.Fleet) {
			in.TerminationPolicies = f.Termination
		},
	},
	{
		name: "protects new instances", usual: "no",
		of: func(g *autoscalingtypes.AutoScalingGroup) string {
			return resource.Yes(aws.ToBool(g.NewInstancesProtectedFromScaleIn))
		},
		reset: func(in *autoscaling.UpdateAutoScalingGroupInput, _ understudy.Fleet) {
			in.NewInstancesProtectedFromScaleIn = aws.Bool(false)
		},
	},
	{
		name: "capacity rebalance", usual: "no",
		of: func(g *autoscalingtypes.AutoScalingGroup) string {
			return resource.Yes(aws.ToBool(g.CapacityRebalance))
		},
		reset: func(in *autoscaling.UpdateAutoScalingGroupInput, _ understudy.Fleet) {
			in.CapacityRebalance = aws.Bool(false)
		},
	},
	{
		name: "longest life of instances", usual: "",
		declared: func(f understudy.Fleet) string { return machines.Some(f.MaxLifetime) },
		of:       func(g *autoscalingtypes.AutoScalingGroup) string { return given(g.MaxInstanceLifetime) },
		reset: func(in *autoscaling.UpdateAutoScalingGroupInput, f understudy.Fleet) {
			in.MaxInstanceLifetime = aws.Int32(int32(f.MaxLifetime)) // 0 takes it back
		},
	},
	{
		name: "warmup", usual: "",
		declared: func(f understudy.Fleet) string { return machines.Some(f.WarmUp) },
		of:       func(g *autoscalingtypes.AutoScalingGroup) string { return given(g.DefaultInstanceWarmup) },
		reset: func(in *autoscaling.UpdateAutoScalingGroupInput, f understudy.Fleet) {
			in.DefaultInstanceWarmup = aws.Int32(int32(cmp.Or(f.WarmUp, -1))) // -1 takes it back
		},
	},
}

// policiesText renders termination policies in their order, which has a meaning. None is AWS's own.
func policiesText(policies []string) string {
	return cmp.Or(strings.Join(policies, ", then "), "Default")
}

// given renders a number that may be missing; 0 is none.
func given(n *int32) string {
	if aws.ToInt32(n) == 0 {
		return ""
	}
	return resource.Number(*n)
}

// usualFleet returns the settings as AWS makes them, or as they are declared, and actualFleet as a group has them.
func usualFleet(f understudy.Fleet) (fields []resource.Field) {
	for _, s := range fleetDefaults {
		value := s.usual
		if s.declared != nil {
			value = s.declared(f)
		}
		fields = append(fields, resource.Field{Name: s.name, Value: value})
	}
	return append(fields, resource.Field{Name: fleetMetrics, Value: resource.Yes(f.Metrics)})
}

func actualFleet(g *autoscalingtypes.AutoScalingGroup) (fields []resource.Field) {
	for _, s := range fleetDefaults {
		fields = append(fields, resource.Field{Name: s.name, Value: s.of(g)})
	}
	return append(fields, resource.Field{Name: fleetMetrics, Value: metricsText(g)})
}

// declaredOfFleet are the settings of the declaration that UpdateAutoScalingGroup sets.
var declaredOfFleet = []string{"min", "max", "health check", "grace", "subnets"}

// updates tells whether the differences are for UpdateAutoScalingGroup to heal.
func updates(differences []resource.Difference) bool {
	return slices.ContainsFunc(differences, func(d resource.Difference) bool {
		return slices.Contains(declaredOfFleet, d.Name) ||
			slices.ContainsFunc(fleetDefaults, func(s usualSetting) bool { return s.name == d.Name })
	})
}
