package plan

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// addHosts adds the declared hosts, the image that they are of where it is not the baked one, and those that were declared before.
func (v *inventory) addHosts(r *region) {
	g, d, facing := &v.graph, r.declared, r.groupNodes[0]
	var imageNode *node
	if d.Hosts.Image.Name != "" {
		r.hostImage = &hostImage{scope: r.scope}
		imageNode = g.add(r.id("host image"), r.hostImage)
	}
	for n := range d.Hosts.Count {
		zone := r.place().HostZone(n)
		h := &host{scope: r.scope, role: understudy.HostRole(n), template: r.template, image: r.hostImage, subnet: r.subnets[zone], group: r.facing}
		if len(d.Hosts.Ingress) > 0 {
			h.also = r.hostGroup
		}
		r.hosts = append(r.hosts, h)
		r.hostNodes = append(r.hostNodes, g.add(r.id(strings.Replace(h.role, "-", " ", 1)), h,
			with(append([]*node{r.templateNode, imageNode, facing, r.hostGroupNode}, r.openNodes...)...)...).
			finding(with(r.templateNode, imageNode, r.subnetNodes[zone], facing, r.hostGroupNode)...))
	}
	before := &undeclaredHosts{scope: r.scope, vpc: r.vpc}
	g.add(r.id("other hosts"), asked(false, before), with(append([]*node{r.templateNode, facing, r.hostGroupNode}, r.openNodes...)...)...).finding(r.vpcNode)
}

// hostImage is the image of the hosts where it is another than the one that the stack bakes: it is there, and somebody else's.
type hostImage struct {
	scope
	id string
}

func (i *hostImage) identity() string { return i.id }
func (i *hostImage) foreign() bool    { return true }
func (i *hostImage) desired() []Field {
	return []Field{{Name: "name", Value: i.declared.Hosts.Image.Name}}
}

func (i *hostImage) actual() []Field {
	if i.id == "" {
		return nil
	}
	return i.desired()
}

func (i *hostImage) find(ctx context.Context) (bool, error) {
	i.id = ""
	of := i.declared.Hosts.Image
	found, err := i.BaseImage(ctx, understudy.Origin{Base: understudy.Base{Owners: []string{of.Owner}, Names: []string{of.Name}}})
	if err != nil || found == nil {
		return false, err
	}
	i.id = aws.ToString(found.ImageId)
	return true, nil
}

// refused tells that nothing can be launched: the stack does not make this image.
func (i *hostImage) refused() error {
	if of := i.declared.Hosts.Image; i.id == "" {
		return fmt.Errorf("no image of %s in %s is named %s", of.Owner, i.Region, of.Name)
	}
	return nil
}

func (i *hostImage) create(context.Context) error               { return i.refused() }
func (i *hostImage) change(context.Context, []Difference) error { return nil }
func (i *hostImage) remove(context.Context) error               { return nil }

// undeclaredHosts are instances that were hosts when more were declared.
type undeclaredHosts struct {
	scope
	vpc *vpc
	ids []string
}

func (u *undeclaredHosts) identity() string { return set(u.ids...) }
func (u *undeclaredHosts) desired() []Field { return nil }
func (u *undeclaredHosts) actual() []Field  { return nil }

func (u *undeclaredHosts) find(ctx context.Context) (bool, error) {
	u.ids = nil
	all, err := instances(ctx, u.scope, u.mark("host-*"))
	if err != nil {
		return false, err
	}
	declared := map[string]bool{}
	for n := range u.declared.Hosts.Count {
		declared[understudy.HostRole(n)] = true
	}
	for _, i := range u.vpc.inhabitants(all) {
		if !declared[account.OfEC2(i.Tags)[account.TagRole]] {
			u.ids = append(u.ids, aws.ToString(i.InstanceId))
		}
	}
	return len(u.ids) > 0, nil
}

func (u *undeclaredHosts) create(context.Context) error               { return nil }
func (u *undeclaredHosts) change(context.Context, []Difference) error { return nil }
func (u *undeclaredHosts) remove(ctx context.Context) error           { return terminate(ctx, u.scope, u.ids) }

var (
	_ obstructed = (*hostImage)(nil)
	_ shared     = (*hostImage)(nil)
	_ identified = (*undeclaredHosts)(nil)
)
