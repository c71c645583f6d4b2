package zones

import (
	"reflect"
	"slices"

	"github.com/understudy/understudy/cloud/internal/beacon"
	"github.com/understudy/understudy/cloud/internal/routing"
	"github.com/understudy/understudy/cloud/internal/store"
)

// regions applies the regions' reports: on their load balancers, and on their alarms' data.
type regions struct {
	room     *Room
	receiver *beacon.Receiver
	answers  *answers
	alarms   *alarms
}

// tend applies reports until the control plane ends.
func (g *regions) tend() {
	w := g.room.Watch(told)
	defer w.Stop()
	for {
		next := w.Next()
		g.hear()
		g.keepReports()
		select {
		case <-next:
		case <-g.room.Context().Done():
			return
		}
	}
}

// hear applies the regions' reports.
func (g *regions) hear() {
	balancers := g.receiver.Balancers()
	g.answers.put(func(v *routing.View) *routing.View { return v.WithBalancers(balancers) })
	g.alarms.hear()
}

// keepReports stores the regions' reports, so that their addresses are known at once after a restart.
// A change of health alone is not written, since after a restart it comes with the next report.
func (g *regions) keepReports() {
	reports := slices.DeleteFunc(g.receiver.Reports(), func(r beacon.Report) bool {
		old, ok := g.room.reports.Get(r.Region)
		return ok && reflect.DeepEqual(withoutHealth(old), withoutHealth(r))
	})
	if len(reports) == 0 {
		return
	}
	err := g.room.Update(func(tx *store.Tx) error {
		for _, r := range reports {
			if err := g.room.reports.Put(tx, r.Region, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		g.room.Log.Error("keeping the load balancers' addresses failed", "error", err)
	}
}

func withoutHealth(r beacon.Report) beacon.Report {
	lbs := make([]beacon.LoadBalancer, len(r.LoadBalancers))
	for i, lb := range r.LoadBalancers {
		lb.Healthy = false
		lbs[i] = lb
	}
	r.LoadBalancers = lbs
	r.Alarms = slices.Clone(r.Alarms)
	for i := range r.Alarms {
		r.Alarms[i].State = beacon.InsufficientData
	}
	return r
}
