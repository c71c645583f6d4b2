package balancer

import (
	"fmt"

	"github.com/understudy/understudy/cloud/internal/targethealth"
)

// What a target's health is, and how it follows from results, is decided by package targethealth.
type (
	State     = targethealth.State
	Health    = targethealth.Health
	Result    = targethealth.Result
	Judgement = targethealth.Judgement
)

// The states, by their names in the API.
const (
	Initial   = targethealth.Initial
	Healthy   = targethealth.Healthy
	Unhealthy = targethealth.Unhealthy
)

// What is told of a target before its first result.
var (
	Unregistered = targethealth.Unregistered
	Unchecked    = targethealth.Unchecked
)

// Judge and Combine are targethealth's.
var (
	Judge   = targethealth.Judge
	Combine = targethealth.Combine
)

var (
	pass    = Result{}
	timeout = Result{Reason: "Target.Timeout", Description: "Request timed out"}
	failed  = Result{Reason: "Target.FailedHealthChecks", Description: "Health checks failed"}
)

func mismatch(code int) Result {
	return Result{Reason: "Target.ResponseCodeMismatch", Description: fmt.Sprintf("Health checks failed with these codes: [%d]", code)}
}
