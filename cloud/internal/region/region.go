// Package region is the control plane of one region of a local cloud: EC2, a method per operation and a file per
// resource kind, and what joins it to the other services, which have packages below this one.
//
// A handler has the very signature that an SDK client calls, less the options. It validates, commits
// to the store, and then brings the data plane to what the store says; at start the same code brings
// up everything the store holds. The data plane is reached only through the interfaces in this file.
package region

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/miekg/dns"
	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

// Config is what a region is told at its start and never changes.
type Config struct {
	Name       string // us-east-1
	Index      int    // 1 or 2: which public range is its own, see package address
	Cloud      int    // the cloud's number on this machine
	Account    string // twelve digits
	Dir        string // its folder: state, layers, instances
	Kept       string // its state's mark and copy, see package store; empty for Dir
	Executable string // the program that the image understudy-hello carries as /usr/local/bin/hello; empty for no such image
	Speed      tempo.Speed
	Log        *slog.Logger
	Peers      []string // the names of the cloud's other regions
	// Peer tells the unix socket on which another region of this cloud serves its PeerHandler; false
	// where there is no such region.
	Peer func(region string) (socket string, ok bool)
	// Resolve asks Route 53 on behalf of a VPC, named as in package resolver. Where it is nil, instances
	// learn no names but their own.
	Resolve func(vpc string, q *dns.Msg) (*dns.Msg, error)
}

// Namespace is where sockets are opened and processes run; *network.Namespace is one.
type Namespace interface {
	Do(func() error) error
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	Listen(network, address string) (net.Listener, error)
	ListenPacket(network, address string) (net.PacketConn, error)
}

var _ Namespace = (*network.Namespace)(nil)

// Fabric is the region's network.
type Fabric interface {
	// Apply brings one VPC's namespaces, routes and packet filters to what the specification says.
	Apply(network.VPC) error
	// Remove takes a VPC's namespaces away.
	Remove(vpcID string) error
	// Interface returns the namespace behind a network interface that Apply has made.
	Interface(eniID string) (Namespace, error)
	// Router returns the namespace in which a VPC's router, resolver and metadata service live.
	Router(vpcID string) (Namespace, error)
}

// Machine is a running instance; *machine.Machine is one.
type Machine interface {
	Done() <-chan struct{}
	Stop(context.Context) error
}

var _ Machine = (*machine.Machine)(nil)

// Machines runs instances.
type Machines interface {
	Start(context.Context, machine.Spec) (Machine, error)
}

// Publisher makes a public address reachable from the host.
type Publisher interface {
	// Publish opens the loopback twin of a public TCP address; each connection to it enters the cloud
	// from the internet. It stays until closed.
	Publish(netip.AddrPort) (interface{ Close() error }, error)
}

// Region is a running control plane.
type Region struct {
	*room.Base
	cfg       Config
	fabric    Fabric
	machines  Machines
	publisher Publisher
	tables
	services

	beacon *room.Watch // wakes whoever tells Route 53 of the region
	opened time.Time   // by this process

	resting sync.Map // ids of instances without processes

	sync    sync.Mutex // one bringing-up of the data plane at a time
	plane   plane
	program program // the layer with the example service

	public sync.Mutex // guards publications
	twins  map[netip.AddrPort]interface{ Close() error }
}

// Open reads the region's state and brings up everything that it holds: networks, then instances.
func Open(cfg Config, fabric Fabric, machines Machines, publisher Publisher) (*Region, error) {
	for _, dir := range []string{cfg.Dir, filepath.Join(cfg.Dir, "layers"), filepath.Join(cfg.Dir, "instances")} {
		// Every layer is read by instances, whose processes need not be root's.
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("open region %s: %w", cfg.Name, err)
		}
	}
	if cfg.Resolve == nil {
		cfg.Resolve = func(string, *dns.Msg) (*dns.Msg, error) { return nil, errors.New("there is no Route 53") }
	}
	db, err := store.Open(filepath.Join(cfg.Dir, "state.db"), store.Options{Kept: cfg.Kept, Log: cfg.Log})
	if err != nil {
		return nil, fmt.Errorf("open region %s: %w", cfg.Name, err)
	}
	r := &Region{
		Base: room.New(room.Identity{Region: cfg.Name, Account: cfg.Account, Speed: cfg.Speed}, db, cfg.Log),
		cfg:  cfg, fabric: fabric, machines: machines, publisher: publisher,
		opened: time.Now().UTC(), twins: map[netip.AddrPort]interface{ Close() error }{},
	}
	for _, step := range []func() error{r.load(db), r.loadServices, r.prepareImages, r.recover, r.openServices} {
		if err := step(); err != nil {
			_ = r.Close() // the first error is the one to tell
			return nil, fmt.Errorf("open region %s: %w", cfg.Name, err)
		}
	}
	return r, nil
}

// Close ends the control plane: the load balancers, the instances' processes and the listeners. The
// store still says that the instances run, so that the next Open starts them again.
func (r *Region) Close() error {
	r.closeServices()
	r.Stop()
	r.sync.Lock()
	r.plane.close() // ends the servers' goroutines; serveVPC opens no more after cancel
	r.sync.Unlock()
	r.Drained()
	r.unpublishAll()
	return r.DB.Close()
}
