package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/understudy/understudy/account"
)

// Starve keeps a fleet from launching instances, as where the region has no capacity left, by suspending that process ("Suspend and resume Amazon
// EC2 Auto Scaling processes" in its user guide). It moves nobody by itself, and is a part of a sequence alone.
type Starve struct {
	Account *account.Account
	Parts   Parts // only to break
}

var _ Fault = Starve{}

type starving struct {
	Fleet string `json:"fleet"`
	Was   bool   `json:"was"` // it was suspended before
}

// launching is the process that launches instances.
const launching = "Launch"

// Kind implements Fault.
func (Starve) Kind() string { return "capacity" }

// Prepare implements Fault.
func (f Starve) Prepare(ctx context.Context) (json.RawMessage, error) {
	u := starving{Fleet: f.Parts.Fleet}
	out, err := f.Account.AutoScaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{u.Fleet}})
	if err != nil {
		return nil, fmt.Errorf("describe auto scaling group %s: %w", u.Fleet, err)
	}
	if len(out.AutoScalingGroups) == 0 {
		return nil, fmt.Errorf("capacity: there is no auto scaling group %s", u.Fleet)
	}
	for _, s := range out.AutoScalingGroups[0].SuspendedProcesses {
		u.Was = u.Was || s.ProcessName != nil && *s.ProcessName == launching
	}
	return json.Marshal(u)
}

// Break implements Fault.
func (f Starve) Break(ctx context.Context, undo json.RawMessage) error {
	var u starving
	if err := json.Unmarshal(undo, &u); err != nil {
		return err
	}
	_, err := f.Account.AutoScaling.SuspendProcesses(ctx, &autoscaling.SuspendProcessesInput{
		AutoScalingGroupName: &u.Fleet, ScalingProcesses: []string{launching},
	})
	if err != nil {
		return fmt.Errorf("suspend %s of %s: %w", launching, u.Fleet, err)
	}
	return nil
}

// Repair implements Fault.
func (f Starve) Repair(ctx context.Context, undo json.RawMessage) error {
	var u starving
	if err := json.Unmarshal(undo, &u); err != nil || u.Was {
		return err
	}
	_, err := f.Account.AutoScaling.ResumeProcesses(ctx, &autoscaling.ResumeProcessesInput{AutoScalingGroupName: &u.Fleet, ScalingProcesses: []string{launching}})
	if err != nil && !account.IsNotFound(err) {
		return fmt.Errorf("resume %s of %s: %w", launching, u.Fleet, err)
	}
	return nil
}

// besides are the kinds that a sequence has beside Kinds.
var besides = []Kind{{
	Name: Starve{}.Kind(),
	New: func(ctx context.Context, p Primary) (Fault, error) {
		parts, err := p.Parts(ctx)
		return Starve{Account: p.Account, Parts: parts}, err
	},
	Undo: func(_ context.Context, p Primary) (Fault, error) { return Starve{Account: p.Account}, nil },
}}

// StrokeKindOf returns the kind of a sequence's stroke. It fails with ErrUnknownKind as KindOf does.
func StrokeKindOf(name string) (Kind, error) {
	if i := slices.IndexFunc(besides, func(k Kind) bool { return k.Name == name }); i >= 0 {
		return besides[i], nil
	}
	return KindOf(name)
}
