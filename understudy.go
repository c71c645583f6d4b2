package understudy

import (
	"net/netip"
	"time"
)

// Side is one of the two roles that a region can play.
type Side string

// The two sides, and the word that stands for neither where something belongs to both.
const (
	Primary   Side = "primary"
	Secondary Side = "secondary"
	Global    Side = "global"
)

// Other is the other one of the two sides.
func (s Side) Other() Side {
	if s == Primary {
		return Secondary
	}
	return Primary
}

// Sides lists the two sides in the order in which they are shown.
var Sides = []Side{Primary, Secondary}

// Declaration is what a person asks for: one service, in two regions that are the same.
type Declaration struct {
	Name     string // the stack; part of every name and tag
	Domain   string // the hosted zone, without the dot at its end
	Record   string // the failover record below Domain; empty is Domain itself
	Regions  map[Side]Region
	Zones    int    // availability zones of each region
	Egress   Egress // of the regions that say nothing of their own
	Image    Image
	Instance Instance
	Hosts    Hosts
	Service  Service
	Listener Listener
	HTTPS    HTTPS
	Fleet    Fleet
	Failover Failover
	Target   Target
	Groups   []TargetGroup // beside the service's
	Balancer Balancer
	Rules    []Rule            // of where users connect
	Further  []FurtherListener // where they connect too
	Security Security
	Alarms   Alarms
	Parity   Parity
	Drill    Drill
	Tags     map[string]string // on everything that is made, beside the stack's own
}

// Host returns the name that users ask for, without the dot at its end.
func (d *Declaration) Host() string {
	if d.Record == "" {
		return d.Domain
	}
	return d.Record + "." + d.Domain
}

// Region is a place and the addresses that the service's network has there.
type Region struct {
	Name    string       // as AWS spells it: us-east-1
	CIDR    netip.Prefix // of the network that is made
	Network *Network     // that is somebody else's, in place of one that is made
	Zones   int          // the declaration's; 0 is 2
	Egress  Egress       // of its private subnets: its own, or the declaration's
	Image   string       // its own: an id, or resolve:ssm: and a parameter; empty where Image selects it
	Type    string       // of its instances, where it is another than Instance's
	Fleet   *Size        // of the secondary, where it is declared another than Fleet's
	Weight  int          // of its share of the users, where routing is weighted
}

// Service is where the application listens, and the path that tells its health.
type Service struct {
	Port   int
	Health string
}

// Listener is where users connect.
type Listener struct {
	Port int
}

// HTTPS is where users connect with TLS, if there are certificates. At the listener's port they are redirected then, or refused.
type HTTPS struct {
	Certificates map[Side]string // ARNs, each of its region; nil where users connect with HTTP
	Policy       string          // the load balancer's security policy: versions of TLS, and ciphers
	Port         int
	Redirect     Redirect
}

// Declared tells whether users connect with HTTPS.
func (h HTTPS) Declared() bool { return len(h.Certificates) > 0 }

// Redirects tells whether users who connect with HTTP are sent on.
func (h HTTPS) Redirects() bool { return h.Declared() && h.Redirect != RedirectNone }

// Redirect is what users find who connect with HTTP where HTTPS is declared.
type Redirect string

// The kinds of redirects.
const (
	RedirectPermanent Redirect = "permanent" // 301
	RedirectTemporary Redirect = "temporary" // 302
	RedirectNone      Redirect = "none"      // nothing listens
)

// Status is the status of the redirect.
func (r Redirect) Status() int {
	if r == RedirectTemporary {
		return 302
	}
	return 301
}

// Entry returns how users connect to the service, and Route 53's checkers with them: the URL's scheme, and the port.
func (d *Declaration) Entry() (scheme string, port int) {
	if d.HTTPS.Declared() {
		return "https", d.HTTPS.Port
	}
	return "http", d.Listener.Port
}

// Fleet is the size of the Auto Scaling group, in instances. Grace is how long, in seconds, a new
// instance may fail its target health check before it is replaced.
type Fleet struct {
	Min, Desired, Max int
	Grace             int
	WarmUp            int      // seconds until what a new instance uses counts, and until its like is replaced; 0 is Grace, as AWS takes it
	MaxLifetime       int      // seconds after which an instance is replaced; 0 is never
	Termination       []string // by which policies an instance is chosen to go, in their order, as AWS names them
	HealthCheck       string   // by whose word an instance is replaced, as AWS names it: ELB, or EC2 alone
	Metrics           bool     // whether the group's sizes are measured, for graphs of CloudWatch
	Track             Track
	Scheduled         []Scheduled
	Refresh           Refresh
}

// FleetMetrics are the metrics of a group's sizes (EnableMetricsCollection in the Amazon EC2 Auto Scaling API Reference).
var FleetMetrics = []string{"GroupMinSize", "GroupMaxSize", "GroupDesiredCapacity", "GroupInServiceInstances", "GroupPendingInstances",
	"GroupStandbyInstances", "GroupTerminatingInstances", "GroupTotalInstances"}

// Track is a measure that the fleet keeps at a target by its size, within Min and Max. At most one is not zero.
type Track struct {
	CPU      int // average use, in percent
	Requests int // for each target, in a minute
}

// Failover is Route 53's health checks: seconds between two probes of one checker, and how many in a
// row must agree. Switch is the means by which a person moves the users.
type Failover struct {
	Interval, Threshold int
	Routing             Routing
	RTO                 time.Duration // the longest that users are promised to be without service; 0 promises nothing
	Check               Check         // of the application
	Further             []Check       // beside it
	Healthy             int           // how many of all must be while the region is; 0 is all
	Switch              Switch
	Standby             Standby
	Before, After       string        // commands that run before and after the users are moved by hand
	HookTimeout         time.Duration // of each of them
	Failback            Failback
}

// Drill is who the users of a drill are, and of a prediction.
type Drill struct {
	Clients   string // the kinds, by their shares, as package clients reads them
	WebSocket string // the page that speaks it; "" is none
}

// Routing is how Route 53 chooses between two healthy regions. An ill one gets no users in any kind.
type Routing string

// The kinds of routing.
const (
	RoutingFailover Routing = "failover" // users are at the primary
	RoutingWeighted Routing = "weighted" // at both, by the regions' weights
	RoutingLatency  Routing = "latency"  // at both, each at the nearer one
)

// Active tells whether both regions have users while both are healthy.
func (f Failover) Active() bool { return f.Routing == RoutingWeighted || f.Routing == RoutingLatency }

// Switched tells whether a region has a switch, which takes users from the other region: the standby has one, unless none is declared,
// and each region where both serve.
func (d *Declaration) Switched(at Side) bool {
	return d.Failover.Switch != SwitchNone && (at == Secondary || d.Failover.Active())
}

// Standby is what the standby must be before users are moved to it by hand.
type Standby struct {
	Desired int // instances at least; 0 is as many as serve in the primary
}

// Failback is what follows an automatic failover when the primary is healthy again. If it is manual, and "understudy watch"
// runs, users stay until a person says so, or until the primary has been healthy for the time After, if that is not zero.
type Failback struct {
	Manual bool
	After  time.Duration
}

// SwitchListens tells whether the stack's switch is a listener: a network load balancer has no rules.
func (d *Declaration) SwitchListens() bool {
	return d.Failover.Switch != SwitchNone && d.Balancer.Kind == KindNetwork
}

// Switch is how users are moved to the other region by hand.
type Switch string

// The kinds of switches.
const (
	// SwitchStandby is a rule of the standby's load balancer, or a listener of a network load balancer, which Route 53's checkers ask.
	SwitchStandby Switch = "standby"
	// SwitchNone is no switch: only an outage moves users.
	SwitchNone Switch = "none"
)

// SwitchPath is the path that Route 53's checkers ask the standby's load balancer for, to learn who is to serve.
const SwitchPath = "/.understudy/switch"

// The ports of the listener that is the switch of a network load balancer, which has no rules. Route 53's checkers connect to the first: while the
// listener is there, that region alone is to serve. At the second nobody connects.
const (
	SwitchPort     = 7411
	SwitchIdlePort = 7412
)

// Target is how the load balancer asks each target, whether it is healthy and what users ask for. Times are in seconds.
type Target struct {
	Interval, Timeout   int
	Healthy, Unhealthy  int // probes in a row
	DeregistrationDelay int
	Matcher             string // the HTTP codes that pass, as AWS writes them: 200, 200-299, 200,204; none with TCP
	Path                string // of the health check; service.health where nothing else is declared; none with TCP
	Port                int    // of the health check; 0 is the service's
	Protocol            string // of requests: HTTP or HTTPS; of a network load balancer's connections: TCP or TLS
	CheckProtocol       string // of the health check: HTTP or HTTPS, or a network load balancer's TCP
	Version             string // of HTTP: HTTP1 or HTTP2; a network load balancer knows none
	Algorithm           string // by which requests find a target, as AWS names it; a network load balancer has one
	SlowStart           int    // how long a new target gets ever more requests; 0 is all at once
	Stickiness          Stickiness

	// Of network load balancers.
	PreserveClientIP      bool // targets see the users' addresses
	ConnectionTermination bool // what is open when the delay has passed is cut
	ProxyProtocol         bool // a header of version 2 goes before each connection
}

// CheckPort is the port of the health check, where requests come to another one.
func (t Target) CheckPort(requests int) int {
	if t.Port == requests {
		return 0
	}
	return t.Port
}

// What AWS calls the algorithms by which requests find a target (TargetGroupAttribute in the Elastic Load Balancing API Reference).
const (
	RoundRobin       = "round_robin"
	LeastOutstanding = "least_outstanding_requests"
)

// Stickiness is how long, in seconds, a client's requests go to the target that had its first one; 0 is not at all. The time begins anew
// with each request where the cookie is the load balancer's own, and with each answer that sets the application's.
type Stickiness struct {
	Duration int
	Cookie   string // the application's; empty for one of the load balancer's own
	SourceIP bool   // of a network load balancer: all connections from an address go to one target
}

// Parity says what the audit of the two regions passes over.
type Parity struct {
	Ignore []Ignored
}

// Ignored is a sort of finding that is known and accepted.
type Ignored struct {
	Finding string // the finding's name, with * for any text
	Reason  string // shown beside it
}
