// Package region is one region of a local cloud: it opens and closes the packages below it, each the control plane
// of one thing, and gives each what it needs of the others.
//
// A handler has the very signature that an SDK client calls, less the options. It validates, commits
// to the store, and then brings the data plane to what the store says; at start the same code brings
// up everything the store holds. The data plane is reached only through interfaces.
package region

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/delivery"
	"github.com/understudy/understudy/cloud/internal/lend"
	"github.com/understudy/understudy/cloud/internal/profile"
	"github.com/understudy/understudy/cloud/internal/region/balancing"
	"github.com/understudy/understudy/cloud/internal/region/certificates"
	"github.com/understudy/understudy/cloud/internal/region/compute"
	"github.com/understudy/understudy/cloud/internal/region/nets"
	"github.com/understudy/understudy/cloud/internal/region/notifying"
	"github.com/understudy/understudy/cloud/internal/region/parameters"
	"github.com/understudy/understudy/cloud/internal/region/quotas"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/region/scaling"
	"github.com/understudy/understudy/cloud/internal/region/shifting"
	"github.com/understudy/understudy/cloud/internal/region/watching"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/tempo"
	"github.com/understudy/understudy/cloud/internal/webhook"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Config is what a region is told at its start and never changes.
type Config struct {
	Name       string // us-east-1
	Index      int    // from 1: which public range is its own, see package address
	Account    string // twelve digits
	Dir        string // its folder: state, layers, instances
	Kept       string // its state's mark and copy, see package store; empty for Dir
	Executable string // the program that the image understudy-hello carries as /usr/local/bin/hello; empty for no such image
	Pace       tempo.Pace
	Log        *slog.Logger
	// Peers returns the names of the cloud's other regions; nil for none.
	Peers func(context.Context) ([]string, error)
	// Peer finds another region of this cloud, which serves its PeerHandler.
	Peer       resource.Peer
	DefaultVPC bool           // has a default VPC made at the first start
	Quotas     map[string]int // by their codes in Service Quotas, where they are other than usual
	// Profiles is IAM; nil for one that never answers.
	Profiles profile.Source
	// Lend has the front door answer at a listener inside the cloud; nil where there is none.
	Lend func(net.Listener, lend.Terms) (nets.Loan, error)
	// Resolve asks Route 53 on behalf of a VPC, named as in package resolver. Where it is nil, instances
	// learn no names but their own.
	Resolve func(vpc string, q *dns.Msg) (*dns.Msg, error)
	// Post posts a message of SNS to an endpoint on the host's loopback; nil where nothing leaves the region.
	Post func(context.Context, webhook.Message) (status int, err error)
	// Endpoint is the cloud's URL on the host, to which links in messages lead.
	Endpoint string
	// Issuer certifies what Certificate Manager issues; nil for one that never does.
	Issuer certificates.Issuer
	// Buckets is the folder that stands for S3, which all regions share: of Dir where it is empty.
	Buckets string
}

// Region is a running control plane.
type Region struct {
	*room.Base
	cfg Config

	resources    *resource.Registry
	nets         *nets.Room
	compute      *compute.Room
	balancing    *balancing.Room
	shifting     *shifting.Room
	certificates *certificates.Room
	scaling      *scaling.Room
	watching     *watching.Room
	parameters   *parameters.Room
	quotas       *quotas.Room
	notifying    *notifying.Room

	beacon *room.Watch // wakes whoever tells Route 53 of the region
	twins  twins
}

// Open reads the region's state and brings up everything that it holds: networks, then instances, then the services
// that stand on them.
func Open(cfg Config, fabric nets.Fabric, host compute.Machines, publisher Publisher) (*Region, error) {
	for _, dir := range []string{cfg.Dir, filepath.Join(cfg.Dir, "layers"), filepath.Join(cfg.Dir, "instances")} {
		// Every layer is read by instances, whose processes need not be root's.
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("open region %s: %w", cfg.Name, err)
		}
	}
	if cfg.Resolve == nil {
		cfg.Resolve = func(string, *dns.Msg) (*dns.Msg, error) { return nil, errors.New("there is no Route 53") }
	}
	if cfg.Peers == nil {
		cfg.Peers = func(context.Context) ([]string, error) { return nil, nil }
	}
	if cfg.Post == nil {
		cfg.Post = func(context.Context, webhook.Message) (int, error) {
			return 0, errors.New("there is no way out of the region")
		}
	}
	if cfg.Profiles == nil {
		cfg.Profiles = profile.Unavailable{}
	}
	db, err := store.Open(filepath.Join(cfg.Dir, "state.db"), store.Options{Kept: cfg.Kept, Log: cfg.Log})
	if err != nil {
		return nil, fmt.Errorf("open region %s: %w", cfg.Name, err)
	}
	r := &Region{
		Base: room.New(room.Identity{Region: cfg.Name, Account: cfg.Account, Pace: cfg.Pace, Quotas: cfg.Quotas}, db, cfg.Log),
		cfg:  cfg,
	}
	r.twins = twins{publisher: publisher, log: r.Log, ports: r.publicPorts}
	err = r.load(fabric, host)
	if err == nil {
		err = r.bringUp()
	}
	if err != nil {
		_ = r.Close() // the first error is the one to tell
		return nil, fmt.Errorf("open region %s: %w", cfg.Name, err)
	}
	return r, nil
}

// logs is where load balancers' logs go.
func (r *Region) logs() delivery.Folder {
	return delivery.Folder{Buckets: cmp.Or(r.cfg.Buckets, filepath.Join(r.cfg.Dir, "s3")), Parts: filepath.Join(r.cfg.Dir, "logs"), Log: r.Log}
}

// load reads every table, before anything runs: a room may look at any other once it runs.
func (r *Region) load(fabric nets.Fabric, host compute.Machines) (err error) {
	if r.resources, err = resource.Load(r.Base); err != nil {
		return err
	}
	if r.nets, err = nets.Load(r.resources, nets.Config{
		Index: r.cfg.Index, DefaultVPC: r.cfg.DefaultVPC, Fabric: fabric, Resolve: r.cfg.Resolve, Synced: r.twins.update, Peer: r.cfg.Peer, Lend: r.cfg.Lend,
		Metadata: func(vpc string) http.Handler { return r.compute.Metadata(vpc) },
		Instance: func(tx *store.Tx, id string) nets.Instance { return r.compute.ForNetworks(tx, id) },
	}); err != nil {
		return err
	}
	if r.compute, err = compute.Load(r.nets, compute.Config{
		Dir: r.cfg.Dir, Executable: r.cfg.Executable, Machines: host, Peer: r.cfg.Peer, Profiles: r.cfg.Profiles,
		Parameter: func(reference string) (string, error) { return r.parameters.Image(reference) },
		Counts:    func(instance string) bool { return r.scaling.Counts(instance) },
	}); err != nil {
		return err
	}
	if r.balancing, err = balancing.Load(r.Base, networks{r.nets, r.compute, &r.twins}, served{r}, r.logs()); err != nil {
		return err
	}
	if r.shifting, err = shifting.Load(r.Base, shiftable{r.balancing}, zonesOf(r.nets.Zones())); err != nil {
		return err
	}
	if r.certificates, err = certificates.Load(r.Base, certificates.Config{
		Issuer:  r.cfg.Issuer,
		Resolve: func(q *dns.Msg) (*dns.Msg, error) { return r.cfg.Resolve("", q) },
		Users:   r.balancing.CertificateUsers,
	}); err != nil {
		return err
	}
	if r.notifying, err = notifying.Load(r.Base, notifying.Config{Endpoint: r.cfg.Endpoint, Post: r.cfg.Post}); err != nil {
		return err
	}
	if r.scaling, err = scaling.Load(r.Base, machines{r.compute, r.nets}, r.balancing, alarms{r}, r.notifying); err != nil {
		return err
	}
	if r.watching, err = watching.Load(r.Base, actions{r.scaling, r.compute, r.notifying},
		r.compute.PublishMetrics, r.balancing.PublishMetrics, r.scaling.PublishMetrics); err != nil {
		return err
	}
	r.quotas = quotas.New(r.Base, Quotas()...)
	r.parameters, err = parameters.Load(r.Base, images{r.compute})
	return err
}

// Quotas are all that a region keeps to.
func Quotas() []room.Quota {
	return slices.Concat(nets.Quotas(), compute.Quotas(), balancing.Quotas(), scaling.Quotas(), watching.Quotas())
}

// bringUp starts what is stored, from the ground up.
func (r *Region) bringUp() error {
	if err := r.nets.Open(); err != nil {
		return err
	}
	if err := r.compute.Open(); err != nil {
		return err
	}
	r.beacon = r.Watch(slices.Concat(r.watching.News(), r.balancing.News(), r.compute.News(), r.nets.News())...)
	r.balancing.Open()
	r.shifting.Open()
	r.certificates.Open()
	r.scaling.Open()
	r.watching.Open()
	return nil
}

// Handler answers the region's APIs.
func (r *Region) Handler() http.Handler {
	m := wire.NewMux(r.Log)
	m.Steady(r.DB.Changes)
	r.Operations(m)
	return m
}

// Operations registers every handler of the region.
func (r *Region) Operations(m *wire.Mux) {
	resource.Ask(m, "DescribeAccountAttributes", r.DescribeAccountAttributes)
	resource.Ask(m, "DescribeRegions", r.DescribeRegions)
	r.resources.Operations(m)
	r.nets.Operations(m)
	r.compute.Operations(m)
	r.balancing.Operations(m)
	r.shifting.Operations(m)
	r.certificates.Operations(m)
	r.scaling.Operations(m)
	r.watching.Operations(m)
	r.parameters.Operations(m)
	r.quotas.Operations(m)
	r.notifying.Operations(m)
}

// Close ends the control plane: the load balancers, the instances' processes and the listeners. The
// store still says that the instances run, so that the next Open starts them again.
func (r *Region) Close() error {
	if r.balancing != nil {
		r.balancing.Close()
	}
	r.Stop()
	if r.nets != nil {
		r.nets.Close() // ends the servers' goroutines, which Drained waits for
	}
	r.Drained()
	r.twins.close()
	return r.DB.Close()
}
