package balancing

import (
	"cmp"
	"context"
	"errors"
	"slices"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// asOwn says EC2's refusals in this service's words.
func asOwn(err error) error {
	var e *wire.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code {
	case "InvalidAllocationID.NotFound":
		return wire.Errorf("AllocationIdNotFound", "The specified allocation ID does not exist.")
	case "Resource.AlreadyAssociated": // https://github.com/terraform-aws-modules/terraform-aws-alb/issues/171
		return wire.Errorf("ResourceInUse", "The allocation IDs are not available for use")
	case "InvalidParameterValue":
		return invalid("%s", e.Message)
	case "InvalidIPAddress.InUse":
		return wire.Errorf("ResourceInUse", "%s", e.Message)
	case "InsufficientFreeAddressesInSubnet":
		return wire.Errorf("InvalidSubnet", "Not enough IP space available in the subnet. ELB requires at least 8 free IP addresses in each subnet.")
	case "InvalidGroup.NotFound", "InvalidParameter", "SecurityGroupsPerInterfaceLimitExceeded":
		return wire.Errorf("InvalidSecurityGroup", "%s", e.Message)
	}
	return err
}

func (r *Room) checkGroups(tx *store.Tx, vpc string, groups []string) error {
	return asOwn(r.network.CheckGroups(tx, vpc, groups))
}

// sync brings up the network that a committed change of load balancers needs, and then has their
// controller look again: it may have looked before the interfaces were there.
func (r *Room) sync(vpc string) error {
	err := r.network.Sync(vpc)
	r.Wake(r.loadBalancers.Any())
	return err
}

// changeLoadBalancer changes one load balancer's row.
func (r *Room) changeLoadBalancer(arn *string, change func(*store.Tx, *loadBalancerRow) error) error {
	if err := r.requireARN(balancerARN, "LoadBalancerArn", arn); err != nil {
		return err
	}
	return r.Update(func(tx *store.Tx) error {
		row, ok := r.loadBalancers.GetTx(tx, *arn)
		if !ok {
			return missingLoadBalancer()
		}
		if err := change(tx, &row); err != nil {
			return err
		}
		return r.loadBalancers.Put(tx, row.ARN, row)
	})
}

// SetSubnets changes the zones of a load balancer; a node in a subnet that stays goes on serving.
func (r *Room) SetSubnets(ctx context.Context, in *elb.SetSubnetsInput) (*elb.SetSubnetsOutput, error) {
	if err := room.Only(in, "EnablePrefixForIpv6SourceNat", "LoadBalancerArn", "IpAddressType", "Subnets", "SubnetMappings"); err != nil {
		return nil, err
	}
	var row loadBalancerRow
	err := r.changeLoadBalancer(in.LoadBalancerArn, func(tx *store.Tx, b *loadBalancerRow) error {
		places, err := readPlaces(b.network(), b.Scheme, in.Subnets, in.SubnetMappings)
		if err != nil {
			return err
		}
		vpc, subnets, err := r.chooseSubnets(tx, places, leastSubnets(b.network()))
		if err != nil {
			return err
		}
		if err := b.checkNodes(places); err != nil {
			return err
		}
		if vpc != b.VPC {
			return wire.Errorf("InvalidConfigurationRequest", "Subnets must be in the VPC '%s' of the load balancer", b.VPC)
		}
		if err := r.setAddressType(tx, b, cmp.Or(in.IpAddressType, b.IPAddressType), subnets); err != nil {
			return err
		}
		if err := b.setSourceNAT(in.EnablePrefixForIpv6SourceNat); err != nil {
			return err
		}
		if err := b.checkPlaces(places); err != nil {
			return err
		}
		if err := r.checkListeners(tx, *b); err != nil {
			return err
		}
		old := b.Nodes
		if b.Nodes, err = r.newNodes(tx, *b, subnets, places); err != nil {
			return err
		}
		row = *b
		return r.dropNodes(tx, old, b.Nodes)
	})
	if err != nil {
		return nil, err
	}
	if err := r.sync(row.VPC); err != nil {
		return nil, err
	}
	out := &elb.SetSubnetsOutput{AvailabilityZones: r.showNodes(row), IpAddressType: row.addressType()}
	if row.network() {
		out.EnablePrefixForIpv6SourceNat = row.sourceNAT()
	}
	return out, nil
}

// dropNodes takes the interfaces away of nodes that are not kept.
func (r *Room) dropNodes(tx *store.Tx, old, kept []nodeRow) error {
	for _, n := range old {
		if slices.ContainsFunc(kept, func(k nodeRow) bool { return k.Interface == n.Interface }) {
			continue
		}
		if err := r.network.RemoveInterface(tx, n.Interface); err != nil {
			return err
		}
	}
	return nil
}

// SetSecurityGroups changes what may reach a load balancer's nodes, and what they may reach.
func (r *Room) SetSecurityGroups(ctx context.Context, in *elb.SetSecurityGroupsInput) (*elb.SetSecurityGroupsOutput, error) {
	if err := room.Only(in, "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic", "LoadBalancerArn", "SecurityGroups"); err != nil {
		return nil, err
	}
	if len(in.SecurityGroups) == 0 {
		return nil, invalid("The request must contain the parameter 'SecurityGroups'")
	}
	var row loadBalancerRow
	err := r.changeLoadBalancer(in.LoadBalancerArn, func(tx *store.Tx, b *loadBalancerRow) error {
		if err := b.checkNewGroups(); err != nil {
			return err
		}
		if err := r.checkGroups(tx, b.VPC, in.SecurityGroups); err != nil {
			return err
		}
		if err := b.setPrivateLink(in.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic); err != nil {
			return err
		}
		b.Groups = slices.Clone(in.SecurityGroups)
		row = *b
		for _, n := range b.Nodes {
			if err := r.network.SetGroups(tx, n.Interface, b.Groups); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &elb.SetSecurityGroupsOutput{
		SecurityGroupIds: row.Groups, EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: row.privateLink(),
	}, r.sync(row.VPC)
}

// DeleteLoadBalancer deletes a load balancer with its listeners and their rules; a missing one is no error.
func (r *Room) DeleteLoadBalancer(ctx context.Context, in *elb.DeleteLoadBalancerInput) (*elb.DeleteLoadBalancerOutput, error) {
	if err := room.Only(in, "LoadBalancerArn"); err != nil {
		return nil, err
	}
	if err := r.requireARN(balancerARN, "LoadBalancerArn", in.LoadBalancerArn); err != nil {
		return nil, err
	}
	row, ok := r.loadBalancers.Get(*in.LoadBalancerArn)
	if !ok {
		return &elb.DeleteLoadBalancerOutput{}, nil
	}
	err := r.Update(func(tx *store.Tx) error {
		if row, ok = r.loadBalancers.GetTx(tx, row.ARN); !ok {
			return nil
		}
		if attributeOf(row.attributes(), row.Attributes, "deletion_protection.enabled") == "true" {
			return wire.Errorf("OperationNotPermitted", "Load balancer '%s' cannot be deleted because deletion protection is enabled", row.ARN)
		}
		if err := r.checkNoTarget(tx, row.ARN); err != nil {
			return err
		}
		for _, l := range r.listeners.AllTx(tx) {
			if l.LoadBalancer == row.ARN {
				if err := r.removeListener(tx, l); err != nil {
					return err
				}
			}
		}
		if err := r.dropNodes(tx, row.Nodes, nil); err != nil {
			return err
		}
		return r.loadBalancers.Delete(tx, row.ARN)
	})
	if err != nil {
		return nil, err
	}
	r.reconcile() // the nodes' sockets close before their network goes
	return &elb.DeleteLoadBalancerOutput{}, r.sync(row.VPC)
}
