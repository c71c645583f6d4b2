package fleet

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// Scheduled is one of the declared scheduled actions of a region's fleet, with which it goes. It is known by its name: it has no tags.
type Scheduled struct {
	resource.Scope
	Fleet  *Fleet
	Action understudy.Scheduled
	was    *autoscalingtypes.ScheduledUpdateGroupAction // as it was found
}

func (s *Scheduled) actionName() string { return s.Declared.ScheduledPrefix() + s.Action.Name }

func (s *Scheduled) Identity() string {
	if s.was == nil {
		return ""
	}
	return s.actionName()
}

const actionField = "action"

func (s *Scheduled) Desired() []resource.Field {
	return []resource.Field{{Name: actionField, Value: s.Action.String()}}
}

func (s *Scheduled) Actual() []resource.Field {
	if s.was == nil {
		return nil
	}
	is, beyond, _ := account.ScheduledOf(s.Declared, *s.was)
	return []resource.Field{{Name: actionField, Value: is.String() + beyond}}
}

func (s *Scheduled) Find(ctx context.Context) (bool, error) {
	s.was = nil
	all, err := s.Fleet.scheduledActions(ctx)
	for _, a := range all {
		if aws.ToString(a.ScheduledActionName) == s.actionName() {
			s.was = &a
		}
	}
	return s.was != nil, err
}

// scheduledActions returns all of the group, whoever made them.
func (f *Fleet) scheduledActions(ctx context.Context) (all []autoscalingtypes.ScheduledUpdateGroupAction, err error) {
	if !f.found || f.deleting {
		return nil, nil
	}
	pages := autoscaling.NewDescribeScheduledActionsPaginator(f.AutoScaling,
		&autoscaling.DescribeScheduledActionsInput{AutoScalingGroupName: aws.String(f.FleetName())})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if account.IsNotFound(err) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("describe scheduled actions: %w", err)
		}
		all = append(all, page.ScheduledUpdateGroupActions...)
	}
	return all, nil
}

func (s *Scheduled) Create(ctx context.Context) error {
	in := &autoscaling.PutScheduledUpdateGroupActionInput{
		AutoScalingGroupName: aws.String(s.Fleet.FleetName()), ScheduledActionName: aws.String(s.actionName()), Recurrence: &s.Action.Recurrence,
		MinSize: unlessZero(s.Action.Min), DesiredCapacity: unlessZero(s.Action.Desired), MaxSize: unlessZero(s.Action.Max),
	}
	if s.Action.Zone != "" {
		in.TimeZone = &s.Action.Zone
	}
	if _, err := s.AutoScaling.PutScheduledUpdateGroupAction(ctx, in); err != nil {
		return fmt.Errorf("put scheduled action: %w", err)
	}
	return nil
}

func unlessZero(n int) *int32 {
	if n == 0 {
		return nil
	}
	return aws.Int32(int32(n))
}

// Change makes the action anew: what a call does not say of one that is there stays as it is (PutScheduledUpdateGroupAction in the Amazon
// EC2 Auto Scaling API Reference).
func (s *Scheduled) Change(ctx context.Context, _ []resource.Difference) error {
	if err := s.Remove(ctx); err != nil {
		return err
	}
	return s.Create(ctx)
}

func (s *Scheduled) Remove(ctx context.Context) error { return s.Fleet.unschedule(ctx, s.actionName()) }

func (f *Fleet) unschedule(ctx context.Context, action string) error {
	_, err := f.AutoScaling.DeleteScheduledAction(ctx, &autoscaling.DeleteScheduledActionInput{
		AutoScalingGroupName: aws.String(f.FleetName()), ScheduledActionName: &action,
	})
	if err != nil && !account.IsNotFound(err) {
		return fmt.Errorf("delete the scheduled action %s: %w", action, err)
	}
	return nil
}

// OtherScheduled are the actions of a fleet that are not declared. Those that the stack has made are taken away, and anybody else's are named.
type OtherScheduled struct {
	resource.Scope
	Fleet *Fleet
	ours  []string
	alien []autoscalingtypes.ScheduledUpdateGroupAction
}

func (o *OtherScheduled) Find(ctx context.Context) (bool, error) {
	all, err := o.Fleet.scheduledActions(ctx)
	o.sort(all)
	return err == nil, err
}

// sort tells whose actions these are.
func (o *OtherScheduled) sort(all []autoscalingtypes.ScheduledUpdateGroupAction) {
	o.ours, o.alien = nil, nil
	declared := map[string]bool{}
	for _, a := range o.Declared.ScheduledActions(o.Side) {
		declared[a.Name] = true
	}
	for _, a := range all {
		switch is, _, ours := account.ScheduledOf(o.Declared, a); {
		case !ours:
			o.alien = append(o.alien, a)
		case !declared[is.Name]:
			o.ours = append(o.ours, aws.ToString(a.ScheduledActionName))
		}
	}
}

// Foreign says that down has nothing to delete here: the fleet takes its actions with it.
func (o *OtherScheduled) Foreign() bool             { return true }
func (o *OtherScheduled) Desired() []resource.Field { return []resource.Field{{Name: "other actions"}} }
func (o *OtherScheduled) Actual() []resource.Field {
	return []resource.Field{{Name: "other actions", Value: resource.Set(o.ours...)}}
}
func (o *OtherScheduled) Create(context.Context) error { return nil }
func (o *OtherScheduled) Remove(context.Context) error { return nil }
func (o *OtherScheduled) Momentary()                   {}

func (o *OtherScheduled) Change(ctx context.Context, _ []resource.Difference) error {
	for _, name := range o.ours {
		if err := o.Fleet.unschedule(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (o *OtherScheduled) Remarks() (all []resource.Remark) {
	for _, a := range o.alien {
		is, beyond, _ := account.ScheduledOf(o.Declared, a)
		all = append(all, resource.Remark{ID: aws.ToString(a.ScheduledActionName), Text: fmt.Sprintf(
			"a scheduled action of %s that somebody else has made (%s%s): it is left alone, and the bounds that it sets are taken back",
			o.Fleet.FleetName(), is, beyond)})
	}
	return all
}

var (
	_ resource.Resource = (*Scheduled)(nil)
	_ resource.Resource = (*OtherScheduled)(nil)
)
