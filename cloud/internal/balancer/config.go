// Package balancer is the data path of one application load balancer: its nodes' listeners, the choice
// of a target for each request, the forwarding of it, and the checks of the targets' health.
//
// The control plane passes a complete Config each time anything changes. A request uses one Config
// from its beginning to its end: routing reads an immutable snapshot that Configure replaces. A target's health, its open
// requests and the connections to it are kept over a change.
package balancer

import (
	"context"
	"net"
	"net/netip"
	"time"

	"github.com/understudy/understudy/cloud/internal/balancer/http1"
)

// Network is where a node listens and dials: the namespace behind its network interface.
type Network interface {
	Listen(network, address string) (net.Listener, error)
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Config is the complete configuration of a load balancer. It must not be changed after the call of Configure.
type Config struct {
	Name, DNSName string // app/NAME/ID, and what clients call it, for logs
	Nodes         []Node
	Listeners     []Listener
	Groups        []Group       // every target group that a listener's actions name
	IdleTimeout   time.Duration // of connections, and until a target's first answer; 0 means AWS's default of 60 s
	KeepAlive     time.Duration // after which a client's connection ends with the next answer; 0 means AWS's default of an hour
	HTTP1Only     bool          // clients that speak TLS are not offered HTTP/2
	Headers       Headers
	Secret        string // by which the load balancer knows its own cookies
}

// Node is the load balancer's presence in one zone.
type Node struct {
	ID      string // its network interface
	Zone    string
	Address netip.Addr // private
	IPv6    netip.Addr // at which it listens, too; the zero value where it has none
	Network Network
	Logs    Logs
	// SourceNAT has the addresses from which targets of IPv6 get the datagrams of clients of IPv4; the zero value for the node's own.
	SourceNAT netip.Prefix // of 80 bits
}

// Listener is one port. The first of its rules that matches decides; the last has no conditions.
type Listener struct {
	Port     int
	TLS      *TLS // nil for HTTP
	Rules    []Rule
	Answers  Answers
	TLSNames TLSNames
	Flow     *Flow // of a network load balancer, which has none of the rest but TLS
}

// Answers is what becomes of the header fields of a listener's answers; the zero value is AWS's default
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/header-modification.html).
type Answers struct {
	Fields    http1.Fields // of every answer, in place of those of a target
	Anonymous bool         // the load balancer's own answers do not name it as their Server
}

// Rule is an action, and the conditions that must all be met for it.
type Rule struct {
	Priority   int // 0 for the default rule
	Conditions []Condition
	Action     Action
}

// Action is what a rule does: one of Forward, Fixed and Redirect is set.
type Action struct {
	Forward  []Weighted
	Sticky   time.Duration // of Forward: how long a client stays in its target group after an answer; 0 for not at all
	Fixed    *FixedResponse
	Redirect *Redirect
}

// Weighted is a target group's share of the requests: its weight over the sum of all.
type Weighted struct {
	Group  string
	Weight int
}

// FixedResponse is an answer that needs no target.
type FixedResponse struct {
	Status      int
	ContentType string
	Body        string
}

// Redirect is a Location built from the request's parts: #{protocol}, #{host}, #{port}, #{path}, #{query}.
type Redirect struct {
	Status                            int // 301 or 302
	Protocol, Host, Port, Path, Query string
}

// Algorithm chooses among a group's targets.
type Algorithm string

// The algorithms, by the names of load_balancing.algorithm.type.
const (
	RoundRobin       Algorithm = "round_robin"
	LeastOutstanding Algorithm = "least_outstanding_requests"
	WeightedRandom   Algorithm = "weighted_random"
)

// Version is the protocol that a group's targets speak, by its name in the API. The zero value is HTTP1.
type Version string

// The versions.
const (
	HTTP1 Version = "HTTP1"
	HTTP2 Version = "HTTP2"
	GRPC  Version = "GRPC"
)

// multiplexed tells whether it is HTTP/2 that the targets speak.
func (v Version) multiplexed() bool { return v == HTTP2 || v == GRPC }

// Group is a target group.
type Group struct {
	ID         string
	Version    Version
	Algorithm  Algorithm
	Mitigate   bool // of WeightedRandom: anomalous targets get fewer requests
	Secure     bool // its targets are spoken to over TLS
	Sticky     Stickiness
	MinHealthy int // with fewer healthy targets than this, all get requests; 0 means 1
	MinPercent int // the same, of a node's targets; 0 means off
	SlowStart  time.Duration
	SameZone   bool // nodes send requests to targets of their own zone alone
	Check      Check
	Targets    []Target
	Flow       *FlowGroup // of a network load balancer, which has no Algorithm and no Sticky
}

// Target is a registered target. One that drains gets no new requests and no checks; when it is no longer in the
// configuration, its open requests are cut.
type Target struct {
	ID       string
	Address  netip.AddrPort
	Zone     string // empty where it is of none, or of any
	Draining bool
	Away     bool // a zonal shift keeps new requests from it
}

// key is what a target is known by.
func (t Target) key() Target { return Target{ID: t.ID, Address: t.Address} }

// Check is how targets' health is checked. Its durations are AWS's, before Speed divides them.
type Check struct {
	Version            Version
	Port               int  // 0 for the port the target gets requests at
	Secure             bool // over TLS
	Path               string
	Interval, Timeout  time.Duration
	Healthy, Unhealthy int     // how many checks in a row change a target's state
	Matcher            Matcher // the status codes that pass
	Flow               FlowCheck
}
