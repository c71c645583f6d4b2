package fleet

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/plan/machines"
	"github.com/understudy/understudy/plan/resource"
)

// evidence is what tells why instances of a version do not come to serve. It is gathered while they are there: the console
// and the target of an instance are gone soon after it.
type evidence struct {
	fleet   *Fleet
	version machines.Version
	since   time.Time

	suspect  string            // the instance that was seen last and not healthy
	targets  map[string]string // what the load balancer said of it
	consoles map[string]string
}

// gather notes what is said of each instance of the version that is not healthy. A later look may find less: what drains
// has no reason any more.
func (e *evidence) gather(ctx context.Context, s sight) {
	for _, i := range s.group.Instances {
		id := aws.ToString(i.InstanceId)
		state := s.states[id]
		if machines.VersionOf(i.LaunchTemplate) != e.version || state.Healthy() {
			continue
		}
		e.suspect = id
		ill := state != nil && state.State == elbtypes.TargetHealthStateEnumUnhealthy
		if ill && e.consoles[id] == "" {
			e.consoles[id] = e.fleet.console(ctx, id)
		}
		if ill || e.targets[id] == "" {
			e.targets[id] = state.String()
		}
	}
}

// console returns the last lines of an instance's console, or nothing where they cannot be read.
func (f *Fleet) console(ctx context.Context, id string) string {
	const lines = 15
	out, err := f.EC2.GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{InstanceId: &id, Latest: aws.Bool(true)})
	if err != nil {
		return ""
	}
	text, err := base64.StdEncoding.DecodeString(aws.ToString(out.Output))
	if err != nil || strings.TrimSpace(string(text)) == "" {
		return ""
	}
	return machines.LastLines(string(text), lines)
}

// activities returns the group's activities since a moment, the latest first. AWS's clock may be a little behind.
func (f *Fleet) activities(ctx context.Context, since time.Time) ([]autoscalingtypes.Activity, error) {
	out, err := f.AutoScaling.DescribeScalingActivities(ctx, &autoscaling.DescribeScalingActivitiesInput{AutoScalingGroupName: aws.String(f.FleetName())})
	if err != nil {
		return nil, fmt.Errorf("describe scaling activities: %w", err)
	}
	return slices.DeleteFunc(out.Activities, func(a autoscalingtypes.Activity) bool {
		return a.StartTime == nil || a.StartTime.Before(since.Add(-time.Second))
	}), nil
}

// explain adds to the error of instances that do not come to serve what Auto Scaling, the load balancer and a console say.
func (f *Fleet) explain(ctx context.Context, err error, e *evidence) error {
	var ill *resource.NotServing
	if e == nil || !errors.As(err, &ill) {
		return err
	}
	var said []string
	activities, failed := f.activities(ctx, e.since)
	if failed != nil {
		said = append(said, failed.Error())
	}
	said = append(said, telling(activities, e.suspect)...)
	if e.suspect != "" {
		said = append(said, fmt.Sprintf("target %s: %s", e.suspect, cmp.Or(e.targets[e.suspect], "not registered")))
		if now := f.console(ctx, e.suspect); now != "" {
			e.consoles[e.suspect] = now
		}
	}
	if text := e.consoles[e.suspect]; text != "" {
		said = append(said, "the console of "+e.suspect+" ends with:\n  | "+strings.ReplaceAll(text, "\n", "\n  | "))
	}
	if len(said) == 0 {
		return err
	}
	return fmt.Errorf("%w\n  %s", err, strings.Join(said, "\n  "))
}

// telling returns the latest activities that failed, or that are about an instance.
func telling(activities []autoscalingtypes.Activity, instance string) []string {
	const most = 3
	var said []string
	for _, a := range activities {
		description := aws.ToString(a.Description)
		about := instance != "" && strings.Contains(description, instance)
		if len(said) == most || a.StatusCode != autoscalingtypes.ScalingActivityStatusCodeFailed && !about {
			continue
		}
		why := aws.ToString(a.StatusMessage)
		if why == "" {
			why = aws.ToString(a.Cause)
		}
		said = append(said, fmt.Sprintf("activity %s: %s (%s)", strings.TrimRight(description, "."), why, a.StatusCode))
	}
	return said
}
