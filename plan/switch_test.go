package plan

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// seeRule has the rule find what a listener may have.
func seeRule(r *switchRule, priority string, conditions []elbtypes.RuleCondition, actions []elbtypes.Action, tagged bool) {
	r.position, r.body = positionOf(r.side, actions)
	r.seen = append(fieldsOfRule(priority, conditions, actions), Field{Name: "tagged", Value: yes(tagged)})
}

func TestSwitchKeepsItsPositionAndAllElseIsHealed(t *testing.T) {
	s := testScope(t)
	s.side = understudy.Secondary
	r := &switchRule{scope: s}
	at := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	for _, side := range understudy.Sides {
		seeRule(r, "1", switchConditions(), switchActions(r.side, side, answerOf(r.side, side, "failover", at)), true)
		expect(t, r)
		want := SwitchState{Position: side, By: "failover", Since: at}
		if got := switchStateOf(r.position, r.body); got != want {
			t.Errorf("the switch is read as %+v, want %+v", got, want)
		}
	}
	forward := []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: aws.String("arn:tg")}}
	elsewhere := []elbtypes.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{"/other"}}}
	seeRule(r, "7", elsewhere, forward, false)
	expect(t, r, "priority: 1, not 7", "if: path-pattern /.understudy/switch, not path-pattern /other",
		`answers: 503 text/plain "understudy: the primary serves", not forward`, "tagged: yes, not no")
	// An answer of status 200 with another text moves nobody, and is healed.
	if side, _ := positionOf(r.side, switchActions(r.side, understudy.Secondary, "standby")); side != "" {
		t.Errorf("an answer that the checkers do not take for the standby's is taken for the %s", side)
	}
}

func TestSwitchCheckAndCalculatedCheckDiffer(t *testing.T) {
	s := testScope(t)
	b := &balancer{dnsName: "LB.us-west-2.elb.amazonaws.com"}
	standby := s
	standby.side = understudy.Secondary
	asks, application := switchCheck(standby, b), &check{scope: s, id: "application"}
	both := calculatedCheck(s, application, asks)
	expect(t, both, "type: CALCULATED, not ", "inverted: no, not ", "disabled: no, not ", "children: (known after), application, not ",
		"healthy children: 2, not ", "tagged: yes, not ")
	asks.id, asks.config, asks.tags = "asks", asks.wanted(), asks.tagged(asks.name)
	both.id, both.config, both.tags = "both", both.wanted(), both.tagged(both.name)
	expect(t, asks)
	expect(t, both)

	asks.config.Inverted, asks.config.SearchString = aws.Bool(false), aws.String("")
	asks.config.Regions = []route53types.HealthCheckRegion{"us-east-1", "eu-west-1", "sa-east-1"}
	expect(t, asks, "inverted: yes, not no", "looks for: understudy: the standby serves, not ", "checkers in: all regions, not eu-west-1, sa-east-1, us-east-1")
	both.config.HealthThreshold, both.config.ChildHealthChecks = aws.Int32(1), []string{"asks"}
	expect(t, both, "children: application, asks, not asks", "healthy children: 2, not 1")

	// Another interval takes a new check, which the calculated one then counts; the earlier one goes after that.
	asks.config = asks.wanted()
	asks.config.RequestInterval = aws.Int32(10)
	both.config = both.wanted()
	both.config.ChildHealthChecks = []string{"application", "asks"}
	both.config.HealthThreshold = aws.Int32(2)
	expect(t, both, "children: (known after), application, not application, asks")
	asks.choose(route53types.HealthCheck{Id: aws.String("anew"), HealthCheckConfig: asks.wanted()})
	expect(t, both, "children: anew, application, not application, asks", "superseded children: , not asks")
}

func TestPrimarysRecordFollowsTheSwitch(t *testing.T) {
	r := &records{scope: testScope(t), checks: map[understudy.Side]*check{}}
	for _, side := range understudy.Sides {
		r.checks[side] = &check{id: "check-" + string(side)}
	}
	r.switched = map[understudy.Side]*ownCheck{understudy.Primary: {id: "both", superseded: []string{"twin"}}}
	for side, want := range map[understudy.Side]string{understudy.Primary: "both", understudy.Secondary: "check-secondary"} {
		if got := r.follows(side).identity(); got != want {
			t.Errorf("the %s follows %s, want %s", side, got, want)
		}
	}
	if got := r.superseded(understudy.Primary); len(got) != 1 || got[0] != "twin" {
		t.Errorf("superseded are %v", got)
	}
	r.switched = nil
	if got := r.follows(understudy.Primary).identity(); got != "check-primary" {
		t.Errorf("without a switch the primary follows %s", got)
	}
}

func TestNewSwitchIsUsedOnlyWhenItsCheckersAreSure(t *testing.T) {
	at := time.Unix(1e9, 0)
	probe := func(ip string, n int) route53types.HealthCheckObservation {
		return route53types.HealthCheckObservation{IPAddress: &ip, StatusReport: &route53types.StatusReport{
			Status: aws.String("Failure: HTTP Status Code 503"), CheckedTime: aws.Time(at.Add(time.Duration(n) * time.Second)),
		}}
	}
	seen := map[string]map[time.Time]bool{}
	for n, c := range []struct {
		now  []route53types.HealthCheckObservation
		want bool
	}{
		{nil, false},
		{[]route53types.HealthCheckObservation{probe("a", 0), probe("b", 0)}, false},
		{[]route53types.HealthCheckObservation{probe("a", 0), probe("b", 1)}, false}, // a's is the same probe
		{[]route53types.HealthCheckObservation{probe("a", 1), probe("b", 1)}, true},
	} {
		if got := countFailures(seen, c.now, 2); got != c.want {
			t.Errorf("look %d: sure %v", n, got)
		}
	}
}

func TestWithoutASwitchItsPartsAreDeletedAndNeverMade(t *testing.T) {
	d := declared(t)
	d.Failover.Switch = understudy.SwitchNone
	v := takeInventory(d, map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}})
	var kept []*retired
	for _, n := range v.graph.nodes {
		r, ok := n.resource.(*retired)
		if !ok {
			continue
		}
		switch r.resource.(type) {
		case *switchRule, *ownCheck:
			kept = append(kept, r)
			r.there = true
			if found, err := (&retired{resource: &onceLost{}}).find(context.Background()); !found || err != nil {
				t.Errorf("what is not there is to be created: %v, %v", found, err)
			}
		}
	}
	if len(kept) != 6 || len(v.records.switched) > 0 {
		t.Fatalf("%d parts of a switch, followed: %v", len(kept), v.records.switched)
	}
	var order []string
	for _, s := range removalsOfDoubles(&v.graph, nil) {
		order = append(order, s.Resource)
	}
	for _, before := range [][2]string{{"primary/calculated check", "secondary/switch check"}, {"secondary/switch check", "secondary/switch"},
		{"secondary/calculated check", "primary/switch check"}, {"primary/switch check", "primary/switch"}} {
		if a, b := slices.Index(order, before[0]), slices.Index(order, before[1]); a < 0 || b < a {
			t.Errorf("%v is not deleted in the order %v", before, order)
		}
	}
}
