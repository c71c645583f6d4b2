package understudy

import (
	"fmt"
	"slices"
	"strings"
)

// A further check may follow the data of one of the region's declared alarms, in place of asking for something. The check of the application does
// not: drills, predictions and moves by hand judge a region by what its users are answered.

// furtherCheck reads a check beside the first, which asks by its checkers or follows an alarm.
func furtherCheck(o *object, d *Declaration, first Check) Check {
	c := Check{Alarm: o.text("alarm", "", followedAlarm), NoneIs: NoData(o.text("no_data", string(NoDataLastKnown), noData))}
	if c.Alarm != "" {
		c.holdAlarm(o, d)
		return c
	}
	if o.has("no_data") {
		o.mistake("no_data", string(c.NoneIs)+", without alarm", "it beside the alarm whose data may lack")
	}
	c = asking(o, d)
	c.Regions, c.Latency = first.Regions, first.Latency
	return c
}

// holdAlarm refuses what is asked of a check by an alarm, and an alarm that Route 53 cannot follow or that a region has not.
func (c Check) holdAlarm(o *object, d *Declaration) {
	asking(o, d)
	for _, key := range []string{"path", "match", "host", "port", "protocol"} {
		if o.has(key) {
			o.mistake(key, key+" beside alarm", "one of both: a check by an alarm asks for nothing")
		}
	}
	kind, _ := alarmKind(c.Alarm)
	switch {
	case !slices.ContainsFunc(d.Alarms.On, func(a Alarm) bool { return a.Kind == c.Alarm }):
		o.mistake("alarm", c.Alarm+", which alarms.on has not", "one that alarms.on has")
	case kind.ofInstances() && d.Dark():
		o.mistake("alarm", fmt.Sprintf("%s, with a standby of no instance, which has no such alarm", c.Alarm), "another alarm, or instances of the standby")
	}
}

// FollowedAlarm returns a region's alarm that a check follows.
func (d *Declaration) FollowedAlarm(c Check, side Side) (MadeAlarm, bool) {
	all := d.AlarmsOf(side)
	i := slices.IndexFunc(all, func(a MadeAlarm) bool { return a.Name == c.Alarm && a.Of == side })
	if c.Alarm == "" || i < 0 {
		return MadeAlarm{}, false
	}
	return all[i], true
}

// followed tells whether Route 53 can follow an alarm of this kind: not one of an extended statistic ("Monitoring a CloudWatch alarm" in the
// Route 53 Developer Guide), and none that is of the health check itself.
func (k AlarmKind) followed() bool {
	return k.Of != OfCheck && slices.Contains([]string{"Average", "Maximum", "Minimum", "SampleCount", "Sum"}, k.Statistic)
}

func followedAlarms() (names []string) {
	for _, k := range AlarmKinds {
		if k.followed() {
			names = append(names, k.Name)
		}
	}
	return names
}

var (
	followedAlarm = oneOf(strings.Join(followedAlarms(), ", ")+", or nothing; Route 53 follows no percentile", append(followedAlarms(), "")...)
	noData        = oneOf("healthy, unhealthy or last-known", string(NoDataHealthy), string(NoDataUnhealthy), string(NoDataLastKnown))
)
