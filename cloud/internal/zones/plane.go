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
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

// plane joins the data planes: whatever changes, zones, health or load balancers, becomes one new set of
// answers, swapped as a whole.
type plane struct {
	*health.Monitor
	server   *dns.Server
	receiver *beacon.Receiver
	state    *state
	cloud    int
	speed    tempo.Speed
	log      *slog.Logger

	mu      sync.Mutex // one Publish at a time, so that older answers never replace newer ones
	answers atomic.Pointer[dns.Answers]
	changed chan struct{} // holds one element while health or load balancers wait to be published
	stop    chan struct{}
	tasks   sync.WaitGroup
}

func newPlane(c Config, s *state) *plane {
	p := &plane{state: s, cloud: c.Cloud, speed: c.Speed, log: c.Log, server: dns.NewServer(dns.Config{Log: c.Log}), changed: make(chan struct{}, 1), stop: make(chan struct{})}
	p.receiver = beacon.NewReceiver(beacon.Silence(c.Speed), p.signal, s.reportsOf())
	p.Monitor = health.New(health.Config{Speed: c.Speed, Log: c.Log, Resolve: p.resolve, Dial: c.Dial, Changed: p.signal})
	return p
}

// signal asks for a Publish soon; any number of them become one.
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
				p.Publish()
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
	p.mu.Lock()
	defer p.mu.Unlock()
	s := dns.Snapshot{Health: p.Healthy(), Balancers: p.receiver.Balancers(), NameServers: map[string]netip.Addr{}}
	for _, z := range p.state.zones.All() {
		s.Zones = append(s.Zones, dns.Zone{ID: z.ID, Name: z.Name, Records: z.Records})
	}
	for i, n := range nameServers {
		s.NameServers[n+"."] = address.NameServers[i]
	}
	a := dns.Compile(s, p.cloud, p.speed)
	p.answers.Store(a)
	p.server.Swap(a)
}

func (p *plane) resolve(name string) []netip.Addr {
	if a := p.answers.Load(); a != nil {
		return a.Resolve(name)
	}
	return nil
}

// Test implements engine.
func (p *plane) Test(name string, t r53types.RRType) (string, []string) {
	reply := p.answers.Load().Answer(mdns.Question{Name: presentation(name), Qtype: mdns.StringToType[string(t)], Qclass: mdns.ClassINET}, dns.Inside)
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
