// Package region is the control plane of one region of a local cloud: EC2, Elastic Load Balancing and
// Auto Scaling, a method per operation and a file per resource kind.
//
// A handler has the very signature that an SDK client calls, less the options. It validates, commits
// to the store, and then brings the data plane to what the store says; at start the same code brings
// up everything the store holds. The data plane is reached only through the interfaces in this file.
package region

import (
	"context"
	"log/slog"
	"net/netip"

	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

// Config is what a region is told at its start and never changes.
type Config struct {
	Name    string // us-east-1
	Index   int    // 1 or 2: which public range is its own, see package address
	Cloud   int    // the cloud's number on this machine
	Account string // twelve digits
	Dir     string // its folder: state, layers, instances
	Speed   tempo.Speed
	Log     *slog.Logger
}

// Fabric is the region's network.
type Fabric interface {
	// Apply brings one VPC's namespaces, routes and packet filters to what the specification says.
	Apply(network.VPC) error
	// Remove takes a VPC's namespaces away.
	Remove(vpcID string) error
	// Interface returns the namespace behind a network interface that Apply has made.
	Interface(eniID string) (*network.Namespace, error)
	// Router returns the namespace in which a VPC's router, resolver and metadata service live.
	Router(vpcID string) (*network.Namespace, error)
}

// Machines runs instances.
type Machines interface {
	Start(context.Context, machine.Spec) (*machine.Machine, error)
}

// Publisher makes a public address reachable from the host.
type Publisher interface {
	// Publish opens the loopback twin of a public TCP address; each connection to it enters the cloud
	// from the internet. It stays until closed.
	Publish(netip.AddrPort) (interface{ Close() error }, error)
}

// Region is a running control plane.
type Region struct {
	cfg Config
	db  *store.DB
}
