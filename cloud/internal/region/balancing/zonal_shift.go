package balancing

import (
	"net/netip"
	"slices"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// zonalShift is the attribute by which a load balancer can be shifted away from a zone.
const zonalShift = "zonal_shift.config.enabled"

// Shiftable is a load balancer that can be shifted away from one of its zones.
type Shiftable struct {
	ARN, Name string
	Zones     []string
}

// Shiftable are the load balancers that can be shifted: those that are fully provisioned and have it enabled
// (https://docs.aws.amazon.com/r53recovery/latest/dg/arc-zonal-shift.resource-types.html).
func (r *Room) Shiftable(tx *store.Tx) (all []Shiftable) {
	for _, row := range r.loadBalancers.AllTx(tx) {
		if !row.Active || row.attribute(zonalShift) != "true" {
			continue
		}
		s := Shiftable{ARN: row.ARN, Name: row.Name}
		for _, n := range row.Nodes {
			s.Zones = append(s.Zones, n.Zone)
		}
		all = append(all, s)
	}
	return all
}

// Shift has a load balancer move its traffic away from a zone, or from none where that is "". One that is gone is left alone.
func (r *Room) Shift(tx *store.Tx, arn, zone string) error {
	row, ok := r.loadBalancers.GetTx(tx, arn)
	if !ok || row.ShiftedFrom == zone {
		return nil
	}
	row.ShiftedFrom = zone
	return r.loadBalancers.Put(tx, arn, row)
}

// checkShiftable refuses zonal shift where a load balancer cannot be shifted with one of its target groups. To turn it off ends a shift.
func (r *Room) checkShiftable(tx *store.Tx, row *loadBalancerRow) error {
	if row.attribute(zonalShift) != "true" {
		row.ShiftedFrom = ""
		return nil
	}
	for arn, user := range r.groupUsers(tx) {
		if g, ok := r.targetGroups.GetTx(tx, arn); ok && user == row.ARN {
			if err := row.checkShiftsWith(g); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkShiftsWith refuses a target group with which a network load balancer cannot be shifted while it crosses zones
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/enable-zonal-shift.html). The words are not AWS's.
func (row loadBalancerRow) checkShiftsWith(g targetGroupRow) error {
	if !row.network() || row.attribute(zonalShift) != "true" || row.attribute(crossZone) != "true" {
		return nil
	}
	if datagrams(g.Protocol) || g.ofBalancers() || g.set(cutUnhealthy) == "true" || g.set(crossZone) == "false" {
		return wire.Errorf("InvalidConfigurationRequest", "You cannot enable zonal shift on a load balancer with cross-zone load balancing enabled unless "+
			"the protocol of target group '%s' is TCP or TLS, its target type is not 'alb', its connection termination for unhealthy targets is disabled, "+
			"and its cross-zone load balancing is not disabled", g.ARN)
	}
	return nil
}

// zoneLeft is the zone that a zonal shift takes out of DNS; "" for none. It has no effect where the targets of the others are too few: the
// load balancer would fail open (https://docs.aws.amazon.com/r53recovery/latest/dg/arc-zonal-shift.resource-types.html).
func (r *Room) zoneLeft(row loadBalancerRow) string {
	if row.ShiftedFrom == "" {
		return ""
	}
	for _, arn := range r.groupsOf(row.ARN) {
		g, _ := r.targetGroups.Get(arn)
		others := slices.DeleteFunc(slices.Clone(r.spread(g)), func(t targetRow) bool { return r.zoneOfTarget(g, t) == row.ShiftedFrom })
		if !r.enough(g, others) {
			return ""
		}
	}
	return row.ShiftedFrom
}

// overrides are the states of a target that a zonal shift may override, in the words of
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/zonal-shift.html#admin-override.
var overrides = map[elbtypes.TargetAdministrativeOverrideStateEnum]elbtypes.AdministrativeOverride{
	elbtypes.TargetAdministrativeOverrideStateEnumNoOverride: {
		Reason: elbtypes.TargetAdministrativeOverrideReasonEnumNoOverrideEngaged, Description: new("No override is currently active on target"),
	},
	elbtypes.TargetAdministrativeOverrideStateEnumZonalShiftActive: {
		Reason: elbtypes.TargetAdministrativeOverrideReasonEnumZonalShiftEngaged, Description: new("Zonal shift is active in target Availability Zone"),
	},
	elbtypes.TargetAdministrativeOverrideStateEnumZonalShiftDelegatedToDns: {
		Reason: elbtypes.TargetAdministrativeOverrideReasonEnumZonalShiftDelegatedToDns,
		Description: new("This target's zonal shift state is not available through DescribeTargetHealth but can be viewed directly through the " +
			"AWS ARC - Zonal Shift API or console."),
	},
}

// showOverride tells what zonal shift does to a target of a group that a load balancer uses.
func (r *Room) showOverride(g targetGroupRow, t targetRow) *elbtypes.AdministrativeOverride {
	user, used := r.groupUser(g.ARN)
	if !used {
		return nil
	}
	b, _ := r.loadBalancers.Get(user)
	state := r.override(b, g, t)
	shown := overrides[state]
	shown.State = state
	return &shown
}

// override is what a zonal shift does to a target. Where requests cross zones it keeps them from the targets of the zone; where they do not,
// the zone leaves DNS, and its node goes on for who still has its address
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/zonal-shift.html).
func (r *Room) override(b loadBalancerRow, g targetGroupRow, t targetRow) elbtypes.TargetAdministrativeOverrideStateEnum {
	if g.ofBalancers() && t.Zone == "" {
		return r.overrideOfNodes(b, g, t)
	}
	switch {
	case b.ShiftedFrom == "" || r.zoneOfTarget(g, t) != b.ShiftedFrom:
		return elbtypes.TargetAdministrativeOverrideStateEnumNoOverride
	case crossesZones(b, g):
		return elbtypes.TargetAdministrativeOverrideStateEnumZonalShiftActive
	}
	return elbtypes.TargetAdministrativeOverrideStateEnumZonalShiftDelegatedToDns
}

// overrideOfNodes is that of an application load balancer as one target: the one of its node in the zone that is left, if it has any there.
func (r *Room) overrideOfNodes(b loadBalancerRow, g targetGroupRow, t targetRow) elbtypes.TargetAdministrativeOverrideStateEnum {
	g.Targets = []targetRow{t}
	for _, node := range r.spread(g) {
		if state := r.override(b, g, node); state != elbtypes.TargetAdministrativeOverrideStateEnumNoOverride {
			return state
		}
	}
	return elbtypes.TargetAdministrativeOverrideStateEnumNoOverride
}

// zoneOfTarget is the zone that a target is in: of an address also where requests go to it from every zone.
func (r *Room) zoneOfTarget(g targetGroupRow, t targetRow) string {
	_, zone, _ := r.targetAddress(g, t)
	if zone == "" && g.Type == elbtypes.TargetTypeEnumIp && t.Zone != anyZone {
		zone = r.network.ZoneAt(g.VPC, netip.MustParseAddr(t.ID))
	}
	return zone
}
