package region_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// emptyFleet is a group without instances.
func (p *provider) emptyFleet() string {
	return p.createFleet(func(p *provider, in *autoscaling.CreateAutoScalingGroupInput) {
		in.MinSize, in.DesiredCapacity = new(int32(0)), new(int32(0))
	})
}

func TestProviderWalksWhatGroupsHave(t *testing.T) {
	runWalks(t, []walk{
		{
			resource: "aws_autoscaling_policy", create: func(p *provider) string { return p.putPolicy(p.emptyFleet(), 1) }, read: (*provider).readPolicy,
			update: func(p *provider, _ string) { p.putPolicy("walk", 2) },
			destroy: func(p *provider, name string) {
				roomtest.Must(p.Scaling.DeletePolicy(p.T.Context(), &autoscaling.DeletePolicyInput{AutoScalingGroupName: new("walk"), PolicyName: &name}))(p.T)
			},
		},
		{
			resource: "aws_autoscaling_policy of target tracking",
			create:   func(p *provider) string { return p.putTracking(p.emptyFleet(), 50, nil) }, read: (*provider).readPolicy,
			update: func(p *provider, _ string) { p.putTracking("walk", 60, new(int32(0))) },
			destroy: func(p *provider, name string) {
				roomtest.Must(p.Scaling.DeletePolicy(p.T.Context(), &autoscaling.DeletePolicyInput{AutoScalingGroupName: new("walk"), PolicyName: &name}))(p.T)
			},
		},
		{
			resource: "aws_autoscaling_policy of steps", create: func(p *provider) string { return p.putStep(p.emptyFleet(), 1, nil) }, read: (*provider).readPolicy,
			update: func(p *provider, _ string) { p.putStep("walk", 2, new(int32(0))) },
			destroy: func(p *provider, name string) {
				roomtest.Must(p.Scaling.DeletePolicy(p.T.Context(), &autoscaling.DeletePolicyInput{AutoScalingGroupName: new("walk"), PolicyName: &name}))(p.T)
			},
		},
		{
			resource: "aws_autoscaling_schedule", create: func(p *provider) string { return p.putSchedule(p.emptyFleet(), "0 6 * * *") }, read: (*provider).readSchedule,
			update: func(p *provider, _ string) { p.putSchedule("walk", "0 7 * * *") },
			destroy: func(p *provider, name string) {
				roomtest.Must(p.Scaling.DeleteScheduledAction(p.T.Context(), &autoscaling.DeleteScheduledActionInput{
					AutoScalingGroupName: new("walk"), ScheduledActionName: &name,
				}))(p.T)
			},
		},
		{
			resource: "aws_autoscaling_lifecycle_hook", create: func(p *provider) string { return p.putHook(p.emptyFleet(), 300) }, read: (*provider).readHook,
			update: func(p *provider, _ string) { p.putHook("walk", 600) },
			destroy: func(p *provider, name string) {
				drop := func() error {
					_, err := p.Scaling.DeleteLifecycleHook(p.T.Context(), &autoscaling.DeleteLifecycleHookInput{AutoScalingGroupName: new("walk"), LifecycleHookName: &name})
					return err
				}
				var fault smithy.APIError
				if err := drop(); err != nil {
					p.T.Error(err)
				}
				// One that is gone is forgiven by these words.
				if err := drop(); !errors.As(err, &fault) || fault.ErrorCode() != "ValidationError" || !strings.Contains(fault.ErrorMessage(), "No Lifecycle Hook found") {
					p.T.Errorf("deleted again: %v", err)
				}
			},
		},
		{
			resource: "aws_launch_configuration", create: (*provider).createConfiguration, read: (*provider).readConfiguration,
			destroy: func(p *provider, name string) {
				roomtest.Must(p.Scaling.DeleteLaunchConfiguration(p.T.Context(), &autoscaling.DeleteLaunchConfigurationInput{LaunchConfigurationName: &name}))(p.T)
			},
		},
		{
			resource: "aws_autoscaling_attachment", create: (*provider).attachFleet, read: (*provider).readFleetAttachment,
			destroy: func(p *provider, arn string) {
				roomtest.Must(p.Scaling.DetachLoadBalancerTargetGroups(p.T.Context(), &autoscaling.DetachLoadBalancerTargetGroupsInput{
					AutoScalingGroupName: new("walk"), TargetGroupARNs: []string{arn},
				}))(p.T)
			},
		},
		{
			resource: "aws_cloudwatch_metric_alarm",
			create:   func(p *provider) string { return p.putAlarm(p.putPolicy(p.emptyFleet(), 1), 80) }, read: (*provider).readAlarm,
			update: func(p *provider, _ string) { p.putAlarm("walk", 90) },
			destroy: func(p *provider, name string) {
				roomtest.Must(p.Watching.DeleteAlarms(p.T.Context(), &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{name}}))(p.T)
			},
		},
	})
}

func (p *provider) createConfiguration() string {
	p.T.Helper()
	roomtest.Must(p.Scaling.CreateLaunchConfiguration(p.T.Context(), &autoscaling.CreateLaunchConfigurationInput{
		LaunchConfigurationName: new("walk"), ImageId: new(p.HostImage()), InstanceType: sized("micro"), EbsOptimized: new(false),
		InstanceMonitoring: &autoscalingtypes.InstanceMonitoring{Enabled: new(true)}, SecurityGroups: []string{p.SecurityGroup(p.vpc, "walk")},
		AssociatePublicIpAddress: new(true),
	}))(p.T)
	return "walk"
}

func (p *provider) readConfiguration(name string) (any, error) {
	out, err := p.Scaling.DescribeLaunchConfigurations(p.T.Context(), &autoscaling.DescribeLaunchConfigurationsInput{LaunchConfigurationNames: []string{name}})
	if err != nil {
		return nil, err
	}
	found := only(p, out.LaunchConfigurations)
	if found == nil {
		return nil, nil
	}
	there(p, "LaunchConfigurationARN", found.LaunchConfigurationARN)
	there(p, "InstanceMonitoring.Enabled", found.InstanceMonitoring.Enabled)
	return *found, nil
}

func (p *provider) putPolicy(group string, adjust int32) string {
	p.T.Helper()
	roomtest.Must(p.Scaling.PutScalingPolicy(p.T.Context(), &autoscaling.PutScalingPolicyInput{
		AutoScalingGroupName: &group, PolicyName: new("walk"), Enabled: new(true), PolicyType: new("SimpleScaling"), AdjustmentType: new("ChangeInCapacity"),
		ScalingAdjustment: &adjust, Cooldown: new(int32(300)),
	}))(p.T)
	return "walk"
}

func (p *provider) putTracking(group string, target float64, placeholder *int32) string {
	p.T.Helper()
	roomtest.Must(p.Scaling.PutScalingPolicy(p.T.Context(), &autoscaling.PutScalingPolicyInput{
		AutoScalingGroupName: &group, PolicyName: new("walk"), Enabled: new(true), PolicyType: new("TargetTrackingScaling"),
		TargetTrackingConfiguration: &autoscalingtypes.TargetTrackingConfiguration{
			TargetValue: &target, DisableScaleIn: new(false),
			PredefinedMetricSpecification: &autoscalingtypes.PredefinedMetricSpecification{PredefinedMetricType: "ASGAverageCPUUtilization"},
		},
		// Absent when it makes the policy, 0 when it changes one.
		Cooldown: placeholder, ScalingAdjustment: placeholder,
	}))(p.T)
	return "walk"
}

func (p *provider) putStep(group string, adjust int32, placeholder *int32) string {
	p.T.Helper()
	roomtest.Must(p.Scaling.PutScalingPolicy(p.T.Context(), &autoscaling.PutScalingPolicyInput{
		AutoScalingGroupName: &group, PolicyName: new("walk"), Enabled: new(true), PolicyType: new("StepScaling"), AdjustmentType: new("ChangeInCapacity"),
		StepAdjustments: []autoscalingtypes.StepAdjustment{{MetricIntervalLowerBound: new(0.0), ScalingAdjustment: &adjust}},
		Cooldown:        placeholder, ScalingAdjustment: placeholder,
	}))(p.T)
	return "walk"
}

func (p *provider) readPolicy(name string) (any, error) {
	out, err := p.Scaling.DescribePolicies(p.T.Context(), &autoscaling.DescribePoliciesInput{AutoScalingGroupName: new("walk"), PolicyNames: []string{name}})
	if err != nil {
		return nil, err
	}
	found := only(p, out.ScalingPolicies)
	if found == nil {
		return nil, nil
	}
	there(p, "PolicyARN", found.PolicyARN)
	return *found, nil
}

func (p *provider) putSchedule(group, recurrence string) string {
	p.T.Helper()
	roomtest.Must(p.Scaling.PutScheduledUpdateGroupAction(p.T.Context(), &autoscaling.PutScheduledUpdateGroupActionInput{
		AutoScalingGroupName: &group, ScheduledActionName: new("walk"), MinSize: new(int32(0)), Recurrence: &recurrence, TimeZone: new("Europe/Berlin"),
	}))(p.T)
	return "walk"
}

func (p *provider) readSchedule(name string) (any, error) {
	out, err := p.Scaling.DescribeScheduledActions(p.T.Context(), &autoscaling.DescribeScheduledActionsInput{
		AutoScalingGroupName: new("walk"), ScheduledActionNames: []string{name},
	})
	if err != nil {
		return nil, err
	}
	found := only(p, out.ScheduledUpdateGroupActions)
	if found == nil {
		return nil, nil
	}
	there(p, "ScheduledActionARN", found.ScheduledActionARN)
	there(p, "StartTime", found.StartTime)
	if found.StartTime.Before(time.Now()) {
		p.T.Errorf("the next start is %v", found.StartTime)
	}
	return *found, nil
}

func (p *provider) putHook(group string, seconds int32) string {
	p.T.Helper()
	roomtest.Must(p.Scaling.PutLifecycleHook(p.T.Context(), &autoscaling.PutLifecycleHookInput{
		AutoScalingGroupName: &group, LifecycleHookName: new("walk"), LifecycleTransition: new("autoscaling:EC2_INSTANCE_LAUNCHING"), HeartbeatTimeout: &seconds,
		DefaultResult: new("CONTINUE"),
	}))(p.T)
	return "walk"
}

func (p *provider) readHook(name string) (any, error) {
	out, err := p.Scaling.DescribeLifecycleHooks(p.T.Context(), &autoscaling.DescribeLifecycleHooksInput{
		AutoScalingGroupName: new("walk"), LifecycleHookNames: []string{name},
	})
	if err != nil {
		return nil, err
	}
	if found := only(p, out.LifecycleHooks); found != nil {
		return *found, nil
	}
	return nil, nil
}

func (p *provider) attachFleet() string {
	p.T.Helper()
	arn := p.createTargetGroup()
	roomtest.Must(p.Scaling.AttachLoadBalancerTargetGroups(p.T.Context(), &autoscaling.AttachLoadBalancerTargetGroupsInput{
		AutoScalingGroupName: new(p.emptyFleet()), TargetGroupARNs: []string{arn},
	}))(p.T)
	return arn
}

func (p *provider) readFleetAttachment(arn string) (any, error) {
	for _, a := range p.fleet("walk").TargetGroupARNs {
		if a == arn {
			return a, nil
		}
	}
	return nil, nil
}

func (p *provider) putAlarm(name string, threshold float64) string {
	p.T.Helper()
	policy := roomtest.Must(p.Scaling.DescribePolicies(p.T.Context(), &autoscaling.DescribePoliciesInput{
		AutoScalingGroupName: new("walk"),
	}))(p.T).ScalingPolicies[0]
	roomtest.Must(p.Watching.PutMetricAlarm(p.T.Context(), &cloudwatch.PutMetricAlarmInput{
		AlarmName: &name, ActionsEnabled: new(true), TreatMissingData: new("missing"), Threshold: &threshold, AlarmActions: []string{*policy.PolicyARN},
		Namespace: new("AWS/EC2"), MetricName: new("CPUUtilization"), Statistic: "Average", Period: new(int32(60)), EvaluationPeriods: new(int32(2)),
		ComparisonOperator: "GreaterThanOrEqualToThreshold", Dimensions: []cwtypes.Dimension{{Name: new("AutoScalingGroupName"), Value: new("walk")}},
		Tags: []cwtypes.Tag{{Key: new("Name"), Value: new("walk")}},
	}))(p.T)
	return name
}

func (p *provider) readAlarm(name string) (any, error) {
	out, err := p.Watching.DescribeAlarms(p.T.Context(), &cloudwatch.DescribeAlarmsInput{
		AlarmNames: []string{name}, AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm},
	})
	if err != nil {
		return nil, err
	}
	a := only(p, out.MetricAlarms)
	if a == nil {
		return nil, nil
	}
	tags := roomtest.Must(p.Watching.ListTagsForResource(p.T.Context(), &cloudwatch.ListTagsForResourceInput{ResourceARN: a.AlarmArn}))(p.T).Tags
	if len(tags) != 1 {
		p.T.Errorf("tags %v", tags)
	}
	// The provider keeps no state of an alarm.
	a.StateValue, a.StateReason, a.StateReasonData, a.StateUpdatedTimestamp, a.StateTransitionedTimestamp, a.EvaluationState = "", nil, nil, nil, nil, ""
	return *a, nil
}
