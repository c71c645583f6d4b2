package beacon

import (
	"encoding/json"
	"errors"
	"net"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// Receiver keeps the last report of each region.
type Receiver struct {
	silence time.Duration
	changed func()

	mu      sync.Mutex
	regions map[string]*voice
	streams map[net.Conn]bool
	closed  bool
}

// voice is the last report of one region.
type voice struct {
	report Report
	heard  bool // within the silence
	timer  *time.Timer
}

// NewReceiver returns a Receiver that takes a region for silent after this time without a report. Changed is called after
// each change of what Balancers and Alarms return. The seed is the Reports of an earlier Receiver; their regions are silent
// until a report comes.
func NewReceiver(silence time.Duration, changed func(), seed []Report) *Receiver {
	r := &Receiver{silence: silence, changed: changed, regions: map[string]*voice{}, streams: map[net.Conn]bool{}}
	for _, report := range seed {
		r.regions[report.Region] = &voice{report: report}
	}
	return r
}

// Serve reads reports from all connections until the listener is closed.
func (r *Receiver) Serve(l net.Listener) error {
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		if !r.admit(conn) {
			return nil
		}
		go r.listen(conn)
	}
}

func (r *Receiver) admit(conn net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		conn.Close()
		return false
	}
	r.streams[conn] = true
	return true
}

func (r *Receiver) listen(conn net.Conn) {
	defer r.leave(conn)
	lines := json.NewDecoder(conn)
	for {
		var report Report
		if err := lines.Decode(&report); err != nil {
			return
		}
		if r.hear(report) {
			r.changed()
		}
	}
}

// hear records a report and tells whether it changes anything.
func (r *Receiver) hear(report Report) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := r.regions[report.Region]
	if v == nil {
		v = &voice{}
		r.regions[report.Region] = v
	}
	news := !v.heard || !reflect.DeepEqual(v.report, report)
	v.report, v.heard = report, true
	if v.timer == nil {
		v.timer = time.AfterFunc(r.silence, func() { r.silent(v) })
	}
	v.timer.Reset(r.silence)
	return news
}

// leave forgets a connection. Its end itself changes nothing: Route 53 finds that a region is lost by the time
// without reports.
func (r *Receiver) leave(conn net.Conn) {
	conn.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.streams, conn)
}

// silent marks a region without a report for too long.
func (r *Receiver) silent(v *voice) {
	r.mu.Lock()
	news := v.heard && !r.closed
	v.heard = v.heard && !news
	r.mu.Unlock()
	if news {
		r.changed()
	}
}

// Balancers returns every load balancer at its last known addresses. Those of a silent region are unhealthy.
func (r *Receiver) Balancers() []LoadBalancer {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []LoadBalancer
	for _, v := range r.regions {
		for _, b := range v.report.LoadBalancers {
			b.Healthy = b.Healthy && v.heard
			all = append(all, b)
		}
	}
	slices.SortFunc(all, func(a, b LoadBalancer) int { return strings.Compare(a.DNSName, b.DNSName) })
	return all
}

// Alarms returns each region's alarms. Those of a silent region have insufficient data.
func (r *Receiver) Alarms() map[string][]Alarm {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[string][]Alarm{}
	for region, v := range r.regions {
		alarms := slices.Clone(v.report.Alarms)
		for i := range alarms {
			if !v.heard {
				alarms[i].State = InsufficientData
			}
		}
		all[region] = alarms
	}
	return all
}

// Reports returns the last report of each region, as the seed of another Receiver.
func (r *Receiver) Reports() []Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []Report
	for _, v := range r.regions {
		all = append(all, v.report)
	}
	slices.SortFunc(all, func(a, b Report) int { return strings.Compare(a.Region, b.Region) })
	return all
}

// Close ends all connections. Changed is not called after it.
func (r *Receiver) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for conn := range r.streams {
		conn.Close()
	}
	for _, v := range r.regions {
		if v.timer != nil {
			v.timer.Stop()
		}
	}
}
