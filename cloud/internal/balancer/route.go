package balancer

import (
	"crypto/tls"
	"math/rand/v2"
	"net/netip"
	"sync/atomic"

	"github.com/understudy/understudy/cloud/internal/balancer/http1"
)

// routes is a node's immutable snapshot of a Config, by which requests are routed.
type routes struct {
	listeners map[int]Listener
	groups    map[string]*pool
	headers   Headers
	secure    map[int]*tls.Config // of the listeners that speak TLS
	secret    []byte              // of cookies
	name      string
	dnsName   string
	logs      Logs
}

// pool is a target group's part of a snapshot.
type pool struct {
	version    Version
	algorithm  Algorithm
	sticky     Stickiness
	minHealthy int
	targets    []*target // without those that drain
	near       []*target // of those, the ones that a network load balancer's node sends flows to
	flow       *FlowGroup
	turn       *atomic.Uint64 // outlives the snapshot, so that a change does not begin anew with the first
}

// rule returns the first rule that matches, and how many beside the default one were asked. It is nil where the listener is gone.
func (s *routes) rule(port int, q *http1.Request, from netip.Addr) (first *Rule, evaluated int) {
	rules := s.listeners[port].Rules
	for i := range rules { // not copied, since there may be a hundred
		rule := &rules[i]
		if len(rule.Conditions) > 0 {
			evaluated++
		}
		if rule.matches(q, from) {
			return rule, evaluated
		}
	}
	return nil, evaluated
}

func (rule *Rule) matches(q *http1.Request, from netip.Addr) bool {
	for i := range rule.Conditions {
		if !rule.Conditions[i].matches(q, from) {
			return false
		}
	}
	return true
}

// share chooses a group by the weights; "" where none has any.
func (s *routes) share(shares []Weighted) (group string) {
	total := 0
	for _, w := range shares {
		total += w.Weight
	}
	if total <= 0 {
		return ""
	}
	n := rand.IntN(total)
	for _, w := range shares {
		if n -= w.Weight; n < 0 {
			return w.Group
		}
	}
	return ""
}

// pick chooses among the healthy targets or, if they are fewer than the group's minimum, among all:
// a load balancer that fails open still serves if only the checks are wrong
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health.html).
func (p *pool) pick() *target {
	choice := make([]*target, 0, len(p.targets))
	for _, t := range p.targets {
		if t.health().State == Healthy {
			choice = append(choice, t)
		}
	}
	if len(choice) < max(1, p.minHealthy) {
		choice = p.targets
	}
	if len(choice) == 0 {
		return nil
	}
	turn := int((p.turn.Add(1) - 1) % uint64(len(choice)))
	best := choice[turn]
	if p.algorithm != LeastOutstanding {
		return best
	}
	for i := range choice {
		// Begun at the turn, so that targets with equally many requests take turns.
		if t := choice[(turn+i)%len(choice)]; t.open.Load() < best.open.Load() {
			best = t
		}
	}
	return best
}
