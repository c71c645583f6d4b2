package zones

import (
	"log/slog"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	mdns "github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/beacon"
	"github.com/understudy/understudy/cloud/internal/dns"
	"github.com/understudy/understudy/cloud/internal/health"
	"github.com/understudy/understudy/cloud/internal/routing"
	"github.com/understudy/understudy/cloud/internal/store"
)

// plane joins the data planes: whatever changes, zones, health or load balancers, becomes one new set of
// answers, swapped as a whole.
type plane struct {
	*health.Monitor
	server   *dns.Server
	receiver *beacon.Receiver
	state    *state
	log      *slog.Logger

	mu      sync.Mutex // one Publish at a time, so that older answers never replace newer ones
	view    atomic.Pointer[routing.View]
	changed chan struct{} // holds one element while health or load balancers wait to be published
	stop    chan struct{}
	tasks   sync.WaitGroup
}

func newPlane(c Config, s *state) *plane {
	p := &plane{state: s, log: c.Log, server: dns.NewServer(dns.Config{Log: c.Log}), changed: make(chan struct{}, 1), stop: make(chan struct{})}
	p.view.Store(routing.New(c.Cloud, c.Speed, nil).WithNameServers(serversAt()))
	p.receiver = beacon.NewReceiver(beacon.Silence(c.Speed), p.signal, s.reportsOf())
	p.Monitor = health.New(health.Config{Speed: c.Speed, Log: c.Log, Resolve: p.resolve, Dial: c.Dial, Changed: p.signal})
	return p
}

// serversAt are the zones' name servers and their addresses.
func serversAt() map[string]netip.Addr {
	all := map[string]netip.Addr{}
	for i, n := range nameServers {
		all[n+"."] = address.NameServers[i]
	}
	return all
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
	p.tasks.Go(func() {
		for {
			select {
			case <-p.stop:
				return
			case <-p.changed:
				p.hear()
				p.keepReports()
			}
		}
	})
}

// keepReports stores what the regions told, so that their addresses are known at once after a restart.
// Health alone is not worth a write: it is forgotten with the connection.
func (p *plane) keepReports() {
	reports := slices.DeleteFunc(p.receiver.Reports(), func(r beacon.Report) bool {
		old, ok := p.state.reports.Get(r.Region)
		return ok && reflect.DeepEqual(withoutHealth(old), withoutHealth(r))
	})
	if len(reports) == 0 {
		return
	}
	err := p.state.db.Update(func(tx *store.Tx) error {
		for _, r := range reports {
			if err := p.state.reports.Put(tx, r.Region, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		p.log.Error("keeping the load balancers' addresses failed", "error", err)
	}
}

func withoutHealth(r beacon.Report) beacon.Report {
	lbs := make([]beacon.LoadBalancer, len(r.LoadBalancers))
	for i, lb := range r.LoadBalancers {
		lb.Healthy = false
		lbs[i] = lb
	}
	r.LoadBalancers = lbs
	return r
}

// Publish implements engine.
func (p *plane) Publish() {
	p.put(func(v *routing.View) *routing.View {
		var all []routing.HostedZone
		for _, z := range p.state.zones.All() {
			all = append(all, routing.HostedZone{ID: z.ID, Name: z.Name, Records: p.state.records.of(z.ID)})
		}
		return v.WithZones(all)
	})
}

// hear puts in force what the health checkers and the regions say.
func (p *plane) hear() {
	p.put(func(v *routing.View) *routing.View {
		return v.WithHealth(p.Healthy()).WithBalancers(p.receiver.Balancers())
	})
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
func (p *plane) Test(name string, t r53types.RRType) (string, []string) {
	reply := p.view.Load().Answer(mdns.Question{Name: presentation(name), Qtype: mdns.StringToType[string(t)], Qclass: mdns.ClassINET}, routing.Client{})
	var values []string
	for _, rr := range reply.Answer {
		values = append(values, strings.TrimPrefix(rr.String(), rr.Header().String()))
	}
	return mdns.RcodeToString[reply.Rcode], values
}

func (p *plane) close() error {
	close(p.stop)
	err := p.server.Close()
	p.receiver.Close()
	p.Monitor.Close()
	p.tasks.Wait()
	return err
}
