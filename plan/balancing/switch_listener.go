package balancing

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// A network load balancer has no rules and answers nothing itself, so that its switch is a listener of its own, which forwards as the one where
// users connect does. The checkers connect to understudy.SwitchPort: while the listener is at that port, its region alone is to serve, and while it is
// at the other one, health decides. To turn the switch is to change the listener's port, by one call to its region (ModifyListener). The inverted
// check is healthy for as long as nobody can connect: so users stay with the primary where the standby is lost, or the listener is gone.
//
// Other means were weighed. To invert or disable a check is a call to Route 53's API, which is in us-east-1 alone. A check that follows an alarm follows
// the alarm's data and not its state ("How Route 53 determines the status of health checks that monitor CloudWatch alarms" in its
// Developer Guide), so that somebody would have to go on sending data for as long as users are to stay. A rule of a security group works as
// the listener does, but groups are compared between regions, which are to filter alike.

// turnedTag is the listener's tag that says who has turned the switch, to which side, and when: a listener has no text of its own.
const turnedTag = "understudy:turned"

// switchPort is where a region's switch listens, for a side to serve.
func switchPort(at, side understudy.Side) int {
	if side == at {
		return understudy.SwitchPort
	}
	return understudy.SwitchIdlePort
}

// positionAt reads which side is to serve from the port at which a region's switch listens.
func positionAt(at understudy.Side, port *int32) understudy.Side {
	for _, side := range understudy.Sides {
		if int(aws.ToInt32(port)) == switchPort(at, side) {
			return side
		}
	}
	return ""
}

// stands notes where the switch was found to stand. A port that says nothing is set to the one at which health decides.
func (l *Listener) stands(o elbtypes.Listener) {
	if l.Switches {
		l.position = positionAt(l.Side, o.Port)
	}
}

// turns notes where a switch that is still to be made is to stand: as the one in an earlier network does.
func (l *Listener) turns(ctx context.Context) error {
	if !l.Switches {
		return nil
	}
	for _, b := range l.Balancer.Earlier {
		found, err := switchListenersOf(ctx, l.Scope, b)
		if err != nil {
			return err
		}
		for _, o := range found {
			l.position = positionAt(l.Side, o.Port)
		}
	}
	return nil
}

// switchListenersOf returns a load balancer's listeners that are the switch's.
func switchListenersOf(ctx context.Context, s resource.Scope, b elbtypes.LoadBalancer) ([]elbtypes.Listener, error) {
	out, err := s.ELB.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: b.LoadBalancerArn})
	if err != nil {
		return nil, fmt.Errorf("describe the listeners of %s: %w", aws.ToString(b.LoadBalancerArn), err)
	}
	return slices.DeleteFunc(out.Listeners, func(l elbtypes.Listener) bool { return !account.IsSwitchListener(l) }), nil
}

// State is where the switch stands.
func (l *Listener) State() SwitchState { return switchStateAt(l.position, l.turnedBy) }

// turnedNote is what the tag says of a command that has set the switch to a side. Tags take no semicolons (Tag in the Elastic Load Balancing API
// Reference).
func turnedNote(side understudy.Side, by string, now time.Time) string {
	return fmt.Sprintf("%s by %s at %s", side, by, now.UTC().Format(time.RFC3339))
}

// switchStateAt reads the tag. One that tells of the other side is of an earlier turn: a run was killed after the listener's port was changed.
func switchStateAt(side understudy.Side, note string) SwitchState {
	s := SwitchState{Position: side}
	what, at, _ := strings.Cut(note, " at ")
	by, ok := strings.CutPrefix(what, string(side)+" by ")
	if t, err := time.Parse(time.RFC3339, at); ok && err == nil {
		s.By, s.Since = by, t
	}
	return s
}

// TurnListener sets a switch that is a listener: its port first, which moves the users.
func TurnListener(ctx context.Context, s resource.Scope, arn string, to understudy.Side, by string) error {
	_, err := s.ELB.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: &arn, Port: aws.Int32(int32(switchPort(s.Side, to)))})
	if err != nil {
		return fmt.Errorf("set the switch %s to the %s: %w", arn, to, err)
	}
	tags := s.Mark(switchRole).With(turnedTag, turnedNote(to, by, time.Now()))
	if _, err := s.ELB.AddTags(ctx, &elb.AddTagsInput{ResourceArns: []string{arn}, Tags: tags.ELB()}); err != nil {
		return fmt.Errorf("the switch %s is set to the %s, and what is to tell by whom is not: %w", arn, to, err)
	}
	return nil
}

// Listens finds a region's switch where it is a listener. Who has set it is left out where it cannot be read: that keeps nobody from being moved.
func Listens(ctx context.Context, s resource.Scope, all []elbtypes.LoadBalancer, standby *Standby) error {
	for _, b := range all {
		found, err := switchListenersOf(ctx, s, b)
		if err != nil {
			return err
		}
		for _, o := range found {
			arn := aws.ToString(o.ListenerArn)
			if len(standby.Turns) == 0 {
				tags, _ := s.TagsOfELB(ctx, arn)
				standby.Switch = switchStateAt(positionAt(s.Side, o.Port), tags[turnedTag])
			}
			standby.Turns = append(standby.Turns, arn)
		}
	}
	return nil
}
