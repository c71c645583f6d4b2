// Package beacon sends a region's reports to Route 53: its load balancers' addresses and health,
// and the states of its alarms by their data.
//
// A region sends reports regularly over a local socket. Route 53 keeps the last addresses that it got. While no report
// comes, it takes the load balancers for unhealthy and the alarms' data for insufficient. So each of them serves even if
// the other does not run.
package beacon

import (
	"net/netip"
	"time"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/tempo"
)

// Silence is the time without reports after which a region's load balancers are unhealthy. AWS publishes no
// figure for how soon EvaluateTargetHealth finds that a region is lost; this is the interval of a fast health check.
// It is divided by the speed, but not below five of the shortest time-outs, a second as a rule, which a busy machine may need.
func Silence(p tempo.Pace) time.Duration { return max(p.Of(10*time.Second), 5*p.Least()) }

// Every is the interval between a region's reports: several of them come within Silence.
func Every(p tempo.Pace) time.Duration { return Silence(p) / 5 }

// Report is one complete report: a load balancer or an alarm that is not in it does not exist any more.
type Report struct {
	Region        string
	LoadBalancers []LoadBalancer
	Alarms        []Alarm `json:",omitempty"`
}

// Alarm is what a health check of the type CLOUDWATCH_METRIC can watch: the state by the data of an alarm's metric, with
// settings that the alarm has or had earlier.
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
