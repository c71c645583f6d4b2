package scaling

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// The types of policies that are carried out here.
const (
	simpleScaling  = "SimpleScaling"
	stepScaling    = "StepScaling"
	targetTracking = "TargetTrackingScaling"
)

// policyRow is a scaling policy. Times are in the seconds of the API, not yet divided by the speed.
type policyRow struct {
	Group, Name, ID string
	Type            string
	Adjustment      fleet.Adjustment
	Cooldown        *int32
	Steps           []fleet.Step
	Aggregation     string
	Warmup          *int32
	Disabled        bool
	Tracking        *autoscalingtypes.TargetTrackingConfiguration
	High, Low       string // the names of a target tracking policy's alarms
}

func policyKey(group, name string) string { return group + "\x00" + name }

// policyARN names a policy, also as an alarm's action.
func (r *Room) policyARN(p policyRow) string {
	return r.ARN("autoscaling", "scalingPolicy:"+p.ID+":autoScalingGroupName/"+p.Group+":policyName/"+p.Name)
}

// PutScalingPolicy makes a policy or replaces one of the same name, which keeps its ARN.
func (r *Room) PutScalingPolicy(ctx context.Context, in *autoscaling.PutScalingPolicyInput) (*autoscaling.PutScalingPolicyOutput, error) {
	if kind := room.Deref(in.PolicyType); kind == "PredictiveScaling" {
		return nil, wire.Errorf("UnsupportedOperation", "Policies of the type %s are not supported here: %s, %s and %s are.",
			kind, simpleScaling, stepScaling, targetTracking)
	}
	if err := room.Only(in, "AutoScalingGroupName", "PolicyName", "PolicyType", "AdjustmentType", "ScalingAdjustment", "Cooldown", "MinAdjustmentMagnitude",
		"StepAdjustments", "MetricAggregationType", "EstimatedInstanceWarmup", "Enabled", "TargetTrackingConfiguration"); err != nil {
		return nil, err
	}
	if err := required("policyName", room.Deref(in.PolicyName) == ""); err != nil {
		return nil, err
	}
	p, err := newPolicy(in)
	if err != nil {
		return nil, err
	}
	err = r.changeFleet(in.AutoScalingGroupName, func(tx *store.Tx, f *fleetRow) error {
		key := policyKey(p.Group, p.Name)
		old, known := r.policies.GetTx(tx, key)
		if !known && len(r.policiesOf(tx, p.Group)) >= policiesPerGroup {
			return wire.Errorf("LimitExceeded", "You have reached the maximum number of scaling policies, %d, for the group %s.", policiesPerGroup, p.Group)
		}
		p.ID, p.High, p.Low = cmp.Or(old.ID, room.NewUUID()), old.High, old.Low
		if r.tracksTwice(tx, p) {
			return invalid("Only one TargetTrackingScaling policy for a given metric specification is allowed.")
		}
		if err := r.putAlarms(tx, *f, &p); err != nil {
			return err
		}
		return r.policies.Put(tx, key, p)
	})
	if err != nil {
		return nil, err
	}
	out := &autoscaling.PutScalingPolicyOutput{PolicyARN: new(r.policyARN(p)), Alarms: []autoscalingtypes.Alarm{}}
	if p.Type == targetTracking {
		out.Alarms = r.alarms.Acting(*out.PolicyARN)
	}
	return out, nil
}

// newPolicy checks a request.
func newPolicy(in *autoscaling.PutScalingPolicyInput) (p policyRow, err error) {
	p = policyRow{
		Group: room.Deref(in.AutoScalingGroupName), Name: *in.PolicyName, Type: cmp.Or(room.Deref(in.PolicyType), simpleScaling),
		Adjustment: fleet.Adjustment{Type: room.Deref(in.AdjustmentType), By: room.Deref(in.ScalingAdjustment), Magnitude: room.Deref(in.MinAdjustmentMagnitude)},
		Cooldown:   in.Cooldown, Warmup: in.EstimatedInstanceWarmup, Disabled: in.Enabled != nil && !*in.Enabled,
	}
	switch {
	case p.Type == targetTracking:
		return p, p.setTracking(in)
	case in.TargetTrackingConfiguration != nil:
		return p, invalid("TargetTrackingConfiguration is not supported by policies of the type %s", p.Type)
	case p.Type != simpleScaling && p.Type != stepScaling:
		return p, invalid("Invalid policy type %s. Valid ones are: [%s, %s, %s, PredictiveScaling]", p.Type, simpleScaling, stepScaling, targetTracking)
	case !slices.Contains(fleet.AdjustmentTypes, p.Adjustment.Type):
		return p, invalid("AdjustmentType must be one of ChangeInCapacity, ExactCapacity and PercentChangeInCapacity.")
	case p.Adjustment.Magnitude != 0 && p.Adjustment.Type != "PercentChangeInCapacity":
		return p, invalid("MinAdjustmentMagnitude is not supported by the specified adjustment type")
	case p.Type == stepScaling:
		return p, p.setSteps(in)
	case in.ScalingAdjustment == nil:
		return p, invalid("You must specify a ScalingAdjustment for a policy of the type %s.", simpleScaling)
	case len(in.StepAdjustments) > 0 || in.MetricAggregationType != nil || in.EstimatedInstanceWarmup != nil:
		return p, invalid("StepAdjustments, MetricAggregationType and EstimatedInstanceWarmup are not supported by policies of the type %s", simpleScaling)
	}
	return p, nil
}

// placeholders tells whether numbers that a type of policy has no use for are absent or 0: AWS takes a 0 for absent there, which Terraform's
// provider sends whenever it changes a policy (internal/service/autoscaling/policy.go, expandPutScalingPolicyInput).
func placeholders(numbers ...*int32) bool {
	return !slices.ContainsFunc(numbers, func(n *int32) bool { return room.Deref(n) != 0 })
}

// setSteps takes the steps of a step policy, which must not overlap.
func (p *policyRow) setSteps(in *autoscaling.PutScalingPolicyInput) error {
	if !placeholders(in.ScalingAdjustment, in.Cooldown) {
		return invalid("ScalingAdjustment and Cooldown are not supported by policies of the type %s", stepScaling)
	}
	if len(in.StepAdjustments) == 0 {
		return invalid("At least one StepAdjustment must be specified for a policy of the type %s", stepScaling)
	}
	p.Cooldown = nil
	p.Aggregation = cmp.Or(room.Deref(in.MetricAggregationType), "Average")
	if !slices.Contains([]string{"Minimum", "Maximum", "Average"}, p.Aggregation) {
		return invalid("MetricAggregationType must be one of Minimum, Maximum and Average.")
	}
	for _, s := range in.StepAdjustments {
		if s.ScalingAdjustment == nil {
			return invalid("Each StepAdjustment must have a ScalingAdjustment.")
		}
		if s.MetricIntervalLowerBound != nil && s.MetricIntervalUpperBound != nil && *s.MetricIntervalLowerBound >= *s.MetricIntervalUpperBound {
			return invalid("MetricIntervalLowerBound must be less than MetricIntervalUpperBound")
		}
		p.Steps = append(p.Steps, fleet.Step{Lower: s.MetricIntervalLowerBound, Upper: s.MetricIntervalUpperBound, By: *s.ScalingAdjustment})
	}
	return checkSteps(p.Steps)
}

// mostSteps is how many steps a policy may have, and policiesPerGroup how many policies a group
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html).
const (
	mostSteps        = 20
	policiesPerGroup = 50
)

// checkSteps sorts steps by their lower bounds and refuses what overlaps, leaves a gap or ends before it may
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html, "Step adjustments").
func checkSteps(steps []fleet.Step) error {
	if len(steps) > mostSteps { // seen of another service in https://github.com/aws/aws-cdk/issues/27020
		return invalid("There can be at most %d step adjustments per scaling policy", mostSteps)
	}
	lower := func(s fleet.Step) float64 {
		if s.Lower == nil {
			return math.Inf(-1)
		}
		return *s.Lower
	}
	slices.SortFunc(steps, func(a, b fleet.Step) int { return cmp.Compare(lower(a), lower(b)) })
	for i := 1; i < len(steps); i++ {
		before, s := steps[i-1], steps[i]
		switch {
		case s.Lower == nil:
			return invalid("At most one StepAdjustment may have an unspecified lower bound")
		case before.Upper == nil:
			return invalid("At most one StepAdjustment may have an unspecified upper bound")
		case *before.Upper > *s.Lower:
			return invalid("StepAdjustment intervals can't overlap")
		case *before.Upper < *s.Lower:
			return invalid("StepAdjustment intervals can't have gaps between them")
		}
	}
	return checkEnds(steps[0], steps[len(steps)-1])
}

// checkEnds refuses bounds beyond which a breach would have no step. The words on the upper one were seen in
// https://github.com/hashicorp/terraform-provider-aws/issues/9077, those on both of another service in issue 4812 there.
func checkEnds(first, last fleet.Step) error {
	const ends = "There must be a StepAdjustment with an unspecified %s bound (i.e., %s bound is null) when one StepAdjustment has a %s %s bound"
	switch {
	case first.Lower == nil && first.Upper == nil:
		return invalid("Both lower and upper bounds of a step adjustment cannot be left unspecified")
	case first.Lower != nil && *first.Lower < 0:
		return invalid(ends, "lower", "lower", "negative", "lower")
	case last.Upper != nil && *last.Upper > 0:
		return invalid(ends, "upper", "upper", "positive", "upper")
	}
	return nil
}

// findPolicy finds a policy by its name, with its group's, or by its ARN.
func (r *Room) findPolicy(tx *store.Tx, group, policy *string) (policyRow, error) {
	name := room.Deref(policy)
	if strings.HasPrefix(name, "arn:") {
		for _, p := range r.policies.AllTx(tx) {
			if r.policyARN(p) == name {
				return p, nil
			}
		}
		return policyRow{}, invalid("PolicyARN not found - %s", name)
	}
	if err := required("autoScalingGroupName", room.Deref(group) == ""); err != nil {
		return policyRow{}, err
	}
	if _, ok := r.fleets.GetTx(tx, *group); !ok {
		return policyRow{}, missingFleet(*group)
	}
	p, ok := r.policies.GetTx(tx, policyKey(*group, name))
	if !ok {
		return p, invalid("Policy name not found - no scaling policy found with name %s for group %s", name, *group)
	}
	return p, nil
}

// DeletePolicy deletes a policy. Alarms whose action it was lose that and stay, but those that a target tracking policy has made
// (https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeletePolicy.html).
func (r *Room) DeletePolicy(ctx context.Context, in *autoscaling.DeletePolicyInput) (*autoscaling.DeletePolicyOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "PolicyName"); err != nil {
		return nil, err
	}
	if err := required("policyName", room.Deref(in.PolicyName) == ""); err != nil {
		return nil, err
	}
	return &autoscaling.DeletePolicyOutput{}, r.Update(func(tx *store.Tx) error {
		p, err := r.findPolicy(tx, in.AutoScalingGroupName, in.PolicyName)
		if err != nil {
			return err
		}
		return r.dropPolicy(tx, p, false)
	})
}

func (r *Room) policiesOf(tx *store.Tx, group string) []policyRow {
	return slices.DeleteFunc(r.policies.AllTx(tx), func(p policyRow) bool { return p.Group != group })
}

// dropPolicies deletes a group's policies as the group is deleted: with the alarms that were for nothing else
// (https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeleteAutoScalingGroup.html).
func (r *Room) dropPolicies(tx *store.Tx, group string) (err error) {
	for _, p := range r.policiesOf(tx, group) {
		err = errors.Join(err, r.dropPolicy(tx, p, true))
	}
	return err
}

func (r *Room) dropPolicy(tx *store.Tx, p policyRow, withGroup bool) error {
	return errors.Join(
		r.alarms.DropAlarms(tx, p.High, p.Low), r.alarms.DropAction(tx, r.policyARN(p), withGroup), r.policies.Delete(tx, policyKey(p.Group, p.Name)),
	)
}

// DescribePolicies lists policies by group and name, with the alarms whose action they are.
func (r *Room) DescribePolicies(ctx context.Context, in *autoscaling.DescribePoliciesInput) (*autoscaling.DescribePoliciesOutput, error) {
	if err := room.Only(in, "AutoScalingGroupName", "MaxRecords", "NextToken", "PolicyNames", "PolicyTypes"); err != nil {
		return nil, err
	}
	if in.AutoScalingGroupName != nil {
		if err := r.exists(in.AutoScalingGroupName); err != nil {
			return nil, err
		}
	}
	rows := slices.DeleteFunc(r.policies.All(), func(p policyRow) bool {
		return in.AutoScalingGroupName != nil && p.Group != *in.AutoScalingGroupName || len(in.PolicyTypes) > 0 && !slices.Contains(in.PolicyTypes, p.Type) ||
			len(in.PolicyNames) > 0 && !slices.Contains(in.PolicyNames, p.Name) && !slices.Contains(in.PolicyNames, r.policyARN(p))
	})
	rows, next, err := page(rows, func(p policyRow) string { return policyKey(p.Group, p.Name) }, in.MaxRecords, in.NextToken, 50, 100)
	if err != nil {
		return nil, err
	}
	out := &autoscaling.DescribePoliciesOutput{NextToken: next}
	for _, p := range rows {
		out.ScalingPolicies = append(out.ScalingPolicies, r.showPolicy(p))
	}
	return out, nil
}

func (r *Room) showPolicy(p policyRow) autoscalingtypes.ScalingPolicy {
	out := autoscalingtypes.ScalingPolicy{
		AutoScalingGroupName: &p.Group, PolicyName: &p.Name, PolicyARN: new(r.policyARN(p)), PolicyType: &p.Type, AdjustmentType: room.Some(p.Adjustment.Type),
		MinAdjustmentMagnitude: room.Some(p.Adjustment.Magnitude), Cooldown: p.Cooldown, MetricAggregationType: room.Some(p.Aggregation),
		EstimatedInstanceWarmup: p.Warmup, Enabled: new(!p.Disabled), Alarms: r.alarms.Acting(r.policyARN(p)),
	}
	if p.Tracking != nil {
		shown := *p.Tracking
		shown.DisableScaleIn = new(room.Deref(shown.DisableScaleIn))
		out.TargetTrackingConfiguration = &shown
	}
	if p.Type == simpleScaling {
		out.ScalingAdjustment = &p.Adjustment.By
	}
	for _, s := range p.Steps {
		out.StepAdjustments = append(out.StepAdjustments, autoscalingtypes.StepAdjustment{
			MetricIntervalLowerBound: s.Lower, MetricIntervalUpperBound: s.Upper, ScalingAdjustment: &s.By,
		})
	}
	return out
}

// DescribeAdjustmentTypes lists how policies change a capacity.
func (r *Room) DescribeAdjustmentTypes(context.Context, *autoscaling.DescribeAdjustmentTypesInput) (*autoscaling.DescribeAdjustmentTypesOutput, error) {
	out := &autoscaling.DescribeAdjustmentTypesOutput{}
	for _, t := range fleet.AdjustmentTypes {
		out.AdjustmentTypes = append(out.AdjustmentTypes, autoscalingtypes.AdjustmentType{AdjustmentType: &t})
	}
	return out, nil
}
