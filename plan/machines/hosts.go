package machines

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
)

// HostImage is the image of the hosts where it is another than the one that the stack bakes: it is there, and somebody else's.
type HostImage struct {
	resource.Scope
	id string
}

func (i *HostImage) Identity() string { return i.id }
func (i *HostImage) Foreign() bool    { return true }
func (i *HostImage) Desired() []resource.Field {
	return []resource.Field{{Name: "name", Value: i.Declared.Hosts.Image.Name}}
}

func (i *HostImage) Actual() []resource.Field {
	if i.id == "" {
		return nil
	}
	return i.Desired()
}

func (i *HostImage) Find(ctx context.Context) (bool, error) {
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
func (i *HostImage) Refused() error {
	if of := i.Declared.Hosts.Image; i.id == "" {
		return fmt.Errorf("no image of %s in %s is named %s", of.Owner, i.Region, of.Name)
	}
	return nil
}

func (i *HostImage) Create(context.Context) error                        { return i.Refused() }
func (i *HostImage) Change(context.Context, []resource.Difference) error { return nil }
func (i *HostImage) Remove(context.Context) error                        { return nil }

// UndeclaredHosts are instances that were hosts when more were declared.
type UndeclaredHosts struct {
	resource.Scope
	VPC *network.VPC
	ids []string
}

func (u *UndeclaredHosts) Identity() string          { return resource.Set(u.ids...) }
func (u *UndeclaredHosts) Desired() []resource.Field { return nil }
func (u *UndeclaredHosts) Actual() []resource.Field  { return nil }

func (u *UndeclaredHosts) Find(ctx context.Context) (bool, error) {
	u.ids = nil
	all, err := Instances(ctx, u.Scope, u.Mark("host-*"))
	if err != nil {
		return false, err
	}
	declared := map[string]bool{}
	for n := range u.Declared.Hosts.Count {
		declared[understudy.HostRole(n)] = true
	}
	for _, i := range u.VPC.Inhabitants(all) {
		if !declared[account.OfEC2(i.Tags)[account.TagRole]] {
			u.ids = append(u.ids, aws.ToString(i.InstanceId))
		}
	}
	return len(u.ids) > 0, nil
}

func (u *UndeclaredHosts) Create(context.Context) error                        { return nil }
func (u *UndeclaredHosts) Change(context.Context, []resource.Difference) error { return nil }
func (u *UndeclaredHosts) Remove(ctx context.Context) error                    { return Terminate(ctx, u.Scope, u.ids) }

var (
	_ resource.Obstructed = (*HostImage)(nil)
	_ resource.Shared     = (*HostImage)(nil)
	_ resource.Identified = (*UndeclaredHosts)(nil)
)
