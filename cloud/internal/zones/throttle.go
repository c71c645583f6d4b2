package zones

import (
	"net/http"

	"golang.org/x/time/rate"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// requestsPerSecond is how many requests of an account Route 53 takes, of all operations together (developer
// guide, "Quotas"). AWS does not document how many may come at once; here it is those of one second.
const requestsPerSecond = 5

// Throttled refuses requests above Route 53's rate, as in an account that many tools use.
func Throttled(next http.Handler) http.Handler {
	bucket := rate.NewLimiter(requestsPerSecond, requestsPerSecond)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = wire.WithScope(r)
		scope, _ := wire.ScopeOf(r)
		s := wire.ServiceNamed(scope.Service)
		if s != wire.RecoveryControl && s != wire.RecoveryCluster && !bucket.Allow() {
			wire.WriteError(w, r, wire.Route53, wire.Errorf("Throttling", "Rate exceeded"))
			return
		}
		next.ServeHTTP(w, r)
	})
}
