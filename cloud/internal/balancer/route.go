package balancer

import (
	"crypto/tls"
	"math/rand/v2"
	"net/netip"
	"sync/atomic"
	"time"

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
	mitigate   bool // anomalous targets get less
	sticky     Stickiness
	minHealthy int
	minPercent int
	slow       time.Duration // 0 for no slow start
	targets    []*target     // without those that drain or a zonal shift keeps from, and those of other zones if requests keep to the node's
	near       []*target     // of those, the ones that a network load balancer's node sends flows to
	flow       *FlowGroup
	turn       *atomic.Uint64 // outlives the snapshot, so that a change does not begin anew with the first
	unshifted  *pool          // the pool as it is without a zonal shift; nil where no shift keeps from any target
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
