// Package targethealth decides whether a target is healthy, from the results of the checks of a load balancer's nodes. It is pure: no clock,
// no socket.
package targethealth

// State is a target's health at one node, or at all nodes together.
type State string

// The states, by their names in the API.
const (
	Initial   State = "initial"
	Healthy   State = "healthy"
	Unhealthy State = "unhealthy"
)

// Health is a state and its reason, in the words of
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html.
type Health struct {
	State               State
	Reason, Description string
}

// Unregistered is the health of a target that no node has begun to check.
var Unregistered = Health{Initial, "Elb.RegistrationInProgress", "Target registration is in progress"}

// Unchecked is the health of a target whose first checks are running.
var Unchecked = Health{Initial, "Elb.InitialHealthChecking", "Initial health checks in progress"}

// Result is the result of one check: a pass if Reason is empty.
type Result struct {
	Reason, Description string
	Answered            bool   // with Code
	Code                int    // a status of HTTP or of gRPC
	Cause               string // why it failed, in the words of the log of checks
}

// Judgement is a target's health, and how many checks in a row have had the opposite result.
type Judgement struct {
	Health
	Against int
}

// Judge returns a target's health after one more result: a newly registered target is
// healthy after its first pass; any other change takes as many results in a row as the threshold.
func Judge(old Judgement, r Result, healthy, unhealthy int) Judgement {
	passed := r.Reason == ""
	switch {
	case passed && old.State == Initial:
		return Judgement{Health: Health{State: Healthy}}
	case passed && old.State == Healthy:
		return Judgement{Health: old.Health}
	case passed: // and unhealthy
		if old.Against++; old.Against >= healthy {
			return Judgement{Health: Health{State: Healthy}}
		}
		return old
	case old.State == Unhealthy: // the newest reason is the one to show
		return Judgement{Health: Health{Unhealthy, r.Reason, r.Description}}
	}
	return fail(old, r, unhealthy)
}

func fail(old Judgement, r Result, threshold int) Judgement {
	if old.Against++; old.Against >= threshold {
		return Judgement{Health: Health{Unhealthy, r.Reason, r.Description}}
	}
	return old
}

// Combine returns the one health that the API shows, from that of each node: unhealthy if it is so at any node,
// healthy if it is so at all nodes that have checked it.
func Combine(views []Health) Health {
	if len(views) == 0 {
		return Unregistered
	}
	all := Unchecked
	for _, v := range views {
		switch v.State {
		case Unhealthy:
			return v
		case Healthy:
			all = v
		}
	}
	return all
}

// Because has a failed check tell why.
func (r Result) Because(cause string) Result {
	r.Cause = cause
	return r
}
