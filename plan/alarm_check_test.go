package plan

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// followed is the inventory of a stack of which a check follows an alarm, and that check with its alarm as it stands.
func followed(t *testing.T) (v *inventory, c *ownCheck) {
	t.Helper()
	d := resourcetest.Declared(t)
	d.Alarms.On = []understudy.Alarm{{Kind: "errors", Threshold: 10, Period: 60, Periods: 3}}
	d.Failover.Further = []understudy.Check{{Alarm: "errors", NoneIs: understudy.NoDataUnhealthy}}
	v = takeInventory(d, map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}})
	r := v.regions[understudy.Primary]
	r.balancer.ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/hello/1"
	c = r.furtherChecks[0]
	c.id, c.config, c.heeds, c.tags = "c", c.wanted(), c.follows.heeds(), c.Tagged(c.name)
	return v, c
}

// Route 53 keeps the settings of an alarm that it knows: a change of the alarm is one of the check, too, and comes before it.
func TestACheckFollowsItsAlarmAsItIs(t *testing.T) {
	v, c := followed(t)
	resourcetest.Expect(t, c)
	w := c.wanted()
	if *w.AlarmIdentifier.Name != "understudy-hello-errors" || w.AlarmIdentifier.Region != "us-east-1" ||
		w.InsufficientDataHealthStatus != route53types.InsufficientDataHealthStatusUnhealthy {
		t.Errorf("follows %+v", w)
	}
	c.follows.means.Threshold, c.follows.means.Period = 5, 300
	resourcetest.Expect(t, c, "by: Sum GreaterThanOrEqualToThreshold 5 in 3 of 300 s, not Sum GreaterThanOrEqualToThreshold 10 in 3 of 60 s")
	c.heeds.Dimensions[0].Value = aws.String("app/hello/0")
	if d := resource.Compare(c.Desired(), c.Actual()); !resource.Differs(d, "watches") || replaces(d) {
		t.Errorf("another load balancer is %+v", d)
	}
	r := v.regions[understudy.Primary]
	alarm, check := v.graph.byID[r.alarmNode("alarm-errors")], r.furtherCheckNodes[0]
	if !check.comesAfter(alarm) || !alarm.comesAfter(r.readyNodes[0]) {
		t.Error("the alarm is not between what serves and the check that follows it")
	}
}

// Another record's check is the stack's by its alarm.
func TestChecksByAlarmsAreFoundUnderEarlierNames(t *testing.T) {
	v, c := followed(t)
	own := v.regions[understudy.Primary].check
	earlier := route53types.HealthCheck{Id: aws.String("old"), CallerReference: aws.String(referencePrefix + "other"), HealthCheckConfig: c.wanted()}
	others := earlier
	others.Id, others.HealthCheckConfig = aws.String("theirs"), &route53types.HealthCheckConfig{
		AlarmIdentifier: &route53types.AlarmIdentifier{Name: aws.String("errors"), Region: "us-east-1"}}
	if ids := own.ofEarlierNames([]route53types.HealthCheck{earlier, others}); len(ids) != 1 || ids[0] != "old" {
		t.Errorf("found %v", ids)
	}
}

// Without data a check by an alarm is as declared, and nobody asks Route 53's checkers for it.
func TestACheckByAnAlarmPassesByItsState(t *testing.T) {
	_, c := followed(t)
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
