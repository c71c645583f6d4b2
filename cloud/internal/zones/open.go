package zones

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/understudy/understudy/cloud/internal/beacon"
	"github.com/understudy/understudy/cloud/internal/checks"
	"github.com/understudy/understudy/cloud/internal/controls"
	"github.com/understudy/understudy/cloud/internal/dns"
	"github.com/understudy/understudy/cloud/internal/health"
	"github.com/understudy/understudy/cloud/internal/metrics"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/routing"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

// Sockets are what the name servers answer on.
type Sockets struct {
	Packets   []net.PacketConn
	Listeners []net.Listener
}

// Config is what Open needs. Zones closes the sockets when it is closed.
type Config struct {
	Cloud   int
	Account string
	Dir     string // holds state.db, routing control's, and the user's places.txt
	Kept    string // holds the marks and copies of both, see package store; empty for Dir
	// Endpoint is the URL of the cloud's front door.
	Endpoint string
	Pace     tempo.Pace
	Log      *slog.Logger
	// Inside answers the cloud's own machines, Host the host, with loopback addresses.
	Inside, Host Sockets
	// Resolvers is where the resolvers of VPCs ask; nil if there are none.
	Resolvers net.Listener
	// Metrics sends metrics of health checks to CloudWatch; nil if the cloud does not have checks.MetricsRegion.
	Metrics func(context.Context, []metrics.Datum) error
	// Beacon is where the regions send their reports; nil if there are no regions.
	Beacon net.Listener
	// Dial is how health checkers connect; the default is health.DialFrom.
	Dial health.Dial
}

// placesFile is the user's own table of the locations of networks, in Dir, in the format of routing.ReadPlaces. The default
// is routing.DefaultPlaces.
const placesFile = "places.txt"

func readPlaces(dir string) (*routing.Places, error) {
	f, err := os.Open(filepath.Join(dir, placesFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	p, err := routing.ReadPlaces(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return p, nil
}

// Zones is a running Route 53.
type Zones struct {
	room     *Room
	answers  *answers
	regions  *regions
	sources  *healthSources
	health   *checks.Checks
	controls *controls.Room
	beacon   net.Listener
}

// Open reads the state and starts everything that serves it. A first start and a start after a crash do
// the same.
func Open(c Config) (*Zones, error) {
	places, err := readPlaces(c.Dir)
	if err != nil {
		return nil, fmt.Errorf("open route 53: %w", err)
	}
	db, err := store.Open(filepath.Join(c.Dir, "state.db"), store.Options{Kept: c.Kept, Log: c.Log})
	if err != nil {
		return nil, err
	}
	z, err := join(c, room.New(room.Identity{Account: c.Account, Pace: c.Pace}, db, c.Log), places)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open route 53: %w", err), db.Close())
	}
	z.start(c)
	return z, nil
}

// join connects the parts with each other. Nothing is answered or probed yet.
func join(c Config, base *room.Base, places *routing.Places) (*Zones, error) {
	r, err := load(base)
	if err != nil {
		return nil, err
	}
	a := newAnswers(r, routing.New(c.Cloud, c.Pace.Speed, places), c.Dir)
	receiver := beacon.NewReceiver(beacon.Silence(c.Pace), func() { r.Wake(told) }, r.reports.All())
	found := checks.NewFound(r.Base, r.Tables)
	monitor := health.New(health.Config{
		Pace: c.Pace, Log: r.Log, Resolve: a.resolve, Dial: c.Dial,
		Changed: func(changes map[string]bool) { a.judged(changes) }, Keep: found.Note, Recall: found.Healthy,
	})
	watched := newAlarms(r, receiver, monitor)
	k, err := controls.Open(controls.Config{
		Account: c.Account, Dir: filepath.Clean(c.Dir), Kept: c.Kept, Endpoint: c.Endpoint, Speed: c.Pace.Speed, Log: c.Log,
		Changed: monitor.FeedControls, HealthChecks: r.followers,
	})
	if err != nil {
		return nil, err
	}
	s := &healthSources{Monitor: monitor, alarms: watched, controls: k, found: found, answers: a}
	r.open(a, s)
	g := &regions{room: r, receiver: receiver, answers: a, alarms: watched}
	return &Zones{room: r, answers: a, regions: g, sources: s, health: r.health, controls: k, beacon: c.Beacon}, nil
}

// start applies the stored state, and serves it.
func (z *Zones) start(c Config) {
	r, server := z.room, z.answers.server
	for _, ch := range r.Checks.All() {
		z.sources.Set(ch.ID, ch.Config)
		if ch.Alarm != nil {
			z.sources.Watch(ch.ID, ch.Alarm) // nothing is known yet; Set has seen what was known last
		}
	}
	z.answers.Publish()
	z.regions.hear()
	r.Spawn(z.regions.tend)
	r.Spawn(z.sources.found.Run)
	server.Serve(dns.Inside, c.Inside.Packets, c.Inside.Listeners)
	server.Serve(dns.Host, c.Host.Packets, c.Host.Listeners)
	if c.Resolvers != nil {
		server.ServeResolvers(c.Resolvers)
	}
	if c.Metrics != nil {
		r.Spawn(func() { z.metrics().Tell(r.Context(), c.Pace.Speed, c.Metrics) })
	}
	if c.Beacon != nil {
		r.Spawn(func() {
			if err := z.regions.receiver.Serve(c.Beacon); err != nil {
				r.Log.Error("hearing from the regions ended", "error", err)
			}
		})
	}
}

// metrics are the metrics of health checks for CloudWatch.
func (z *Zones) metrics() checks.Metrics {
	return checks.Metrics{Checks: z.room.Checks, Monitor: z.sources.Monitor, Log: z.room.Log}
}

// ServeMetrics writes the name servers' counts in Prometheus's text format.
func (z *Zones) ServeMetrics(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	z.answers.server.WriteMetrics(w) // fails where who asked has gone away
}

// Close stops answering and probing and closes the state.
func (z *Zones) Close() error {
	var errs []error
	if z.beacon != nil {
		errs = append(errs, z.beacon.Close())
	}
	z.room.Stop()
	errs = append(errs, z.answers.close())
	z.regions.receiver.Close()
	z.sources.Monitor.Close()
	z.room.Drained()
	z.sources.found.Keep()
	return errors.Join(append(errs, z.controls.Close(), z.room.DB.Close())...)
}
