package drill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/account"
)

// Isolate revokes every ingress rule of a security group, so that the load balancer no longer reaches
// its targets: they time out, and the region becomes unhealthy. Tracked connections go on without their rule ("Security
// group connection tracking", Amazon EC2 User Guide); a network ACL, which tracks nothing, cuts them. The fleet's
// processes that would replace the instances are suspended, because the instances are not ill.
type Isolate struct {
	Account  *account.Account
	Parts    Parts    // only to break; what Repair needs is in the journal
	Settings Settings // only to repair: at what speed targets are probed

	notes   []string
	lingers bool // established connections were not cut
}

var (
	_ Fault     = (*Isolate)(nil)
	_ noting    = (*Isolate)(nil)
	_ lingering = (*Isolate)(nil)
)

type isolated struct {
	Group  string                  `json:"group"`
	Rules  []ec2types.IpPermission `json:"rules"`
	Fleet  string                  `json:"fleet,omitempty"`
	Resume []string                `json:"resume,omitempty"` // the processes that ran before
	Cut    *cut                    `json:"cut,omitempty"`
}

// replacing are the processes that replace or remove instances because of what the load balancer, an alarm or the
// balance of zones says ("Suspend and resume Amazon EC2 Auto Scaling processes" in its user guide). Alarms count because
// instances without requests are scaled in. Launch and Terminate are not suspended: people may need them.
var replacing = []string{"AlarmNotification", "AZRebalance", "HealthCheck", "ReplaceUnhealthy"}

// Kind implements Fault.
func (*Isolate) Kind() string { return "isolate" }

// Notes implements noting.
func (f *Isolate) Notes() []string { return f.notes }

// Lingers implements lingering.
func (f *Isolate) Lingers() bool { return f.lingers }

// Prepare implements Fault.
func (f *Isolate) Prepare(ctx context.Context) (json.RawMessage, error) {
	out, err := f.Account.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{f.Parts.Internal}})
	if err != nil {
		return nil, fmt.Errorf("read security group %s: %w", f.Parts.Internal, err)
	}
	if len(out.SecurityGroups) != 1 || len(out.SecurityGroups[0].IpPermissions) == 0 {
		return nil, fmt.Errorf("isolate: security group %s has no ingress rule to take away", f.Parts.Internal)
	}
	u := isolated{Group: f.Parts.Internal, Rules: out.SecurityGroups[0].IpPermissions, Fleet: f.Parts.Fleet}
	fleet, err := f.fleet(ctx, u.Fleet)
	if err != nil {
		return nil, err
	}
	if fleet == nil {
		return nil, fmt.Errorf("isolate: there is no auto scaling group %s", u.Fleet)
	}
	u.Resume = running(*fleet)
	if u.Cut, err = prepareCut(ctx, f.Account.EC2, f.Parts); err != nil {
		return nil, err
	}
	return json.Marshal(u)
}

// running returns which of the processes in replacing that a group has not suspended.
func running(g autoscalingtypes.AutoScalingGroup) []string {
	return slices.DeleteFunc(slices.Clone(replacing), func(name string) bool {
		return slices.ContainsFunc(g.SuspendedProcesses, func(s autoscalingtypes.SuspendedProcess) bool { return aws.ToString(s.ProcessName) == name })
	})
}

func (f *Isolate) fleet(ctx context.Context, name string) (*autoscalingtypes.AutoScalingGroup, error) {
	out, err := f.Account.AutoScaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{name}})
	if err != nil {
		return nil, fmt.Errorf("describe auto scaling group %s: %w", name, err)
	}
	if len(out.AutoScalingGroups) == 0 {
		return nil, nil
	}
	return &out.AutoScalingGroups[0], nil
}

// Break implements Fault. It suspends the processes before the instances become unreachable.
func (f *Isolate) Break(ctx context.Context, undo json.RawMessage) error {
	var u isolated
	if err := json.Unmarshal(undo, &u); err != nil {
		return err
	}
	if len(u.Resume) > 0 {
		_, err := f.Account.AutoScaling.SuspendProcesses(ctx, &autoscaling.SuspendProcessesInput{AutoScalingGroupName: &u.Fleet, ScalingProcesses: u.Resume})
		if err != nil {
			return fmt.Errorf("suspend processes of %s: %w", u.Fleet, err)
		}
	}
	_, err := f.Account.EC2.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &u.Group, IpPermissions: u.Rules})
	if err != nil {
		return fmt.Errorf("revoke ingress of %s: %w", u.Group, err)
	}
	note, err := u.Cut.make(ctx, f.Account.EC2)
	if note != "" {
		f.notes, f.lingers = append(f.notes, note), true
	}
	return err
}

// Repair implements Fault. It resumes the fleet's processes when the load balancer finds the targets healthy, by probes of
// after the repair: before that, the fleet would replace them.
func (f *Isolate) Repair(ctx context.Context, undo json.RawMessage) error {
	var u isolated
	if err := json.Unmarshal(undo, &u); err != nil {
		return err
	}
	if err := errors.Join(u.Cut.mend(ctx, f.Account.EC2), f.authorize(ctx, u)); err != nil {
		return err
	}
	if len(u.Resume) == 0 {
		return nil
	}
	fleet, err := f.fleet(ctx, u.Fleet)
	if err != nil || fleet == nil {
		return err // it was deleted, and with it its suspensions
	}
	if err := f.settle(ctx, fleet.TargetGroupARNs); err != nil {
		return err
	}
	_, err = f.Account.AutoScaling.ResumeProcesses(ctx, &autoscaling.ResumeProcessesInput{AutoScalingGroupName: &u.Fleet, ScalingProcesses: u.Resume})
	if err != nil && !account.IsNotFound(err) {
		return fmt.Errorf("resume processes of %s: %w", u.Fleet, err)
	}
	return nil
}

// authorize authorizes the rules again. One rule in each call: after an interrupted repair, or an up, the rules that
// are already back answer InvalidPermission.Duplicate, which must not prevent the others.
func (f *Isolate) authorize(ctx context.Context, u isolated) error {
	for _, rule := range u.Rules {
		_, err := f.Account.EC2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: &u.Group, IpPermissions: []ec2types.IpPermission{rule},
		})
		if account.IsCode(err, "InvalidPermission.Duplicate") || account.IsNotFound(err) {
			continue // the group, or one that the rule names, was deleted: a new one has its own rules
		}
		if err != nil {
			return fmt.Errorf("authorize ingress of %s: %w", u.Group, err)
		}
	}
	return nil
}

// settleTime is how long the targets have to become healthy again. After it, the fleet may replace those that are not.
const settleTime = 5 * time.Minute

// settle waits until the load balancer finds all targets healthy that are in use, and no probe is under way any more that
// began before the repair: its time-out may be the one that makes a target unhealthy which still counts as healthy.
func (f *Isolate) settle(ctx context.Context, groups []string) error {
	last, err := f.lastProbe(ctx, groups)
	if err != nil {
		return err
	}
	began := time.Now()
	var ill []string
	err = account.Poll(ctx, "the targets to be healthy", 2*settleTime, func(ctx context.Context) (bool, error) {
		if time.Since(began) < last {
			return false, nil
		}
		ill = nil
		for _, group := range groups {
			targets, err := f.Account.Targets(ctx, group)
			if account.IsNotFound(err) {
				continue
			}
			if err != nil {
				return false, err
			}
			ill = append(ill, unsettled(targets)...)
		}
		return len(ill) == 0 || time.Since(began) > settleTime, nil
	})
	if err == nil && len(ill) > 0 {
		f.notes = append(f.notes, fmt.Sprintf("not healthy %s after the repair: %s; the fleet may replace them", settleTime, strings.Join(ill, ", ")))
	}
	return err
}

// lastProbe is how long after a repair a probe of the target groups can still fail that began before it: its time-out, and an
// interval until the next one has shown whether the target is well.
func (f *Isolate) lastProbe(ctx context.Context, groups []string) (longest time.Duration, err error) {
	for _, group := range groups {
		out, err := f.Account.ELB.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{TargetGroupArns: []string{group}})
		if account.IsNotFound(err) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("describe target group %s: %w", group, err)
		}
		for _, g := range out.TargetGroups {
			interval, timeout := seconds(g.HealthCheckIntervalSeconds), seconds(g.HealthCheckTimeoutSeconds)
			longest = max(longest, f.Settings.divide(interval)+f.Settings.timeout(timeout))
		}
	}
	return longest, nil
}

func seconds(n *int32) time.Duration { return time.Duration(aws.ToInt32(n)) * time.Second }

// unsettled lists the targets that are not healthy, or not yet, without those that are on their way out.
func unsettled(all []elbtypes.TargetHealthDescription) []string {
	var ids []string
	for _, t := range all {
		if t.TargetHealth == nil || t.Target == nil {
			continue
		}
		switch t.TargetHealth.State {
		case elbtypes.TargetHealthStateEnumUnhealthy, elbtypes.TargetHealthStateEnumInitial, elbtypes.TargetHealthStateEnumUnavailable:
			ids = append(ids, aws.ToString(t.Target.Id))
		}
	}
	return ids
}
