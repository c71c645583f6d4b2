package region

import (
	"slices"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/network"
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
	return balancing.VPC{CIDRs: append(row.Ranges(), row.RangesIPv6()...), DefaultGroup: n.DefaultGroup(tx, id), HasGateway: n.HasGateway(tx, id)}, true
}

func (n networks) Subnet(tx *store.Tx, id string) (balancing.Subnet, bool) {
	row, ok := n.Room.Subnet(tx, id)
	return balancing.Subnet{ID: row.ID, VPC: row.VPC, Zone: row.Zone, IPv6: row.RangeIPv6().IsValid()}, ok
}

func (n networks) Instance(tx *store.Tx, id string) (balancing.Instance, bool) {
	row, ok := n.compute.Instance(tx, id)
	eni, _ := n.Room.Interface(tx, row.Interface)
	return balancing.Instance{VPC: row.VPC, Zone: row.Zone, Address: eni.Address, IPv6: eni.Primary(), State: row.State}, ok
}

func (n networks) NewInterface(tx *store.Tx, subnet string, groups []string, reach balancing.Reach, description string) (string, error) {
	wanted := nets.Wanted{Subnet: subnet, Groups: groups, Public: reach.Public, Description: description, NoInternet: reach.NoInternet}
	if reach.IPv6 {
		wanted.FurtherIPv6 = 1
	}
	row, err := n.Room.NewInterface(tx, wanted)
	return row.ID, err
}

func (n networks) SetReach(tx *store.Tx, networkInterface string, reach balancing.Reach) error {
	return n.Room.SetReach(tx, networkInterface, reach.Public, ipv6Of(reach))
}

func (n networks) SetIPv6(tx *store.Tx, networkInterface string, reach balancing.Reach) error {
	return n.Room.SetIPv6(tx, networkInterface, ipv6Of(reach))
}

func ipv6Of(reach balancing.Reach) nets.IPv6 {
	return nets.IPv6{
		On: reach.IPv6, Address: reach.Address, NoInternet: reach.NoInternet, SourceNAT: nets.SourceNAT{On: reach.SourceNAT, Prefix: reach.Prefix},
	}
}

func (n networks) NewTransparentInterface(tx *store.Tx, w balancing.TransparentInterface) (string, error) {
	row, err := n.Room.NewInterface(tx, nets.Wanted{
		Subnet: w.Subnet, Groups: w.Groups, Public: w.Public, Address: w.Address, Elastic: w.Allocation, Description: w.Description, Transparent: true,
	})
	return row.ID, err
}

func (n networks) Interface(id string) (balancing.Interface, bool) {
	row, ok := n.Room.Interface(nil, id)
	i := balancing.Interface{Address: row.Address, Public: row.Public, SourceNAT: row.SourceNAT}
	if len(row.IPv6) > 0 {
		i.IPv6 = row.IPv6[0]
	}
	return i, ok
}

var _ balancer.FlowNetwork = (*network.Namespace)(nil)

func (n networks) Namespace(networkInterface string) (balancer.Network, error) {
	return n.Room.Namespace(networkInterface)
}

func (n networks) Republish() { n.twins.update() }

func (n networks) News() []store.Topic { return slices.Concat(n.compute.News(), n.Room.News()) }
