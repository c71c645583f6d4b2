package scaling

import (
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// desired is the desired capacity of the group "app".
func (s *stage) desired() int32 {
	row, _ := s.r.fleets.Get("app")
	return row.Desired
}

func TestSimplePolicyChangesTheCapacity(t *testing.T) {
	s := newStage(t)
	client, ctx := s.client(), t.Context()
	s.alone(1, func(in *autoscaling.CreateAutoScalingGroupInput) { in.DefaultCooldown = new(int32(100_000)) })
	put := func(in autoscaling.PutScalingPolicyInput) (string, error) {
		in.AutoScalingGroupName = new("app")
		out, err := client.PutScalingPolicy(ctx, &in)
		if err != nil {
			return "", err
		}
		return *out.PolicyARN, nil
	}
	arn := roomtest.Must(put(autoscaling.PutScalingPolicyInput{
		PolicyName: new("out"), AdjustmentType: new("ChangeInCapacity"), ScalingAdjustment: new(int32(1)),
	}))(t)
	if !strings.HasSuffix(arn, ":autoScalingGroupName/app:policyName/out") || !strings.HasPrefix(arn, "arn:aws:autoscaling:us-east-1:") {
		t.Errorf("its ARN is %s", arn)
	}
	s.reopen()
	if again := roomtest.Must(put(autoscaling.PutScalingPolicyInput{
		PolicyName: new("out"), PolicyType: new("SimpleScaling"), AdjustmentType: new("ChangeInCapacity"), ScalingAdjustment: new(int32(2)), Cooldown: new(int32(0)),
	}))(t); again != arn {
		t.Errorf("put again it is %s", again)
	}
	if err := s.alarms.PutAlarm(nil, &cloudwatch.PutMetricAlarmInput{AlarmName: new("busy"), AlarmActions: []string{arn}}); err != nil {
		t.Fatal(err)
	}
	found := roomtest.Must(client.DescribePolicies(ctx, &autoscaling.DescribePoliciesInput{
		AutoScalingGroupName: new("app"), PolicyTypes: []string{"SimpleScaling"},
	}))(t).ScalingPolicies
	if len(found) != 1 || *found[0].ScalingAdjustment != 2 || *found[0].Cooldown != 0 || !*found[0].Enabled || len(found[0].Alarms) != 1 {
		t.Errorf("found %+v", found)
	}
	roomtest.Must(client.ExecutePolicy(ctx, &autoscaling.ExecutePolicyInput{AutoScalingGroupName: new("app"), PolicyName: new("out")}))(t)
	if s.desired() != 3 {
		t.Errorf("executed by name %d", s.desired())
	}
	s.await("three in service", serve(3))
	roomtest.Must(client.ExecutePolicy(ctx, &autoscaling.ExecutePolicyInput{PolicyName: &arn, HonorCooldown: new(true)}))(t)
	if s.desired() != 4 {
		t.Errorf("executed by ARN up to the maximum %d", s.desired())
	}
	s.await("four in service", serve(4))
	if row, _ := s.r.activities.Get(s.r.membersOf("app")[3].Launch); !strings.Contains(row.Cause,
		"a user request executed policy out changing the desired capacity from 3 to 4.") {
		t.Errorf("the cause is %q", row.Cause)
	}

	roomtest.Must(put(autoscaling.PutScalingPolicyInput{
		PolicyName: new("in"), AdjustmentType: new("PercentChangeInCapacity"), ScalingAdjustment: new(int32(-50)),
	}))(t)
	_, err := client.ExecutePolicy(ctx, &autoscaling.ExecutePolicyInput{AutoScalingGroupName: new("app"), PolicyName: new("in"), HonorCooldown: new(true)})
	roomtest.WantAPIError(t, err, "ScalingActivityInProgress")
	_, err = client.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{
		AutoScalingGroupName: new("app"), DesiredCapacity: new(int32(1)), HonorCooldown: new(true),
	})
	roomtest.WantAPIError(t, err, "ScalingActivityInProgress")
	in, _ := s.r.policies.Get(policyKey("app", "in"))
	if why, err := s.r.Alarmed(s.r.policyARN(in), Breach{By: "a monitor alarm"}); why != "the cooldown is not over" || err != nil || s.desired() != 4 {
		t.Errorf("an alarm in the cooldown: %q, %v, %d", why, err, s.desired())
	}
	roomtest.Must(client.ExecutePolicy(ctx, &autoscaling.ExecutePolicyInput{AutoScalingGroupName: new("app"), PolicyName: new("in")}))(t)
	if s.desired() != 2 {
		t.Errorf("half of four is %d", s.desired())
	}

	roomtest.Must(client.DeletePolicy(ctx, &autoscaling.DeletePolicyInput{PolicyName: &arn}))(t)
	_, err = client.ExecutePolicy(ctx, &autoscaling.ExecutePolicyInput{PolicyName: &arn})
	roomtest.WantAPIError(t, err, "ValidationError")
	_, err = client.DeletePolicy(ctx, &autoscaling.DeletePolicyInput{AutoScalingGroupName: new("app"), PolicyName: new("out")})
	roomtest.WantAPIError(t, err, "ValidationError")
	roomtest.Must(client.DeleteAutoScalingGroup(ctx, &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: new("app"), ForceDelete: new(true)}))(t)
	s.wait("its policies go with the group", func() bool { return len(s.r.policies.All()) == 0 })
}

func TestStepPolicyFollowsTheBreach(t *testing.T) {
	s := newStage(t)
	client, ctx := s.client(), t.Context()
	s.alone(1, func(in *autoscaling.CreateAutoScalingGroupInput) { in.MaxSize = new(int32(9)) })
	arn := *roomtest.Must(client.PutScalingPolicy(ctx, &autoscaling.PutScalingPolicyInput{
		AutoScalingGroupName: new("app"), PolicyName: new("steps"), PolicyType: new("StepScaling"),
		AdjustmentType: new("ChangeInCapacity"), EstimatedInstanceWarmup: new(int32(100_000)),
		StepAdjustments: []autoscalingtypes.StepAdjustment{
			{MetricIntervalLowerBound: new(10.0), ScalingAdjustment: new(int32(3))},
			{MetricIntervalLowerBound: new(0.0), MetricIntervalUpperBound: new(10.0), ScalingAdjustment: new(int32(1))},
		},
	}))(t).PolicyARN
	found := roomtest.Must(client.DescribePolicies(ctx, &autoscaling.DescribePoliciesInput{PolicyNames: []string{"steps"}}))(t).ScalingPolicies
	if len(found) != 1 || len(found[0].StepAdjustments) != 2 || *found[0].MetricAggregationType != "Average" || found[0].ScalingAdjustment != nil {
		t.Errorf("found %+v", found)
	}
	execute := func(value float64) error {
		_, err := client.ExecutePolicy(ctx, &autoscaling.ExecutePolicyInput{PolicyName: &arn, MetricValue: &value, BreachThreshold: new(50.0)})
		return err
	}
	_, err := client.ExecutePolicy(ctx, &autoscaling.ExecutePolicyInput{PolicyName: &arn})
	roomtest.WantAPIError(t, err, "ValidationError")
	roomtest.WantAPIError(t, execute(49), "ValidationError")

	// The first instance still warms up, so that it counts for nothing: 0 and 1 are 1, 0 and 3 are 3.
	for _, c := range []struct {
		value float64
		want  int32
	}{{55, 1}, {60, 3}, {60, 3}, {55, 3}} {
		if err := execute(c.value); err != nil || s.desired() != c.want {
			t.Errorf("at %v the capacity is %d, want %d: %v", c.value, s.desired(), c.want, err)
		}
	}
	if why, err := s.r.Alarmed(arn, Breach{Distance: -3, By: "a monitor alarm"}); err == nil {
		t.Errorf("no step: %q", why)
	}
	roomtest.Must(client.SuspendProcesses(ctx, &autoscaling.SuspendProcessesInput{
		AutoScalingGroupName: new("app"), ScalingProcesses: []string{"AlarmNotification"},
	}))(t)
	if why, err := s.r.Alarmed(arn, Breach{Distance: 30, By: "a monitor alarm"}); why != "the group has suspended AlarmNotification" || err != nil {
		t.Errorf("suspended: %q, %v", why, err)
	}
}

// TestStepPolicyCountsWhatTerminates: an alarm that goes on while an instance of its step terminates asks for no further one.
func TestStepPolicyCountsWhatTerminates(t *testing.T) {
	s := newStage(t)
	client, ctx := s.client(), t.Context()
	s.alone(3, func(in *autoscaling.CreateAutoScalingGroupInput) { in.DefaultInstanceWarmup = new(int32(0)) })
	roomtest.Must(client.PutLifecycleHook(ctx, &autoscaling.PutLifecycleHookInput{AutoScalingGroupName: new("app"), LifecycleHookName: new("last-words"),
		LifecycleTransition: new("autoscaling:EC2_INSTANCE_TERMINATING"), HeartbeatTimeout: new(int32(7200))}))(t)
	arn := *roomtest.Must(client.PutScalingPolicy(ctx, &autoscaling.PutScalingPolicyInput{
		AutoScalingGroupName: new("app"), PolicyName: new("in"), PolicyType: new("StepScaling"), AdjustmentType: new("ChangeInCapacity"),
		StepAdjustments: []autoscalingtypes.StepAdjustment{
			{MetricIntervalUpperBound: new(0.0), MetricIntervalLowerBound: new(-10.0), ScalingAdjustment: new(int32(-1))},
			{MetricIntervalUpperBound: new(-10.0), ScalingAdjustment: new(int32(-2))},
		},
	}))(t).PolicyARN
	for _, c := range []struct {
		distance float64
		want     int32
	}{{-5, 2}, {-5, 2}, {-15, 1}, {-15, 1}} {
		if why, err := s.r.Alarmed(arn, Breach{Distance: c.distance, By: "a monitor alarm"}); why != "" || err != nil || s.desired() != c.want {
			t.Errorf("at %v the capacity is %d, want %d: %q, %v", c.distance, s.desired(), c.want, why, err)
		}
		s.await("the rest terminates", func(g autoscalingtypes.AutoScalingGroup) bool {
			states := map[string]int32{}
			for _, i := range g.Instances {
				states[string(i.LifecycleState)]++
			}
			return states["InService"] == c.want && states["Terminating:Wait"] == 3-c.want
		})
	}
}

func TestPoliciesThatAreRefused(t *testing.T) {
	s := newStage(t)
	client, ctx := s.client(), t.Context()
	s.create(nil)
	step := func(lower, upper *float64, by *int32) autoscalingtypes.StepAdjustment {
		return autoscalingtypes.StepAdjustment{MetricIntervalLowerBound: lower, MetricIntervalUpperBound: upper, ScalingAdjustment: by}
	}
	one := new(int32(1))
	steps := func(all ...autoscalingtypes.StepAdjustment) *autoscaling.PutScalingPolicyInput {
		return &autoscaling.PutScalingPolicyInput{PolicyType: new("StepScaling"), AdjustmentType: new("ChangeInCapacity"), StepAdjustments: all}
	}
	for _, c := range []struct {
		code string
		in   *autoscaling.PutScalingPolicyInput
	}{
		{"UnsupportedOperation", &autoscaling.PutScalingPolicyInput{PolicyType: new("PredictiveScaling")}},
		{"ValidationError", &autoscaling.PutScalingPolicyInput{PolicyType: new("Scaling"), AdjustmentType: new("ChangeInCapacity"), ScalingAdjustment: one}},
		{"ValidationError", &autoscaling.PutScalingPolicyInput{ScalingAdjustment: one}},
		{"ValidationError", &autoscaling.PutScalingPolicyInput{AdjustmentType: new("ChangeInCapacity")}},
		{"ValidationError", &autoscaling.PutScalingPolicyInput{AdjustmentType: new("ChangeInCapacity"), ScalingAdjustment: one, MinAdjustmentMagnitude: one}},
		{"ValidationError", &autoscaling.PutScalingPolicyInput{AdjustmentType: new("ChangeInCapacity"), ScalingAdjustment: one, EstimatedInstanceWarmup: one}},
		{"ValidationError", steps()},
		{"ValidationError", steps(step(new(5.0), new(5.0), one))},
		{"ValidationError", steps(step(nil, new(0.0), one), step(nil, new(5.0), one))},
		{"ValidationError", steps(step(new(0.0), nil, one), step(new(5.0), nil, one))},
		{"ValidationError", steps(step(new(0.0), new(6.0), one), step(new(5.0), nil, one))},
		{"ValidationError", steps(step(new(0.0), new(4.0), one), step(new(5.0), nil, one))},
	} {
		c.in.AutoScalingGroupName, c.in.PolicyName = new("app"), new("p")
		_, err := client.PutScalingPolicy(ctx, c.in)
		roomtest.WantAPIError(t, err, c.code)
	}
	_, err := client.PutScalingPolicy(ctx, &autoscaling.PutScalingPolicyInput{
		AutoScalingGroupName: new("nobody"), PolicyName: new("p"), AdjustmentType: new("ChangeInCapacity"), ScalingAdjustment: one,
	})
	roomtest.WantAPIError(t, err, "ValidationError")
	if types := roomtest.Must(client.DescribeAdjustmentTypes(ctx, &autoscaling.DescribeAdjustmentTypesInput{}))(t); len(types.AdjustmentTypes) != 3 {
		t.Errorf("%+v", types)
	}
}

// https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html, "Step adjustments": no breach is without a step.
func TestStepsHaveNoEnd(t *testing.T) {
	s := newStage(t)
	s.create(nil)
	put := func(steps ...autoscalingtypes.StepAdjustment) error {
		for i := range steps {
			steps[i].ScalingAdjustment = new(int32(1))
		}
		_, err := s.client().PutScalingPolicy(t.Context(), &autoscaling.PutScalingPolicyInput{
			AutoScalingGroupName: new("app"), PolicyName: new("p"), PolicyType: new("StepScaling"), AdjustmentType: new("ChangeInCapacity"), StepAdjustments: steps,
		})
		return err
	}
	step := func(lower, upper *float64) autoscalingtypes.StepAdjustment {
		return autoscalingtypes.StepAdjustment{MetricIntervalLowerBound: lower, MetricIntervalUpperBound: upper}
	}
	ladder := func(n int) (steps []autoscalingtypes.StepAdjustment) {
		for i := range n - 1 {
			steps = append(steps, step(new(float64(i)), new(float64(i+1))))
		}
		return append(steps, step(new(float64(n-1)), nil))
	}
	for _, c := range []struct {
		err  error
		want string
	}{
		{put(step(new(0.0), new(10.0))), "There must be a StepAdjustment with an unspecified upper bound (i.e., upper bound is null) " +
			"when one StepAdjustment has a positive upper bound"},
		{put(step(new(-10.0), new(0.0))), "There must be a StepAdjustment with an unspecified lower bound (i.e., lower bound is null) " +
			"when one StepAdjustment has a negative lower bound"},
		{put(step(nil, nil)), "Both lower and upper bounds of a step adjustment cannot be left unspecified"},
		{put(ladder(21)...), "There can be at most 20 step adjustments per scaling policy"},
		{put(ladder(20)...), ""},
		{put(step(nil, new(-10.0)), step(new(-10.0), new(0.0))), ""},
		{put(step(new(5.0), nil)), ""},
	} {
		if c.want == "" && c.err != nil || c.want != "" && (c.err == nil || !strings.Contains(c.err.Error(), "ValidationError: "+c.want)) {
			t.Errorf("%v, want %q", c.err, c.want)
		}
	}
}

// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html
func TestAGroupHasFiftyPolicies(t *testing.T) {
	s := newStage(t)
	s.create(nil)
	put := func(n int) error {
		_, err := s.client().PutScalingPolicy(t.Context(), &autoscaling.PutScalingPolicyInput{
			AutoScalingGroupName: new("app"), PolicyName: new(strconv.Itoa(n)), AdjustmentType: new("ChangeInCapacity"), ScalingAdjustment: new(int32(1)),
		})
		return err
	}
	for n := range 50 {
		if err := put(n); err != nil {
			t.Fatal(err)
		}
	}
	roomtest.WantAPIError(t, put(50), "LimitExceeded")
	if err := put(7); err != nil {
		t.Errorf("one that is there: %v", err)
	}
}

// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeletePolicy.html and API_DeleteAutoScalingGroup.html
func TestPoliciesThatGoAreNoActions(t *testing.T) {
	s := newStage(t)
	ctx := t.Context()
	s.create(func(in *autoscaling.CreateAutoScalingGroupInput) {
		in.MinSize, in.DesiredCapacity = new(int32(0)), new(int32(0))
	})
	for _, name := range []string{"a", "b"} {
		arn := roomtest.Must(s.client().PutScalingPolicy(ctx, &autoscaling.PutScalingPolicyInput{
			AutoScalingGroupName: new("app"), PolicyName: &name, AdjustmentType: new("ChangeInCapacity"), ScalingAdjustment: new(int32(1)),
		}))(t).PolicyARN
		if err := s.alarms.PutAlarm(nil, &cloudwatch.PutMetricAlarmInput{AlarmName: &name, AlarmActions: []string{*arn}}); err != nil {
			t.Fatal(err)
		}
	}
	roomtest.Must(s.client().DeletePolicy(ctx, &autoscaling.DeletePolicyInput{AutoScalingGroupName: new("app"), PolicyName: new("a")}))(t)
	if all := s.alarms.all(); len(all) != 2 || len(all["a"].AlarmActions) != 0 || len(all["b"].AlarmActions) != 1 {
		t.Errorf("without the policy %+v", all)
	}
	roomtest.Must(s.client().DeleteAutoScalingGroup(ctx, &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: new("app")}))(t)
	if all := s.alarms.all(); len(all) != 1 || all["a"] == nil {
		t.Errorf("without the group %+v", all)
	}
}
