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
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/authority"
	"github.com/understudy/understudy/cloud/internal/beacon"
	"github.com/understudy/understudy/cloud/internal/lend"
	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/profile"
	"github.com/understudy/understudy/cloud/internal/publish"
	"github.com/understudy/understudy/cloud/internal/region"
	"github.com/understudy/understudy/cloud/internal/region/compute"
	"github.com/understudy/understudy/cloud/internal/region/nets"
	"github.com/understudy/understudy/cloud/internal/resolver"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/webhook"
)

func runRegion(cfg Config) error {
	name := os.Getenv(envName)
	log := slog.New(slog.NewTextHandler(os.Stderr, nil)).With("region", name)
	fabric, err := network.New(log)
	if err != nil {
		return err
	}
	index, err := strconv.Atoi(os.Getenv(envIndex))
	if err != nil {
		return fmt.Errorf("read the region's index: %w", err)
	}
	host := machine.NewHost(filepath.Join(hostFolder(cfg.Dir), "layer"), cfg.Dir)
	host.Trusted = []byte(cfg.Authority)
	issuer, err := authority.OpenIssuer(cfg.Dir)
	if err != nil {
		return errors.Join(err, fabric.Close())
	}
	r, err := region.Open(regionConfig(cfg, name, index, issuer, log),
		nets.KernelFabric(fabric),
		compute.KernelMachines(host),
		&publish.Client{Socket: DoorSocket(cfg.Dir), Log: log})
	if err != nil {
		return errors.Join(err, fabric.Close())
	}
	telling, stop := context.WithCancel(context.Background())
	var told sync.WaitGroup
	told.Go(func() {
		beacon.Send(telling, BeaconSocket(cfg.Dir), r.BeaconReport, r.Changed, beacon.Every(cfg.Pace), log)
	})
	err = serve(map[string]http.Handler{Socket(cfg.Dir, name): r.Handler(), PeerSocket(cfg.Dir, name): r.PeerHandler()})
	stop()
	told.Wait()
	return errors.Join(err, r.Close(), fabric.Close())
}

func regionConfig(cfg Config, name string, index int, issuer *authority.Issuer, log *slog.Logger) region.Config {
	others := &peers{dir: cfg.Dir, self: name, found: map[string]bool{}}
	return region.Config{
		Name: name, Index: index, Account: cfg.Account,
		Dir: Home(cfg.Dir, name), Kept: Kept(cfg.Dir, name), Executable: "/proc/self/exe", Pace: cfg.Pace, Log: log, DefaultVPC: cfg.DefaultVPC, Quotas: cfg.Quotas,
		Buckets: filepath.Join(cfg.Dir, "s3"), Issuer: issuer, Peers: others.list, Peer: others.socket,
		Lend: func(l net.Listener, t lend.Terms) (nets.Loan, error) { return lend.Lend(APISocket(cfg.Dir), l, t) },

		Profiles: profile.Client{Socket: IdentitySocket(cfg.Dir)}, Post: webhook.Client{Socket: IdentitySocket(cfg.Dir)}.Post, Endpoint: cfg.Endpoint,
		Resolve: func(vpc string, q *dns.Msg) (*dns.Msg, error) { return resolver.Ask(ResolverSocket(cfg.Dir), vpc, q) },
	}
}

// CheckQuotas refuses the code of a quota that no region keeps to.
func CheckQuotas(quotas map[string]int) error {
	for code := range quotas {
		if !slices.ContainsFunc(region.Quotas(), func(q room.Quota) bool { return q.Code == code }) {
			return fmt.Errorf("quota %s: this cloud keeps to no such quota; `aws service-quotas list-service-quotas` lists those of a service", code)
		}
	}
	return nil
}

// serve serves on unix sockets, reports that it is ready, and returns after SIGTERM.
func serve(handlers map[string]http.Handler) error {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM)
	failed := make(chan error, len(handlers))
	for socket, handler := range handlers {
		l, err := listenUnix(socket)
		if err != nil {
			return err
		}
		defer l.Close()
		// The door decides who is answered, also for OPTIONS *, which net/http would answer by itself.
		server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, DisableGeneralOptionsHandler: true}
		defer server.Close()
		go func() { failed <- server.Serve(l) }()
	}
	if err := ready(); err != nil {
		return err
	}
	select {
	case <-ended:
		return nil
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	}
}

// listenUnix listens at a path where an earlier process that was killed may have left its socket.
func listenUnix(path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return net.Listen("unix", path)
}
