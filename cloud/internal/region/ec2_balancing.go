package region

import (
	"net/netip"
	"slices"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/region/balancing"
	"github.com/understudy/understudy/cloud/internal/store"
)

// networkOf is EC2 as load balancing sees it.
type networkOf struct{ r *Region }

func (n networkOf) VPC(tx *store.Tx, id string) (balancing.VPC, bool) {
	row, ok := n.r.vpcs.GetTx(tx, id)
	if !ok {
		return balancing.VPC{}, false
	}
	attached := slices.ContainsFunc(n.r.gateways.AllTx(tx), func(g gatewayRow) bool { return g.VPC == id })
	return balancing.VPC{CIDR: netip.MustParsePrefix(row.CIDR), DefaultGroup: n.r.defaultGroup(tx, id), HasGateway: attached}, true
}

func (n networkOf) Subnet(tx *store.Tx, id string) (balancing.Subnet, bool) {
	row, ok := n.r.subnets.GetTx(tx, id)
	return balancing.Subnet{ID: row.ID, VPC: row.VPC, Zone: row.Zone}, ok
}

func (n networkOf) CheckGroups(tx *store.Tx, vpc string, groups []string) error {
	return n.r.checkGroups(tx, vpc, groups)
}

func (n networkOf) Instance(tx *store.Tx, id string) (balancing.Instance, bool) {
	row, ok := n.r.instances.GetTx(tx, id)
	eni, _ := n.r.interfaces.GetTx(tx, row.Interface)
	return balancing.Instance{VPC: row.VPC, Zone: row.Zone, Address: eni.Address, State: row.State}, ok
}

func (n networkOf) NewInterface(tx *store.Tx, subnet string, groups []string, public bool, description string) (string, error) {
	row, err := n.r.newInterface(tx, subnet, groups, public, description, netip.Addr{}) // any private address
	return row.ID, err
}

func (n networkOf) SetGroups(tx *store.Tx, networkInterface string, groups []string) error {
	row, ok := n.r.interfaces.GetTx(tx, networkInterface)
	if !ok {
		return missingInterface(networkInterface)
	}
	row.Groups = slices.Clone(groups)
	return n.r.interfaces.Put(tx, row.ID, row)
}

func (n networkOf) RemoveInterface(tx *store.Tx, id string) error {
	return n.r.remove(tx, id, n.r.interfaces.Delete)
}

func (n networkOf) Interface(id string) (balancing.Interface, bool) {
	row, ok := n.r.interfaces.Get(id)
	return balancing.Interface{Address: row.Address, Public: row.Public}, ok
}

func (n networkOf) Namespace(networkInterface string) (balancer.Network, error) {
	return n.r.fabric.Interface(networkInterface)
}

func (n networkOf) Sync(vpc string) error { return n.r.syncVPC(vpc) }

func (n networkOf) Republish() { n.r.republish() }

func (n networkOf) News() []store.Topic {
	return []store.Topic{n.r.instances.Any(), n.r.interfaces.Any()}
}
