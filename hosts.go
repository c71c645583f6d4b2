package understudy

import (
	"cmp"
	"fmt"
)

// Hosts are the instances beside the load balancer, one after another in the public subnets. What is empty is as the fleet has it.
type Hosts struct {
	Count    int
	Type     string
	Image    HostImage
	Key      string
	UserData string
	Ingress  []Traffic // beside what the public-facing group lets in
}

// HostImage is an image by its whole name, which is the same in both regions. Without a name it is the one that the stack bakes.
type HostImage struct{ Owner, Name string }

// mostHosts are fewer than there are letters.
const mostHosts = 20

// HostRole is what a host, counted from 0, is to the stack.
func HostRole(n int) string { return "host-" + letter(n) }

// HostRoles are those that hosts may have.
func HostRoles() (roles []string) {
	for n := range mostHosts {
		roles = append(roles, HostRole(n))
	}
	return roles
}

// HostZone is the zone of a host: they are spread as evenly as their number allows.
func (r Region) HostZone(n int) int { return n % len(r.zones()) }

// HostType is the type of a region's hosts.
func (d *Declaration) HostType(side Side) string { return cmp.Or(d.Hosts.Type, d.InstanceType(side)) }

// HostKey is the key pair of the hosts, empty for none.
func (d *Declaration) HostKey() string { return cmp.Or(d.Hosts.Key, d.Instance.Key) }

// HostUserData is the user data of the hosts, empty for none.
func (d *Declaration) HostUserData() string {
	return d.userData(cmp.Or(d.Hosts.UserData, d.Instance.UserData))
}

// hosts reads those beside the load balancer.
func hosts(o *object, d *Declaration, dir string, readFile func(string) ([]byte, error)) Hosts {
	of := o.object("image")
	h := Hosts{
		Count:    o.number("count", 2, 0, mostHosts),
		Type:     o.text("type", "", otherType),
		Image:    HostImage{of.text("owner", "amazon", imageOwner), of.text("name", "", hostImage)},
		Key:      o.text("key", "", keyName),
		UserData: userDataOf(o, dir, readFile),
		Ingress:  traffic(o, "ingress", "from", trafficSource),
	}
	// A template's volume is mapped by the name of the baked image's root device, which another image may call otherwise.
	if h.Image.Name != "" && d.Instance.Volume != (Volume{}) {
		of.mistake("name", fmt.Sprintf("%q, beside instance.volume", h.Image.Name), "the image that is baked, or no volume but the images' own")
	}
	if h.Image.Name != "" && !d.Image.Baked {
		of.mistake("name", fmt.Sprintf("%q, beside an image that is not baked", h.Image.Name),
			"image.baked true: else user data makes of each instance what the fleet's are")
	}
	return h
}

var (
	otherType = orNothing(instanceType)
	hostImage = matching(`([A-Za-z0-9()\[\] ./\-'@_]{3,128})?`, "3 to 128 characters of an image's whole name, or nothing")
)
