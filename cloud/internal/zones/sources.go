package zones

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/beacon"
	"github.com/understudy/understudy/cloud/internal/checks"
	"github.com/understudy/understudy/cloud/internal/controls"
	"github.com/understudy/understudy/cloud/internal/health"
	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/store"
)

// sources are where health comes from that checkers do not find: the data of CloudWatch alarms, which the
// regions tell of, and routing controls, which are this process's own.
type sources struct {
	controls *controls.Room

	mu     sync.Mutex // also held while alarms are fed, so that the newest states are fed last
	alarms map[string]checks.Watched
	last   map[string]health.AlarmState // when there was data enough last, as kept
	heard  chan struct{}                // closed at the next word of a region
}

// openControls starts routing control and has the monitor follow it.
func (p *plane) openControls(c Config) (err error) {
	p.sources.alarms, p.sources.last, p.sources.heard = map[string]checks.Watched{}, map[string]health.AlarmState{}, make(chan struct{})
	for _, l := range p.room.lastStates.All() {
		p.sources.last[l.Check] = l.State
		p.FeedAlarm(l.Check, l.State)
	}
	p.sources.controls, err = controls.Open(controls.Config{
		Account: c.Account, Dir: filepath.Clean(c.Dir), Kept: c.Kept, Endpoint: c.Endpoint, Speed: c.Speed, Log: c.Log,
		Changed: p.FeedControls, HealthChecks: p.room.followers,
	})
	return err
}

// followers are the health checks of a routing control.
func (r *Room) followers(arn string) (ids []string) {
	for _, c := range r.Checks.All() {
		if aws.ToString(c.Config.RoutingControlArn) == arn {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// Control implements checks.Engine.
func (p *plane) Control(arn string) bool { return p.sources.controls.Exists(arn) }

// alarmAwaited is how long an alarm that nothing is known of is waited for: its region tells at once, but the
// request may have overtaken it.
const alarmAwaited = time.Second

// Alarm implements checks.Engine.
func (p *plane) Alarm(ctx context.Context, a r53types.AlarmIdentifier) (checks.Watched, error) {
	ctx, cancel := context.WithTimeout(ctx, alarmAwaited)
	defer cancel()
	for {
		next := p.sources.next()
		for _, known := range p.receiver.Alarms()[string(a.Region)] {
			if known.Name != *a.Name || !known.Current {
				continue
			}
			if known.Unfit != "" {
				return checks.Watched{}, request.BadInput("Invalid parameter : The CloudWatch alarm %s in %s cannot be used: %s.", *a.Name, a.Region, known.Unfit)
			}
			return checks.Watched{Region: string(a.Region), Name: *a.Name, Fingerprint: known.Fingerprint, Settings: known.Settings}, nil
		}
		select {
		case <-ctx.Done():
			return checks.Watched{}, request.BadInput("Invalid parameter : The CloudWatch alarm %s does not exist in %s.", *a.Name, a.Region)
		case <-next:
		}
	}
}

func (s *sources) next() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heard
}

// Watch implements checks.Engine.
func (p *plane) Watch(id string, w *checks.Watched) {
	p.sources.mu.Lock()
	defer p.sources.mu.Unlock()
	if w == nil {
		delete(p.sources.alarms, id)
		p.keepLast(map[string]health.AlarmState{id: health.InsufficientData})
		return
	}
	p.sources.alarms[id] = *w
	p.feed(map[string]checks.Watched{id: *w})
}

// hearAlarms tells the monitor what the regions say of every alarm that a check watches.
func (p *plane) hearAlarms() {
	p.sources.mu.Lock()
	defer p.sources.mu.Unlock()
	p.feed(p.sources.alarms)
	close(p.sources.heard)
	p.sources.heard = make(chan struct{})
}

// feed tells the monitor of some checks' alarms. What no region tells of has insufficient data.
func (p *plane) feed(checks map[string]checks.Watched) {
	states := map[string]health.AlarmState{}
	for region, alarms := range p.receiver.Alarms() {
		for _, a := range alarms {
			states[streamOf(region, a.Name, a.Fingerprint)] = alarmStates[a.State]
		}
	}
	last := map[string]health.AlarmState{}
	for id, w := range checks {
		s := states[streamOf(w.Region, w.Name, w.Fingerprint)]
		p.FeedAlarm(id, s)
		if s != health.InsufficientData {
			last[id] = s
		}
	}
	p.keepLast(last)
}

// keepLast stores what is new of the last states, insufficient data for a check that has none to keep.
func (p *plane) keepLast(states map[string]health.AlarmState) {
	maps.DeleteFunc(states, func(id string, s health.AlarmState) bool { return p.sources.last[id] == s })
	if len(states) == 0 {
		return
	}
	err := p.room.Update(func(tx *store.Tx) error {
		for id, s := range states {
			if s == health.InsufficientData {
				if err := p.room.lastStates.Delete(tx, id); err != nil {
					return err
				}
			} else if err := p.room.lastStates.Put(tx, id, lastState{id, s}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		p.room.Log.Error("keeping the last known status of health checks failed", "error", err)
		return
	}
	maps.Copy(p.sources.last, states)
}

func streamOf(region, name, fingerprint string) string {
	return fmt.Sprint(region, " ", fingerprint, " ", name)
}

var alarmStates = map[string]health.AlarmState{"OK": health.OK, "ALARM": health.InAlarm, beacon.InsufficientData: health.InsufficientData}
