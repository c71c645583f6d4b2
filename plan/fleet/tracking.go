package fleet

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/resource"
)

// Tracking is the policy by which a region's fleet scales itself, within its minimum and maximum, so that a measure stays at a
// target. How many instances the fleet wants is the policy's to say since. A policy goes with its group.
type Tracking struct {
	resource.Scope
	Fleet    *Fleet
	Balancer *balancing.Balancer
	Group    *balancing.TargetGroup
	was      *autoscalingtypes.ScalingPolicy // as it was found
}

func (t *Tracking) policyName() string { return t.NameOf("track") }

func (t *Tracking) Identity() string {
	if t.was == nil {
		return ""
	}
	return t.policyName()
}

// measure returns what is measured, of what, and the target.
func (t *Tracking) measure() (what autoscalingtypes.MetricType, of string, target int) {
	if n := t.Declared.Fleet.Track.Requests; n > 0 {
		return autoscalingtypes.MetricTypeALBRequestCountPerTarget, t.label(), n
	}
	return autoscalingtypes.MetricTypeASGAverageCPUUtilization, "", t.Declared.Fleet.Track.CPU
}

// label names a load balancer and its target group by the ends of their ARNs (PredefinedMetricSpecification in the Amazon EC2 Auto
// Scaling API Reference).
func (t *Tracking) label() string {
	_, balancer, _ := strings.Cut(t.Balancer.ARN, ":loadbalancer/")
	_, group, _ := strings.Cut(t.Group.ARN, ":targetgroup/")
	if balancer == "" || group == "" {
		return resource.Unknown
	}
	return balancer + "/targetgroup/" + group
}

const targetTracking = "TargetTrackingScaling"

func (t *Tracking) Desired() []resource.Field {
	what, of, target := t.measure()
	return []resource.Field{
		{Name: "type", Value: targetTracking}, {Name: "measures", Value: string(what)}, {Name: "of", Value: of}, {Name: "target", Value: resource.Number(target)},
		{Name: "scales in", Value: resource.Yes(true)}, {Name: "enabled", Value: resource.Yes(true)},
	}
}

func (t *Tracking) Actual() []resource.Field {
	if t.was == nil {
		return nil
	}
	fields := []resource.Field{{Name: "type", Value: aws.ToString(t.was.PolicyType)}, {Name: "enabled", Value: resource.Yes(aws.ToBool(t.was.Enabled))}}
	c := t.was.TargetTrackingConfiguration
	if c == nil {
		return fields
	}
	fields = append(fields, resource.Field{Name: "target", Value: strconv.FormatFloat(aws.ToFloat64(c.TargetValue), 'f', -1, 64)},
		resource.Field{Name: "scales in", Value: resource.Yes(!aws.ToBool(c.DisableScaleIn))})
	if m := c.PredefinedMetricSpecification; m != nil {
		fields = append(fields, resource.Field{Name: "measures", Value: string(m.PredefinedMetricType)}, resource.Field{Name: "of",
			Value: aws.ToString(m.ResourceLabel)})
	}
	return fields
}

func (t *Tracking) Find(ctx context.Context) (bool, error) {
	t.was = nil
	if !t.Fleet.found || t.Fleet.deleting {
		return false, nil
	}
	out, err := t.AutoScaling.DescribePolicies(ctx, &autoscaling.DescribePoliciesInput{
		AutoScalingGroupName: aws.String(t.Fleet.FleetName()), PolicyNames: []string{t.policyName()},
	})
	if account.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("describe scaling policies: %w", err)
	}
	for _, p := range out.ScalingPolicies {
		t.was = &p
	}
	return t.was != nil, nil
}

func (t *Tracking) Create(ctx context.Context) error {
	what, of, target := t.measure()
	metric := &autoscalingtypes.PredefinedMetricSpecification{PredefinedMetricType: what}
	if of != "" {
		metric.ResourceLabel = &of
	}
	_, err := t.AutoScaling.PutScalingPolicy(ctx, &autoscaling.PutScalingPolicyInput{
		AutoScalingGroupName: aws.String(t.Fleet.FleetName()), PolicyName: aws.String(t.policyName()), PolicyType: aws.String(targetTracking),
		TargetTrackingConfiguration: &autoscalingtypes.TargetTrackingConfiguration{
			PredefinedMetricSpecification: metric, TargetValue: aws.Float64(float64(target)),
		},
	})
	if err != nil {
		return fmt.Errorf("put scaling policy: %w", err)
	}
	return nil
}

// Change replaces the policy, by its name. One of another type has to go first.
func (t *Tracking) Change(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "type") {
		if err := t.Remove(ctx); err != nil {
			return err
		}
	}
	return t.Create(ctx)
}

func (t *Tracking) Remove(ctx context.Context) error {
	_, err := t.AutoScaling.DeletePolicy(ctx, &autoscaling.DeletePolicyInput{
		AutoScalingGroupName: aws.String(t.Fleet.FleetName()), PolicyName: aws.String(t.policyName()),
	})
	if err != nil && !account.IsNotFound(err) {
		return fmt.Errorf("delete %s: %w", t.policyName(), err)
	}
	return nil
}

var _ resource.Resource = (*Tracking)(nil)
