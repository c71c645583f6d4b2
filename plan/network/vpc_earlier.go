package network

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/plan/resource"
)

// Wanted names the network that is declared.
func (v *VPC) Wanted() string {
	if n := v.Place().Network; n != nil {
		return "a given one, " + strings.TrimSpace(n.VPC.String())
	}
	return "one of " + v.Place().CIDR.String()
}

// Replaced tells whether another network takes the place of an earlier one.
func (v *VPC) Replaced() bool { return len(v.Earlier) > 0 }

// Beyond tells whether what lies in the VPC with this id is of another generation.
func (v *VPC) Beyond(id string) bool {
	if v.Leaving {
		return id != v.ID
	}
	return slices.ContainsFunc(v.Earlier, func(one *VPC) bool { return one.ID == id })
}

// Inhabitants returns those of some instances that are of this generation.
func (v *VPC) Inhabitants(all []ec2types.Instance) []ec2types.Instance {
	return slices.DeleteFunc(all, func(i ec2types.Instance) bool { return v.Beyond(aws.ToString(i.VpcId)) })
}

// Network is the range of addresses that it was found with.
func (v *VPC) Network() string {
	for _, f := range v.Seen {
		if f.Name == "cidr" {
			return f.Value
		}
	}
	return ""
}

func (v *VPC) String() string { return v.ID + " of " + v.Network() }

// Before names the earlier networks.
func (v *VPC) Before() (networks []string) {
	for _, one := range v.Earlier {
		networks = append(networks, one.String())
	}
	return networks
}

// claimEarlier gives earlier VPCs the stack's tags where they have lost them: beside one that has them they would not be found.
func (v *VPC) claimEarlier(ctx context.Context) error {
	for _, one := range v.Earlier {
		if resource.Differs(resource.Compare([]resource.Field{one.Tagged("vpc")}, one.Seen), "tagged") {
			if err := one.Retag(ctx, one.ID, "vpc"); err != nil {
				return err
			}
		}
	}
	return nil
}

// Succeeds says what the new network takes the place of, and in which order.
func (v *VPC) Succeeds() string {
	if !v.Replaced() {
		return ""
	}
	return fmt.Sprintf("%s by %s: all that lies in it first serves, then the record moves, then the old goes",
		strings.Join(v.Before(), " and "), v.Wanted())
}
