package region

import (
	"slices"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/region/balancing"
	"github.com/understudy/understudy/cloud/internal/region/compute"
	"github.com/understudy/understudy/cloud/internal/region/nets"
	"github.com/understudy/understudy/cloud/internal/store"
)

// networks is EC2 as load balancing sees it. What it lacks here, nets.Room has.
type networks struct {
	*nets.Room
	compute *compute.Room
	twins   *twins
}

func (n networks) VPC(tx *store.Tx, id string) (balancing.VPC, bool) {
	row, ok := n.Room.VPC(tx, id)
	if !ok {
		return balancing.VPC{}, false
	}
	return balancing.VPC{CIDRs: row.Ranges(), DefaultGroup: n.DefaultGroup(tx, id), HasGateway: n.HasGateway(tx, id)}, true
}

func (n networks) Subnet(tx *store.Tx, id string) (balancing.Subnet, bool) {
	row, ok := n.Room.Subnet(tx, id)
	return balancing.Subnet{ID: row.ID, VPC: row.VPC, Zone: row.Zone}, ok
}

func (n networks) Instance(tx *store.Tx, id string) (balancing.Instance, bool) {
	row, ok := n.compute.Instance(tx, id)
	eni, _ := n.Room.Interface(tx, row.Interface)
	return balancing.Instance{VPC: row.VPC, Zone: row.Zone, Address: eni.Address, State: row.State}, ok
}

func (n networks) NewInterface(tx *store.Tx, subnet string, groups []string, public bool, description string) (string, error) {
	row, err := n.Room.NewInterface(tx, nets.Wanted{Subnet: subnet, Groups: groups, Public: public, Description: description})
	return row.ID, err
}

func (n networks) Interface(id string) (balancing.Interface, bool) {
	row, ok := n.Room.Interface(nil, id)
	return balancing.Interface{Address: row.Address, Public: row.Public}, ok
}

func (n networks) Namespace(networkInterface string) (balancer.Network, error) {
	return n.Room.Namespace(networkInterface)
}

func (n networks) Republish() { n.twins.update() }

func (n networks) News() []store.Topic { return slices.Concat(n.compute.News(), n.Room.News()) }
