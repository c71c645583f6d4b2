package fleet

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/machines"
	"github.com/understudy/understudy/plan/resource"
)

func (t *Targets) Reason() string {
	text := fmt.Sprintf("for %d instances that the load balancer finds healthy; %d are", t.Declared.Size(t.Side).Desired, t.healthy)
	if len(t.ill) > 0 {
		text += " (" + strings.Join(t.ill, ", ") + ")"
	}
	return text
}

// Targets waits until the load balancer finds as many of the fleet's instances healthy as the group is to have now.
type Targets struct {
	resource.Scope
	Group   *balancing.TargetGroup
	Fleet   *Fleet
	healthy int
	want    int
	ill     []string // each instance that is not healthy, with its state and reason
}

func (t *Targets) Awaited() {}

func (t *Targets) Desired() []resource.Field {
	return []resource.Field{{Name: "all targets healthy", Value: resource.Yes(true)}}
}

func (t *Targets) Actual() []resource.Field {
	return []resource.Field{{Name: "all targets healthy", Value: resource.Yes(t.Enough())}}
}

func (t *Targets) Find(ctx context.Context) (bool, error) {
	if slices.Contains(t.Group.ARNs(), "") || t.Fleet.Was == nil {
		return false, nil
	}
	states, err := t.Group.States(ctx)
	if err != nil {
		return false, err
	}
	t.count(t.Fleet.Was, states)
	return true, nil
}

// Look asks for the group and its targets as they are now.
func (t *Targets) Look(ctx context.Context) error {
	g, err := t.Fleet.there(ctx)
	if err != nil {
		return err
	}
	states, err := t.Group.States(ctx)
	if err == nil {
		t.count(g, states)
	}
	return err
}

// count separates the healthy ones of a group's instances from the others. A target that is none of them does not count.
func (t *Targets) count(g *autoscalingtypes.AutoScalingGroup, states map[string]*balancing.TargetState) {
	t.healthy, t.want, t.ill = 0, int(aws.ToInt32(g.DesiredCapacity)), nil
	for _, i := range g.Instances {
		id := aws.ToString(i.InstanceId)
		switch {
		case onItsWayOut(i.LifecycleState):
		case states[id].Healthy():
			t.healthy++
		default:
			t.ill = append(t.ill, id+" "+cmp.Or(states[id].String(), string(i.LifecycleState)))
		}
	}
}

func (t *Targets) Enough() bool { return t.healthy >= t.want }

func (t *Targets) String() string {
	text := fmt.Sprintf("%d of %d targets are healthy", t.healthy, t.want)
	if len(t.ill) > 0 {
		text += ", not " + strings.Join(t.ill, ", ")
	}
	return text
}

// Create waits for a group that has just been made: instances that come up one after the other only to be replaced say that
// none will. Beside a group that serves, the first that is unhealthy after its grace says it: nobody waits for the new one.
func (t *Targets) Create(ctx context.Context) error {
	a := arrival{want: t.Fleet.Template.Exact(), forgives: 2}
	if len(t.Fleet.Predecessors()) > 0 {
		a.forgives, a.condemns = 0, machines.BootTime+time.Duration(t.Declared.Fleet.Grace)*time.Second
	}
	return t.Fleet.arrive(ctx, a)
}

// Change waits for a group that was there before. It replaces by itself what fell ill, and is left to do so.
func (t *Targets) Change(ctx context.Context, _ []resource.Difference) error {
	return t.Fleet.arrive(ctx, arrival{want: t.Fleet.Template.Exact(), forgives: manyLosses})
}

func (t *Targets) Remove(context.Context) error { return nil }

var _ resource.Resource = (*Targets)(nil)
