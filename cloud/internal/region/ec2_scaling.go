package region

import (
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/scaling"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// machinesOf is EC2 as Auto Scaling sees it.
type machinesOf struct{ r *Region }

func (m machinesOf) Instance(tx *store.Tx, id string) (scaling.Instance, bool) {
	row, ok := m.r.instances.GetTx(tx, id)
	i := scaling.Instance{Type: row.Type, State: row.State, Started: row.Started}
	if row.Reason != nil {
		i.Reason = room.Deref(row.Reason.Message)
	}
	return i, ok
}

func (m machinesOf) Zone(tx *store.Tx, subnet string) (string, bool) {
	row, ok := m.r.subnets.GetTx(tx, subnet)
	return row.Zone, ok
}

func (m machinesOf) Template(tx *store.Tx, id, name, version *string) (scaling.Template, error) {
	t, err := m.r.findTemplate(m.r.templates.AllTx(tx), id, name)
	if err != nil {
		return scaling.Template{}, err
	}
	v, err := t.version(room.Deref(version))
	return scaling.Template{ID: t.ID, Name: t.Name, Version: v.Number}, err
}

func (m machinesOf) Tag(tx *store.Tx, instance string, tags []ec2types.Tag) error {
	return m.r.putTags(tx, instance, tags)
}

func (m machinesOf) Launched(token string) (string, bool) {
	for _, i := range m.r.instances.All() {
		if i.Token == token {
			return i.ID, true
		}
	}
	return "", false
}

func (m machinesOf) Launch(in *ec2.RunInstancesInput) (string, error) {
	reservation, err := m.r.runInstances(in)
	if err != nil {
		return "", err
	}
	return m.r.reserved(reservation)[0].ID, nil
}

func (m machinesOf) Terminate(ids []string) error { return m.r.terminateInstances(ids) }

func (m machinesOf) News() []store.Topic { return []store.Topic{m.r.instances.Any()} }
