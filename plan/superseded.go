package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/failover"
	"github.com/understudy/understudy/plan/fleet"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
)

// superseded is what serves no more since the listener forwards to another generation: the fleets and target groups of earlier
// ones, and the rules for their ports. It goes when the region passes its health check with the new one.
type superseded struct {
	resource.Scope
	listener *balancing.Listener
	group    *balancing.TargetGroup // the declared one, which knows the earlier ones
	fleet    *fleet.Fleet           // likewise
	within   *network.Group
	alias    *failover.Alias
	probed   func() []int // the port that the load balancer has probed, and probes no more
}

// probedBefore returns the ports that were found to be probed, and open for that, where others are declared. They stay open until the new one
// is probed.
func (r *region) probedBefore() (ports []int) {
	for _, g := range r.targetGroup.DeclaredTogether() {
		if port := g.Probed; port != 0 && !slices.Contains(r.Declared.Asked(), port) && r.within.Opens(port) {
			ports = append(ports, port)
		}
	}
	return ports
}

// Foreign says that down has nothing to delete here: target group and fleet delete theirs.
func (s *superseded) Foreign() bool { return true }
func (s *superseded) Momentary()    {}

func (s *superseded) Find(context.Context) (bool, error) { return true, nil }

func (s *superseded) Desired() []resource.Field {
	return []resource.Field{{Name: "fleets"}, {Name: "target groups"}, {Name: "probed port"}}
}

func (s *superseded) Actual() []resource.Field {
	var fleets, groups []string
	for _, f := range s.fleet.Earlier {
		fleets = append(fleets, f.FleetName())
	}
	for _, g := range s.group.Earlier {
		groups = append(groups, g.GroupName())
	}
	var ports []string
	for _, port := range s.probed() {
		ports = append(ports, resource.Number(port))
	}
	return []resource.Field{{Name: "fleets", Value: resource.Set(fleets...)}, {Name: "target groups", Value: resource.Set(groups...)},
		{Name: "probed port", Value: resource.Set(ports...)}}
}

func (s *superseded) Create(context.Context) error { return nil }
func (s *superseded) Remove(context.Context) error { return nil }

// Change ends with the alias: a run that is killed before leaves a target group, by which the next one sees that there is more
// to do, or an alias that the records' comparison heals.
func (s *superseded) Change(ctx context.Context, differences []resource.Difference) error {
	if !resource.Differs(differences, "fleets") && !resource.Differs(differences, "target groups") {
		return s.open(ctx, s.Declared.Asked()...)
	}
	for _, f := range s.fleet.Earlier {
		if err := f.Drain(ctx); err != nil {
			return err
		}
	}
	if err := s.listener.Forward(ctx, []balancing.Share{{Group: s.group.ARN, Weight: balancing.Whole}}); err != nil {
		return err
	}
	for _, g := range s.group.Earlier {
		if err := g.Delete(ctx); err != nil {
			return err
		}
	}
	if err := s.open(ctx, s.Declared.Asked()...); err != nil {
		return err
	}
	return s.alias.Evaluate(ctx, true)
}

// open opens these ports to the load balancer, and no others.
func (s *superseded) open(ctx context.Context, ports ...int) error {
	g := *s.within
	g.Port, g.Also = ports[0], func() []int { return ports[1:] }
	there, err := g.Read(ctx)
	if err != nil || !there {
		return err
	}
	return g.Change(ctx, nil)
}

// undo gives the requests back to the earlier generation, which serves still, and deletes the new one, where that does not come to
// serve. It is over in seconds: nothing of the old has to be started.
func (s *superseded) undo(ctx context.Context, cause error) error {
	var ill *resource.NotServing
	back := s.listener.Returns()
	if !errors.As(cause, &ill) || len(back) == 0 || s.drained() {
		return cause
	}
	resource.Note(ctx, "%s does not come to serve; the requests go back to %s", s.fleet.FleetName(), balancing.SharesText(back))
	if err := s.goBack(ctx, back); err != nil {
		return fmt.Errorf("%w\ngoing back to %s failed: %w", cause, balancing.SharesText(back), err)
	}
	said := fmt.Sprintf("rolled back: requests go to %s as before, and %s is deleted", balancing.SharesText(back), s.fleet.FleetName())
	if s.fleet.Second != "" {
		said += "; the " + string(s.fleet.Second) + " fleet was not touched"
	}
	return fmt.Errorf("%w\n%s", cause, said)
}

// drained tells whether a run has begun to take the old instances away.
func (s *superseded) drained() bool {
	now := 0
	for _, f := range s.fleet.Earlier {
		now += int(aws.ToInt32(f.Was.DesiredCapacity))
	}
	return now == 0
}

func (s *superseded) goBack(ctx context.Context, shares []balancing.Share) error {
	if err := s.listener.Forward(ctx, shares); err != nil {
		return err
	}
	if err := s.fleet.End(ctx); err != nil {
		return err
	}
	if err := s.group.Delete(ctx); err != nil {
		return err
	}
	if err := s.open(ctx, s.group.EarlierPorts()...); err != nil {
		return err
	}
	if err := s.fleet.Template.GiveUp(ctx, s.fleet.Template.Exact()); err != nil {
		return err
	}
	return s.alias.Evaluate(ctx, true)
}

var _ resource.Resource = (*superseded)(nil)
