package plan

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
)

// addHosts adds the declared hosts, the image that they are of where it is not the baked one, and those that were declared before.
func (v *inventory) addHosts(r *region) {
	g, d, facing := &v.graph, r.Declared, r.groupNodes[0]
	var imageNode *node
	if d.Hosts.Image.Name != "" {
		r.hostImage = &hostImage{Scope: r.Scope}
		imageNode = g.add(r.id("host image"), r.hostImage)
	}
	for n := range d.Hosts.Count {
		zone := r.Place().HostZone(n)
		h := &host{Scope: r.Scope, role: understudy.HostRole(n), template: r.template, image: r.hostImage, subnet: r.subnets[zone], group: r.facing}
		if len(d.Hosts.Ingress) > 0 {
			h.also = r.hostGroup
		}
		r.hosts = append(r.hosts, h)
		r.hostNodes = append(r.hostNodes, g.add(r.id(strings.Replace(h.role, "-", " ", 1)), h,
			with(append([]*node{r.templateNode, imageNode, facing, r.hostGroupNode}, r.openNodes...)...)...).
			finding(with(r.templateNode, imageNode, r.subnetNodes[zone], facing, r.hostGroupNode)...))
	}
	before := &undeclaredHosts{Scope: r.Scope, vpc: r.vpc}
	g.add(r.id("other hosts"), asked(false, before), with(append([]*node{r.templateNode, facing, r.hostGroupNode}, r.openNodes...)...)...).finding(r.vpcNode)
}

// hostImage is the image of the hosts where it is another than the one that the stack bakes: it is there, and somebody else's.
type hostImage struct {
	resource.Scope
	id string
}

func (i *hostImage) Identity() string { return i.id }
func (i *hostImage) Foreign() bool    { return true }
func (i *hostImage) Desired() []resource.Field {
	return []resource.Field{{Name: "name", Value: i.Declared.Hosts.Image.Name}}
}

func (i *hostImage) Actual() []resource.Field {
	if i.id == "" {
		return nil
	}
	return i.Desired()
}

func (i *hostImage) Find(ctx context.Context) (bool, error) {
	i.id = ""
	of := i.Declared.Hosts.Image
	found, err := i.BaseImage(ctx, understudy.Origin{Base: understudy.Base{Owners: []string{of.Owner}, Names: []string{of.Name}}})
	if err != nil || found == nil {
		return false, err
	}
	i.id = aws.ToString(found.ImageId)
	return true, nil
}

// Refused tells that nothing can be launched: the stack does not make this image.
func (i *hostImage) Refused() error {
	if of := i.Declared.Hosts.Image; i.id == "" {
		return fmt.Errorf("no image of %s in %s is named %s", of.Owner, i.Region, of.Name)
	}
	return nil
}

func (i *hostImage) Create(context.Context) error                        { return i.Refused() }
func (i *hostImage) Change(context.Context, []resource.Difference) error { return nil }
func (i *hostImage) Remove(context.Context) error                        { return nil }

// undeclaredHosts are instances that were hosts when more were declared.
type undeclaredHosts struct {
	resource.Scope
	vpc *network.VPC
	ids []string
}

func (u *undeclaredHosts) Identity() string          { return resource.Set(u.ids...) }
func (u *undeclaredHosts) Desired() []resource.Field { return nil }
func (u *undeclaredHosts) Actual() []resource.Field  { return nil }

func (u *undeclaredHosts) Find(ctx context.Context) (bool, error) {
	u.ids = nil
	all, err := instances(ctx, u.Scope, u.Mark("host-*"))
	if err != nil {
		return false, err
	}
	declared := map[string]bool{}
	for n := range u.Declared.Hosts.Count {
		declared[understudy.HostRole(n)] = true
	}
	for _, i := range u.vpc.Inhabitants(all) {
		if !declared[account.OfEC2(i.Tags)[account.TagRole]] {
			u.ids = append(u.ids, aws.ToString(i.InstanceId))
		}
	}
	return len(u.ids) > 0, nil
}

func (u *undeclaredHosts) Create(context.Context) error                        { return nil }
func (u *undeclaredHosts) Change(context.Context, []resource.Difference) error { return nil }
func (u *undeclaredHosts) Remove(ctx context.Context) error                    { return terminate(ctx, u.Scope, u.ids) }

var (
	_ resource.Obstructed = (*hostImage)(nil)
	_ resource.Shared     = (*hostImage)(nil)
	_ resource.Identified = (*undeclaredHosts)(nil)
)
