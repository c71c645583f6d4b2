package plan

import (
	"fmt"
	"strings"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/machines"
)

// addHosts adds the declared hosts, the image that they are of where it is not the baked one, and those that were declared before.
func (v *inventory) addHosts(r *region) {
	g, d, facing := &v.graph, r.Declared, r.groupNodes[0]
	var imageNode *node
	if d.Hosts.Image.Name != "" {
		r.hostImage = &machines.HostImage{Scope: r.Scope}
		imageNode = g.add(r.id("host image"), r.hostImage)
	}
	for n := range d.Hosts.Count {
		zone := r.Place().HostZone(n)
		h := &machines.Host{Scope: r.Scope, Role: understudy.HostRole(n), Template: r.template, Image: r.hostImage, Subnet: r.subnets[zone], Group: r.facing}
		if len(d.Hosts.Ingress) > 0 {
			h.Also = r.hostGroup
		}
		r.hosts = append(r.hosts, h)
		r.hostNodes = append(r.hostNodes, g.add(r.id(strings.Replace(h.Role, "-", " ", 1)), h,
			with(append([]*node{r.templateNode, imageNode, facing, r.hostGroupNode}, r.openNodes...)...)...).
			finding(with(r.templateNode, imageNode, r.subnetNodes[zone], facing, r.hostGroupNode)...))
	}
	before := &machines.UndeclaredHosts{Scope: r.Scope, VPC: r.vpc}
	g.add(r.id("other hosts"), asked(false, before), with(append([]*node{r.templateNode, facing, r.hostGroupNode}, r.openNodes...)...)...).finding(r.vpcNode)
}

// rebake has images baked anew whose base is another one by now.
func (v *inventory) rebake(d bool) error {
	if !d {
		return nil
	}
	if v.image == nil {
		return fmt.Errorf("no image is baked: image.baked is false")
	}
	v.image.Anew = true
	return nil
}
