// Package routing decides which records of a hosted zone answer a question, by every routing policy of Route 53 and by
// the health of the records' targets.
//
// It is one pure function, [View.Answer], with no clock, no socket and no random source. A
// [View] has everything that an answer depends on, and never changes. Each change makes a new view, which
// shares all unchanged parts with the one before.
package routing

import (
	"iter"
	"net/netip"
	"reflect"

	"github.com/understudy/understudy/cloud/internal/beacon"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

// View is everything that an answer depends on, at one moment. It can be used concurrently.
type View struct {
	cloud       int
	speed       tempo.Speed
	places      *Places
	zones       map[string][]*Zone // by name
	health      health
	balancers   map[string]beacon.LoadBalancer
	servers     map[string]netip.Addr
	collections map[string]Collection
}

// New returns a view without zones, of the cloud of this number. TTLs are divided by the speed. Where places
// is nil, [DefaultPlaces] is used.
func New(cloud int, speed tempo.Speed, places *Places) *View {
	if places == nil {
		places = DefaultPlaces()
	}
	return &View{cloud: cloud, speed: speed, places: places}
}

// Cloud is the number of the cloud, which is part of its addresses' loopback twins.
func (v *View) Cloud() int { return v.cloud }

// WithHealth returns the view after changes of health checks, which are named by their ids; the removed ones
// become unknown. A record whose check is unknown counts as healthy, as on Route 53 if the check was deleted. The cost is
// proportional to the number of changes.
func (v *View) WithHealth(changes map[string]bool, removed ...string) *View {
	next := *v
	next.health = v.health.with(changes, removed)
	return &next
}

// WithBalancers returns the view with these load balancers in place of those before.
func (v *View) WithBalancers(all []beacon.LoadBalancer) *View {
	next := *v
	next.balancers = make(map[string]beacon.LoadBalancer, len(all))
	for _, b := range all {
		next.balancers[fold(b.DNSName)] = b
	}
	return &next
}

// WithNameServers returns the view with the zones' own name servers: ns-1.awsdns-01.com. and its address.
func (v *View) WithNameServers(all map[string]netip.Addr) *View {
	next := *v
	next.servers = make(map[string]netip.Addr, len(all))
	for name, addr := range all {
		next.servers[fold(name)] = addr
	}
	return &next
}

// Collection is a CIDR collection: the blocks of each of its locations.
type Collection map[string][]netip.Prefix

// WithCollections returns the view with these CIDR collections, by their ids.
func (v *View) WithCollections(all map[string]Collection) *View {
	next := *v
	next.collections = all
	return &next
}

// WithZones returns the view with these hosted zones in place of those before. Of public ones with one name, the first
// answers. A record that one of those had
// already is taken over as it is, which its pointer tells.
func (v *View) WithZones(all []HostedZone) *View {
	next := *v
	next.zones = make(map[string][]*Zone, len(all))
	for _, in := range all {
		z := compile(in, v.zone(in.Name, in.ID), v.speed)
		next.zones[z.Name] = append(next.zones[z.Name], z)
	}
	return &next
}

// Zones are the view's hosted zones.
func (v *View) Zones() iter.Seq[*Zone] {
	return func(yield func(*Zone) bool) {
		for _, named := range v.zones {
			for _, z := range named {
				if !yield(z) {
					return
				}
			}
		}
	}
}

// SameZones tells whether the zones are those of another view, untouched since. It may be false where they are
// equal.
func (v *View) SameZones(o *View) bool {
	return reflect.ValueOf(v.zones).Pointer() == reflect.ValueOf(o.zones).Pointer()
}

// zone returns the compiled zone of this id, or nil.
func (v *View) zone(name, id string) *Zone {
	for _, z := range v.zones[fold(name)] {
		if z.ID == id {
			return z
		}
	}
	return nil
}
