package understudy

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net/netip"
)

// Subnet is a part of a region's network.
type Subnet struct {
	Name   string // public-a
	Zone   int    // from 0: which of the region's zones
	Public bool
	CIDR   netip.Prefix
}

// mostZones is as many as a network is divided for.
const mostZones = 3

// Subnets divides the region's network: a public and a private subnet in each zone, the public ones first. Each has an eighth, whatever the
// number of zones, so that a third zone comes beside the others, and an eighth of each half is left. The smallest network, a /25, has quarters,
// for two zones: the subnets of a load balancer have a /27 at least ("Subnets for your load balancer" in the User Guide for Application Load
// Balancers). Those of a given network have no declared addresses.
func (r Region) Subnets() []Subnet { return r.subnetsIn(r.zones()) }

// OtherSubnets are those of zones that are not declared, and may have been, in a network that is made.
func (r Region) OtherSubnets() []Subnet {
	if r.Given() || r.CIDR.Bits() > smallestOfThree {
		return nil
	}
	return r.subnetsIn(allZones()[len(r.zones()):])
}

// smallestOfThree is the length of the smallest network that has room for a third zone.
const smallestOfThree = 24

func (r Region) subnetsIn(zones []int) (subnets []Subnet) {
	bits := 3
	if r.CIDR.Bits() > smallestOfThree {
		bits = 2
	}
	for half, kind := range []string{"public", "private"} {
		for _, zone := range zones {
			s := Subnet{Name: kind + "-" + letter(zone), Zone: zone, Public: half == 0}
			if !r.Given() {
				s.CIDR = portion(r.CIDR, bits, half<<(bits-1)+zone)
			}
			subnets = append(subnets, s)
		}
	}
	return subnets
}

// portion returns the n-th part, from 0, of an IPv4 network that is divided by so many bits.
func portion(p netip.Prefix, bits, n int) netip.Prefix {
	a := p.Masked().Addr().As4()
	bits += p.Bits()
	v := binary.BigEndian.Uint32(a[:]) | uint32(n)<<(32-bits)
	binary.BigEndian.PutUint32(a[:], v)
	return netip.PrefixFrom(netip.AddrFrom4(a), bits)
}

// zones are the numbers of a region's zones.
func (r Region) zones() []int { return allZones()[:cmp.Or(r.Zones, 2)] }

// allZones are the numbers of those that a region may have.
func allZones() (all []int) {
	for zone := range mostZones {
		all = append(all, zone)
	}
	return all
}

// letter names a zone.
func letter(zone int) string { return string(rune('a' + zone)) }

// readZones reads how many zones each region has, for which its network has to be large enough.
func readZones(root *object, d *Declaration, places map[Side]*object) {
	d.Zones = root.choice("zones", 2, 2, mostZones)
	for _, side := range Sides {
		r, ok := d.Regions[side]
		if !ok {
			continue
		}
		if d.Zones > 2 && r.CIDR.IsValid() && r.CIDR.Bits() > smallestOfThree {
			places[side].mistake("cidr", fmt.Sprintf("%s, with %d zones", r.CIDR, d.Zones),
				fmt.Sprintf("a network of /%d or larger, or 2 zones", smallestOfThree))
		}
		r.Zones = d.Zones
		d.Regions[side] = r
	}
}
