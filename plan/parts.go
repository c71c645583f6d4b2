package plan

import (
	"context"
	"fmt"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/resource"
)

// Parts are the ids of what a region serves with.
type Parts struct {
	VPC         string
	Subnets     []string
	Internal    string // the security group of what the load balancer reaches
	TargetGroup string // ARN
	Balancer    string // ARN
	Fleet       string // the Auto Scaling group's name
}

// Parts finds what a region serves with, the ones in use where there are several. All of it must be there.
func (s *Stack) Parts(ctx context.Context, side understudy.Side) (Parts, error) {
	r := takeInventory(s.Declaration, s.Accounts).regions[side]
	for _, part := range []struct {
		name string
		resource.Resource
	}{{"vpc", r.vpcNode.resource}, {"internal security group", r.within}, {"target group", r.targetGroup}, {"load balancer", r.balancer},
		{"listener", r.listener}, {"fleet", r.fleet}} {
		there, err := part.Find(ctx)
		if err == nil && !there && !resource.Leaves(part.Resource) && !r.vpc.Replaced() { // in a replacement there are others
			err = fmt.Errorf("%s has no %s of %s", r.Region, part.name, s.Declaration.Name)
		}
		if err != nil {
			return Parts{}, err
		}
	}
	if r.vpc.Replaced() {
		return Parts{}, fmt.Errorf("another network takes the place of %s in %s: `understudy up` ends that", r.vpc.Earlier[0], r.Region)
	}
	serving := r.listener.Serving()
	p := Parts{VPC: r.vpc.ID, Internal: r.within.ID, TargetGroup: serving.ARN, Balancer: r.balancer.ARN, Fleet: balancing.Generation(r.Scope, serving.Number)}
	for n, sub := range r.subnetNodes {
		there, err := sub.resource.Find(ctx)
		if err != nil {
			return Parts{}, err
		}
		if there {
			p.Subnets = append(p.Subnets, r.subnets[n].ID)
		}
	}
	return p, nil
}
