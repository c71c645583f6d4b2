package zones

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/beacon"
	"github.com/understudy/understudy/cloud/internal/checks"
	"github.com/understudy/understudy/cloud/internal/health"
	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/store"
)

// alarms are those of CloudWatch whose data health checks follow.
type alarms struct {
	room     *Room
	receiver *beacon.Receiver
	monitor  *health.Monitor

	mu      sync.Mutex // also held while alarms are fed, so that the newest states are fed last
	watched map[string]checks.Watched
	last    map[string]health.AlarmState // when there was data enough last, as kept
}

// newAlarms gives the monitor the last known states. No alarm is watched yet.
func newAlarms(r *Room, receiver *beacon.Receiver, monitor *health.Monitor) *alarms {
	a := &alarms{room: r, receiver: receiver, monitor: monitor, watched: map[string]checks.Watched{}, last: map[string]health.AlarmState{}}
	for _, l := range r.lastStates.All() {
		a.last[l.Check] = l.State
		monitor.FeedAlarm(l.Check, l.State)
	}
	return a
}

// told wakes the watchers when a region's report changes something, or when reports stop.
const told store.Topic = "told by a region"

// alarmAwaited is how long to wait for an unknown alarm: its region reports it at once, but the
// request may have come before the report.
const alarmAwaited = time.Second

// Alarm implements checks.Engine.
func (a *alarms) Alarm(ctx context.Context, asked r53types.AlarmIdentifier) (checks.Watched, error) {
	ctx, cancel := context.WithTimeout(ctx, alarmAwaited)
	defer cancel()
	region, name := string(asked.Region), *asked.Name
	var known beacon.Alarm
	err := a.room.Wait(ctx, func() (ok bool) { known, ok = a.known(region, name); return ok }, told)
	if err != nil {
		return checks.Watched{}, request.BadInput("Invalid parameter : The CloudWatch alarm %s does not exist in %s.", name, region)
	}
	if known.Unfit != "" {
		return checks.Watched{}, request.BadInput("Invalid parameter : The CloudWatch alarm %s in %s cannot be used: %s.", name, region, known.Unfit)
	}
	return checks.Watched{Region: region, Name: name, Fingerprint: known.Fingerprint, Settings: known.Settings}, nil
}

// known finds an alarm with its present settings.
func (a *alarms) known(region, name string) (beacon.Alarm, bool) {
	for _, known := range a.receiver.Alarms()[region] {
		if known.Name == name && known.Current {
			return known, true
		}
	}
	return beacon.Alarm{}, false
}

// Watch implements checks.Engine.
func (a *alarms) Watch(id string, w *checks.Watched) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if w == nil {
		delete(a.watched, id)
		a.keepLast(map[string]health.AlarmState{id: health.InsufficientData})
		return
	}
	a.watched[id] = *w
	a.feed(map[string]checks.Watched{id: *w})
}

// hear gives the monitor the regions' reports on every alarm that a check watches.
func (a *alarms) hear() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.feed(a.watched)
}

// feed gives the monitor the states of some checks' alarms. An alarm in no report has insufficient data.
func (a *alarms) feed(checks map[string]checks.Watched) {
	states := map[string]health.AlarmState{}
	for region, alarms := range a.receiver.Alarms() {
		for _, known := range alarms {
			states[streamOf(region, known.Name, known.Fingerprint)] = alarmStates[known.State]
		}
	}
	last := map[string]health.AlarmState{}
	for id, w := range checks {
		s := states[streamOf(w.Region, w.Name, w.Fingerprint)]
		a.monitor.FeedAlarm(id, s)
		if s != health.InsufficientData {
			last[id] = s
		}
	}
	a.keepLast(last)
}

// keepLast stores the changed ones of the last states; insufficient data for a check without a state.
func (a *alarms) keepLast(states map[string]health.AlarmState) {
	maps.DeleteFunc(states, func(id string, s health.AlarmState) bool { return a.last[id] == s })
	if len(states) == 0 {
		return
	}
	err := a.room.Update(func(tx *store.Tx) error {
		for id, s := range states {
			if s == health.InsufficientData {
				if err := a.room.lastStates.Delete(tx, id); err != nil {
					return err
				}
			} else if err := a.room.lastStates.Put(tx, id, lastState{id, s}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		a.room.Log.Error("keeping the last known status of health checks failed", "error", err)
		return
	}
	maps.Copy(a.last, states)
}

func streamOf(region, name, fingerprint string) string {
	return fmt.Sprint(region, " ", fingerprint, " ", name)
}

var alarmStates = map[string]health.AlarmState{"OK": health.OK, "ALARM": health.InAlarm, beacon.InsufficientData: health.InsufficientData}
