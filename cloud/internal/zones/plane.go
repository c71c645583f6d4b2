package zones

import (
	"cmp"
	"errors"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	mdns "github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/beacon"
	"github.com/understudy/understudy/cloud/internal/checks"
	"github.com/understudy/understudy/cloud/internal/dns"
	"github.com/understudy/understudy/cloud/internal/dnssec"
	"github.com/understudy/understudy/cloud/internal/health"
	"github.com/understudy/understudy/cloud/internal/records"
	"github.com/understudy/understudy/cloud/internal/routing"
	"github.com/understudy/understudy/cloud/internal/store"
)

// plane joins the data planes: whatever changes, zones, health or load balancers, becomes one new set of
// answers, swapped as a whole.
type plane struct {
	*health.Monitor
	server   *dns.Server
	receiver *beacon.Receiver
	room     *Room
	keys     dnssecKeys  // guarded by mu
	trees    policyTrees // guarded by mu
	sources  sources
	found    *checks.Found
	dir      string // holds query-logs

	logsMu sync.Mutex
	logs   map[string]*logFile // by the zone's id

	mu      sync.Mutex // one Publish at a time, so that older answers never replace newer ones
	view    atomic.Pointer[routing.View]
	changed chan struct{} // holds one element while what the regions say waits to be published
}

func newPlane(c Config, r *Room) *plane {
	p := &plane{
		room:    r,
		keys:    newDNSSECKeys(),
		trees:   policyTrees{map[string]policyTree{}, map[string]zoneTree{}},
		dir:     c.Dir,
		server:  dns.NewServer(dns.Config{Log: r.Log}),
		changed: make(chan struct{}, 1),
	}
	p.view.Store(routing.New(c.Cloud, c.Speed, c.places).WithNameServers(r.serversAt()))
	p.receiver = beacon.NewReceiver(beacon.Silence(c.Speed), p.signal, r.reports.All())
	p.found = checks.NewFound(r.Base, r.Tables)
	p.Monitor = health.New(
		health.Config{Speed: c.Speed, Log: r.Log, Resolve: p.resolve, Dial: c.Dial, Changed: p.judged, Keep: p.found.Note, Recall: p.found.Healthy},
	)
	return p
}

// signal has heard what is new soon; any number of them become one.
func (p *plane) signal() {
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// start publishes at each signal until close.
func (p *plane) start() {
	p.room.Spawn(func() {
		for {
			select {
			case <-p.room.Context().Done():
				return
			case <-p.changed:
				p.hear()
				p.keepReports()
			}
		}
	})
	p.room.Spawn(p.found.Run)
}

// keepReports stores what the regions told, so that their addresses are known at once after a restart.
// Health alone is not worth a write: it is forgotten with the connection.
func (p *plane) keepReports() {
	reports := slices.DeleteFunc(p.receiver.Reports(), func(r beacon.Report) bool {
		old, ok := p.room.reports.Get(r.Region)
		return ok && reflect.DeepEqual(withoutHealth(old), withoutHealth(r))
	})
	if len(reports) == 0 {
		return
	}
	err := p.room.Update(func(tx *store.Tx) error {
		for _, r := range reports {
			if err := p.room.reports.Put(tx, r.Region, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		p.room.Log.Error("keeping the load balancers' addresses failed", "error", err)
	}
}

func withoutHealth(r beacon.Report) beacon.Report {
	lbs := make([]beacon.LoadBalancer, len(r.LoadBalancers))
	for i, lb := range r.LoadBalancers {
		lb.Healthy = false
		lbs[i] = lb
	}
	r.LoadBalancers = lbs
	r.Alarms = slices.Clone(r.Alarms)
	for i := range r.Alarms {
		r.Alarms[i].State = beacon.InsufficientData
	}
	return r
}

// Publish implements engine.
func (p *plane) Publish() {
	p.logQueries()
	p.put(func(v *routing.View) *routing.View {
		var all []routing.HostedZone
		for _, z := range p.room.oldestFirst() {
			zone := routing.HostedZone{ID: z.ID, Name: z.Name, Keys: p.keysOf(z.ID), Private: z.private(), Records: p.recordsOf(z)}
			for _, v := range z.VPCs {
				zone.VPCs = append(zone.VPCs, v.String())
			}
			all = append(all, zone)
		}
		return v.WithZones(all).WithCollections(p.room.collectionsOf()).WithNameServers(p.room.serversAt())
	})
}

// oldestFirst are the zones in the order in which those of one name answer: on AWS each has name servers of its own and the
// domain is delegated to one of them, the one that was there first as a rule.
func (r *Room) oldestFirst() []zone {
	return slices.SortedFunc(slices.Values(r.zones.All()), func(x, y zone) int {
		return cmp.Or(x.Created.Compare(y.Created), strings.Compare(x.ID, y.ID))
	})
}

// judged puts in force what changed of health checks.
func (p *plane) judged(changes map[string]bool) {
	p.put(func(v *routing.View) *routing.View { return v.WithHealth(changes) })
}

// Remove implements checks.Engine. A record whose check is gone counts as healthy.
func (p *plane) Remove(id string) {
	p.Watch(id, nil)
	p.Monitor.Remove(id)
	p.found.Note(map[string]bool{id: true})
	p.put(func(v *routing.View) *routing.View { return v.WithHealth(nil, id) })
}

// metrics are what CloudWatch is told of health checks.
func (p *plane) metrics() checks.Metrics {
	return checks.Metrics{Checks: p.room.Checks, Monitor: p.Monitor, Log: p.room.Log}
}

// keysOf are the keys that a zone is signed with, or nil.
func (p *plane) keysOf(id string) *dnssec.Keys {
	row, ok := p.room.signings.Get(id)
	if !ok {
		return nil
	}
	keys, err := p.keys.of(row)
	if err != nil {
		p.room.Log.Error("a zone cannot be signed", "zone", id, "error", err)
	}
	return keys
}

// hear puts in force what the regions say.
func (p *plane) hear() {
	balancers := p.receiver.Balancers()
	p.put(func(v *routing.View) *routing.View { return v.WithBalancers(balancers) })
	p.hearAlarms()
}

// put makes another view of the one in force.
func (p *plane) put(change func(*routing.View) *routing.View) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := change(p.view.Load())
	p.view.Store(v)
	p.server.Swap(v)
}

func (p *plane) resolve(name string) []netip.Addr { return p.view.Load().Resolve(name) }

// Test implements engine.
func (p *plane) Test(zone, name string, t r53types.RRType, from routing.Client) (string, []string) {
	reply := p.view.Load().AnswerOf(zone, mdns.Question{Name: records.Presentation(name), Qtype: mdns.StringToType[string(t)], Qclass: mdns.ClassINET}, from)
	var values []string
	for _, rr := range reply.Answer {
		values = append(values, strings.TrimPrefix(rr.String(), rr.Header().String()))
	}
	return mdns.RcodeToString[reply.Rcode], values
}

func (p *plane) close() error {
	p.room.Stop()
	err := p.server.Close()
	for _, l := range p.logs {
		l.Close()
	}
	p.receiver.Close()
	p.Monitor.Close()
	p.room.Drained()
	p.found.Keep()
	return errors.Join(err, p.sources.controls.Close())
}
