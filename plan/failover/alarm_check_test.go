package failover

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// followed is a check that follows an alarm, as both stand.
func followed(t *testing.T) *OwnCheck {
	t.Helper()
	s := resourcetest.Scope(t)
	s.Declared.Alarms.On = []understudy.Alarm{{Kind: "errors", Threshold: 10, Period: 60, Periods: 3}}
	s.Declared.Failover.Further = []understudy.Check{{Alarm: "errors", NoneIs: understudy.NoDataUnhealthy}}
	b := &balancing.Balancer{Scope: s, ARN: "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/hello/1"}
	m, ok := s.Declared.FollowedAlarm(s.Declared.Failover.Further[0], s.Side)
	if !ok {
		t.Fatal("no alarm is followed")
	}
	c := FurtherCheck(s, b, 1)
	c.Follows = &Alarm{Scope: s, Role: m.Role, Means: m, Of: Subject{Scope: s, Balancer: b, TargetGroup: &balancing.TargetGroup{Scope: s}}}
	c.ID, c.config, c.heeds, c.tags = "c", c.Wanted(), c.Follows.heeds(), c.Tagged(c.Name)
	return c
}

// Route 53 keeps the settings of an alarm that it knows: a change of the alarm is one of the check, too, and comes before it.
func TestACheckFollowsItsAlarmAsItIs(t *testing.T) {
	c := followed(t)
	resourcetest.Expect(t, c)
	w := c.Wanted()
	if *w.AlarmIdentifier.Name != "understudy-hello-errors" || w.AlarmIdentifier.Region != "us-east-1" ||
		w.InsufficientDataHealthStatus != route53types.InsufficientDataHealthStatusUnhealthy {
		t.Errorf("follows %+v", w)
	}
	c.Follows.Means.Threshold, c.Follows.Means.Period = 5, 300
	resourcetest.Expect(t, c, "by: Sum GreaterThanOrEqualToThreshold 5 in 3 of 300 s, not Sum GreaterThanOrEqualToThreshold 10 in 3 of 60 s")
	c.heeds.Dimensions[0].Value = aws.String("app/hello/0")
	if d := resource.Compare(c.Desired(), c.Actual()); !resource.Differs(d, "watches") || replaces(d) {
		t.Errorf("another load balancer is %+v", d)
	}
}

// Another record's check is the stack's by its alarm.
func TestChecksByAlarmsAreFoundUnderEarlierNames(t *testing.T) {
	c := followed(t)
	own := &Check{Scope: c.Scope}
	earlier := route53types.HealthCheck{Id: aws.String("old"), CallerReference: aws.String(referencePrefix + "other"), HealthCheckConfig: c.Wanted()}
	others := earlier
	others.Id, others.HealthCheckConfig = aws.String("theirs"), &route53types.HealthCheckConfig{
		AlarmIdentifier: &route53types.AlarmIdentifier{Name: aws.String("errors"), Region: "us-east-1"}}
	if ids := own.ofEarlierNames([]route53types.HealthCheck{earlier, others}); len(ids) != 1 || ids[0] != "old" {
		t.Errorf("found %v", ids)
	}
}

// Without data a check by an alarm is as declared, and nobody asks Route 53's checkers for it.
func TestACheckByAnAlarmPassesByItsState(t *testing.T) {
	c := followed(t)
	for state, want := range map[cwtypes.StateValue]bool{cwtypes.StateValueOk: true, cwtypes.StateValueAlarm: false, cwtypes.StateValueInsufficientData: false} {
		if f := c.foundBy(state); f.Passing != want || f.Alarm != string(state) {
			t.Errorf("%s: %+v", state, f)
		}
	}
	c.Declared.Failover.Further[0].NoneIs = understudy.NoDataLastKnown
	if f := c.foundBy(cwtypes.StateValueInsufficientData); !f.Passing {
		t.Errorf("no data ever: %+v", f)
	}
}
