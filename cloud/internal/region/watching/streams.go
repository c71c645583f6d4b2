package watching

import (
	"context"
	"slices"
	"strings"
	"time"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/beacon"
	"github.com/understudy/understudy/cloud/internal/store"
)

// Route 53 watches the data of an alarm's metric and not the alarm, with the settings that the alarm had
// when the health check was created or updated last. So the region goes on judging settings that an alarm
// no longer has, and those of alarms that are gone ("Monitoring a CloudWatch alarm" in the Route 53
// developer guide).

// maxStreams is how many settings are kept of alarms of one name, the newest; health checks that have not
// been updated for so many changes of their alarm have insufficient data.
const maxStreams = 50

// keepStream remembers an alarm's settings, if Route 53 can watch them.
func (r *Room) keepStream(tx *store.Tx, row alarmRow, now time.Time) error {
	if row.unfit() != "" {
		return nil
	}
	fingerprint := row.Settings.fingerprint()
	same := slices.DeleteFunc(r.streams.AllTx(tx), func(s streamRow) bool { return s.Name != row.Name || s.Fingerprint == fingerprint })
	slices.SortFunc(same, func(a, b streamRow) int { return a.Since.Compare(b.Since) })
	for _, old := range same[:max(0, len(same)+1-maxStreams)] {
		if err := r.streams.Delete(tx, streamKey(old.Name, old.Fingerprint)); err != nil {
			return err
		}
	}
	return r.streams.Put(tx, streamKey(row.Name, fingerprint), streamRow{Name: row.Name, Fingerprint: fingerprint, Settings: row.Settings, Since: now})
}

func (row alarmRow) unfit() string {
	if row.composite() {
		return "it is a composite alarm"
	}
	return row.Settings.unfit()
}

// unfit says why Route 53 cannot watch an alarm with these settings, empty where it can ("Monitoring a
// CloudWatch alarm": no high-resolution metrics, no statistics but the five, no M out of N).
func (s alarmSettings) unfit() string {
	plain := cwtypes.Statistic(s.Statistic)
	switch {
	case len(s.Queries) > 0:
		return "it is based on metric math"
	case s.Period < 60:
		return "its period is shorter than 60 seconds, which high-resolution metrics have"
	case !slices.Contains(plain.Values(), plain):
		return "it has an extended statistic"
	case s.DatapointsToAlarm != s.EvaluationPeriods:
		return "it is an M out of N alarm"
	}
	return ""
}

// watched is what Route 53 shows of an alarm's settings.
func (s alarmSettings) watched() r53types.CloudWatchAlarmConfiguration {
	c := r53types.CloudWatchAlarmConfiguration{
		Namespace: new(s.Metric.Namespace), MetricName: new(s.Metric.Name), Period: new(s.Period), EvaluationPeriods: new(s.EvaluationPeriods),
		Threshold: new(s.Threshold), ComparisonOperator: r53types.ComparisonOperator(s.Comparison), Statistic: r53types.Statistic(s.Statistic),
	}
	for _, d := range s.Metric.Dimensions {
		c.Dimensions = append(c.Dimensions, r53types.Dimension{Name: new(d.Name), Value: new(d.Value)})
	}
	return c
}

// tellingTime is how long a changed alarm waits for being told. Where Route 53 does not listen, it is told later.
const tellingTime = 50 * time.Millisecond

// Topics beside the tables'.
const (
	streamStates store.Topic = "alarm-stream-states" // news for Route 53
	reportMade   store.Topic = "beacon-report"       // a report to it is made
)

// countReport counts a report to Route 53 that begins; the function that it returns says that it is made.
func (r *Room) CountReport() (made func()) {
	r.watch.Lock()
	defer r.watch.Unlock()
	r.watch.begun++
	number := r.watch.begun
	return func() {
		r.watch.Lock()
		r.watch.made = max(r.watch.made, number)
		r.watch.Unlock()
		r.Wake(reportMade)
	}
}

// tell has a change told to Route 53 and returns when it is on its way, so that a health check that is made
// next finds the alarm as it is. The change is committed already.
func (r *Room) tell(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, tellingTime)
	defer cancel()
	r.watch.Lock()
	before := r.watch.begun
	r.watch.Unlock()
	watch := r.Watch(reportMade)
	defer watch.Stop()
	r.Wake(streamStates)
	for {
		next := watch.Next()
		r.watch.Lock()
		made := r.watch.made
		r.watch.Unlock()
		if made > before {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-next:
		}
	}
}

// alarmStreams is what the beacon tells of alarms.
func (r *Room) Streams() (all []beacon.Alarm) {
	for _, row := range r.alarms.All() {
		if why := row.unfit(); why != "" {
			all = append(all, beacon.Alarm{Name: row.Name, Current: true, Unfit: why})
		}
	}
	r.watch.Lock()
	defer r.watch.Unlock()
	for _, row := range r.streams.All() {
		state := r.watch.streams[streamKey(row.Name, row.Fingerprint)]
		if state == "" {
			state = cwtypes.StateValueInsufficientData
		}
		alarm, ok := r.alarms.Get(row.Name)
		all = append(all, beacon.Alarm{
			Name: row.Name, Fingerprint: row.Fingerprint, Settings: row.Settings.watched(), State: string(state),
			Current: ok && alarm.Settings.fingerprint() == row.Fingerprint,
		})
	}
	slices.SortFunc(all, func(a, b beacon.Alarm) int {
		return strings.Compare(streamKey(a.Name, a.Fingerprint), streamKey(b.Name, b.Fingerprint))
	})
	return all
}
