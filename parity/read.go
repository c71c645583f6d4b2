package parity

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/understudy/understudy/account"
)

// Read reads a stack's resources in one region into canonical form.
func Read(ctx context.Context, a *account.Account, stack string) (Region, error) {
	r := &reader{c: a, stack: stack, roles: map[string]string{}, digests: map[string]string{}, out: Region{Name: a.Region}}
	// The order matters: what others refer to is read, and named, first.
	for _, step := range []struct {
		what string
		read func(context.Context) error
	}{
		{"vpc", r.readVPC},
		{"subnets", r.readSubnets},
		{"internet gateways", r.readGateways},
		{"route tables", r.readRouteTables},
		{"security groups", r.readGroups},
		{"images", r.readImages},
		{"instances", r.readInstances},
		{"launch templates", r.readTemplates},
		{"target groups", r.readTargetGroups},
		{"load balancers", r.readLoadBalancers},
		{"auto scaling groups", r.readFleets},
		{"routing", r.readRouting},
	} {
		if err := step.read(ctx); err != nil {
			return Region{}, fmt.Errorf("read %s of %s: %w", step.what, a.Region, err)
		}
	}
	return r.out, nil
}

// reader gathers one region. roles maps every id and ARN seen to the canonical name of what it stands for.
type reader struct {
	c       *account.Account
	stack   string
	vpcID   string
	cidr    netip.Prefix
	roles   map[string]string
	digests map[string]string // image id -> what the image is
	// balancers maps load balancers' DNS names to roles, for the records above them.
	balancers map[string]string
	out       Region
}

// add keeps a resource and learns its id's meaning.
func (r *reader) add(kind, role, id string, settings map[string]string) {
	r.keep(Resource{Kind: kind, Role: role, ID: id, Settings: settings})
}

func (r *reader) keep(res Resource) {
	r.roles[res.ID] = res.Kind + " " + res.Role
	r.out.Resources = append(r.out.Resources, res)
}

// meaning replaces an id by what it stands for.
func (r *reader) meaning(id string) string {
	if name, ok := r.roles[id]; ok {
		return name
	}
	if id == "" {
		return None
	}
	return "unknown " + strings.SplitN(id, "-", 2)[0]
}

func (r *reader) meanings(ids []string) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = r.meaning(id)
	}
	return list(names)
}

// role reads a resource's role from its tags; one without is named by its kind's word for it.
func role(tags []ec2types.Tag, otherwise string) string {
	for _, t := range tags {
		if aws.ToString(t.Key) == account.TagRole {
			return aws.ToString(t.Value)
		}
	}
	return otherwise
}

// unnamed is the role of what the stack did not make.
const unnamed = "(without a role)"

// ofVPC is the filter for everything in the stack's VPC. Where there is none, nothing matches.
func (r *reader) ofVPC(name string) []ec2types.Filter {
	return []ec2types.Filter{account.Filter(name, r.vpcID)}
}

// share expresses a prefix as its place in the VPC's range: "+0.0.1.0/24".
func (r *reader) share(cidr string) string {
	p, err := netip.ParsePrefix(cidr)
	if err != nil || !r.cidr.IsValid() || !r.cidr.Overlaps(p) || p.Bits() < r.cidr.Bits() {
		return cidr
	}
	if p == r.cidr {
		return "the vpc's range"
	}
	a, base := p.Addr().As4(), r.cidr.Addr().As4()
	for i := range a {
		a[i] -= base[i] // base is all zeros where a differs from it, so no borrow
	}
	return fmt.Sprintf("+%s/%d", netip.AddrFrom4(a), p.Bits())
}

// zone is a zone's letter: us-east-1a and us-west-2a are both "a".
func (r *reader) zone(name string) string { return strings.TrimPrefix(name, r.c.Region) }

func yes(b *bool) string { return strconv.FormatBool(aws.ToBool(b)) }

func number(n *int32) string {
	if n == nil {
		return None
	}
	return itoa(int(*n))
}

func itoa(n int) string { return strconv.Itoa(n) }
