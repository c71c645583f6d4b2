package checks

import "github.com/understudy/understudy/cloud/internal/wire"

// Operations has the operations answered.
func (a *Checks) Operations(m *wire.Mux) {
	wire.Handle(m, wire.Route53, "CreateHealthCheck", a.CreateHealthCheck)
	wire.Handle(m, wire.Route53, "GetHealthCheck", a.getHealthCheck)
	wire.Handle(m, wire.Route53, "UpdateHealthCheck", a.updateHealthCheck)
	wire.Handle(m, wire.Route53, "DeleteHealthCheck", a.DeleteHealthCheck)
	wire.Handle(m, wire.Route53, "ListHealthChecks", a.listHealthChecks)
	wire.Handle(m, wire.Route53, "GetHealthCheckCount", a.getHealthCheckCount)
	wire.Handle(m, wire.Route53, "GetHealthCheckStatus", a.getHealthCheckStatus)
	wire.Handle(m, wire.Route53, "GetHealthCheckLastFailureReason", a.getLastFailure)
	wire.Handle(m, wire.Route53, "GetCheckerIpRanges", a.getCheckerRanges)
}
