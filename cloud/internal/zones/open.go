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

// Config says what Open needs. Zones closes the sockets when it is closed.
type Config struct {
	Cloud   int
	Account string
	Dir     string // holds state.db, routing control's, and the user's places.txt
	Kept    string // holds the marks and copies of both, see package store; empty for Dir
	// Endpoint is the URL of the cloud's front door.
	Endpoint string
	Speed    tempo.Speed
	Log      *slog.Logger
	// Inside is asked by the cloud's own machines, Host by the host, which is told loopback addresses.
	Inside, Host Sockets
	// Resolvers is where the resolvers of VPCs ask; nil where there are none.
	Resolvers net.Listener
	// Metrics tells CloudWatch of health checks; nil where the cloud has no checks.MetricsRegion.
	Metrics func(context.Context, []metrics.Datum) error
	// Beacon is where the regions connect to tell of their load balancers; nil where there are none.
	Beacon net.Listener
	// Dial is how health checkers connect; health.DialFrom where it is nil.
	Dial health.Dial
	// places tell where clients are. Open reads them.
	places *routing.Places
}

// placesFile is the user's own table of networks and where they are, in Dir: a line each as routing.ReadPlaces has it.
// Where there is none, clients are where routing.DefaultPlaces says.
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

// Zones is Route 53 at work.
type Zones struct {
	room     *Room
	plane    *plane
	health   *checks.Checks
	controls *controls.Room
	beacon   net.Listener
}

// Open reads the state and starts all that serves it: what a fresh start does and a start after a crash are
// the same.
func Open(c Config) (*Zones, error) {
	var err error
	if c.places, err = readPlaces(c.Dir); err != nil {
		return nil, fmt.Errorf("open route 53: %w", err)
	}
	db, err := store.Open(filepath.Join(c.Dir, "state.db"), store.Options{Kept: c.Kept, Log: c.Log})
	if err != nil {
		return nil, err
	}
	r, err := load(room.New(room.Identity{Account: c.Account, Speed: c.Speed}, db, c.Log))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open route 53: %w", err), db.Close())
	}
	p := newPlane(c, r)
	r.open(p, p)
	z := &Zones{room: r, plane: p, beacon: c.Beacon}
	if err := p.openControls(c); err != nil {
		return nil, errors.Join(fmt.Errorf("open route 53: %w", err), db.Close())
	}
	z.health, z.controls = r.health, p.sources.controls
	for _, ch := range r.Checks.All() {
		p.Set(ch.ID, ch.Config)
		if ch.Alarm != nil {
			p.Watch(ch.ID, ch.Alarm) // nothing is known yet; Set has seen what was known last
		}
	}
	p.Publish()
	p.hear()
	p.start()
	p.server.Serve(dns.Inside, c.Inside.Packets, c.Inside.Listeners)
	p.server.Serve(dns.Host, c.Host.Packets, c.Host.Listeners)
	if c.Resolvers != nil {
		p.server.ServeResolvers(c.Resolvers)
	}
	if c.Metrics != nil {
		r.Spawn(func() { p.metrics().Tell(r.Context(), c.Speed, c.Metrics) })
	}
	if c.Beacon != nil {
		r.Spawn(func() {
			if err := p.receiver.Serve(c.Beacon); err != nil {
				r.Log.Error("hearing from the regions ended", "error", err)
			}
		})
	}
	return z, nil
}

// ServeMetrics writes the name servers' counts in Prometheus's text format.
func (z *Zones) ServeMetrics(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	z.plane.server.WriteMetrics(w) // fails where who asked has gone away
}

// Close stops answering and probing and closes the state.
func (z *Zones) Close() error {
	var errs []error
	if z.beacon != nil {
		errs = append(errs, z.beacon.Close())
	}
	errs = append(errs, z.plane.close(), z.room.DB.Close())
	return errors.Join(errs...)
}

var (
	_ engine        = (*plane)(nil)
	_ checks.Engine = (*plane)(nil)
)
