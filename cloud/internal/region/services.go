package region

import "github.com/understudy/understudy/cloud/internal/wire"

// services is the state of Elastic Load Balancing and Auto Scaling, which stand on EC2's.
type services struct{}

// openServices loads their state and starts their controllers; EC2 is up by then.
func (r *Region) openServices() error { return nil }

// closeServices ends their controllers; it also follows an openServices that failed or never ran.
func (r *Region) closeServices() {}

// serviceOperations registers their handlers.
func (r *Region) serviceOperations(m *wire.Mux) {}
