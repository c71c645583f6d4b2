package scaling

import (
	"slices"
	"strings"
	"time"

	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// firstPause and longestPause are how long a group waits after a launch, or anything else, has failed:
// the first time, doubled each time, and at most.
const (
	firstPause   = 15 * time.Second
	longestPause = 5 * time.Minute
)

func (r *Room) pauseAfter(failures int) time.Duration {
	return r.Speed.Of(min(longestPause, firstPause<<min(failures, 10)))
}

// pause is a group's rest after a failure that is no launch's.
type pause struct {
	until    time.Time
	failures int
}

// tendFleets is the worker of all Auto Scaling groups. After every change, and when one of its moments
// has come, it asks what each group does next and does it; everything it needs to go on is in the store.
func (r *Room) tendFleets() {
	pauses := map[string]pause{}
	watch := r.Watch(slices.Concat([]store.Topic{r.fleets.Any(), r.members.Any(), r.refreshes.Any()}, r.machines.News(), r.targets.News(), r.alarms.News())...)
	defer watch.Stop()
	for {
		next := watch.Next()
		timer := time.NewTimer(time.Hour)
		if due := r.passFleets(pauses); !due.IsZero() {
			timer.Reset(max(0, time.Until(due)))
		}
		select {
		case <-next:
		case <-timer.C:
		case <-r.Context().Done():
		}
		timer.Stop()
		if r.Context().Err() != nil {
			return
		}
	}
}

// passFleets does for each group what is to be done now and returns when to look again.
func (r *Room) passFleets(pauses map[string]pause) (due time.Time) {
	rows := r.fleets.All()
	slices.SortFunc(rows, func(a, b fleetRow) int { return strings.Compare(a.Name, b.Name) })
	for _, f := range rows {
		p := pauses[f.Name]
		now := time.Now()
		at := p.until
		if !at.After(now) {
			var err error
			if at, err = r.passFleet(f, now); err == nil {
				delete(pauses, f.Name)
			} else if r.Context().Err() == nil {
				at = time.Now().Add(r.pauseAfter(p.failures))
				pauses[f.Name] = pause{until: at, failures: p.failures + 1}
				r.Log.Error("tend auto scaling group", "group", f.Name, "err", err)
			}
		}
		if !at.IsZero() && (due.IsZero() || at.Before(due)) {
			due = at
		}
	}
	return due
}

// passFleet first completes launches that were begun, then carries out what is decided.
func (r *Room) passFleet(f fleetRow, now time.Time) (time.Time, error) {
	members := r.membersOf(f.Name)
	if f.Deleting && len(members) == 0 {
		return time.Time{}, r.Update(func(tx *store.Tx) error { return r.dropFleet(tx, f.Name) })
	}
	for _, m := range members {
		if m.Instance == "" {
			if err := r.completeLaunch(f, m); err != nil {
				return time.Time{}, err
			}
		}
	}
	members = r.membersOf(f.Name)
	if current, ok := r.fleets.Get(f.Name); ok { // launches that failed have changed what is launched next
		f = current
	}
	actions, due := fleet.Decide(r.group(f), r.observed(members), now)
	found := statesOf(members)
	for _, a := range actions {
		if err := r.carryOut(f.Name, a, found); err != nil {
			return due, err
		}
	}
	return due, nil
}

// group is what a group is to be, for the decision.
func (r *Room) group(f fleetRow) fleet.Group {
	g := fleet.Group{
		Desired: int(f.Desired), Max: int(f.Max), Unit: r.launchSource(nil, f).next(f.Exhausted).Weight,
		Zones: r.fleetZones(nil, f), Resting: f.Resting, Policies: f.Policies,
		ELB: strings.Contains(f.HealthCheckType, "ELB"), Grace: r.bootTime(f.Grace), Suspended: sortedProcesses(f.Suspended),
		Attachments: f.Attachments, Deleting: f.Deleting, Owed: f.Owed,
		Warm: f.warm(), Warmup: r.bootTime(room.Deref(f.Warmup)), Lifetime: r.Speed.Of(time.Duration(f.Lifetime) * time.Second), Maintenance: f.Maintenance,
		BalanceOnly: f.Distribution == autoscalingtypes.CapacityDistributionStrategyBalancedOnly,
		HooksLaunch: len(f.hooksOf(launching)) > 0, HooksEnd: len(f.hooksOf(terminating)) > 0,
	}
	switch row, ok := r.refreshes.Get(f.Refresh); {
	case !ok || f.Refresh == "":
	case row.Status == cancelling:
		g.Cancels = true
	default:
		g.Refresh = r.decidable(row)
		g.Refresh.Why = r.alarming(row)
	}
	return g
}

// version is what a member was launched from.
func (m memberRow) version() fleet.Version {
	if m.Configuration != "" {
		return fleet.Version{Configured: m.Configured.UnixNano()}
	}
	v := m.Template.version()
	v.Type = m.Type
	return v
}

// size is how much of its group's capacity a member is.
func (m memberRow) size() int32 { return int32(max(1, m.Weight)) }

// observed is how members are, for the decision.
func (r *Room) observed(members []memberRow) (out []fleet.Instance) {
	for _, m := range members {
		i := fleet.Instance{
			ID: m.Token, Zone: m.Zone, Version: m.version(), Weight: m.Weight, Balances: m.Balances, Told: m.Told,
			Launched: m.Launched, State: m.State, InService: r.servesSince(nil, m),
			Sick: m.Sick, Protected: m.Protected, Registered: m.Registered, Machine: fleet.Starting,
			Stage: m.Stage, Until: m.until(),
		}
		if m.Instance != "" {
			r.observe(&i, m)
		}
		out = append(out, i)
	}
	return out
}

// observe looks at the instance behind a member and at its targets. One that ran when its region was lost starts
// again now: until it has, nothing that its targets say is its fault.
func (r *Room) observe(i *fleet.Instance, m memberRow) {
	row, ok := r.machines.Instance(nil, m.Instance)
	switch {
	case !ok || row.State == ec2types.InstanceStateNameTerminated:
		i.Machine = fleet.Gone
	case row.State == ec2types.InstanceStateNameShuttingDown:
		i.Machine = fleet.Ending
	case row.State == ec2types.InstanceStateNameStopping:
		i.Machine = fleet.Stopping
	case row.State == ec2types.InstanceStateNameStopped:
		i.Machine = fleet.Stopped
	case row.State == ec2types.InstanceStateNameRunning && row.Started.After(r.opened):
		i.Machine = fleet.Running
	}
	i.Targets = map[string]fleet.TargetState{}
	f, _ := r.fleets.Get(m.Group)
	for _, a := range f.Attachments {
		if h, ok := r.targets.State(a.ARN, m.Instance); ok {
			i.Targets[a.ARN] = targetStates[h.State]
		}
	}
}

var targetStates = map[elbtypes.TargetHealthStateEnum]fleet.TargetState{
	elbtypes.TargetHealthStateEnumInitial: fleet.Initial, elbtypes.TargetHealthStateEnumHealthy: fleet.Healthy,
	elbtypes.TargetHealthStateEnumUnhealthy: fleet.Unhealthy, elbtypes.TargetHealthStateEnumUnhealthyDraining: fleet.Draining,
	elbtypes.TargetHealthStateEnumDraining: fleet.Draining, elbtypes.TargetHealthStateEnumUnused: fleet.Unused,
	// Health checks are off: nobody will ever call it anything else.
	elbtypes.TargetHealthStateEnumUnavailable: fleet.Healthy,
}
