package scaling

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

const (
	pending      = ec2types.InstanceStateNamePending
	running      = ec2types.InstanceStateNameRunning
	stopping     = ec2types.InstanceStateNameStopping
	shuttingDown = ec2types.InstanceStateNameShuttingDown
	terminated   = ec2types.InstanceStateNameTerminated

	testTemplate = "lt-0fedcba9876543210"
	testType     = ec2types.InstanceTypeT3Micro
)

// fakeMachines is EC2 in a table of the same store, which panics where Launch or Terminate runs inside a change. It has two
// subnets in two zones and a launch template, and boots and ends instances at once.
type fakeMachines struct {
	t         *testing.T
	base      *room.Base
	instances *store.Table[machine]

	mu      sync.Mutex
	up      map[string]bool // instances that were booted since the store was opened
	profile error           // what is wrong with the instance profile of the launch template
	refusal error           // why none is launched, nil where they are
	trouble error           // why none boots
	latest  int64           // version of the launch template
	sold    []ec2types.InstanceType
}

var _ Machines = (*fakeMachines)(nil)

// machine is an instance.
type machine struct {
	ID, Token, Subnet, Version string
	Instance
	Tags map[string]string
}

// testZones are the zones of the subnets.
var testZones = map[string]string{"subnet-0000000000000000a": "us-east-1a", "subnet-0000000000000000b": "us-east-1b"}

// repaired is for instances that wait for the end of trouble.
const repaired store.Topic = "test-repaired"

// open reads the table. Nothing is up until run has booted it.
func (m *fakeMachines) open(base *room.Base) {
	m.t.Helper()
	var err error
	room.LoadTable(base.DB, "test-machines", &m.instances, &err)
	if err != nil {
		m.t.Fatal(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.base, m.up = base, map[string]bool{}
}

// run makes of instances what their states ask for, until the store is closed.
func (m *fakeMachines) run() {
	watch := m.base.Watch(m.instances.Any(), repaired)
	defer watch.Stop()
	for m.base.Context().Err() == nil {
		next := watch.Next()
		for _, i := range m.instances.All() {
			m.step(i)
		}
		select {
		case <-next:
		case <-m.base.Context().Done():
		}
	}
}

func (m *fakeMachines) step(i machine) {
	m.mu.Lock()
	up, trouble := m.up[i.ID], m.trouble
	m.mu.Unlock()
	switch i.State {
	case stopping:
		m.settle(i, ec2types.InstanceStateNameStopped, i.Reason)
	case shuttingDown:
		m.settle(i, terminated, i.Reason)
	case pending, running:
		switch {
		case up:
		case trouble == nil:
			m.mu.Lock()
			m.up[i.ID] = true
			m.mu.Unlock()
			m.settle(i, running, "")
		case i.State == pending: // one that ran is tried again
			m.settle(i, shuttingDown, "Server.InternalError: Internal error on launch: "+trouble.Error())
		}
	}
}

// settle moves an instance on, unless its state was changed meanwhile.
func (m *fakeMachines) settle(from machine, to ec2types.InstanceStateName, reason string) {
	m.change(from.ID, func(i *machine) {
		if i.State != from.State {
			return
		}
		if i.State, i.Reason = to, reason; to == running {
			i.Started = time.Now().UTC()
		}
	})
}

func (m *fakeMachines) change(id string, change func(*machine)) {
	if err := m.base.Update(func(tx *store.Tx) error {
		i, ok := m.instances.GetTx(tx, id)
		if !ok {
			return nil
		}
		change(&i)
		return m.instances.Put(tx, id, i)
	}); err != nil {
		m.t.Error(err)
	}
}

// end makes an instance's system shut down.
func (m *fakeMachines) end(id string) {
	m.change(id, func(i *machine) {
		i.State, i.Reason = stopping, "Client.InstanceInitiatedShutdown: Instance initiated shutdown"
	})
}

// fail keeps instances from booting; nil lets them.
func (m *fakeMachines) fail(why error) {
	m.mu.Lock()
	m.trouble = why
	m.mu.Unlock()
	m.base.Wake(repaired)
}

// refuse refuses launches; nil allows them.
func (m *fakeMachines) refuse(why error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refusal = why
}

// sell has no instances of a type left.
func (m *fakeMachines) sell(kind ec2types.InstanceType) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sold = append(m.sold, kind)
}

func (m *fakeMachines) soldOut(kind ec2types.InstanceType) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Contains(m.sold, kind)
}

// newVersion makes another version of the launch template.
func (m *fakeMachines) newVersion() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.latest++
}

func (m *fakeMachines) get(id string) machine {
	i, _ := m.instances.Get(id)
	return i
}

func (m *fakeMachines) Instance(tx *store.Tx, id string) (Instance, bool) {
	i, ok := m.instances.GetTx(tx, id)
	i.Instance.Subnet = i.Subnet
	return i.Instance, ok
}

func (m *fakeMachines) Untag(tx *store.Tx, instance string, keys ...string) error {
	i, _ := m.instances.GetTx(tx, instance)
	i.Tags = maps.Clone(i.Tags)
	maps.DeleteFunc(i.Tags, func(key, _ string) bool { return slices.Contains(keys, key) })
	return m.instances.Put(tx, instance, i)
}

// DefaultSubnet is the zone's one subnet, but for zones that have none.
func (m *fakeMachines) DefaultSubnet(_ *store.Tx, zone string) (string, error) {
	for id, z := range testZones {
		if z == zone {
			return id, nil
		}
	}
	return "", wire.Errorf("InvalidInput", "No default subnet for availability zone: '%s'.", zone)
}

func (m *fakeMachines) ZoneID(zone string) string { return "id-of-" + zone }

func (m *fakeMachines) ZoneOf(id string) (zone string, ok bool) {
	return strings.CutPrefix(id, "id-of-")
}

func (m *fakeMachines) Zone(_ *store.Tx, subnet string) (string, bool) {
	zone, ok := testZones[subnet]
	return zone, ok
}

func (m *fakeMachines) Template(_ *store.Tx, id, name, version *string) (Template, error) {
	if room.Deref(id) != testTemplate && room.Deref(name) != "app" {
		return Template{}, wire.Errorf("InvalidLaunchTemplateId.NotFound", "The launch template %s%s does not exist.", room.Deref(id), room.Deref(name))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	found := Template{ID: testTemplate, Name: "app", Version: 1}
	switch v := room.Deref(version); v {
	case "", "$Default":
	case "$Latest":
		found.Version = m.latest
	default:
		var err error
		if found.Version, err = strconv.ParseInt(v, 10, 64); err != nil || found.Version < 1 || found.Version > m.latest {
			return Template{}, wire.Errorf("InvalidLaunchTemplateId.VersionNotFound", "Could not find launch template version %s.", v)
		}
	}
	return found, nil
}

func (m *fakeMachines) Tag(tx *store.Tx, instance string, tags []ec2types.Tag) error {
	i, ok := m.instances.GetTx(tx, instance)
	if !ok {
		return wire.Errorf("InvalidInstanceID.NotFound", "The instance ID '%s' does not exist", instance)
	}
	i.Tags = withTags(i.Tags, tags)
	return m.instances.Put(tx, instance, i)
}

func withTags(to map[string]string, tags []ec2types.Tag) map[string]string {
	all := map[string]string{}
	maps.Copy(all, to)
	for _, t := range tags {
		all[*t.Key] = *t.Value
	}
	return all
}

func (m *fakeMachines) CheckProfile(_, _, _ *string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.profile
}

func (m *fakeMachines) CheckConfiguration(*ec2.RunInstancesInput) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.profile
}

func (m *fakeMachines) Launched(token string) (string, bool) {
	for _, i := range m.instances.All() {
		if i.Token == token {
			return i.ID, true
		}
	}
	return "", false
}

// Launch launches without asking whether the token was used: that is what Launched is for.
func (m *fakeMachines) Launch(in *ec2.RunInstancesInput) (string, error) {
	m.mu.Lock()
	refusal := m.refusal
	m.mu.Unlock()
	if refusal != nil {
		return "", refusal
	}
	version := ""
	if in.LaunchTemplate != nil {
		version = *in.LaunchTemplate.Version
		if _, err := m.Template(nil, in.LaunchTemplate.LaunchTemplateId, nil, &version); err != nil {
			return "", err
		}
	}
	if _, ok := testZones[*in.SubnetId]; !ok || *in.MinCount != 1 || *in.MaxCount != 1 {
		return "", wire.Errorf("InvalidParameterValue", "The instances cannot be launched in the subnet '%s'.", *in.SubnetId)
	}
	i := machine{
		ID: "i-" + room.NewSerial(17), Token: *in.ClientToken, Subnet: *in.SubnetId, Version: version,
		Instance: Instance{Type: testType, State: pending},
	}
	if in.InstanceType != "" {
		i.Type = in.InstanceType
	}
	if m.soldOut(i.Type) {
		return "", wire.Errorf("InsufficientInstanceCapacity", "We currently do not have sufficient %s capacity in the Availability Zone you requested.", i.Type)
	}
	for _, s := range in.TagSpecifications {
		if s.ResourceType == ec2types.ResourceTypeInstance {
			i.Tags = withTags(i.Tags, s.Tags)
		}
	}
	return i.ID, m.base.Update(func(tx *store.Tx) error { return m.instances.Put(tx, i.ID, i) })
}

func (m *fakeMachines) Terminate(ids []string) error {
	return m.base.Update(func(tx *store.Tx) error {
		for _, id := range ids {
			i, ok := m.instances.GetTx(tx, id)
			if !ok || i.State == terminated || i.State == shuttingDown {
				continue
			}
			i.State, i.Reason = shuttingDown, "Client.UserInitiatedShutdown: User initiated shutdown"
			if err := m.instances.Put(tx, id, i); err != nil {
				return err
			}
		}
		return nil
	})
}

func (m *fakeMachines) Stop(id string) error {
	m.change(id, func(i *machine) {
		if i.State == running {
			i.State, i.Reason = stopping, "Client.UserInitiatedShutdown: User initiated shutdown"
		}
	})
	return nil
}

func (m *fakeMachines) Start(id string) error {
	if m.get(id).State == stopping {
		return wire.Errorf("IncorrectInstanceState", "The instance '%s' is not in a state from which it can be started.", id)
	}
	m.change(id, func(i *machine) {
		if i.State == ec2types.InstanceStateNameStopped {
			m.mu.Lock()
			m.up[id] = false
			m.mu.Unlock()
			i.State, i.Reason = pending, ""
		}
	})
	return nil
}

func (m *fakeMachines) News() []store.Topic { return []store.Topic{m.instances.Any()} }
