package doctor

import "github.com/understudy/understudy"

// route53Home is the one region that Route 53's API is in. Its name servers and checkers are everywhere ("Concepts" in the Route 53
// Developer Guide; "Control planes and data planes" in AWS's Fault Isolation Boundaries).
const route53Home = "us-east-1"

// judgeControlPlane looks for what a failover needs that may be lost with the primary.
func judgeControlPlane(d *understudy.Declaration) []Finding {
	there := d.Regions[understudy.Primary].Name == route53Home
	none := d.Failover.Switch == understudy.SwitchNone
	f := Finding{Check: CheckControlPlane, Severity: Warning, Side: understudy.Global, Heal: "failover: {switch: standby}"}
	switch {
	case none && there:
		f.What = "without a switch, users are moved by hand through Route 53's API only, which is in us-east-1, the primary"
		f.Why = "on the day that the primary is ill but not dead, the API to move users away may be lost with it"
	case none:
		f.What = "without a switch, users are moved by hand through Route 53's API only, which is in us-east-1"
		f.Why = "a failover by hand then needs a third region to be well"
	case there:
		f.Severity, f.Heal = Note, "use `failover: {switch: standby}`, as declared, and keep a copy of the declaration outside of us-east-1"
		f.What = "the primary is us-east-1, where Route 53's API is: while it is lost, no record or health check can be changed"
		f.Why = "detection and the switch go on without it; up, drill and down do not"
	default:
		return nil
	}
	return []Finding{f}
}
