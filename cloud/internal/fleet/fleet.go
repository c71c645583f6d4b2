// Package fleet decides what an Auto Scaling group does next. It is pure: its input is a group, the state of its
// instances and the time, its output a list of actions. The caller carries out the actions, stores
// what they changed and calls Decide again, until there is nothing to do before the time that Decide returns.
//
// No action repeats what has been done: the effect of each is in the next input. So a caller that ends
// between two actions continues where it was.
package fleet

import (
	"slices"
	"time"
)

// Process is a part of a group's work that can be suspended
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html).
type Process string

// The processes on which a group's decisions depend.
const (
	Launch            Process = "Launch"
	Terminate         Process = "Terminate"
	AddToLoadBalancer Process = "AddToLoadBalancer"
	HealthCheck       Process = "HealthCheck"
	ReplaceUnhealthy  Process = "ReplaceUnhealthy"
	InstanceRefresh   Process = "InstanceRefresh"
	AZRebalance       Process = "AZRebalance"
)

// Version is what an instance was launched from: a version of a launch template, with the instance type where a mixed instances policy
// chose it, or a launch configuration.
type Version struct {
	Template string
	Number   int64
	Type     string
	// Configured is when its launch configuration was made, in nanoseconds of Unix time, where it was launched from one; else zero.
	Configured int64
}

// Range bounds a group's capacity while members are replaced, in per cent of the desired capacity: of members that serve, and of all
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-maintenance-policy.html). Above 100 per cent,
// successors are launched first.
type Range struct {
	Min, Max int
	// First tells that one is launched first where the two leave nothing to replace, as with a MaxHealthyPercentage that was given
	// (API reference, RefreshPreferences); otherwise one is replaced at a time.
	First bool
}

// floor is how much has to serve, rounded up.
func (r Range) floor(desired int) int {
	if n := ceil(desired, r.Min); n < desired || r.Max > 100 || r.First {
		return n
	}
	return desired - 1
}

// over is how much may be launched beyond the desired capacity, rounded up.
func (r Range) over(desired int) int {
	if r.First && ceil(desired, r.Min) >= desired {
		return max(1, ceil(desired, r.Max)-desired)
	}
	return max(0, ceil(desired, r.Max)-desired)
}

func ceil(n, percent int) int { return (n*percent + 99) / 100 }

// AttachmentState is the state of a target group's attachment to a group
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/attach-load-balancer-asg.html).
type AttachmentState string

// The states of an attachment, in their order.
const (
	Adding   AttachmentState = "Adding"    // instances are being registered
	Added    AttachmentState = "Added"     // all are registered
	Attached AttachmentState = "InService" // one has passed its health check
	Removing AttachmentState = "Removing"  // instances are being deregistered
)

// Attachment is a target group attached to a group.
type Attachment struct {
	ARN   string
	State AttachmentState
}

// Group is the desired state of a group.
type Group struct {
	Desired int
	Max     int // the group's, which rebalancing may pass
	Unit    int // how much capacity the next instance to be launched has; zero is one
	// Zones are where instances may be launched; if all else is equal, the first is preferred.
	Zones []string
	// Resting has the time until which no launch is tried in a zone, because the last one failed.
	Resting     map[string]time.Time
	Policies    []string      // termination policies, the first one first; none is Default
	ELB         bool          // whether health checks of load balancers count
	Grace       time.Duration // as it passes: how long after InService they do not count yet
	Warmup      time.Duration // as it passes: how long after InService a member does not count as serving while others are replaced
	Lifetime    time.Duration // as it passes: how long after its launch a member is replaced; zero is never
	Maintenance *Range        // the instance maintenance policy, nil for none
	BalanceOnly bool          // launches wait for the zone with the fewest members, though the last one failed there
	Suspended   []Process
	Attachments []Attachment
	// Deleting is a forced delete: no instance is protected, and nothing is drained.
	Deleting bool
	// Owed is how many of the missing instances replace one that was terminated.
	Owed    int
	Refresh *Refresh // the one under way, nil for none
	// Cancels tells that a refresh was cancelled, which is over once what it has begun is.
	Cancels bool
	Warm    *Warm // the warm pool, nil for none
	// HooksLaunch and HooksEnd tell whether there are lifecycle hooks for instances that launch, and for those that terminate.
	HooksLaunch, HooksEnd bool
}

func (g *Group) suspended(p Process) bool { return slices.Contains(g.Suspended, p) }

// Lifecycle is a member's state, as DescribeAutoScalingGroups shows it.
type Lifecycle string

// The states of a member. That a lifecycle hook has it wait in one of them is told by its Stage. Those that begin with Warmed are of the
// warm pool.
const (
	Pending         Lifecycle = "Pending"
	InService       Lifecycle = "InService"
	Terminating     Lifecycle = "Terminating"
	EnteringStandby Lifecycle = "EnteringStandby"
	Standby         Lifecycle = "Standby"
	Detaching       Lifecycle = "Detaching"

	WarmedPending     Lifecycle = "Warmed:Pending"
	WarmedStopped     Lifecycle = "Warmed:Stopped"
	WarmedRunning     Lifecycle = "Warmed:Running"
	WarmedTerminating Lifecycle = "Warmed:Terminating"
)

// Stage is how far the lifecycle hooks of a member's transition are.
type Stage string

// The stages, in their order. The first is that of one that no hook knows of yet.
const (
	Unhooked   Stage = ""
	Waiting    Stage = "Wait"
	Proceeding Stage = "Proceed"
)

// Machine is the state of a member's EC2 instance.
type Machine int

// The zero value is a machine that does not run yet.
const (
	Starting Machine = iota // for the first time, or again because its region was lost
	Running
	Stopping
	Stopped
	Ending // it is being terminated
	Gone   // it is terminated or forgotten
)

// TargetState is the state of an instance in a target group.
type TargetState int

// The zero value is a target that is not registered.
const (
	Absent TargetState = iota
	Initial
	Healthy
	Unhealthy
	Draining
	Unused // registered with a target group that no load balancer uses
)

// Instance is the actual state of a member of a group.
type Instance struct {
	ID, Zone   string
	Version    Version
	Launched   time.Time
	State      Lifecycle
	InService  time.Time // when it entered that state
	Machine    Machine
	Sick       Reason // why it is to be replaced; empty for a healthy one
	Protected  bool   // from scale-in
	Registered []string
	Targets    map[string]TargetState
	Stage      Stage
	Until      time.Time // when the first of the hooks that it waits for times out
	Weight     int       // how much of the group's capacity it is; zero is one
	Told       bool      // its machine was told to stop, for the warm pool, or to start, from there
	Balances   bool      // it was launched to balance zones, as a successor of one elsewhere
}

// size is how much of a group's capacity a member is.
func (i *Instance) size() int { return max(1, i.Weight) }

// active tells whether a member counts for the group's capacity.
func (i *Instance) active() bool { return i.State == Pending || i.State == InService }

// Kind is what an action does.
type Kind string

// The kinds of action.
const (
	DoLaunch     Kind = "launch"     // an instance in Zone
	DoRegister   Kind = "register"   // Instance with Target, and note it in Registered
	DoHold       Kind = "hold"       // have Instance wait for the lifecycle hooks of its transition
	DoExpire     Kind = "expire"     // end those hooks of Instance that have timed out, with their default results
	DoServe      Kind = "serve"      // put Instance InService
	DoRest       Kind = "rest"       // put Instance into Standby
	DoCondemn    Kind = "condemn"    // note that Instance is Sick for Reason
	DoRetire     Kind = "retire"     // put Instance into Terminating for Reason
	DoDeregister Kind = "deregister" // Instance from Target, and drop it from Registered
	DoTerminate  Kind = "terminate"  // the EC2 instance behind Instance
	DoForget     Kind = "forget"     // Instance, which is gone
	DoAttach     Kind = "attach"     // note that Target's attachment has reached State
	DoDetach     Kind = "detach"     // drop Target's attachment
	DoRefreshed  Kind = "refreshed"  // the refresh is over
	DoCheckpoint Kind = "checkpoint" // the refresh has reached its next checkpoint
	DoBake       Kind = "bake"       // the refresh has replaced all, and bakes
	DoStop       Kind = "stop"       // the EC2 instance behind Instance, for the warm pool
	DoStart      Kind = "start"      // the EC2 instance behind Instance, which comes from there
	DoWarm       Kind = "warm"       // note that Instance is in the warm pool, as Become
	DoUse        Kind = "use"        // take Instance from the warm pool
	DoReturn     Kind = "return"     // take Instance out of service, back to the warm pool
	DoDropPool   Kind = "drop pool"  // the warm pool, which is empty

	DoRefreshFailed Kind = "refresh failed" // for longer than its patience no member became healthy
	DoRefreshEnded  Kind = "refresh ended"  // what the refresh that was cancelled had begun is over
)

// Action is one thing to do.
type Action struct {
	Do       Kind
	Instance string
	Zone     string
	Target   string
	State    AttachmentState
	Become   Lifecycle
	Reason   Reason
	Why      string // in words, of one that is Abandoned, or of a refresh that fails
	From, To int    // the capacity before and after, where Reason is a difference in capacity
}
