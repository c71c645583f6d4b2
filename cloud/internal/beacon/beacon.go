// Package beacon carries what Route 53 must know of a region: its load balancers' addresses and health.
//
// A region keeps telling over a local socket. Route 53 keeps the last addresses it heard and takes
// silence for ill health, so that neither needs the other to go on serving.
package beacon

import "net/netip"

// Report is one telling, whole: a load balancer that it does not name is gone.
type Report struct {
	Region        string
	LoadBalancers []LoadBalancer
}

// LoadBalancer is what an alias record to a load balancer resolves to.
type LoadBalancer struct {
	DNSName      string // hello-1234567890.us-east-1.elb.amazonaws.com
	HostedZoneID string // the load balancer's canonical hosted zone
	Addresses    []netip.Addr
	// Healthy is EvaluateTargetHealth's answer: every target group with targets has enough healthy
	// ones (dns_failover.minimum_healthy_targets), and there is at least one such group.
	Healthy bool
}
