package region

import (
	"github.com/understudy/understudy/cloud/internal/region/balancing"
	"github.com/understudy/understudy/cloud/internal/region/nets"
	"github.com/understudy/understudy/cloud/internal/region/shifting"
	"github.com/understudy/understudy/cloud/internal/store"
)

// shiftable are load balancers as zonal shift sees them.
type shiftable struct{ *balancing.Room }

func (s shiftable) Managed(tx *store.Tx) (all []shifting.Resource) {
	for _, b := range s.Shiftable(tx) {
		all = append(all, shifting.Resource{ARN: b.ARN, Name: b.Name, Zones: zonesOf(b.Zones)})
	}
	return all
}

func zonesOf(names []string) (all []shifting.Zone) {
	for _, name := range names {
		all = append(all, shifting.Zone{Name: name, ID: nets.ZoneID(name)})
	}
	return all
}
