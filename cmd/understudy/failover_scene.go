package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/drill"
	"github.com/understudy/understudy/move"
	"github.com/understudy/understudy/plan"
	"github.com/understudy/understudy/plan/balancing"
)

// scene is what can be seen from the region that users are moved to while all else may be lost.
type scene struct {
	stack   *plan.Stack
	outside outside
	standby balancing.Standby             // that region's switch; where one region serves, the secondary's in any case
	turned  time.Time                     // when this run has set it
	need    func() (n int, unseen string) // how many healthy targets the side of a move must have; asked once
}

// brief bounds what is only looked at: an API that does not answer must not hold up a move. The SDK's retries are within it.
const brief = 5 * time.Second

// answers asks the zone's name servers, all of them, where the name leads: to the standby if all say so.
func (s *scene) answers(ctx context.Context) (understudy.Side, time.Duration, error) {
	d := s.stack.Declaration
	servers, err := s.nameServers(ctx, d.Domain)
	if err != nil {
		return "", 0, err
	}
	standbys, err := s.addresses(ctx, s.standby.Balancer)
	if err != nil {
		return "", 0, err
	}
	side, ttl := understudy.Secondary, time.Duration(0)
	for _, server := range servers {
		a, err := drill.Resolver{Server: server}.Lookup(ctx, d.Host())
		if err != nil {
			return "", 0, err
		}
		ttl = max(ttl, a.TTL)
		if !slices.ContainsFunc(a.Addresses, func(x netip.Addr) bool { return slices.Contains(standbys, x) }) {
			side = understudy.Primary
		}
	}
	return side, ttl, nil
}

// nameServers finds the zone's name servers by DNS, which goes on where Route 53's API does not.
func (s *scene) nameServers(ctx context.Context, domain string) ([]string, error) {
	if s.outside.resolver != "" {
		return []string{s.outside.resolver}, nil
	}
	if os.Getenv("AWS_ENDPOINT_URL") != "" {
		return nil, errNotAsked
	}
	found, err := net.DefaultResolver.LookupNS(ctx, domain)
	if err != nil {
		return nil, fmt.Errorf("find the name servers of %s: %w", domain, err)
	}
	var servers []string
	for _, n := range found {
		servers = append(servers, net.JoinHostPort(strings.TrimSuffix(n.Host, "."), "53"))
	}
	return servers, nil
}

// addresses resolves a load balancer's own name.
func (s *scene) addresses(ctx context.Context, balancer string) ([]netip.Addr, error) {
	lookup := drill.SystemLookup
	if s.outside.resolver != "" {
		lookup = drill.Resolver{Server: s.outside.resolver}.Lookup
	}
	a, err := lookup(ctx, balancer)
	return a.Addresses, err
}

// probe asks the service's health path of a load balancer at one of its addresses, as a checker does, but takes no certificate
// that users would not.
func (s *scene) probe(ctx context.Context, balancer string) error {
	ctx, cancel := context.WithTimeout(ctx, brief)
	defer cancel()
	found, err := s.addresses(ctx, balancer)
	if err != nil {
		return err
	}
	d := s.stack.Declaration
	authorities, err := s.outside.authorities(d.HTTPS.Declared())
	if err != nil {
		return err
	}
	scheme, port := d.Entry()
	url := fmt.Sprintf("%s://%s%s", scheme, net.JoinHostPort(found[0].String(), fmt.Sprint(s.outside.port(port))), d.Service.Health)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.Host = d.Host()
	client := http.Client{
		Transport: &http.Transport{
			DisableKeepAlives: true,
			TLSClientConfig:   &tls.Config{RootCAs: authorities, ServerName: d.Host()},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s answers %s", url, resp.Status)
	}
	return nil
}

func (s *scene) agreed(ctx context.Context, to understudy.Side) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, brief)
	defer cancel()
	seen, err := s.stack.CheckersSee(ctx, s.standby.At)
	return err == nil && seen == to, err
}

// checks lists what may speak against a move.
func (s *scene) checks(ctx context.Context, from, to understudy.Side) []move.Check {
	s.need = sync.OnceValues(func() (int, string) { return s.needed(ctx, from, to) })
	return []move.Check{
		{Name: "healthy", Look: func(ctx context.Context) (string, string) { return s.healthy(ctx, to) }},
		{Name: "parity", Look: s.parity},
		{Name: "capacity", Look: func(ctx context.Context) (string, string) { return s.capacity(ctx, to) }},
		{Name: "busy", Look: s.busy},
	}
}

// healthy asks the load balancer, the service, and as far as Route 53 answers its checkers.
func (s *scene) healthy(ctx context.Context, side understudy.Side) (against, unseen string) {
	region := s.stack.Declaration.Regions[side].Name
	near, cancel := context.WithTimeout(ctx, 2*brief)
	defer cancel()
	strength, err := s.stack.Strength(near, side)
	if err != nil {
		return err.Error(), ""
	}
	if s.dark(side, strength) {
		return "", fmt.Sprintf("%s has no instance yet: it is asked when it has grown", region)
	}
	if strength.Healthy == 0 {
		return fmt.Sprintf("no target of %s is healthy", region), ""
	}
	front, err := s.stack.Front(near, side)
	if err == nil {
		err = s.probe(ctx, front)
	}
	if err != nil {
		return fmt.Sprintf("a request of our own to %s fails: %v", region, err), ""
	}
	far, cancel := context.WithTimeout(ctx, brief)
	defer cancel()
	found, err := s.stack.ChecksFind(far, side)
	if err != nil {
		return "", "what Route 53's checkers find: " + err.Error()
	}
	if !found.Passing {
		return fmt.Sprintf("%s: %s", region, found.Told), ""
	}
	return "", ""
}

// parity is compared only if both regions answer, and Route 53 does.
func (s *scene) parity(ctx context.Context) (against, unseen string) {
	ctx, cancel := context.WithTimeout(ctx, 2*brief)
	defer cancel()
	against, err := unequal(ctx, s.stack)
	if err != nil {
		return "", err.Error()
	}
	return against, ""
}

// needed is how many healthy targets the side must have: as many as serve on the other one, or as declared if that one
// does not answer; and for the standby at least what is declared for it. Where both serve, the one that stays alone needs what both have.
func (s *scene) needed(ctx context.Context, from, to understudy.Side) (n int, unseen string) {
	ctx, cancel := context.WithTimeout(ctx, brief)
	defer cancel()
	d := s.stack.Declaration
	strength, err := s.stack.Strength(ctx, from)
	n = strength.Healthy
	if err != nil {
		n, unseen = d.Fleet.Desired, fmt.Sprintf("how much the %s serves; it is taken for the %d instances declared: %v", from, d.Fleet.Desired, err)
	}
	if s.grows(to) { // also where the primary is ill, and has few healthy targets for that
		n = max(n, s.carried(strength, err).Desired)
	}
	switch {
	case d.Failover.Active() && s.standby.At == from:
		n = 1 // to goes on with what it has, until scaling or a person decides
	case d.Failover.Active():
		n = max(n+s.serving(ctx, to), d.Failover.Standby.Desired)
	case to == understudy.Secondary:
		n = max(n, d.Failover.Standby.Desired)
	}
	return n, unseen
}

// serving is how many healthy targets a region has; none where it does not answer, which is said by who looks at its health.
func (s *scene) serving(ctx context.Context, side understudy.Side) int {
	strength, err := s.stack.Strength(ctx, side)
	if err != nil {
		return 0
	}
	return strength.Healthy
}

func (s *scene) capacity(ctx context.Context, to understudy.Side) (against, unseen string) {
	n, unseen := s.need()
	near, cancel := context.WithTimeout(ctx, 2*brief)
	defer cancel()
	has, err := s.stack.Strength(near, to)
	if err != nil {
		return err.Error(), unseen
	}
	if has.Max < n && !s.grows(to) {
		return fmt.Sprintf("%d instances are needed, and the group in %s has %d at most", n, s.stack.Declaration.Regions[to].Name, has.Max), unseen
	}
	return "", unseen
}

// raise gives a side the instances that it needs. A move that is made although capacity speaks against it waits for none.
func (s *scene) raise(ctx context.Context, to understudy.Side, forced bool, say func(string, ...any)) (string, error) {
	if s.grows(to) {
		if _, err := s.grow(ctx, "failover", say); err != nil || forced {
			return "", err
		}
	}
	if forced {
		return "", nil
	}
	n, _ := s.need()
	has, err := s.stack.Strength(ctx, to)
	if err != nil {
		return "", err
	}
	if has.Healthy >= n {
		return "", s.wellGrown(ctx, to)
	}
	did := fmt.Sprintf("%s has %d healthy targets, where it had %d", s.stack.Declaration.Regions[to].Name, n, has.Healthy)
	if err := s.stack.Raise(ctx, to, n); err != nil {
		return "", err
	}
	return did, s.wellGrown(ctx, to)
}

// busy tells whether another run or a drill is at work, or one was interrupted that moves the standby to another network.
func (s *scene) busy(ctx context.Context) (against, unseen string) {
	if s.standby.Replaced {
		return "another network takes the place of the standby's: `understudy up` ends that", ""
	}
	if e, found, err := inForce(ctx, s.stack); err == nil && found {
		return fmt.Sprintf("a drill is in force: %s", e), ""
	}
	ctx, cancel := context.WithTimeout(ctx, 2*brief)
	defer cancel()
	h, err := s.stack.Holder(ctx)
	if err != nil {
		return "", err.Error()
	}
	if h != nil && h.Ended == "" {
		return fmt.Sprintf("another run is at work: %s", h), ""
	}
	return "", ""
}
