//go:build linux

package world

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/checks"
	"github.com/understudy/understudy/cloud/internal/door"
	"github.com/understudy/understudy/cloud/internal/metrics"
	"github.com/understudy/understudy/cloud/internal/zones"
)

func runRoute53(cfg Config) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	host, err := inherited(cfg.NameServers)
	if err != nil {
		return err
	}
	inside, err := openInside()
	if err != nil {
		return err
	}
	beacon, err := listenUnix(BeaconSocket(cfg.Dir))
	if err != nil {
		return err
	}
	resolvers, err := listenUnix(ResolverSocket(cfg.Dir))
	if err != nil {
		return err
	}
	c := zones.Config{
		Cloud: cfg.Cloud, Account: cfg.Account, Endpoint: cfg.Endpoint, Pace: cfg.Pace, Log: log,
		Dir: Home(cfg.Dir, Route53), Kept: Kept(cfg.Dir, Route53),
		Inside: inside, Host: host, Resolvers: resolvers, Beacon: beacon,
	}
	// A region that nobody has asked for is not started for metrics: they are lost, as while it is down.
	c.Metrics = func(ctx context.Context, data []metrics.Datum) error {
		return metrics.Tell(ctx, PeerSocket(cfg.Dir, checks.MetricsRegion), data)
	}
	z, err := zones.Open(c)
	if err != nil {
		return err
	}
	err = serve(map[string]http.Handler{Socket(cfg.Dir, Route53): besideMetrics(z, z.Handler())})
	return errors.Join(err, z.Close())
}

// besideMetrics serves the name servers' counts beside the API. (A mux of net/http's would clean the API's paths.)
func besideMetrics(z *zones.Zones, api http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == door.MetricsPath {
			z.ServeMetrics(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
}

// inherited returns the sockets that the host has opened for the name servers' twins: as many datagram
// sockets, and after them listeners.
func inherited(each int) (s zones.Sockets, err error) {
	for i := range 2 * each {
		f := os.NewFile(uintptr(fdNames+i), "name server")
		if i < each {
			p, err := net.FilePacketConn(f)
			if err != nil {
				return s, fmt.Errorf("take over a name server's socket: %w", err)
			}
			s.Packets = append(s.Packets, p)
		} else {
			l, err := net.FileListener(f)
			if err != nil {
				return s, fmt.Errorf("take over a name server's socket: %w", err)
			}
			s.Listeners = append(s.Listeners, l)
		}
		f.Close()
	}
	return s, nil
}

// openInside opens the name servers' own addresses on the internet.
func openInside() (s zones.Sockets, err error) {
	for _, a := range address.NameServers {
		p, err := net.ListenPacket("udp4", address.String(a, 53))
		if err != nil {
			return s, err
		}
		l, err := net.Listen("tcp4", address.String(a, 53))
		if err != nil {
			return s, err
		}
		s.Packets, s.Listeners = append(s.Packets, p), append(s.Listeners, l)
	}
	return s, nil
}
