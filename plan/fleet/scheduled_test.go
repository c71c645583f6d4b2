package fleet

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/machines"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// The bounds that a declared action has set are left alone, and what nobody has declared is not; a group that takes another's place begins with them.
func TestScheduledActionsAndTheFleetDoNotFight(t *testing.T) {
	s := resourcetest.Scope(t)
	s.Declared.Fleet.Scheduled = []understudy.Scheduled{{Name: "morning", Recurrence: "0 7 * * *", Min: 6, Desired: 8, Max: 12}}
	f := &Fleet{Scope: s, Template: &machines.Template{}, Group: &balancing.TargetGroup{}, Subnets: []*network.Subnet{{}, {}}}
	at := func(least, now, most int32) *autoscalingtypes.AutoScalingGroup {
		return &autoscalingtypes.AutoScalingGroup{MinSize: &least, DesiredCapacity: &now, MaxSize: &most, DefaultCooldown: aws.Int32(300)}
	}
	bounds := func(g *autoscalingtypes.AutoScalingGroup) (found []resource.Difference) {
		f.remember(g)
		for _, d := range resource.Compare(f.Desired(), f.Actual()) {
			if d.Name == "min" || d.Name == "max" {
				found = append(found, d)
			}
		}
		return found
	}
	if found := bounds(at(6, 9, 12)); found != nil {
		t.Errorf("as an action has set: %+v", found)
	}
	if all := f.Remarks(); len(all) != 1 || all[0].Text != "has 6 to 12 instances, as a scheduled action has set; declared beside them are 2 to 5" {
		t.Errorf("remarks %+v", all)
	}
	if found := bounds(at(5, 9, 12)); len(found) != 1 || found[0].Name != "min" || found[0].Desired != "2" {
		t.Errorf("with another least: %+v", found)
	}
	bounds(at(2, 3, 5))
	if all := f.Remarks(); len(all) != 0 {
		t.Errorf("what an action has left: %+v", all)
	}
	before := &Fleet{Scope: s, Was: at(6, 9, 12)}
	next := &Fleet{Scope: s, Template: &machines.Template{}, Group: &balancing.TargetGroup{}, Earlier: []*Fleet{before}}
	if size, _ := next.size(); size.Min != 6 || size.Max != 12 || next.Begins() != 9 {
		t.Errorf("the next generation begins with %+v, %d", size, next.Begins())
	}
}

// An action is compared by what it says; those that are declared no more go, and those of others are named.
func TestScheduledActionsAreTheirOwners(t *testing.T) {
	s := resourcetest.Scope(t)
	action := understudy.Scheduled{Name: "morning", Recurrence: "0 7 * * *", Zone: "Europe/Berlin", Min: 3}
	one := &Scheduled{Scope: s, Action: action}
	is := autoscalingtypes.ScheduledUpdateGroupAction{ScheduledActionName: aws.String(one.actionName()), Recurrence: &action.Recurrence,
		TimeZone: &action.Zone, MinSize: aws.Int32(3), StartTime: aws.Time(time.Unix(1e9, 0))}
	one.was = &is
	if found := resource.Compare(one.Desired(), one.Actual()); found != nil {
		t.Errorf("as declared: %+v", found)
	}
	for what, change := range map[string]func(a *autoscalingtypes.ScheduledUpdateGroupAction){
		"at another time": func(a *autoscalingtypes.ScheduledUpdateGroupAction) { a.Recurrence = aws.String("0 8 * * *") },
		"elsewhere":       func(a *autoscalingtypes.ScheduledUpdateGroupAction) { a.TimeZone = nil },
		"to nothing":      func(a *autoscalingtypes.ScheduledUpdateGroupAction) { a.DesiredCapacity = aws.Int32(0) },
		"for a while":     func(a *autoscalingtypes.ScheduledUpdateGroupAction) { a.EndTime = aws.Time(time.Unix(2e9, 0)) },
	} {
		other := is
		change(&other)
		one.was = &other
		if found := resource.Compare(one.Desired(), one.Actual()); len(found) != 1 {
			t.Errorf("%s: %+v", what, found)
		}
	}
	s.Declared.Fleet.Scheduled = []understudy.Scheduled{action}
	mine, theirs := is, is
	mine.ScheduledActionName, theirs.ScheduledActionName = aws.String(one.actionName()+"-before"), aws.String("night")
	o := &OtherScheduled{Scope: s, Fleet: &Fleet{Scope: s, Group: &balancing.TargetGroup{}}}
	o.sort([]autoscalingtypes.ScheduledUpdateGroupAction{is, mine, theirs})
	if got := resource.Compare(o.Desired(), o.Actual()); len(got) != 1 || got[0].Actual != one.actionName()+"-before" {
		t.Errorf("to go: %+v", got)
	}
	if all := o.Remarks(); len(all) != 1 || all[0].ID != "night" {
		t.Errorf("named: %+v", all)
	}
}
