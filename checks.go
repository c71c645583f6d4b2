package understudy

import "fmt"

// Check is what Route 53's checkers ask a region for. Where no name is declared they ask for the load balancer's, at the port where users
// connect; it is the Host header, too: a check without an IP address has one name for both (HealthCheckConfig, FullyQualifiedDomainName, in the
// Route 53 API Reference).
type Check struct {
	Path     string          // service.health, where nothing else is declared; none with TCP
	Match    string          // a text that the answer must have within its first 5,120 bytes; empty for any answer
	Host     map[Side]string // names that lead to the regions' load balancers, and that somebody else makes; nil for the load balancers' own
	Port     int             // 0 is where users connect
	Protocol string          // HTTP, HTTPS or TCP; empty is as users connect
	Regions  []string        // of the checkers; none for all
	Latency  bool            // whether checkers measure how long answers take, for graphs of CloudWatch

	// Of a check that nobody asks for anything.
	Alarm  string // the alarm of each region whose data it follows, in place of all else, by its kind
	NoneIs NoData
}

// NoData is what a check by an alarm is where CloudWatch has too little data.
type NoData string

// What it may be.
const (
	NoDataHealthy   NoData = "healthy"
	NoDataUnhealthy NoData = "unhealthy"
	NoDataLastKnown NoData = "last-known" // as it was; healthy if it never was anything
)

// Checks are all that Route 53's checkers ask a region for: the application first.
func (f Failover) Checks() []Check { return append([]Check{f.Check}, f.Further...) }

// Needed is how many of a region's checks are healthy while it is.
func (f Failover) Needed() int {
	if f.Healthy == 0 {
		return len(f.Checks())
	}
	return f.Healthy
}

// SwitchChecks is how many checks ask a region's switch, so that it outvotes the other region's own (plan/further_checks.go).
func (f Failover) SwitchChecks() int { return len(f.Checks()) - f.Needed() + 1 }

// AskedBy returns the scheme and the port of a check.
func (d *Declaration) AskedBy(c Check) (protocol string, port int) {
	protocol, port = CheckHTTP, d.Listener.Port
	if d.HTTPS.Declared() {
		protocol, port = CheckHTTPS, d.HTTPS.Port
	}
	if c.Protocol != "" {
		protocol = c.Protocol
	}
	if c.Port != 0 {
		port = c.Port
	}
	return protocol, port
}

// The protocols of checks (HealthCheckConfig, Type).
const (
	CheckHTTP  = "HTTP"
	CheckHTTPS = "HTTPS"
	CheckTCP   = "TCP"
)

// AsksService tells whether the answer to a check is the service's: one by TCP is the load balancer's, and so is the redirect to HTTPS.
func (d *Declaration) AsksService(c Check) bool {
	protocol, port := d.AskedBy(c)
	if c.Alarm != "" {
		return false
	}
	if c.Host != nil {
		return protocol != CheckTCP
	}
	_, entry := d.Entry()
	return protocol != CheckTCP && port == entry
}

// Undecided says why the loss of the service alone does not make Route 53 take a region for ill, or nothing.
func (d *Declaration) Undecided() string {
	others := 0
	for _, c := range d.Failover.Checks() {
		if !d.AsksService(c) {
			others++
		}
	}
	if others < d.Failover.Needed() {
		return ""
	}
	return fmt.Sprintf("failover.healthy %d: the %d checks that do not ask the service keep a region healthy whose service does not answer",
		d.Failover.Needed(), others)
}

// FurtherCheckRole is what a side's nth further check, from 1, is to the stack.
func FurtherCheckRole(side Side, nth int) string {
	return fmt.Sprintf("further-check-%d-%s", nth, side)
}
