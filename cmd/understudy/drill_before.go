package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/drill"
	"github.com/understudy/understudy/parity"
	"github.com/understudy/understudy/plan"
	"github.com/understudy/understudy/plan/failover"
)

// The checks before a drill, by which --force names them.
const (
	checkDrill    = "drill"
	checkUp       = "up"
	checkRefresh  = "refresh"
	checkStandby  = "standby"
	checkTargets  = "targets"
	checkCapacity = "capacity"
	checkParity   = "parity"
)

// beforeHelp says what each check looks at, in the order in which they are shown.
var beforeHelp = []struct{ name, help string }{
	{checkDrill, "no other drill's fault is in force; --force repairs it first"},
	{checkUp, "no up or down is under way"},
	{checkRefresh, "no instance refresh is under way, and no other network takes the place of an earlier one, in either region"},
	{checkStandby, "Route 53's checkers find the secondary healthy"},
	{checkTargets, "the secondary's load balancer finds all its targets healthy"},
	{checkCapacity, "the secondary has as many healthy targets as the primary"},
	{checkParity, "the two regions do not differ in what users would feel"},
}

func checkNames() []string {
	names := make([]string, len(beforeHelp))
	for i, c := range beforeHelp {
		names[i] = c.name
	}
	return names
}

// before returns the checks of a drill of a stack, of which the primary of lost is to be broken. The one for another drill is the drill's own,
// which cannot begin over another's marker.
func before(s, lost *plan.Stack, pair drill.Pair) []drill.Check {
	return []drill.Check{
		{Name: checkUp, Look: func(ctx context.Context) (string, error) { return runUnderWay(ctx, s) }, Again: true},
		{Name: checkRefresh, Look: func(ctx context.Context) (string, error) { return refreshUnderWay(ctx, s) }, Again: true},
		{Name: checkStandby, Look: func(ctx context.Context) (string, error) { return standbyIll(ctx, s, pair) }, Again: true},
		{Name: checkTargets, Look: func(ctx context.Context) (string, error) { return targetsIll(ctx, lost) }, Again: true},
		{Name: checkCapacity, Look: func(ctx context.Context) (string, error) { return capacityShort(ctx, lost) }},
		{Name: checkParity, Look: func(ctx context.Context) (string, error) { return unequal(ctx, s) }},
	}
}

// runUnderWay tells who changes the stack at the moment.
func runUnderWay(ctx context.Context, s *plan.Stack) (string, error) {
	held, err := s.Holder(ctx)
	if err != nil || held == nil || held.Ended != "" {
		return "", err
	}
	return fmt.Sprintf("another run changes the stack: %s", held), nil
}

// refreshUnderWay tells of the instance refreshes that have not ended.
func refreshUnderWay(ctx context.Context, s *plan.Stack) (string, error) {
	var all []string
	for _, side := range understudy.Sides {
		p, err := s.Parts(ctx, side)
		if err != nil {
			return "", err
		}
		a := s.Accounts[side]
		out, err := a.AutoScaling.DescribeInstanceRefreshes(ctx, &autoscaling.DescribeInstanceRefreshesInput{AutoScalingGroupName: &p.Fleet})
		if account.IsUnsupported(err) {
			continue // an endpoint without the operation has none under way
		}
		if err != nil {
			return "", fmt.Errorf("describe instance refreshes of %s in %s: %w", p.Fleet, a.Region, err)
		}
		for _, r := range out.InstanceRefreshes {
			if !ended(r.Status) {
				all = append(all, fmt.Sprintf("%s of %s in %s is %s", aws.ToString(r.InstanceRefreshId), p.Fleet, a.Region, r.Status))
			}
		}
	}
	return strings.Join(all, ", "), nil
}

func ended(s autoscalingtypes.InstanceRefreshStatus) bool {
	switch s {
	case autoscalingtypes.InstanceRefreshStatusSuccessful, autoscalingtypes.InstanceRefreshStatusFailed, autoscalingtypes.InstanceRefreshStatusCancelled,
		autoscalingtypes.InstanceRefreshStatusRollbackFailed, autoscalingtypes.InstanceRefreshStatusRollbackSuccessful:
		return true
	}
	return false
}

// standbyIll tells what Route 53's checkers find wrong with the secondary.
func standbyIll(ctx context.Context, s *plan.Stack, pair drill.Pair) (string, error) {
	id := pair.Secondary.HealthCheck
	if id == "" {
		return "its record has no health check", nil
	}
	r53, passes := s.Accounts[understudy.Primary].Route53, 0
	var ill []string
	for _, one := range append([]string{id}, pair.Secondary.Beside...) {
		m, err := failover.Measure(ctx, r53, one)
		if err != nil {
			return "", err
		}
		if m.Passes() || one != id && m.Checkers == 0 { // an alarm's, which no checker asks
			passes++
			continue
		}
		ill = append(ill, fmt.Sprintf("%d of %d checkers of health check %s report success", m.Healthy, m.Checkers, one))
	}
	if passes >= pair.Secondary.Needed {
		return "", nil
	}
	return strings.Join(ill, ", "), nil
}

// targetsIll tells which of the secondary's targets are not healthy.
func targetsIll(ctx context.Context, s *plan.Stack) (string, error) {
	healthy, others, err := targets(ctx, s, understudy.Secondary)
	if err != nil {
		return "", err
	}
	return notAllHealthy(healthy, others), nil
}

// notAllHealthy says what is wrong with targets of which not all are healthy, nothing if all are.
func notAllHealthy(healthy int, others []string) string {
	switch {
	case healthy == 0 && len(others) == 0:
		return "its load balancer has no targets"
	case len(others) > 0:
		return fmt.Sprintf("%d are healthy, and not: %s", healthy, strings.Join(others, ", "))
	}
	return ""
}

// noneHealthy says so.
func noneHealthy(others []string) string {
	return strings.TrimSuffix("no target is healthy: "+strings.Join(others, ", "), ": ")
}

func capacityShort(ctx context.Context, s *plan.Stack) (string, error) {
	serving, _, err := targets(ctx, s, understudy.Primary)
	if err != nil {
		return "", err
	}
	standing, _, err := targets(ctx, s, understudy.Secondary)
	if err != nil || standing >= serving {
		return "", err
	}
	return fmt.Sprintf("%d healthy targets, and the primary serves with %d", standing, serving), nil
}

// targets counts what a region's load balancer finds healthy, and names what it does not. A target that is deregistered is
// neither.
func targets(ctx context.Context, s *plan.Stack, side understudy.Side) (healthy int, others []string, err error) {
	p, err := s.Parts(ctx, side)
	if err != nil {
		return 0, nil, err
	}
	return targetsOf(ctx, s.Accounts[side], p.TargetGroup)
}

func targetsOf(ctx context.Context, a *account.Account, group string) (healthy int, others []string, err error) {
	all, err := a.Targets(ctx, group)
	if err != nil {
		return 0, nil, err
	}
	for _, t := range all {
		if t.TargetHealth == nil || t.Target == nil {
			continue
		}
		switch state := t.TargetHealth.State; state {
		case elbtypes.TargetHealthStateEnumHealthy:
			healthy++
		case elbtypes.TargetHealthStateEnumDraining:
		default:
			others = append(others, fmt.Sprintf("%s (%s)", aws.ToString(t.Target.Id), state))
		}
	}
	return healthy, others, nil
}

// unequal tells how many findings the parity audit has that users would feel in a failover, and the gravest of them.
func unequal(ctx context.Context, s *plan.Stack) (string, error) {
	report, err := audited(ctx, s, parity.Options{})
	if err != nil {
		return "", err
	}
	return felt(report), nil
}

func felt(r *parity.Report) string {
	felt := r.AtLeast(parity.Medium) // what is low, nobody would feel
	if len(felt) == 0 {
		return ""
	}
	return fmt.Sprintf("%d findings, the gravest: %s (%s); `understudy parity` lists them", len(felt), felt[0].Name, felt[0].Severity)
}

// standbyWatch returns what tells, while the primary is broken, that the secondary does not serve. What was forced before is not
// watched either: it would end the drill at once. The target group is looked up once, since this is asked every second.
func standbyWatch(ctx context.Context, s *plan.Stack, pair drill.Pair, force []string) (func(context.Context) (string, error), error) {
	p, err := s.Parts(ctx, understudy.Secondary)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (string, error) {
		if !slices.Contains(force, checkTargets) {
			healthy, others, err := targetsOf(ctx, s.Accounts[understudy.Secondary], p.TargetGroup)
			if err == nil && healthy == 0 {
				return noneHealthy(others), nil
			}
		}
		if pair.Secondary.HealthCheck == "" || slices.Contains(force, checkStandby) {
			return "", nil
		}
		return standbyIll(ctx, s, pair)
	}, nil
}
