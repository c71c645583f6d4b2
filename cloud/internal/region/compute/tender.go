package compute

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/region/nets"
	"github.com/understudy/understudy/cloud/internal/store"
)

// The states of an instance, as in https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html.
const (
	pending      = ec2types.InstanceStateNamePending
	running      = ec2types.InstanceStateNameRunning
	stopping     = ec2types.InstanceStateNameStopping
	stopped      = ec2types.InstanceStateNameStopped
	shuttingDown = ec2types.InstanceStateNameShuttingDown
	terminated   = ec2types.InstanceStateNameTerminated
)

// retryPause is how long a worker waits before it tries again what failed, on a full disk for one.
const retryPause = time.Second

// tend is the worker of one instance, from its launch or the region's start until it is purged: it makes
// the processes what the stored state says and moves the state on. Handlers only ever write states.
func (r *Room) tend(id string) {
	t := tender{Room: r, id: id, boot: -1}
	defer func() {
		r.gauges.Delete(id)
		r.halt(t.m)
	}()
	watch := r.Watch(r.instances.Row(id), r.volumes.Any())
	defer watch.Stop()
	for {
		next := watch.Next()
		row, ok := r.instances.Get(id)
		if !ok || r.Context().Err() != nil {
			return
		}
		err := t.step(row)
		if t.m == nil {
			r.gauges.Delete(id)
			r.rests(id)
		} else {
			r.works(id, t.m)
		}
		var ended <-chan struct{}
		if t.m != nil {
			ended = t.m.Done()
		}
		var later <-chan time.Time
		switch {
		case err != nil:
			r.Log.Error("tend instance", "instance", id, "state", row.State, "err", err)
			later, next = time.After(retryPause), nil
		case t.busy:
			later = time.After(retryPause) // there is no event of a file's last close
		case row.State == terminated:
			later = time.After(time.Until(row.Ended.Add(r.Listed())))
		}
		select {
		case <-next:
		case <-later:
		case <-ended:
			t.m, t.over = nil, true
		case <-r.Context().Done():
			return
		}
	}
}

// tender is what the worker of an instance knows beside its row.
type tender struct {
	*Room
	id   string
	m    Machine         // its processes; nil for none
	boot int             // which boot of the row's they are
	told bool            // the row says that they run
	over bool            // they ended by themselves, and the row does not say so yet
	has  map[string]bool // ids of the volumes beside its root that its processes have
	busy bool            // a volume that is to be taken from it is open
}

// step does what the row asks for. After an error, the same again goes on where it stopped.
func (t *tender) step(row Instance) error {
	if t.over {
		if err := t.endedByItself(t.id, t.boot); err != nil {
			return err
		}
		t.over = false
		row, _ = t.instances.Get(t.id)
	}
	up := row.State == pending || row.State == running
	if t.m != nil && (!up || row.Held || row.Boot != t.boot) {
		t.halt(t.m)
		t.m = nil
	}
	if t.m == nil && up && !row.Held {
		if err := t.start(row); err != nil {
			return err
		}
	}
	if t.m != nil && !t.told {
		if err := t.recordStart(row.ID); err != nil {
			return err
		}
		t.told = true
	}
	if err := t.tendVolumes(); err != nil {
		return err
	}
	switch row.State {
	case stopping:
		return t.settle(row, stopped)
	case shuttingDown:
		return t.settle(row, terminated)
	case terminated:
		if time.Since(row.Ended) >= t.Listed() {
			return t.purge(t.id)
		}
	}
	return nil
}

// start makes the processes. An instance that cannot be launched is terminated, and one that cannot be
// started goes back to stopped, as on AWS. One that was running when its region was lost, or is rebooted,
// is tried again until it runs: it is no less there for the machine's trouble.
func (t *tender) start(row Instance) (err error) {
	t.resting.Delete(t.id)
	t.m, t.has, err = t.startMachine(row)
	t.boot, t.told = row.Boot, false
	if err == nil || t.Context().Err() != nil {
		return nil
	}
	t.m = nil
	if row.State == running {
		return err
	}
	t.Log.Error("start instance", "instance", row.ID, "err", err)
	return t.changeInstance(row.ID, func(i *Instance) {
		if i.State != pending {
			return // stopped or terminated meanwhile
		}
		i.State = shuttingDown
		if !i.Started.IsZero() {
			i.State = stopping
		}
		i.Reason = &ec2types.StateReason{Code: new("Server.InternalError"), Message: new("Server.InternalError: Internal error on launch: " + err.Error())}
	})
}

// recordStart marks an instance running unless it was stopped or terminated meanwhile.
func (r *Room) recordStart(id string) error {
	return r.changeInstance(id, func(i *Instance) {
		if i.State == pending || i.State == running {
			i.State, i.Reason, i.Started = running, nil, time.Now().UTC()
		}
	})
}

// halt ends an instance's processes and waits until they have.
func (r *Room) halt(m Machine) {
	if m == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*machine.StopGrace)
	defer cancel()
	if err := m.Stop(ctx); err != nil {
		r.Log.Error("stop instance", "err", err)
	}
}

func (r *Room) startMachine(row Instance) (m Machine, volumes map[string]bool, err error) {
	eni, ok := r.nets.Interface(nil, row.Interface)
	if !ok {
		return nil, nil, fmt.Errorf("start %s: interface %s is gone", row.ID, row.Interface)
	}
	// The change that made the interface may not have reached the network yet.
	if err := r.nets.Sync(row.VPC); err != nil {
		return nil, nil, err
	}
	ns, err := r.nets.Namespace(eni.ID)
	if err != nil {
		return nil, nil, err
	}
	userData, err := base64.StdEncoding.DecodeString(row.UserData)
	if err != nil {
		return nil, nil, fmt.Errorf("user data of %s: %w", row.ID, err)
	}
	dir := r.instanceDir(row.ID)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, err
	}
	spec := machine.Spec{
		ID: row.ID, Hostname: nets.Hostname(eni.Address), Address: eni.Address, Dir: dir, UserData: userData, Network: ns,
		Memory: memoryOf(row.Type), PublicKey: row.PublicKey, Service: row.Service,
	}
	spec.Resolvers, spec.Domain = r.nets.NameServers(row.VPC)
	for _, digest := range row.Layers {
		if err := r.awaitProgram(digest); err != nil {
			return nil, nil, err
		}
		spec.Layers = append(spec.Layers, r.layerDir(digest))
	}
	if spec.Volumes, volumes, err = r.bootVolumes(row.ID); err != nil {
		return nil, nil, err
	}
	m, err = r.cfg.Machines.Start(r.Context(), spec)
	return m, volumes, err
}

func (r *Room) instanceDir(id string) string { return filepath.Join(r.cfg.Dir, "instances", id) }

// changeInstance changes one instance's row; a missing one is no error.
func (r *Room) changeInstance(id string, change func(*Instance)) error {
	return r.Update(func(tx *store.Tx) error {
		row, ok := r.instances.GetTx(tx, id)
		if !ok {
			return nil
		}
		change(&row)
		return r.instances.Put(tx, id, row)
	})
}

// settle ends a transition: a stopped instance gives its public address back, a terminated one its
// interfaces.
func (r *Room) settle(row Instance, to ec2types.InstanceStateName) error {
	var ending, kept []string
	if row.parting() {
		var err error
		if kept, err = r.keepRoot(row); err != nil {
			return err
		}
	}
	err := r.Update(func(tx *store.Tx) error {
		i, ok := r.instances.GetTx(tx, row.ID)
		if !ok || i.State != row.State {
			return nil
		}
		var err error
		if i.State = to; to == terminated {
			i.Ended, i.Profile = time.Now().UTC(), nil
			if ending, err = r.leaveVolumes(tx, i.ID); err != nil {
				return err
			}
			if i.KeepRoot {
				if err := r.leaveRoot(tx, i, kept); err != nil {
					return err
				}
			}
			err = r.nets.DetachAll(tx, i.ID)
		} else {
			err = r.nets.Release(tx, i.Interface)
		}
		if err != nil {
			return err
		}
		return r.instances.Put(tx, i.ID, i)
	})
	if err != nil {
		return err
	}
	for _, id := range ending {
		r.Spawn(func() { r.tendVolume(id) })
	}
	return r.nets.Sync(row.VPC)
}

// endedByItself does what AWS does when the operating system of an instance shuts down.
func (r *Room) endedByItself(id string, boot int) error {
	return r.changeInstance(id, func(i *Instance) {
		if i.State != running || i.Boot != boot {
			return
		}
		i.State = stopping
		if i.ShutdownTerminates {
			i.State = shuttingDown
		}
		i.Reason = &ec2types.StateReason{Code: new("Client.InstanceInitiatedShutdown"), Message: new("Client.InstanceInitiatedShutdown: Instance initiated shutdown")}
	})
}

// purge forgets a terminated instance and its folder.
func (r *Room) purge(id string) error {
	if err := os.RemoveAll(r.instanceDir(id)); err != nil {
		return err
	}
	return r.Update(func(tx *store.Tx) error {
		row, _ := r.instances.GetTx(tx, id)
		if !row.KeepRoot {
			if err := errors.Join(r.DropTags(tx, row.Volume), r.modifications.Delete(tx, row.Volume)); err != nil {
				return err
			}
		}
		return r.Remove(tx, id, r.instances.Delete)
	})
}

// restTopic is for whoever waits until an instance has no processes.
func restTopic(id string) store.Topic { return store.Topic("rest/" + id) }

// rests notes that an instance has no processes, for whoever waits to read its disk.
func (r *Room) rests(id string) {
	if _, known := r.resting.Swap(id, true); !known {
		r.Wake(restTopic(id))
	}
}
