// Package compute is the machines of a region: instances, the images and layers that they start from, launch
// templates. Handlers only write states; a worker for each instance and each pending image makes them true.
package compute

import (
	"context"
	"sync"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/profile"
	"github.com/understudy/understudy/cloud/internal/region/nets"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// Config is what the machines are told at their start.
type Config struct {
	Dir        string // the region's folder, with the folders layers and instances
	Executable string // the program that the image understudy-hello carries as /usr/local/bin/hello; empty for no such image
	Machines   Machines
	// Peer finds another region of this cloud, which serves ServePeers.
	Peer resource.Peer
	// Parameter finds the image that a parameter of Systems Manager names: NAME, NAME:VERSION or NAME:LABEL.
	Parameter func(reference string) (image string, err error)
	// Counts tells whether what an instance uses is counted for its Auto Scaling group.
	Counts   func(instance string) bool
	Profiles profile.Source // IAM
}

// Machine is a running instance; *machine.Machine is one.
type Machine interface {
	Done() <-chan struct{}
	Stop(context.Context) error
	// Usage is what it has used since its start.
	Usage() (machine.Usage, error)
	// Attach and Detach give it a volume beside its root, and take it; machine.ErrBusy is for one that is open.
	Attach(machine.Volume) error
	Detach(device string, force bool) error
}

var _ Machine = (*machine.Machine)(nil)

// Machines runs instances; KernelMachines makes one of package machine's.
type Machines interface {
	Start(context.Context, machine.Spec) (Machine, error)
}

// Room is the machines of one region.
type Room struct {
	*resource.Registry
	cfg  Config
	nets *nets.Room

	instances       *store.Table[Instance]
	images          *store.Table[imageRow]
	snapshots       *store.Table[snapshotRow]
	templates       *store.Table[templateRow]
	keyPairs        *store.Table[keyPairRow]
	placementGroups *store.Table[placementGroupRow]
	volumes         *store.Table[volumeRow]
	modifications   *store.Table[modificationRow]
	settings        *store.Table[settingsRow]

	deregistered *store.Table[deregisteredRow] // images

	volumesByInstance *store.Index[volumeRow]
	reservations      *store.Index[Instance] // by their ids

	instanceFields func() resource.Fields[Instance] // the filters of DescribeInstances

	resting sync.Map // ids of instances without processes
	gauges  sync.Map // and a gauge of each that has some, by its id
	issued  sync.Map // the newest credentials of instances' roles, by the association of their profiles
	program program  // the layer with the example service

	publishedFive int64 // the number of the five minutes in which metrics were published last
}

// kinds are filled by the files of the kinds.
var kinds resource.Kinds[*Room]

// Load reads the tables.
func Load(networks *nets.Room, cfg Config) (*Room, error) {
	r := &Room{Registry: networks.Registry, cfg: cfg, nets: networks}
	var err error
	room.LoadTable(r.DB, "instances", &r.instances, &err)
	room.LoadTable(r.DB, "images", &r.images, &err)
	room.LoadTable(r.DB, "deregistered-images", &r.deregistered, &err)
	room.LoadTable(r.DB, "snapshots", &r.snapshots, &err)
	room.LoadTable(r.DB, "volumes", &r.volumes, &err)
	room.LoadTable(r.DB, "volume-modifications", &r.modifications, &err)
	room.LoadTable(r.DB, "settings", &r.settings, &err)
	room.LoadTable(r.DB, "launch-templates", &r.templates, &err)
	room.LoadTable(r.DB, "key-pairs", &r.keyPairs, &err)
	room.LoadTable(r.DB, "placement-groups", &r.placementGroups, &err)
	if err != nil {
		return nil, err
	}
	r.volumesByInstance = r.volumes.Index(volumeRow.instance)
	r.reservations = r.instances.Index(func(i Instance) string { return i.Reservation })
	r.instanceFields = sync.OnceValue(r.makeInstanceFields)
	resource.Enter(r.Registry, r, kinds)
	return r, nil
}

// Open prepares the public images and starts all instances that are stored as running. The networks are up by then.
func (r *Room) Open() error {
	if err := r.prepareImages(); err != nil {
		return err
	}
	if err := r.openVolumes(); err != nil {
		return err
	}
	for _, i := range r.instances.All() {
		r.Spawn(func() { r.tend(i.ID) })
	}
	for _, i := range r.images.All() {
		if i.State == ec2types.ImageStatePending {
			r.Spawn(func() { r.tendImage(i.ID) })
		}
	}
	return nil
}

// News is what to watch for a change of an instance.
func (r *Room) News() []store.Topic { return []store.Topic{r.instances.Any()} }
