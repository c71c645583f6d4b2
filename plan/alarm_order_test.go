package plan

import (
	"testing"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

func TestAnAlarmIsBetweenWhatServesAndTheCheckThatFollowsIt(t *testing.T) {
	d := resourcetest.Declared(t)
	d.Alarms.On = []understudy.Alarm{{Kind: "errors", Threshold: 10, Period: 60, Periods: 3}}
	d.Failover.Further = []understudy.Check{{Alarm: "errors", NoneIs: understudy.NoDataUnhealthy}}
	v := takeInventory(d, map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}})
	r := v.regions[understudy.Primary]
	alarm, check := v.graph.byID[r.alarmNode("alarm-errors")], r.furtherCheckNodes[0]
	if !check.comesAfter(alarm) || !alarm.comesAfter(r.readyNodes[0]) {
		t.Error("the alarm is not between what serves and the check that follows it")
	}
}
