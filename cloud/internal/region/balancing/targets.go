package balancing

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// RegisterTargets adds targets; one that is there already stays as it is, one that drains comes back.
func (r *Room) RegisterTargets(ctx context.Context, in *elb.RegisterTargetsInput) (*elb.RegisterTargetsOutput, error) {
	if err := room.Only(in, "TargetGroupArn", "Targets"); err != nil {
		return nil, err
	}
	if len(in.Targets) == 0 {
		return nil, invalid("The request must contain the parameter 'Targets'")
	}
	err := r.changeTargetGroup(in.TargetGroupArn, func(tx *store.Tx, g *targetGroupRow) error {
		for _, t := range in.Targets {
			row, err := g.target(t)
			if err != nil {
				return err
			}
			if err := r.checkTarget(tx, *g, row); err != nil {
				return err
			}
			i := slices.IndexFunc(g.Targets, func(x targetRow) bool { return x.ID == row.ID && x.Port == row.Port })
			if i < 0 {
				g.Targets = append(g.Targets, row)
			} else {
				g.Targets[i].Until = time.Time{}
			}
		}
		return r.checkCount(*g)
	})
	return &elb.RegisterTargetsOutput{}, err
}

// target reads a description; without a port the group's is meant.
func (row targetGroupRow) target(t elbtypes.TargetDescription) (targetRow, error) {
	if err := room.Only(t, "Id", "Port", "AvailabilityZone"); err != nil {
		return targetRow{}, err
	}
	if err := required("Targets.Id", t.Id); err != nil {
		return targetRow{}, err
	}
	port := orDefault(t.Port, row.Port)
	if port < 1 || port > 65535 {
		return targetRow{}, invalid("Port '%d' of target '%s' must be between 1 and 65535", port, *t.Id)
	}
	if t.AvailabilityZone != nil && row.Type != elbtypes.TargetTypeEnumIp {
		return targetRow{}, invalid("You cannot specify an Availability Zone for targets of type '%s'", row.Type)
	}
	return targetRow{ID: oneText(*t.Id), Port: port, Zone: room.Deref(t.AvailabilityZone)}, nil
}

// oneText is a target's id as it is kept: one text for an address.
func oneText(id string) string {
	if a, err := netip.ParseAddr(id); err == nil {
		return a.String()
	}
	return id
}

// checkTarget refuses what cannot get requests: an instance that does not run or is elsewhere, an
// address outside of the VPC, a load balancer that does not listen.
func (r *Room) checkTarget(tx *store.Tx, g targetGroupRow, t targetRow) error {
	if g.ofBalancers() {
		return r.checkBalancer(tx, g, t)
	}
	if g.Type == elbtypes.TargetTypeEnumIp {
		a, err := g.address(t)
		if err != nil {
			return err
		}
		return r.checkAddress(tx, g, t, a)
	}
	i, ok := r.network.Instance(tx, t.ID)
	switch {
	case !strings.HasPrefix(t.ID, "i-"): // seen in https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/328
		return invalid("Instance ID '%s' is not valid", t.ID)
	case !ok:
		return wire.Errorf("InvalidTarget", "The following targets are not valid instances: '%s'", t.ID)
	case i.VPC != g.VPC:
		return wire.Errorf("InvalidTarget", "The following targets are not in the target group VPC '%s': '%s'", g.VPC, t.ID)
	case i.State != ec2types.InstanceStateNameRunning:
		return wire.Errorf("InvalidTarget", "The following targets are not in a running state and cannot be registered: '%s'", t.ID)
	case g.ofIPv6() && !i.IPv6.IsValid(): // seen in https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/3572
		return wire.Errorf("InvalidTarget",
			"The following targets cannot be used with this IPv6 target group because of missing primary IPv6 addresses: '%s'", t.ID)
	}
	return nil
}

// anyZone is the zone of addresses outside of the VPC.
const anyZone = "all"

// outside are the ranges from which addresses outside of the VPC may be targets
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html#target-type).
var outside = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
}

// checkAddress refuses addresses that are neither in the VPC nor private ones of any zone
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetDescription.html).
func (r *Room) checkAddress(tx *store.Tx, g targetGroupRow, t targetRow, a netip.Addr) error {
	in := func(all []netip.Prefix) bool {
		return slices.ContainsFunc(all, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	v, ok := r.network.VPC(tx, g.VPC)
	inside := ok && in(v.CIDRs)
	switch {
	case !inside && t.Zone != anyZone:
		return wire.Errorf("InvalidTarget", "The IP address '%s' is not within the VPC '%s'", t.ID, g.VPC)
	case !inside && !in(outside):
		return wire.Errorf("InvalidTarget", "The IP address '%s' is neither within the VPC '%s' nor a private one", t.ID, g.VPC)
	case inside && t.Zone != "" && t.Zone != anyZone && !strings.HasPrefix(t.Zone, r.Region):
		return invalid("The Availability Zone '%s' is not valid", t.Zone)
	}
	return nil
}

// DeregisterTargets has targets drain. AWS takes a target without a port for all ports it is registered at, and one that
// is not registered is no error (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeregisterTargets.html).
func (r *Room) DeregisterTargets(ctx context.Context, in *elb.DeregisterTargetsInput) (*elb.DeregisterTargetsOutput, error) {
	if err := room.Only(in, "TargetGroupArn", "Targets"); err != nil {
		return nil, err
	}
	if len(in.Targets) == 0 {
		return nil, invalid("The request must contain the parameter 'Targets'")
	}
	_, used := r.groupUser(room.Deref(in.TargetGroupArn))
	err := r.changeTargetGroup(in.TargetGroupArn, func(_ *store.Tx, g *targetGroupRow) error {
		seconds, _ := strconv.Atoi(attributeOf(targetGroupAttributes, g.Attributes, "deregistration_delay.timeout_seconds"))
		until := time.Now().UTC().Add(r.Speed.Of(time.Duration(seconds) * time.Second))
		for _, t := range in.Targets {
			named := func(x targetRow) bool {
				return x.ID == oneText(room.Deref(t.Id)) && (t.Port == nil || x.Port == *t.Port)
			}
			for i, x := range g.Targets {
				if named(x) && !x.draining() {
					g.Targets[i].Until = until
				}
			}
		}
		if !used || seconds == 0 { // nothing is under way that could finish
			g.Targets = slices.DeleteFunc(g.Targets, targetRow.draining)
		}
		return nil
	})
	return &elb.DeregisterTargetsOutput{}, err
}

// Register adds instances to a target group for an Auto Scaling group; like Deregister it runs after a commit.
func (r *Room) Register(arn string, instances []string) error {
	_, err := r.RegisterTargets(r.Context(), &elb.RegisterTargetsInput{TargetGroupArn: &arn, Targets: descriptions(instances)})
	return err
}

// Deregister has instances of an Auto Scaling group drain; it leaves out instances that are not registered.
func (r *Room) Deregister(arn string, instances []string) error {
	g, ok := r.targetGroups.Get(arn)
	if !ok {
		return missingTargetGroup()
	}
	instances = slices.DeleteFunc(slices.Clone(instances), func(id string) bool {
		return !slices.ContainsFunc(g.Targets, func(x targetRow) bool { return x.ID == id })
	})
	if len(instances) == 0 {
		return nil
	}
	_, err := r.DeregisterTargets(r.Context(), &elb.DeregisterTargetsInput{TargetGroupArn: &arn, Targets: descriptions(instances)})
	return err
}

func descriptions(instances []string) (out []elbtypes.TargetDescription) {
	for _, id := range instances {
		out = append(out, elbtypes.TargetDescription{Id: new(id)})
	}
	return out
}

// TargetType is what a target group has for targets, or false where there is no such group.
func (r *Room) TargetType(tx *store.Tx, arn string) (elbtypes.TargetTypeEnum, bool) {
	g, ok := r.targetGroups.GetTx(tx, arn)
	return g.Type, ok
}

// News is what to watch for a change of load balancers and of what they find of their targets.
func (r *Room) News() []store.Topic {
	return []store.Topic{r.loadBalancers.Any(), r.targetGroups.Any(), r.listeners.Any(), r.rules.Any(), targetNews}
}

// State returns an instance's health in a target group, or false where it is not registered.
func (r *Room) State(arn, instance string) (elbtypes.TargetHealth, bool) {
	g, ok := r.targetGroups.Get(arn)
	if !ok {
		return elbtypes.TargetHealth{}, false
	}
	i := slices.IndexFunc(g.Targets, func(x targetRow) bool { return x.ID == instance })
	if i < 0 {
		return elbtypes.TargetHealth{}, false
	}
	return r.targetHealth(g, g.Targets[i]), true
}

func health(s elbtypes.TargetHealthStateEnum, reason, format string, args ...any) elbtypes.TargetHealth {
	h := elbtypes.TargetHealth{State: s, Reason: elbtypes.TargetHealthReasonEnum(reason)}
	h.Description = room.Some(fmt.Sprintf(format, args...))
	return h
}

// targetHealth returns a target's state, reason and description as
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html words them.
func (r *Room) targetHealth(g targetGroupRow, t targetRow) elbtypes.TargetHealth {
	user, used := r.groupUser(g.ARN)
	at, zone, state := r.targetAddress(g, t)
	b, _ := r.loadBalancers.Get(user)
	switch {
	case t.draining():
		return health("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
	case !used:
		return health("unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer")
	case g.ofBalancers() && t.Zone == "":
		return r.balancerHealth(g, t)
	case !at.IsValid():
		return health("unused", "Target.InvalidState", "Target is in the %s state", state)
	case zone != "" && !slices.ContainsFunc(b.Nodes, func(n nodeRow) bool { return n.Zone == zone }):
		return health("unused", "Target.NotInUse", "Target is in an Availability Zone that is not enabled for the load balancer")
	}
	h := r.seenHealth(user, g.ARN, t, at)
	return health(elbtypes.TargetHealthStateEnum(h.State), h.Reason, "%s", h.Description)
}

// targetAddress returns where a target gets requests, and its zone where that is known. The address is
// invalid where the instance does not run; state says what it is then.
func (r *Room) targetAddress(g targetGroupRow, t targetRow) (at netip.AddrPort, zone, state string) {
	if g.ofBalancers() {
		return r.nodeOf(t), t.Zone, ""
	}
	if g.Type == elbtypes.TargetTypeEnumIp {
		return netip.AddrPortFrom(netip.MustParseAddr(t.ID), uint16(t.Port)), r.addressZone(g, t), ""
	}
	i, ok := r.network.Instance(nil, t.ID)
	if !ok {
		return netip.AddrPort{}, "", string(ec2types.InstanceStateNameTerminated)
	}
	if i.State != ec2types.InstanceStateNameRunning {
		return netip.AddrPort{}, i.Zone, string(i.State)
	}
	own := i.Address
	if g.ofIPv6() {
		own = i.IPv6
	}
	return netip.AddrPortFrom(own, uint16(t.Port)), i.Zone, string(i.State)
}

// addressZone is the zone of an address of a network load balancer's target group: the one that was said, or its subnet's; "" for none or
// any. An application load balancer sends requests to addresses of every zone.
func (r *Room) addressZone(g targetGroupRow, t targetRow) string {
	switch {
	case !g.flow() || t.Zone == anyZone:
		return ""
	case t.Zone != "":
		return t.Zone
	}
	return r.network.ZoneAt(g.VPC, netip.MustParseAddr(t.ID))
}

// DescribeTargetHealth lists the targets of a group and how they are.
func (r *Room) DescribeTargetHealth(ctx context.Context, in *elb.DescribeTargetHealthInput) (*elb.DescribeTargetHealthOutput, error) {
	if err := r.requireARN(groupARN, "TargetGroupArn", in.TargetGroupArn); err != nil {
		return nil, err
	}
	if err := room.Only(in, "Include", "TargetGroupArn", "Targets"); err != nil {
		return nil, err
	}
	g, ok := r.targetGroups.Get(*in.TargetGroupArn)
	if !ok {
		return nil, missingTargetGroup()
	}
	targets := slices.Clone(g.Targets)
	if len(in.Targets) > 0 {
		targets = nil
		for _, t := range in.Targets {
			row, err := g.target(t)
			if err != nil {
				return nil, err
			}
			targets = append(targets, row)
		}
	}
	slices.SortFunc(targets, func(a, b targetRow) int { return strings.Compare(a.ID, b.ID) })
	out := &elb.DescribeTargetHealthOutput{}
	for _, t := range targets {
		d := r.describeTarget(g, t)
		if len(in.Include) > 0 { // of anomalies, or of all, which is the same
			d.AnomalyDetection = r.showAnomaly(g, t)
		}
		out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, d)
	}
	return out, nil
}

func (r *Room) describeTarget(g targetGroupRow, t targetRow) elbtypes.TargetHealthDescription {
	port := g.CheckPort
	if port == trafficPort {
		port = strconv.Itoa(int(t.Port))
	}
	d := elbtypes.TargetHealthDescription{HealthCheckPort: &port, Target: &elbtypes.TargetDescription{Id: new(t.ID), Port: new(t.Port)}}
	if t.Zone != "" {
		d.Target.AvailabilityZone = new(t.Zone)
	}
	i := slices.IndexFunc(g.Targets, func(x targetRow) bool { return x.ID == t.ID && x.Port == t.Port })
	h := health("unused", "Target.NotRegistered", "Target is not registered to the target group")
	if i >= 0 {
		h = r.targetHealth(g, g.Targets[i])
		d.AdministrativeOverride = r.showOverride(g, g.Targets[i])
	}
	d.TargetHealth = &h
	return d
}
