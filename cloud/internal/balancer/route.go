package balancer

import (
	"crypto/tls"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/understudy/understudy/cloud/internal/balancer/http1"
)

// routes is a node's immutable snapshot of a Config, by which requests are routed.
type routes struct {
	listeners map[int]Listener
	rules     map[int][]guarded // of the listeners
	groups    map[string]*pool
	headers   Headers
	secure    map[int]*tls.Config // of the listeners that speak TLS
	secret    []byte              // of cookies
	name      string
	dnsName   string
	logs      Logs
	ipv6      netip.Addr   // of the node; the zero value where it has none
	sourceNAT netip.Prefix // as in Node
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
	for _, g := range s.rules[port] {
		if !g.always {
			evaluated++
		}
		if strings.HasPrefix(q.Path, g.prefix) && g.rule.matches(q, from) {
			return g.rule, evaluated
		}
	}
	return nil, evaluated
}

// guarded is a rule with what is looked at first, since there may be a hundred that do not match.
type guarded struct {
	rule   *Rule
	prefix string // with which every path begins that the rule matches
	always bool   // it has no conditions
}

func guard(rules []Rule) []guarded {
	all := make([]guarded, len(rules))
	for i := range rules {
		all[i] = guarded{rule: &rules[i], prefix: rules[i].prefix(), always: len(rules[i].Conditions) == 0}
	}
	return all
}

// prefix is what all paths that the rule matches have in common, as far as one pattern tells.
func (rule *Rule) prefix() string {
	for _, c := range rule.Conditions {
		if c.Field == "path-pattern" && len(c.Values) == 1 && len(c.Regexes) == 0 {
			pattern := c.Values[0]
			if end := strings.IndexAny(pattern, `*?\`); end >= 0 {
				return pattern[:end]
			}
			return pattern
		}
	}
	return ""
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
