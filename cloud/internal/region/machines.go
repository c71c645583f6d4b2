package region

import (
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/compute"
	"github.com/understudy/understudy/cloud/internal/region/nets"
	"github.com/understudy/understudy/cloud/internal/region/scaling"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// machines is EC2 as Auto Scaling sees it. What it lacks here, compute.Room has.
type machines struct {
	*compute.Room
	nets *nets.Room
}

func (m machines) Instance(tx *store.Tx, id string) (scaling.Instance, bool) {
	row, ok := m.Room.Instance(tx, id)
	i := scaling.Instance{Type: row.Type, Subnet: row.Subnet, State: row.State, Started: row.Started}
	if row.Reason != nil {
		i.Reason = room.Deref(row.Reason.Message)
	}
	return i, ok
}

func (m machines) DefaultSubnet(tx *store.Tx, zone string) (string, error) {
	s, err := m.nets.DefaultSubnet(tx, zone)
	return s.ID, err
}

func (m machines) Zone(tx *store.Tx, subnet string) (string, bool) {
	row, ok := m.nets.Subnet(tx, subnet)
	return row.Zone, ok
}

func (m machines) ZoneID(zone string) string { return nets.ZoneID(zone) }

func (m machines) ZoneOf(id string) (string, bool) {
	for _, zone := range m.nets.Zones() {
		if nets.ZoneID(zone) == id {
			return zone, true
		}
	}
	return "", false
}

func (m machines) Template(tx *store.Tx, id, name, version *string) (scaling.Template, error) {
	v, err := m.Room.Template(tx, id, name, version)
	return scaling.Template(v), err
}

func (m machines) Stop(id string) error {
	_, err := m.StopInstances(m.Context(), &ec2.StopInstancesInput{InstanceIds: []string{id}})
	return err
}

func (m machines) Start(id string) error {
	_, err := m.StartInstances(m.Context(), &ec2.StartInstancesInput{InstanceIds: []string{id}})
	return err
}

func (m machines) Tag(tx *store.Tx, instance string, tags []ec2types.Tag) error {
	return m.PutTags(tx, instance, tags)
}

func (m machines) Untag(tx *store.Tx, instance string, keys ...string) error {
	return m.RemoveTags(tx, instance, keys...)
}
