package parity

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/google/go-cmp/cmp"
)

// By what a group changes its size is compared, and not when it does so next, nor by which alarms AWS carries that out.
func TestScalingPoliciesAndScheduledActionsAreCompared(t *testing.T) {
	read := func(region string, target float64, next time.Time) (map[string]string, map[string]Command) {
		c := &canon{place: at(region, "", nil), f: &facts{
			policies: []asgtypes.ScalingPolicy{
				{
					AutoScalingGroupName: aws.String("app"), PolicyName: aws.String("cpu-" + region), PolicyType: aws.String("TargetTrackingScaling"),
					PolicyARN: aws.String("arn:" + region), Alarms: []asgtypes.Alarm{{AlarmName: aws.String(region)}},
					TargetTrackingConfiguration: &asgtypes.TargetTrackingConfiguration{TargetValue: &target},
				},
				{AutoScalingGroupName: aws.String("another"), PolicyName: aws.String("cpu")},
			},
			actions: []asgtypes.ScheduledUpdateGroupAction{{
				AutoScalingGroupName: aws.String("app"), ScheduledActionName: aws.String("night"), Recurrence: aws.String("0 22 * * *"),
				StartTime: &next, Time: &next, MinSize: aws.Int32(1),
			}},
		}}
		settings, commands := map[string]string{}, map[string]Command{}
		c.scaling(settings, commands, asgtypes.AutoScalingGroup{AutoScalingGroupName: aws.String("app")})
		return settings, commands
	}
	now := time.Date(2026, 11, 27, 22, 0, 0, 0, time.UTC)
	one, commands := read("us-east-1", 50, now)
	other, _ := read("us-west-2", 50, now.Add(24*time.Hour))
	if diff := cmp.Diff(one, other); diff != "" || len(one) != 2 {
		t.Errorf("alike in two regions: %v\n%s", one, diff)
	}
	if busier, _ := read("us-west-2", 70, now); busier["policy cpu"] == one["policy cpu"] || busier["scheduled action night"] != one["scheduled action night"] {
		t.Errorf("another target: %v, %v", one, busier)
	}
	if got := commands["policy cpu"].Remove; got != "autoscaling delete-policy --auto-scaling-group-name app --policy-name cpu-us-east-1" {
		t.Error(got)
	}
	if value, known := expect(declaration(t, "")).setting("secondary", "auto scaling group", "fleet", "policy cpu"); !known || value != None {
		t.Errorf("a stack of this tool is to have the policy %q", value)
	}
}

// The stack's own policy is written in the words of the declaration, alike in both regions; where somebody changed it, it is not.
func TestTheDeclaredMeasureIsCompared(t *testing.T) {
	d := declaration(t, "")
	d.Fleet.Track.Requests = 1000
	group := asgtypes.AutoScalingGroup{AutoScalingGroupName: aws.String("g"), TargetGroupARNs: []string{"arn:aws:elasticloadbalancing:r:1:targetgroup/tg/2"}}
	name := "policy " + trackPolicy(d.Name)
	want, known := expect(d).setting("secondary", "auto scaling group", "fleet", name)
	if !known || want != "requests 1000" {
		t.Errorf("expected is %q", want)
	}
	for what, c := range map[string]struct {
		target  float64
		label   string
		enabled bool
		is      bool
	}{
		"as declared":         {1000, "app/lb/1/targetgroup/tg/2", true, true},
		"of another group":    {1000, "app/lb/1/targetgroup/other/2", true, false},
		"with another target": {999.5, "app/lb/1/targetgroup/tg/2", true, false},
		"turned off":          {1000, "app/lb/1/targetgroup/tg/2", false, false},
		"without a label":     {1000, "", true, false},
	} {
		canon := &canon{place: at("us-east-1", "", d), f: &facts{policies: []asgtypes.ScalingPolicy{{
			AutoScalingGroupName: aws.String("g"), PolicyName: aws.String(trackPolicy(d.Name)), PolicyType: aws.String("TargetTrackingScaling"),
			Enabled: &c.enabled,
			TargetTrackingConfiguration: &asgtypes.TargetTrackingConfiguration{TargetValue: &c.target,
				PredefinedMetricSpecification: &asgtypes.PredefinedMetricSpecification{
					PredefinedMetricType: asgtypes.MetricTypeALBRequestCountPerTarget, ResourceLabel: &c.label,
				}},
		}}}}
		settings := map[string]string{}
		canon.scaling(settings, map[string]Command{}, group)
		if (settings[name] == want) != c.is {
			t.Errorf("%s: %q", what, settings[name])
		}
	}
}
