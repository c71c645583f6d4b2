package understudy

import (
	"fmt"
	"slices"
	"strings"
)

// Network is a VPC and subnets that somebody else has made and keeps. A stack stands in it and changes nothing of it: what its subnets
// reach, and who reaches them, is its owner's.
type Network struct {
	VPC             Given
	Public, Private Given
}

// Given is what somebody else has made, by its ids or by tags that it has.
type Given struct {
	IDs  []string
	Tags map[string]string // all of which it has; nil where ids say what it is
}

func (g Given) String() string {
	if len(g.IDs) > 0 {
		return strings.Join(g.IDs, ", ")
	}
	var tags []string
	for key, value := range g.Tags {
		tags = append(tags, key+"="+value)
	}
	slices.Sort(tags)
	return "tagged " + strings.Join(tags, ", ")
}

func (g Given) said() bool    { return len(g.IDs) > 0 || len(g.Tags) > 0 }
func (n *Network) said() bool { return n.VPC.said() || n.Public.said() || n.Private.said() }

// Given tells whether the region's network is somebody else's. Its addresses are not declared then.
func (r Region) Given() bool { return r.Network != nil }

// GivenNetwork tells whether the network of any region is somebody else's.
func (d *Declaration) GivenNetwork() bool {
	return d.Regions[Primary].Given() || d.Regions[Secondary].Given()
}

// readNetwork reads a region's network where it is given, or returns nothing.
func readNetwork(o *object) *Network {
	n := &Network{VPC: givenOne(o, "vpc", vpcID), Public: givenSome(o, "public"), Private: givenSome(o, "private")}
	if !n.said() {
		return nil
	}
	for _, one := range []struct {
		key string
		Given
	}{{"vpc", n.VPC}, {"public", n.Public}, {"private", n.Private}} {
		if !one.said() {
			o.mistake(one.key, "no "+o.path+one.key+" and no "+one.key+"_tags", "one of the two")
		}
	}
	for _, id := range n.Private.IDs {
		if slices.Contains(n.Public.IDs, id) {
			o.mistake("private", id+", which is a public subnet too", "subnets of which each is either")
		}
	}
	return n
}

// givenOne reads an id, or tags.
func givenOne(o *object, key string, ids constraint) (g Given) {
	if id := o.text(key, "", ids); id != "" {
		g.IDs = []string{id}
	}
	return givenTags(o, key, g)
}

// givenSome reads ids of subnets, or their tags.
func givenSome(o *object, key string) Given {
	g := Given{IDs: o.texts(key, []string{}, subnetID)}
	if named := slices.Compact(slices.Sorted(slices.Values(g.IDs))); len(named) < len(g.IDs) {
		o.mistake(key, "a subnet twice", "each subnet once")
	}
	return givenTags(o, key, g)
}

func givenTags(o *object, key string, g Given) Given {
	const most = 10
	g.Tags = o.labels(key+"_tags", most, givenTagKey, tagValue)
	if len(g.IDs) > 0 && len(g.Tags) > 0 {
		o.mistake(key+"_tags", "tags, beside "+key, "one of the two")
	}
	return g
}

// holdNetworks holds given networks against what is said of those that are made.
func holdNetworks(d *Declaration, root *object, places map[Side]*object) {
	given := 0
	for _, side := range Sides {
		r, o := d.Regions[side], places[side]
		if !r.Given() {
			continue
		}
		given++
		if o.values["cidr"] != nil {
			o.mistake("cidr", "addresses, beside network", "one of the two: a given network has its own addresses")
		}
		if o.values["egress"] != nil {
			o.mistake("egress", "a way out, beside network", "nothing: the routes of a given network are its owner's")
		}
		for _, one := range []struct {
			key string
			Given
		}{{"public", r.Network.Public}, {"private", r.Network.Private}} {
			if n := len(one.IDs); n > 0 && n != d.Zones {
				o.inner("network").mistake(one.key, fmt.Sprintf("%d subnets, with %d zones", n, d.Zones), "one in each zone")
			}
		}
		r.Egress = EgressNone
		d.Regions[side] = r
	}
	if given == len(Sides) && d.Egress != EgressNone {
		root.mistake("egress", fmt.Sprintf("%s, where both networks are given", d.Egress), "nothing: the routes of a given network are its owner's")
	}
}

// The ids that EC2 gives: 17 digits, or 8 to what is older than 2018 ("Resource IDs" in the Amazon EC2 User Guide).
var (
	vpcID       = matching(`(vpc-[0-9a-f]{8}([0-9a-f]{9})?)?`, "the id of a VPC, for example vpc-0123456789abcdef0, or nothing")
	subnetID    = matching(`subnet-[0-9a-f]{8}([0-9a-f]{9})?`, "the id of a subnet, for example subnet-0123456789abcdef0")
	givenTagKey = labelOf(1, 128, "1 to 128 letters, digits, spaces and any of + - = . _ : / @")
)
