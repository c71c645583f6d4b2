package region

import (
	"github.com/understudy/understudy/cloud/internal/beacon"
)

// BeaconReport is what Route 53 is to know of the region's load balancers and alarms. It may be another after each
// change of the region.
func (r *Region) BeaconReport() beacon.Report {
	defer r.watching.CountReport()()
	return beacon.Report{Region: r.Region, LoadBalancers: r.balancing.Report(), Alarms: r.watching.Streams()}
}

// Changed returns a channel that is closed at the region's next change; take it before BeaconReport.
func (r *Region) Changed() <-chan struct{} { return r.beacon.Next() }
