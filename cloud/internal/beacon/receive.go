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

// Receiver keeps the last word of each region.
type Receiver struct {
	silence time.Duration
	changed func()

	mu      sync.Mutex
	regions map[string]*voice
	streams map[net.Conn]bool
	closed  bool
}

// voice is one region as it was last heard.
type voice struct {
	report Report
	heard  bool // within the silence
	timer  *time.Timer
}

// NewReceiver returns a Receiver that takes a region for silent after this long without a word. Changed is called after
// each change of what Balancers and Alarms return. The seed is what an earlier Receiver had heard; its regions are silent
// until they speak.
func NewReceiver(silence time.Duration, changed func(), seed []Report) *Receiver {
	r := &Receiver{silence: silence, changed: changed, regions: map[string]*voice{}, streams: map[net.Conn]bool{}}
	for _, report := range seed {
		r.regions[report.Region] = &voice{report: report}
	}
	return r
}

// Serve hears all who connect until the listener closes.
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

// hear takes a report and tells whether it is news.
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

// leave forgets a connection. Its end is no news in itself: Route 53 learns of a lost region by hearing
// nothing, and so takes as long as the silence.
func (r *Receiver) leave(conn net.Conn) {
	conn.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.streams, conn)
}

// silent marks a region that has said nothing for too long.
func (r *Receiver) silent(v *voice) {
	r.mu.Lock()
	news := v.heard && !r.closed
	v.heard = v.heard && !news
	r.mu.Unlock()
	if news {
		r.changed()
	}
}

// Balancers returns every load balancer at its last known addresses. Those of a silent region are ill.
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

// Alarms returns each region's alarms. Of those of a silent region nothing is known.
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

// Reports returns the last word of each region, to seed another Receiver with.
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

// Close ends all connections. It calls changed no more.
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
