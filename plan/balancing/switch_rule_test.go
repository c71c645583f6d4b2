package balancing

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

var switchedAt = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func TestSwitchOfThePrimaryTakesUsersFromTheStandby(t *testing.T) {
	s := resourcetest.Scope(t) // the primary's
	r := &SwitchRule{Scope: s}
	if side, body := r.idle(); side != understudy.Secondary || body != "understudy: both regions serve" {
		t.Errorf("idle it is at the %s: %s", side, body)
	}
	seeRule(r, "1", switchConditions(), switchActions(s.Side, understudy.Primary, answerOf(s.Side, understudy.Primary, "failover", switchedAt)), true)
	resourcetest.Expect(t, r)
	if want := (SwitchState{understudy.Primary, "failover", switchedAt}); SwitchStateOf(r.Position, r.Body) != want {
		t.Errorf("it is read as %+v", SwitchStateOf(r.Position, r.Body))
	}
	// The answer of the standby's switch says nothing here.
	if side, _ := positionOf(s.Side, switchActions(understudy.Secondary, understudy.Secondary, SwitchedText(understudy.Secondary))); side != "" {
		t.Errorf("the standby's answer is taken for the %s", side)
	}
}

// seeRule has the rule find what a listener may have.
func seeRule(r *SwitchRule, priority string, conditions []elbtypes.RuleCondition, actions []elbtypes.Action, tagged bool) {
	r.Position, r.Body = positionOf(r.Side, actions)
	r.seen = append(fieldsOfRule(priority, conditions, actions), resource.Field{Name: "tagged", Value: resource.Yes(tagged)})
}

func TestSwitchKeepsItsPositionAndAllElseIsHealed(t *testing.T) {
	s := resourcetest.Scope(t)
	s.Side = understudy.Secondary
	r := &SwitchRule{Scope: s}
	at := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	for _, side := range understudy.Sides {
		seeRule(r, "1", switchConditions(), switchActions(r.Side, side, answerOf(r.Side, side, "failover", at)), true)
		resourcetest.Expect(t, r)
		want := SwitchState{Position: side, By: "failover", Since: at}
		if got := SwitchStateOf(r.Position, r.Body); got != want {
			t.Errorf("the switch is read as %+v, want %+v", got, want)
		}
	}
	forward := []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: aws.String("arn:tg")}}
	elsewhere := []elbtypes.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{"/other"}}}
	seeRule(r, "7", elsewhere, forward, false)
	resourcetest.Expect(t, r, "priority: 1, not 7", "if: path-pattern /.understudy/switch, not path-pattern /other",
		`answers: 503 text/plain "understudy: the primary serves", not forward`, "tagged: yes, not no")
	// An answer of status 200 with another text moves nobody, and is healed.
	if side, _ := positionOf(r.Side, switchActions(r.Side, understudy.Secondary, "standby")); side != "" {
		t.Errorf("an answer that the checkers do not take for the standby's is taken for the %s", side)
	}
}

func TestAListenerIsASwitch(t *testing.T) {
	s := resourcetest.Scope(t)
	s.Declared.Balancer.Kind, s.Declared.Target.Protocol = understudy.KindNetwork, understudy.TCP
	l := &Listener{Scope: s, Switches: true, Further: &understudy.FurtherListener{Protocol: understudy.TCP}}
	if l.role() != switchRole || l.protocol() != "TCP" {
		t.Fatalf("%s listens by %s", l.role(), l.protocol())
	}
	for port, want := range map[int32]int{7411: 7411, 7412: 7412, 50001: 7412} {
		if l.remember(elbtypes.Listener{Port: &port}); l.port() != want {
			t.Errorf("found at %d, it is to be at %d", port, l.port())
		}
	}
	now := time.Date(2026, 11, 29, 1, 2, 3, 0, time.UTC)
	note := turnedNote(understudy.Secondary, "watch", now)
	if got, want := switchStateAt(understudy.Secondary, note), (SwitchState{understudy.Secondary, "watch", now}); got != want {
		t.Errorf("%q: %+v", note, got)
	}
	if got, want := switchStateAt(understudy.Primary, note), (SwitchState{Position: understudy.Primary}); got != want {
		t.Errorf("a note of an earlier turn: %+v", got)
	}
}
