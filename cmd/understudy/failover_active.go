package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/drill"
	"github.com/understudy/understudy/plan"
	"github.com/understudy/understudy/plan/balancing"
)

// Where both regions serve, users are moved by the switch of the region that stays: the record of the other one follows it.

// alone takes the users of both regions to one.
func (m *moving) alone(c *cobra.Command, s *scene, to understudy.Side) (err error) {
	const name = "failover"
	if s.standby, err = s.switchOf(c.Context(), to); err != nil {
		return err
	}
	region := s.stack.Declaration.Regions[to].Name
	return m.move(c, s, way{
		command: name, from: to.Other(), to: to, at: fmt.Sprintf("the %s alone, %s", to, region),
		there: func(ctx context.Context) bool {
			now, _, err := s.leadsTo(ctx)
			return err == nil && s.standby.Switch.Position == to && slices.Equal(now, []understudy.Side{to})
		},
		turn: func(ctx context.Context) error {
			s.release(ctx, to.Other(), teller(c.ErrOrStderr()))
			s.turned = time.Now()
			return s.stack.Turn(ctx, s.standby, to, name)
		},
		answers: func(ctx context.Context) (understudy.Side, time.Duration, error) { return s.left(ctx, to) },
	})
}

// together gives the region that was taken from its users its share again.
func (m *moving) together(c *cobra.Command, s *scene) error {
	const name = "failback"
	var held []balancing.Standby
	for _, at := range understudy.Sides {
		standby, err := s.switchOf(c.Context(), at)
		switch {
		case err != nil:
			fmt.Fprintf(c.ErrOrStderr(), "the switch of the %s is not seen: %v\n", at, err)
		case standby.Switch.Position == at:
			held = append(held, standby)
		}
		s.standby = standby
	}
	if len(held) == 0 {
		fmt.Fprintln(c.OutOrStdout(), "no region is taken from its users")
		return nil
	}
	s.standby = held[0]
	to := s.standby.At.Other()
	return m.move(c, s, way{
		command: name, from: s.standby.At, to: to, at: "both regions",
		there: func(context.Context) bool { return false },
		turn: func(ctx context.Context) (err error) {
			s.turned = time.Now()
			for _, standby := range held {
				err = errors.Join(err, s.stack.Turn(ctx, standby, standby.At.Other(), name))
			}
			return err
		},
		answers: func(ctx context.Context) (understudy.Side, time.Duration, error) { return s.back(ctx, to) },
	})
}

// switchOf asks a region for its switch.
func (s *scene) switchOf(ctx context.Context, at understudy.Side) (balancing.Standby, error) {
	near, cancel := context.WithTimeout(ctx, 2*brief)
	defer cancel()
	return s.stack.Standby(near, at)
}

// release sets the other region's switch back where it stands on that region: with both records ill, Route 53 would answer as if both
// were well. A region that is lost answers no checker, and its switch with it.
func (s *scene) release(ctx context.Context, at understudy.Side, say func(string, ...any)) {
	standby, err := s.switchOf(ctx, at)
	if err == nil && standby.Switch.Position == at {
		err = s.stack.Turn(ctx, standby, at.Other(), "failover")
	}
	if err != nil && !errors.Is(err, plan.ErrNoSwitch) {
		say("the switch of the %s is not looked at: %v", at, err)
	}
}

// left tells whether the name leads to one region alone. From one place that cannot be seen for sure, where Route 53 chooses by latency or
// draws by weight, so that its checkers are to see the switch too; where its API does not answer, they are given the time that they need.
func (s *scene) left(ctx context.Context, to understudy.Side) (understudy.Side, time.Duration, error) {
	now, ttl, err := s.leadsTo(ctx)
	if err != nil || !slices.Equal(now, []understudy.Side{to}) || !s.known(ctx, to) {
		return "", ttl, err
	}
	return to, ttl, nil
}

// back tells whether the name leads to a region again, which from a place nearer to the other one is not seen.
func (s *scene) back(ctx context.Context, to understudy.Side) (understudy.Side, time.Duration, error) {
	now, ttl, err := s.leadsTo(ctx)
	latency := s.stack.Declaration.Failover.Routing == understudy.RoutingLatency
	if err != nil || !slices.Contains(now, to) && !latency || !s.known(ctx, to) {
		return "", ttl, err
	}
	return to, ttl, nil
}

// known tells whether Route 53's checkers know the switch as it was set.
func (s *scene) known(ctx context.Context, to understudy.Side) bool {
	agreed, err := s.agreed(ctx, to)
	if err != nil {
		f, pace := s.stack.Declaration.Failover, s.outside.pace()
		pace.Interval, pace.Threshold = time.Duration(f.Interval)*time.Second, f.Threshold
		return time.Since(s.turned) > pace.Detection()
	}
	return agreed
}

// leadsTo asks the zone's name servers in turn for the sides that the name leads to, so often that a region is seldom missed.
func (s *scene) leadsTo(ctx context.Context) (sides []understudy.Side, ttl time.Duration, err error) {
	d := s.stack.Declaration
	servers, err := s.nameServers(ctx, d.Domain)
	if err != nil {
		return nil, 0, err
	}
	known, err := s.addresses(ctx, s.standby.Balancer)
	if err != nil {
		return nil, 0, err
	}
	for n := range max(len(servers), draws(d)) {
		a, err := drill.Resolver{Server: servers[n%len(servers)]}.Lookup(ctx, d.Host())
		if err != nil {
			return nil, 0, err
		}
		ttl = max(ttl, a.TTL)
		side := s.standby.At.Other()
		if slices.ContainsFunc(a.Addresses, func(x netip.Addr) bool { return slices.Contains(known, x) }) {
			side = s.standby.At
		}
		if !slices.Contains(sides, side) {
			sides = append(sides, side)
		}
	}
	slices.Sort(sides)
	return sides, ttl, nil
}

// draws is how often a name server is asked until the region with the smaller share is seldom missed.
func draws(d *understudy.Declaration) int {
	if d.Failover.Routing != understudy.RoutingWeighted {
		return 1
	}
	a, b := float64(d.Regions[understudy.Primary].Weight), float64(d.Regions[understudy.Secondary].Weight)
	return account.Draws(min(a, b) / (a + b))
}

// holdOne keeps users at the region that serves alone since the other one is ill.
func (s *scene) holdOne(c *cobra.Command) error {
	well := map[understudy.Side]bool{}
	for _, side := range understudy.Sides {
		near, cancel := context.WithTimeout(c.Context(), 2*brief)
		front, err := s.stack.Front(near, side)
		well[side] = err == nil && s.probe(near, front) == nil
		cancel()
	}
	if well[understudy.Primary] == well[understudy.Secondary] {
		return errors.New("hold: there is nothing to keep: " + map[bool]string{
			true:  "both regions answer\nhint: `understudy failover --to` moves users to one of them",
			false: "neither region answers",
		}[well[understudy.Primary]])
	}
	to := understudy.Secondary
	if well[understudy.Primary] {
		to = understudy.Primary
	}
	standby, err := s.switchOf(c.Context(), to)
	if err == nil {
		err = s.stack.Turn(c.Context(), standby, to, "hold")
	}
	if err != nil {
		return fmt.Errorf("hold: %w", err)
	}
	fmt.Fprintf(c.OutOrStdout(), "the %s does not answer, and the switch is set to the %s\n", to.Other(), to)
	return nil
}
