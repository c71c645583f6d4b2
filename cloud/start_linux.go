package cloud

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/understudy/understudy/cloud/internal/access"
	"github.com/understudy/understudy/cloud/internal/authority"
	"github.com/understudy/understudy/cloud/internal/door"
	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/publish"
	"github.com/understudy/understudy/cloud/internal/throttle"
	"github.com/understudy/understudy/cloud/internal/world"
	"golang.org/x/sync/errgroup"
)

func runRole() { world.Main() }

// Cloud is a running local cloud.
type Cloud struct {
	dir        string
	temporary  bool
	defaultVPC bool
	quotas     map[string]int
	enforce    bool              // IAM's policies
	throttle   *throttle.Buckets // nil for none
	settings   settings          // Regions are those that it starts with
	regions    regions
	keys       credentials
	log        *slog.Logger
	faults     *door.Faults
	recorder   *door.Recorder
	identity   identityDesk
	authority  *authority.Authority // of the names at which the front door answers inside
	issuer     *authority.Issuer    // of Certificate Manager's certificates
	inside     *net.UnixListener    // where listeners inside are lent to it

	lock    *os.File
	closers []func() error // in the order of opening; closed in reverse
	world   *exec.Cmd
	control *net.UnixConn

	mu      sync.Mutex
	states  map[string]world.Event // the newest of each process; the world's own under ""
	changed chan struct{}
	ended   chan struct{} // closed when the world is no more
	waited  error         // how it ended
	closing sync.Once
	closed  error
	remove  atomic.Bool // has Close remove the folder, though it is not a temporary one
}

// Start starts a cloud and returns when its API answers. The context bounds the start only. It fails
// with ErrInUse if the folder's cloud runs already. If the kernel or its settings do not allow
// what a cloud needs, the error says what is missing and how to allow it.
//
// If the state of a region, of Route 53 or of IAM is damaged, lost or not readable, that part is refused and the others start:
// Status says which one is refused and why, and Restore restores the last good copy.
func Start(ctx context.Context, o Options) (*Cloud, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if err := world.CheckQuotas(o.Quotas); err != nil {
		return nil, err
	}
	c := &Cloud{
		log: o.Log, defaultVPC: !o.NoDefaultVPC, quotas: o.Quotas, enforce: o.IAM != "",
		states: map[string]world.Event{}, changed: make(chan struct{}), ended: make(chan struct{}),
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if o.Throttle {
		c.throttle = throttle.New()
	}
	if err := c.start(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("start cloud: %w", err), c.Close())
	}
	return c, nil
}

func (c *Cloud) start(ctx context.Context, o Options) error {
	if o.While == 0 {
		return c.startAll(ctx, o)
	}
	master, err := openProcess(o.While) // first of all: it may end at any time, and another get its id
	if err != nil {
		return fmt.Errorf("find process %d, with which the cloud is to end: %w", o.While, err)
	}
	if err := c.startAll(ctx, o); err != nil {
		return errors.Join(err, master.Close())
	}
	go c.endWith(master, o.Remove)
	return nil
}

func (c *Cloud) startAll(ctx context.Context, o Options) error {
	if err := c.takeFolder(o); err != nil {
		return err
	}
	c.regions.names, c.regions.begin = c.settings.Regions, c.beginRegion
	c.faults = door.NewFaults(c.settings.Regions)
	if err := c.openRecord(o.Record); err != nil {
		return err
	}
	listener, names, err := c.claim()
	if err != nil {
		return err
	}
	defer closeAll(names)
	if err := c.servePublishing(); err != nil {
		return err
	}
	if err := c.openIdentity(); err != nil {
		return err
	}
	if err := c.serveRegions(); err != nil {
		return err
	}
	if err := c.openInside(); err != nil {
		return err
	}
	if err := c.startWorld(names); err != nil {
		return err
	}
	if err := c.serveControl(); err != nil {
		return err
	}
	if err := c.serveAPI(listener, o.Listen); err != nil {
		return err
	}
	return c.startProcesses(ctx)
}

// endWith ends the cloud when a process has ended.
func (c *Cloud) endWith(master *os.File, remove bool) {
	defer master.Close()
	alive, stop := context.WithCancel(context.Background())
	defer stop()
	go func() {
		select {
		case <-c.ended:
			stop()
		case <-alive.Done():
		}
	}()
	if err := awaitProcess(alive, master); err != nil {
		if alive.Err() == nil {
			c.log.Error("wait for the process that the cloud is to end with", "error", err)
		}
		return
	}
	c.log.Info("the process with which the cloud is to end has ended")
	c.remove.Store(remove)
	if err := c.Close(); err != nil {
		c.log.Error("end", "error", err)
	}
}

// claim takes a number, and with it the endpoint and the name servers' addresses, and keeps it for the folder.
func (c *Cloud) claim() (listener net.Listener, names []*os.File, err error) {
	had := c.settings.Number
	kept := func(number int) bool { return keptForAnother(number, c.dir) }
	c.settings.Number, listener, err = claimNumber(c.settings.Number, kept, func(number int) (err error) {
		names, err = openNameServers(number)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	c.onClose(listener.Close)
	err = c.settings.save(c.dir)
	if errors.Is(err, syscall.ENOSPC) && c.settings.Number != had && had != 0 {
		c.log.Warn("the cloud's new number is not kept", "number", c.settings.Number, "error", err) // the next start may find the old one free
		err = nil
	}
	if err != nil {
		return nil, nil, errors.Join(err, closeAll(names))
	}
	if !c.temporary {
		if err := keepNumber(c.settings.Number, c.dir); err != nil {
			c.log.Warn("another cloud may get this one's number while it is stopped", "error", err)
		}
	}
	return listener, names, nil
}

func (c *Cloud) onClose(f func() error) { c.closers = append(c.closers, f) }

// servePublishing opens loopback addresses for the cloud's processes, which are not in the host's network.
func (c *Cloud) servePublishing() error {
	l, err := c.listenUnix(world.DoorSocket(c.dir))
	if err != nil {
		return err
	}
	broker := publish.NewBroker(c.settings.Number, c.log)
	go func() {
		for {
			conn, err := l.AcceptUnix()
			if err != nil {
				return // closed
			}
			go func() {
				if err := broker.Serve(conn); err != nil {
					c.log.Warn("publish", "error", err)
				}
			}()
		}
	}()
	return nil
}

func (c *Cloud) listenUnix(path string) (*net.UnixListener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	c.onClose(l.Close)
	return l, nil
}

// openRecord opens the file to which calls are appended; other clouds may append to it, too.
func (c *Cloud) openRecord(path string) error {
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("record calls: %w", err)
	}
	c.onClose(f.Close)
	c.recorder = door.NewRecorder(f, c.log)
	return nil
}

// serveAPI opens the front door.
func (c *Cloud) serveAPI(listener net.Listener, further string) error {
	listeners := []net.Listener{listener}
	if further != "" {
		l, err := net.Listen("tcp", further)
		if err != nil {
			return fmt.Errorf("listen at %s: %w", further, err)
		}
		c.onClose(l.Close)
		listeners = append(listeners, l)
	}
	var gate door.Gate
	if c.enforce {
		gate = &access.Gate{Account: c.settings.Account, Principals: c.identity.asked, Regions: access.Sockets(func(region string) string {
			return world.PeerSocket(c.dir, region)
		})}
	}
	api := door.New(door.Config{
		Gate:   gate,
		Faults: c.faults, Recorder: c.recorder, Throttle: c.throttle,
		Account: c.settings.Account, AccessKey: c.keys.ID, Secret: c.keys.Secret, Identity: &c.identity,
		Regions: &c.regions, Socket: func(name string) string { return world.Socket(c.dir, name) }, Log: c.log,
	})
	c.serveInside(api)
	server := door.ServerOf(api, c.log)
	c.onClose(server.Close)
	for _, l := range listeners {
		go server.Serve(l)
	}
	return nil
}

// startTimeout bounds the start of each process; a start takes much less.
const startTimeout = 30 * time.Second

// startProcesses starts route53 and all regions at once.
func (c *Cloud) startProcesses(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := c.await(ctx, "", world.Up); err != nil {
		return errors.Join(err, network.Check())
	}
	all, ctx := errgroup.WithContext(ctx)
	for index, name := range append([]string{world.Route53}, c.settings.Regions...) {
		if err := c.order(world.Order{Do: "start", Name: name, Index: index}); err != nil {
			return err
		}
		all.Go(func() error {
			err := c.await(ctx, name, world.Up)
			if errors.As(err, new(*refusal)) {
				return nil // the others work without it, and Status tells
			}
			return err
		})
	}
	return all.Wait()
}
