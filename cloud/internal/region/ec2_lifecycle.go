package region

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/machine"
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

// recover brings up everything the store holds: it is all that a start is.
func (r *Region) recover() error {
	for _, v := range r.vpcs.All() {
		if err := r.syncVPC(v.ID); err != nil {
			return err
		}
	}
	for _, i := range r.instances.All() {
		r.spawn(func() { r.tend(i.ID) })
	}
	for _, i := range r.images.All() {
		if i.State == ec2types.ImageStatePending {
			r.spawn(func() { r.tendImage(i.ID) })
		}
	}
	return nil
}

// tend is the worker of one instance, from its launch or the region's start until it is purged: it makes
// the processes what the stored state says and moves the state on. Handlers only ever write states.
func (r *Region) tend(id string) {
	var m Machine
	boot := -1
	defer func() { r.halt(m) }()
	for {
		next := r.changed()
		row, ok := r.instances.Get(id)
		if !ok || r.ctx.Err() != nil {
			return
		}
		up := row.State == pending || row.State == running
		if m != nil && (!up || row.Held || row.Boot != boot) {
			r.halt(m)
			m = nil
		}
		if m == nil && up && !row.Held {
			r.resting.Delete(id)
			m, boot = r.boot(row), row.Boot // its change of the row wakes this worker again
		}
		if m == nil {
			r.rests(id)
		}
		var purge <-chan time.Time
		switch row.State {
		case stopping:
			r.settle(row, stopped)
		case shuttingDown:
			r.settle(row, terminated)
		case terminated:
			purge = time.After(time.Until(row.Ended.Add(r.listed())))
		}
		var ended <-chan struct{}
		if m != nil {
			ended = m.Done()
		}
		select {
		case <-next:
		case <-purge:
			r.purge(id)
		case <-ended:
			m = nil
			r.endedByItself(id, boot)
		case <-r.ctx.Done():
			return
		}
	}
}

// listed is how long a terminated instance stays in lists: an hour, but long enough to be seen.
func (r *Region) listed() time.Duration { return max(time.Minute, r.cfg.Speed.Of(time.Hour)) }

// halt ends an instance's processes and waits until they have.
func (r *Region) halt(m Machine) {
	if m == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*machine.StopGrace)
	defer cancel()
	if err := m.Stop(ctx); err != nil {
		r.log.Error("stop instance", "err", err)
	}
}

// boot starts an instance's processes and marks it running, or terminated where that fails at launch.
func (r *Region) boot(row instanceRow) Machine {
	m, err := r.startMachine(row)
	if err != nil && r.ctx.Err() != nil {
		return nil
	}
	if err != nil {
		r.log.Error("start instance", "instance", row.ID, "err", err)
	}
	change := func(i *instanceRow) {
		if i.State != pending && i.State != running {
			return // stopped or terminated meanwhile; the worker sees to it next
		}
		if err != nil {
			i.State = shuttingDown
			i.Reason = &ec2types.StateReason{Code: ptr("Server.InternalError"), Message: ptr("Server.InternalError: Internal error on launch: " + err.Error())}
			return
		}
		i.State, i.Reason, i.Started = running, nil, time.Now().UTC()
	}
	if failed := r.changeInstance(row.ID, change); failed != nil {
		r.log.Error("record start of instance", "instance", row.ID, "err", failed)
	}
	return m
}

func (r *Region) startMachine(row instanceRow) (Machine, error) {
	eni, ok := r.interfaces.Get(row.Interface)
	if !ok {
		return nil, fmt.Errorf("start %s: interface %s is gone", row.ID, row.Interface)
	}
	// The change that made the interface may not have reached the network yet.
	if err := r.syncVPC(row.VPC); err != nil {
		return nil, err
	}
	ns, err := r.fabric.Interface(eni.ID)
	if err != nil {
		return nil, err
	}
	userData, err := base64.StdEncoding.DecodeString(row.UserData)
	if err != nil {
		return nil, fmt.Errorf("user data of %s: %w", row.ID, err)
	}
	dir := r.instanceDir(row.ID)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	spec := machine.Spec{
		ID: row.ID, Hostname: hostname(eni.Address), Address: eni.Address, Dir: dir, UserData: userData, Network: ns,
	}
	if vpc, _ := r.vpcs.Get(row.VPC); vpc.DNSSupport {
		spec.Resolver = netip.MustParsePrefix(vpc.CIDR).Addr().Next().Next()
	}
	for _, digest := range row.Layers {
		if err := r.awaitProgram(digest); err != nil {
			return nil, err
		}
		spec.Layers = append(spec.Layers, r.layerDir(digest))
	}
	return r.machines.Start(r.ctx, spec)
}

func (r *Region) instanceDir(id string) string { return filepath.Join(r.cfg.Dir, "instances", id) }

// changeInstance changes one instance's row; a missing one is no error.
func (r *Region) changeInstance(id string, change func(*instanceRow)) error {
	return r.update(func(tx *store.Tx) error {
		row, ok := r.instances.GetTx(tx, id)
		if !ok {
			return nil
		}
		change(&row)
		return r.instances.Put(tx, id, row)
	})
}

// settle ends a transition: a stopped instance gives its public address back, a terminated one its
// interface.
func (r *Region) settle(row instanceRow, to ec2types.InstanceStateName) {
	err := r.update(func(tx *store.Tx) error {
		i, ok := r.instances.GetTx(tx, row.ID)
		if !ok || i.State != row.State {
			return nil
		}
		eni, ok := r.interfaces.GetTx(tx, i.Interface)
		if i.State = to; to == terminated {
			i.Ended = time.Now().UTC()
			if err := r.remove(tx, i.Interface, r.interfaces.Delete); err != nil {
				return err
			}
		} else if eni.Public = (netip.Addr{}); ok {
			if err := r.interfaces.Put(tx, eni.ID, eni); err != nil {
				return err
			}
		}
		return r.instances.Put(tx, i.ID, i)
	})
	if err == nil {
		err = r.syncVPC(row.VPC)
	}
	if err != nil {
		r.log.Error("settle instance", "instance", row.ID, "state", to, "err", err)
	}
}

// endedByItself does what AWS does when the operating system of an instance shuts down.
func (r *Region) endedByItself(id string, boot int) {
	err := r.changeInstance(id, func(i *instanceRow) {
		if i.State != running || i.Boot != boot {
			return
		}
		i.State = stopping
		if i.ShutdownTerminates {
			i.State = shuttingDown
		}
		i.Reason = &ec2types.StateReason{Code: ptr("Client.InstanceInitiatedShutdown"), Message: ptr("Client.InstanceInitiatedShutdown: Instance initiated shutdown")}
	})
	if err != nil {
		r.log.Error("record end of instance", "instance", id, "err", err)
	}
}

// purge forgets a terminated instance and its folder.
func (r *Region) purge(id string) {
	if err := os.RemoveAll(r.instanceDir(id)); err != nil {
		r.log.Error("remove folder of instance", "instance", id, "err", err)
	}
	err := r.update(func(tx *store.Tx) error {
		row, _ := r.instances.GetTx(tx, id)
		if err := r.tagSets.Delete(tx, row.Volume); err != nil {
			return err
		}
		return r.remove(tx, id, r.instances.Delete)
	})
	if err != nil {
		r.log.Error("purge instance", "instance", id, "err", err)
	}
}

// rests notes that an instance has no processes, for whoever waits to read its disk.
func (r *Region) rests(id string) {
	if _, known := r.resting.Swap(id, true); !known {
		r.changes.signal()
	}
}
