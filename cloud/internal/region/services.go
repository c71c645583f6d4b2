package region

import (
	"slices"

	"github.com/understudy/understudy/cloud/internal/region/balancing"
	"github.com/understudy/understudy/cloud/internal/region/scaling"
	"github.com/understudy/understudy/cloud/internal/region/watching"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// services are Elastic Load Balancing and Auto Scaling, which stand on EC2, and CloudWatch.
type services struct {
	balancing *balancing.Room
	scaling   *scaling.Room
	watching  *watching.Room
}

// loadServices reads their tables, before anything runs.
func (r *Region) loadServices() error {
	var err error
	if r.balancing, err = balancing.Load(r.Base, networkOf{r}); err != nil {
		return err
	}
	if r.scaling, err = scaling.Load(r.Base, machinesOf{r}, r.balancing); err != nil {
		return err
	}
	r.watching, err = watching.Load(r.Base, r.balancing.PublishMetrics)
	return err
}

// openServices starts their controllers; EC2 is up by then.
func (r *Region) openServices() error {
	r.beacon = r.Watch(slices.Concat(r.watching.News(), r.balancing.News(), networkOf{r}.News())...)
	r.balancing.Open()
	r.scaling.Open()
	r.watching.Open()
	return nil
}

// closeServices ends their controllers; it also follows an openServices that failed or never ran.
func (r *Region) closeServices() {
	if r.balancing != nil {
		r.balancing.Close()
	}
}

// serviceOperations registers their handlers.
func (r *Region) serviceOperations(m *wire.Mux) {
	r.balancing.Operations(m)
	r.scaling.Operations(m)
	r.watching.Operations(m)
}
