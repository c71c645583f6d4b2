package plan

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

// scheduled is one of the declared scheduled actions of a region's fleet, with which it goes. It is known by its name: it has no tags.
type scheduled struct {
	resource.Scope
	fleet  *fleet
	action understudy.Scheduled
	was    *autoscalingtypes.ScheduledUpdateGroupAction // as it was found
}

// addScheduled adds the declared scheduled actions, and what takes away those that are declared no more.
func (v *inventory) addScheduled(r *region) {
	for _, a := range r.Declared.ScheduledActions(r.Side) {
		v.graph.add(r.id("scheduled action "+a.Name), &scheduled{Scope: r.Scope, fleet: r.fleet, action: a}, r.fleetNode)
	}
	v.graph.add(r.id("other scheduled actions"), &otherScheduled{Scope: r.Scope, fleet: r.fleet}, r.fleetNode)
}

func (s *scheduled) actionName() string { return s.Declared.ScheduledPrefix() + s.action.Name }

func (s *scheduled) Identity() string {
	if s.was == nil {
		return ""
	}
	return s.actionName()
}

const actionField = "action"

func (s *scheduled) Desired() []resource.Field {
	return []resource.Field{{Name: actionField, Value: s.action.String()}}
}

func (s *scheduled) Actual() []resource.Field {
	if s.was == nil {
		return nil
	}
	is, beyond, _ := account.ScheduledOf(s.Declared, *s.was)
	return []resource.Field{{Name: actionField, Value: is.String() + beyond}}
}

func (s *scheduled) Find(ctx context.Context) (bool, error) {
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

func (s *scheduled) Create(ctx context.Context) error {
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

// Change makes the action anew: what a call does not say of one that is there stays as it is (PutScheduledUpdateGroupAction in the Amazon
// EC2 Auto Scaling API Reference).
func (s *scheduled) Change(ctx context.Context, _ []resource.Difference) error {
	if err := s.Remove(ctx); err != nil {
		return err
	}
	return s.Create(ctx)
}

func (s *scheduled) Remove(ctx context.Context) error { return s.fleet.unschedule(ctx, s.actionName()) }

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
	resource.Scope
	fleet *fleet
	ours  []string
	alien []autoscalingtypes.ScheduledUpdateGroupAction
}

func (o *otherScheduled) Find(ctx context.Context) (bool, error) {
	all, err := o.fleet.scheduledActions(ctx)
	o.sort(all)
	return err == nil, err
}

// sort tells whose actions these are.
func (o *otherScheduled) sort(all []autoscalingtypes.ScheduledUpdateGroupAction) {
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
func (o *otherScheduled) Foreign() bool             { return true }
func (o *otherScheduled) Desired() []resource.Field { return []resource.Field{{Name: "other actions"}} }
func (o *otherScheduled) Actual() []resource.Field {
	return []resource.Field{{Name: "other actions", Value: resource.Set(o.ours...)}}
}
func (o *otherScheduled) Create(context.Context) error { return nil }
func (o *otherScheduled) Remove(context.Context) error { return nil }
func (o *otherScheduled) Momentary()                   {}

func (o *otherScheduled) Change(ctx context.Context, _ []resource.Difference) error {
	for _, name := range o.ours {
		if err := o.fleet.unschedule(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (o *otherScheduled) Remarks() (all []resource.Remark) {
	for _, a := range o.alien {
		is, beyond, _ := account.ScheduledOf(o.Declared, a)
		all = append(all, resource.Remark{ID: aws.ToString(a.ScheduledActionName), Text: fmt.Sprintf(
			"a scheduled action of %s that somebody else has made (%s%s): it is left alone, and the bounds that it sets are taken back",
			o.fleet.fleetName(), is, beyond)})
	}
	return all
}

var (
	_ resource.Resource = (*scheduled)(nil)
	_ resource.Resource = (*otherScheduled)(nil)
)
