package plan

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// scheduled is one of the declared scheduled actions of a region's fleet, with which it goes. It is known by its name: it has no tags.
type scheduled struct {
	scope
	fleet  *fleet
	action understudy.Scheduled
	was    *autoscalingtypes.ScheduledUpdateGroupAction // as it was found
}

// addScheduled adds the declared scheduled actions, and what takes away those that are declared no more.
func (v *inventory) addScheduled(r *region) {
	for _, a := range r.declared.ScheduledActions(r.side) {
		v.graph.add(r.id("scheduled action "+a.Name), &scheduled{scope: r.scope, fleet: r.fleet, action: a}, r.fleetNode)
	}
	v.graph.add(r.id("other scheduled actions"), &otherScheduled{scope: r.scope, fleet: r.fleet}, r.fleetNode)
}

func (s *scheduled) actionName() string { return s.declared.ScheduledPrefix() + s.action.Name }

func (s *scheduled) identity() string {
	if s.was == nil {
		return ""
	}
	return s.actionName()
}

const actionField = "action"

func (s *scheduled) desired() []Field { return []Field{{Name: actionField, Value: s.action.String()}} }

func (s *scheduled) actual() []Field {
	if s.was == nil {
		return nil
	}
	is, beyond, _ := account.ScheduledOf(s.declared, *s.was)
	return []Field{{Name: actionField, Value: is.String() + beyond}}
}

func (s *scheduled) find(ctx context.Context) (bool, error) {
	s.was = nil
	all, err := s.fleet.scheduledActions(ctx)
	for _, a := range all {
		if aws.ToString(a.ScheduledActionName) == s.actionName() {
			s.was = &a
		}
	}
	return s.was != nil, err
}

// scheduledActions returns all of the group, whoever made them.
func (f *fleet) scheduledActions(ctx context.Context) (all []autoscalingtypes.ScheduledUpdateGroupAction, err error) {
	if !f.found || f.deleting {
		return nil, nil
	}
	pages := autoscaling.NewDescribeScheduledActionsPaginator(f.AutoScaling,
		&autoscaling.DescribeScheduledActionsInput{AutoScalingGroupName: aws.String(f.fleetName())})
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

func (s *scheduled) create(ctx context.Context) error {
	in := &autoscaling.PutScheduledUpdateGroupActionInput{
		AutoScalingGroupName: aws.String(s.fleet.fleetName()), ScheduledActionName: aws.String(s.actionName()), Recurrence: &s.action.Recurrence,
		MinSize: unlessZero(s.action.Min), DesiredCapacity: unlessZero(s.action.Desired), MaxSize: unlessZero(s.action.Max),
	}
	if s.action.Zone != "" {
		in.TimeZone = &s.action.Zone
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

// change makes the action anew: what a call does not say of one that is there stays as it is (PutScheduledUpdateGroupAction in the Amazon
// EC2 Auto Scaling API Reference).
func (s *scheduled) change(ctx context.Context, _ []Difference) error {
	if err := s.remove(ctx); err != nil {
		return err
	}
	return s.create(ctx)
}

func (s *scheduled) remove(ctx context.Context) error { return s.fleet.unschedule(ctx, s.actionName()) }

func (f *fleet) unschedule(ctx context.Context, action string) error {
	_, err := f.AutoScaling.DeleteScheduledAction(ctx, &autoscaling.DeleteScheduledActionInput{
		AutoScalingGroupName: aws.String(f.fleetName()), ScheduledActionName: &action,
	})
	if err != nil && !account.IsNotFound(err) {
		return fmt.Errorf("delete the scheduled action %s: %w", action, err)
	}
	return nil
}

// otherScheduled are the actions of a fleet that are not declared. Those that the stack has made are taken away, and anybody else's are named.
type otherScheduled struct {
	scope
	fleet *fleet
	ours  []string
	alien []autoscalingtypes.ScheduledUpdateGroupAction
}

func (o *otherScheduled) find(ctx context.Context) (bool, error) {
	all, err := o.fleet.scheduledActions(ctx)
	o.sort(all)
	return err == nil, err
}

// sort tells whose actions these are.
func (o *otherScheduled) sort(all []autoscalingtypes.ScheduledUpdateGroupAction) {
	o.ours, o.alien = nil, nil
	declared := map[string]bool{}
	for _, a := range o.declared.ScheduledActions(o.side) {
		declared[a.Name] = true
	}
	for _, a := range all {
		switch is, _, ours := account.ScheduledOf(o.declared, a); {
		case !ours:
			o.alien = append(o.alien, a)
		case !declared[is.Name]:
			o.ours = append(o.ours, aws.ToString(a.ScheduledActionName))
		}
	}
}

// foreign says that down has nothing to delete here: the fleet takes its actions with it.
func (o *otherScheduled) foreign() bool    { return true }
func (o *otherScheduled) desired() []Field { return []Field{{Name: "other actions"}} }
func (o *otherScheduled) actual() []Field {
	return []Field{{Name: "other actions", Value: set(o.ours...)}}
}
func (o *otherScheduled) create(context.Context) error { return nil }
func (o *otherScheduled) remove(context.Context) error { return nil }
func (o *otherScheduled) momentary()                   {}

func (o *otherScheduled) change(ctx context.Context, _ []Difference) error {
	for _, name := range o.ours {
		if err := o.fleet.unschedule(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (o *otherScheduled) remarks() (all []Remark) {
	for _, a := range o.alien {
		is, beyond, _ := account.ScheduledOf(o.declared, a)
		all = append(all, Remark{ID: aws.ToString(a.ScheduledActionName), Text: fmt.Sprintf(
			"a scheduled action of %s that somebody else has made (%s%s): it is left alone, and the bounds that it sets are taken back",
			o.fleet.fleetName(), is, beyond)})
	}
	return all
}

var (
	_ resource = (*scheduled)(nil)
	_ resource = (*otherScheduled)(nil)
)
