package parity

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/account"
)

// replaced tells whether a stack's VPCs are of several networks: one takes the place of another.
func replaced(all []account.VPC) bool {
	return slices.ContainsFunc(all, func(v account.VPC) bool { return aws.ToString(v.CidrBlock) != aws.ToString(all[0].CidrBlock) })
}

// serving returns which of several VPCs users are served in: that of the load balancer which a record of the failover name leads to.
// Where none does, it is the first.
func (r *fetcher) serving(ctx context.Context, all []account.VPC) (*ec2types.Vpc, error) {
	n := &names{host: r.declared.Host() + "."}
	if _, err := n.readZone(ctx, r.Account, r.declared.Domain); err != nil {
		return nil, err
	}
	balancers, err := r.allBalancers(ctx)
	if err != nil {
		return nil, err
	}
	for _, b := range balancers {
		for _, record := range n.records {
			if targetOf(record) != plainName(aws.ToString(b.DNSName)) {
				continue
			}
			if i := slices.IndexFunc(all, func(v account.VPC) bool { return aws.ToString(v.VpcId) == aws.ToString(b.VpcId) }); i >= 0 {
				return &all[i].Vpc, nil
			}
		}
	}
	return &all[0].Vpc, nil
}
