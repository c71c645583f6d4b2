package understudy_test

import (
	"strings"
	"testing"

	"github.com/understudy/understudy"
)

// A check may follow an alarm that the region has, and is no word about the service.
func TestAChecksAlarmIsTheRegions(t *testing.T) {
	d, err := parse(good + "failover: {checks: [{alarm: errors, no_data: unhealthy}], healthy: 1}\nalarms: {on: [{alarm: errors, threshold: 7}]}\n")
	if err != nil {
		t.Fatal(err)
	}
	c := d.Failover.Further[0]
	if m, ok := d.FollowedAlarm(c, understudy.Secondary); !ok || m.Role != "alarm-errors" || m.At != understudy.Secondary || m.Threshold != 7 ||
		c.NoneIs != understudy.NoDataUnhealthy {
		t.Errorf("%+v follows %+v, %v", c, m, ok)
	}
	if _, ok := d.FollowedAlarm(d.Failover.Check, understudy.Primary); ok || d.AsksService(c) || d.Undecided() == "" {
		t.Errorf("%+v is taken for a check of the service", c)
	}
	dark := strings.Replace(good, "name: us-west-2,", "name: us-west-2, fleet: {min: 0, desired: 0},", 1)
	_, err = parse(dark + "failover: {checks: [{alarm: healthy-hosts}]}\nalarms: {on: [{alarm: healthy-hosts}]}\n")
	if err == nil || !strings.Contains(err.Error(), "healthy-hosts, with a standby of no instance, which has no such alarm") {
		t.Errorf("an alarm that the standby has not: %v", err)
	}
}
