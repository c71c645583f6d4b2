package region

import (
	"github.com/understudy/understudy/cloud/internal/region/scaling"
	"github.com/understudy/understudy/cloud/internal/region/watching"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// services is the state of Elastic Load Balancing and Auto Scaling, which stand on EC2's, and of CloudWatch.
type services struct {
	elbServices
	scaling  *scaling.Room
	watching *watching.Room
}

// loadServices reads their tables, before anything runs.
func (r *Region) loadServices() error {
	if err := r.loadELB(); err != nil {
		return err
	}
	var err error
	if r.scaling, err = scaling.Load(r.Base, machinesOf{r}, r.targetsOf()); err != nil {
		return err
	}
	r.watching, err = watching.Load(r.Base, r.publishMetrics)
	return err
}

// openServices starts their controllers; EC2 is up by then.
func (r *Region) openServices() error {
	r.beacon = r.Watch(append(r.watching.News(),
		r.loadBalancers.Any(), r.targetGroups.Any(), r.listeners.Any(), r.elbRules.Any(), r.interfaces.Any(), r.instances.Any(), targetNews)...)
	r.openELB()
	r.scaling.Open()
	r.watching.Open()
	return nil
}

// closeServices ends their controllers; it also follows an openServices that failed or never ran.
func (r *Region) closeServices() {
	r.closeELB()
}

// serviceOperations registers their handlers.
func (r *Region) serviceOperations(m *wire.Mux) {
	r.elbOperations(m)
	r.scaling.Operations(m)
	r.watching.Operations(m)
}
