package fleet

import (
	"fmt"
	"time"
)

// Reason is why an instance is launched or terminated.
type Reason string

// The reasons. Those of health also mark a member as sick.
const (
	Capacity     Reason = "capacity"      // desired and actual capacity differ
	Replacement  Reason = "replacement"   // it replaces one that was taken away for its health
	EndedItself  Reason = "ended"         // EC2 says that it does not run
	ELBUnhealthy Reason = "elb"           // a load balancer says that it is unhealthy
	UserHealth   Reason = "user-health"   // SetInstanceHealth said so
	UserRequest  Reason = "user"          // TerminateInstanceInAutoScalingGroup
	LaunchFailed Reason = "launch-failed" // it never ran
	Abandoned    Reason = "abandoned"     // a lifecycle hook ended its launch
	Refreshing   Reason = "refresh"       // an instance refresh replaces it
	Lifetime     Reason = "lifetime"      // it has reached the group's maximum instance lifetime
	Rebalancing  Reason = "rebalance"     // zones are balanced
	Warming      Reason = "warm"          // it is for the warm pool
	Cooling      Reason = "cool"          // the warm pool is larger than it is to be
	GroupDeleted Reason = "deleted"       // its group goes
)

// Stamp writes a time as causes of activities do.
func Stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05Z") }

// Cause returns the text why an activity began, in AWS's words
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-verify-scaling-activity.html). request is the
// sentence on the user request that changed the capacity, empty if there was none; id is the instance that was
// chosen for termination.
func Cause(a Action, at time.Time, request, id string) string {
	if request != "" && a.Reason == Capacity {
		request += "  "
	} else {
		request = ""
	}
	began := "At " + Stamp(at)
	if a.Do == DoLaunch || a.Do == DoUse {
		return request + began + launchCause(a)
	}
	switch a.Reason {
	case Capacity:
		return fmt.Sprintf(
			"%s%s an instance was taken out of service in response to a difference between desired and actual capacity, "+
				"shrinking the capacity from %d to %d.  %s instance %s was selected for termination.",
			request,
			began,
			a.From,
			a.To,
			began,
			id,
		)
	case EndedItself, LaunchFailed:
		return began + " an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped."
	case Abandoned:
		return began + " an instance was taken out of service in response to a launch failure."
	case ELBUnhealthy:
		return began + " an instance was taken out of service in response to an ELB system health check failure."
	case UserHealth:
		return began + " an instance was taken out of service in response to a user health-check."
	case UserRequest:
		return began + " instance " + id + " was taken out of service in response to a user request" + shrinking(a) + "."
	case Refreshing:
		return began + " an instance was taken out of service in response to an instance refresh."
	case Lifetime:
		return began + " an instance was taken out of service in response to the maximum instance lifetime."
	case Cooling:
		return began + " an instance was taken out of the warm pool in response to a difference between its desired and actual size."
	case Rebalancing:
		return began + " an instance was taken out of service to balance instances in zones."
	}
	return began + " an instance was taken out of service in response to the deletion of its AutoScalingGroup."
}

// shrinking says how a request has changed the capacity, if it has.
func shrinking(a Action) string {
	if a.From == a.To {
		return ""
	}
	return fmt.Sprintf(", shrinking the capacity from %d to %d", a.From, a.To)
}

func launchCause(a Action) string {
	switch a.Reason {
	case Replacement:
		return " an instance was launched in response to an unhealthy instance needing to be replaced."
	case Refreshing:
		return " an instance was launched in response to an instance refresh."
	case Warming:
		return " an instance was started in response to a difference between the desired and actual size of the warm pool."
	case Rebalancing:
		return " instances were launched to balance instances in zones " + a.Zone +
			" with other zones resulting in more than desired number of instances in the group."
	}
	return fmt.Sprintf(
		" an instance was started in response to a difference between desired and actual capacity, increasing the capacity from %d to %d.",
		a.From,
		a.To,
	)
}
