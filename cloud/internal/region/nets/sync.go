package nets

import (
	"fmt"

	"github.com/understudy/understudy/cloud/internal/network"
)

// Sync brings a VPC's network to what the store says, or away where the store has none. A VPC that nothing has been in needs
// none yet: its namespace, its resolver and its metadata service come with its first interface. Peers of the region follow,
// since their rules may name its groups.
func (r *Room) Sync(id string) error {
	r.sync.Lock()
	defer r.sync.Unlock()
	for _, id := range append([]string{id}, r.peeredHere(id)...) {
		if err := r.bring(id); err != nil {
			return err
		}
	}
	return nil
}

func (r *Room) bring(id string) error {
	r.takeBack(id)
	vpc, ok := r.vpcs.Get(id)
	if !ok {
		r.closeServers(id)
		if err := r.cfg.Fabric.Remove(id); err != nil {
			return fmt.Errorf("remove network of %s: %w", id, err)
		}
		delete(r.made, id)
		r.cfg.Synced()
		return nil
	}
	spec := r.spec(vpc)
	if len(spec.Interfaces) == 0 && !r.made[id] {
		return nil
	}
	r.made[id] = true
	if err := r.cfg.Fabric.Apply(spec); err != nil {
		return fmt.Errorf("apply network of %s: %w", id, err)
	}
	if err := r.serve(vpc); err != nil {
		return fmt.Errorf("serve in %s: %w", id, err)
	}
	if err := r.lend(id); err != nil {
		return err
	}
	r.cfg.Synced()
	return nil
}

// spec says what a VPC shall be, all of it from the store.
func (r *Room) spec(v VPC) network.VPC {
	spec := network.VPC{ID: v.ID, CIDR: v.Range(), More: v.Ranges()[1:], IPv6: v.RangesIPv6(), Gateway: r.HasGateway(nil, v.ID),
		EgressOnly: r.hasEgressOnly(nil, v.ID), NetworkACLs: r.aclSpecs(v.ID), Peerings: r.peeringSpecs(v.ID)}
	tables := r.tablesOf(v.ID)
	for _, t := range tables {
		spec.RouteTables = append(spec.RouteTables, r.tableSpec(t))
	}
	spec.Interfaces = r.interfaceSpecs(v.ID, tables)
	for _, g := range r.groups.All() {
		if g.VPC == v.ID {
			spec.SecurityGroups = append(spec.SecurityGroups, r.groupSpec(g))
		}
	}
	return spec
}
