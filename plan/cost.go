package plan

import (
	"github.com/understudy/understudy/plan/prices"
	"github.com/understudy/understudy/plan/resource"
)

func (a *alarm) monthly() float64 { return prices.AlarmMonth }

// costly is a resource that AWS bills by the month or the hour.
type costly interface{ monthly() float64 }

// monthly returns about what a resource costs a month, or 0 where it is free or not known.
func monthly(r resource.Resource) float64 {
	if c, ok := r.(costly); ok {
		return c.monthly()
	}
	return 0
}

// monthly counts an address in each of the subnets.
func (b *balancer) monthly() float64 {
	return prices.HoursAMonth * (prices.BalancerHour + prices.AddressHour*float64(len(b.subnets)))
}

func (a *address) monthly() float64 { return prices.HoursAMonth * prices.AddressHour }

func (n *nat) monthly() float64 { return prices.HoursAMonth * prices.NATHour }

func (e *endpoint) monthly() float64 {
	return prices.HoursAMonth * prices.EndpointHour * float64(len(e.within))
}

func (h *host) monthly() float64 {
	of := h.Declared.Instance
	of.Type = h.Declared.HostType(h.Side)
	return prices.OfInstance(of) + prices.HoursAMonth*prices.AddressHour
}

func (f *fleet) monthly() float64 { return ofInstances(f.Scope, f.Declared.Size(f.Side).Desired) }

func (z *zone) monthly() float64 { return prices.ZoneMonth }

func (c *check) monthly() float64    { return prices.OfCheck(c.wanted()) }
func (c *ownCheck) monthly() float64 { return prices.OfCheck(c.wanted()) }

func (i *image) monthly() float64     { return prices.SnapshotMonth }
func (c *imageCopy) monthly() float64 { return prices.SnapshotMonth }
