// Package beacon carries what Route 53 must know of a region: its load balancers' addresses and health,
// and what the data says that its alarms watch.
//
// A region keeps telling over a local socket. Route 53 keeps the last addresses it heard and takes
// silence for ill health and insufficient data, so that neither needs the other to go on serving.
package beacon

import (
	"net/netip"
	"time"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/tempo"
)

// Silence is how long a region may say nothing before its load balancers count as ill. AWS publishes no
// figure for what EvaluateTargetHealth takes to see a lost region; we take a fast health check's interval.
// It shrinks with the speed, but not below a second, which a busy machine may need.
func Silence(s tempo.Speed) time.Duration { return max(s.Of(10*time.Second), time.Second) }

// Every is how often a region speaks: several times within the silence.
func Every(s tempo.Speed) time.Duration { return Silence(s) / 5 }

// Report is one telling, whole: a load balancer or an alarm that it does not name is gone.
type Report struct {
	Region        string
	LoadBalancers []LoadBalancer
	Alarms        []Alarm `json:",omitempty"`
}

// Alarm is what a health check of the type CLOUDWATCH_METRIC can watch: the data of an alarm's metric, judged
// by settings that the alarm has or once had.
type Alarm struct {
	Name        string
	Fingerprint string // of the settings
	Settings    r53types.CloudWatchAlarmConfiguration
	Current     bool   // the alarm of this name has these settings now
	Unfit       string // why Route 53 cannot watch the alarm; there is nothing else to tell then
	State       string // what the data says: OK, ALARM or INSUFFICIENT_DATA
}

// InsufficientData is the state of an alarm of which nothing is known.
const InsufficientData = "INSUFFICIENT_DATA"

// LoadBalancer is what an alias record to a load balancer resolves to.
type LoadBalancer struct {
	DNSName      string // hello-1234567890.us-east-1.elb.amazonaws.com
	HostedZoneID string // the load balancer's canonical hosted zone
	Addresses    []netip.Addr
	// Healthy is EvaluateTargetHealth's answer: every target group with targets has enough healthy
	// ones (dns_failover.minimum_healthy_targets), and there is at least one such group.
	Healthy bool
}
