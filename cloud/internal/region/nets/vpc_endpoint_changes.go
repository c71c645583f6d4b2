package nets

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/endpoint"
	"github.com/understudy/understudy/cloud/internal/policy"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// maxEndpointPolicy is the most characters of a policy (https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html).
const maxEndpointPolicy = 20480

// checkEndpointPolicy refuses what is no policy of an endpoint; none is the one that allows everything.
func checkEndpointPolicy(text string) error {
	if text == "" {
		return nil
	}
	if n := utf8.RuneCountInString(text); n > maxEndpointPolicy {
		return wire.Errorf("InvalidPolicyDocument", "The policy document has %d characters and may have %d.", n, maxEndpointPolicy)
	}
	if _, err := policy.Endpoint(text); err != nil {
		return wire.Errorf("InvalidPolicyDocument", "The policy document is not valid: %v", err)
	}
	return nil
}

// checkPrivateDNS refuses a service's own name where the VPC resolves none, or resolves it to another endpoint.
func (r *Room) checkPrivateDNS(tx *store.Tx, e endpointRow, service endpointService) error {
	if !e.PrivateDNS {
		return nil
	}
	if v, _ := r.vpcs.GetTx(tx, e.VPC); !v.DNSSupport || !v.DNSHostnames {
		return wire.Errorf("InvalidParameter",
			"Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for %s", e.VPC)
	}
	for _, other := range r.endpoints.AllTx(tx) {
		if other.ID != e.ID && other.VPC == e.VPC && other.Service == e.Service && other.PrivateDNS {
			return wire.Errorf("InvalidParameter", "private-dns-enabled cannot be set because there is already a conflicting DNS domain for %s in the VPC %s",
				endpoint.InRegion(service.to, r.Region), e.VPC)
		}
	}
	return nil
}

// addSubnets puts an interface into each of the subnets, of which an endpoint has one in a zone at most.
func (r *Room) addSubnets(tx *store.Tx, e endpointRow, subnets []string) error {
	zones := map[string]bool{}
	for _, i := range r.interfacesFor(tx, e.ID) {
		zones[i.Zone] = true
	}
	for _, id := range subnets {
		subnet, ok := r.subnets.GetTx(tx, id)
		switch {
		case !ok:
			return MissingSubnet(id)
		case subnet.VPC != e.VPC:
			return wire.Errorf("InvalidParameter", "The subnet %s is not in the VPC %s.", id, e.VPC)
		case zones[subnet.Zone]:
			return wire.Errorf("DuplicateSubnetsInSameZone", "Found another VPC endpoint subnet in the availability zone of %s", id)
		}
		zones[subnet.Zone] = true
		if _, err := r.NewInterface(tx, Wanted{Subnet: id, Groups: e.Groups, Endpoint: e.ID, Description: "VPC Endpoint Interface " + e.ID}); err != nil {
			return err
		}
	}
	return nil
}

// removeSubnets takes an endpoint's interfaces out of subnets.
func (r *Room) removeSubnets(tx *store.Tx, e endpointRow, subnets []string) error {
	own := r.interfacesFor(tx, e.ID)
	for _, id := range subnets {
		at := slices.IndexFunc(own, func(i Interface) bool { return i.Subnet == id })
		if at < 0 {
			return wire.Errorf("InvalidParameter", "The VPC endpoint %s has no network interface in the subnet %s.", e.ID, id)
		}
		if err := r.RemoveInterface(tx, own[at].ID); err != nil {
			return err
		}
		own = slices.Delete(own, at, at+1)
	}
	return nil
}

// setEndpointGroups changes the security groups of an endpoint and of its interfaces.
func (r *Room) setEndpointGroups(tx *store.Tx, e *endpointRow, add, remove []string) error {
	groups := slices.Clone(e.Groups)
	for _, id := range remove {
		if !slices.Contains(groups, id) {
			return wire.Errorf("InvalidParameter", "The security group %s is not associated with the VPC endpoint %s.", id, e.ID)
		}
		groups = slices.DeleteFunc(groups, func(g string) bool { return g == id })
	}
	for _, id := range add {
		if !slices.Contains(groups, id) {
			groups = append(groups, id)
		}
	}
	if len(groups) == 0 {
		return wire.Errorf("InvalidParameter", "The VPC endpoint %s must have at least one security group.", e.ID)
	}
	if err := r.CheckGroups(tx, e.VPC, groups); err != nil {
		return err
	}
	e.Groups = groups
	for _, i := range r.interfacesFor(tx, e.ID) {
		if err := r.SetGroups(tx, i.ID, groups); err != nil {
			return err
		}
	}
	return nil
}

// ModifyVpcEndpoint changes where an endpoint is, who may use it and what it lets through.
func (r *Room) ModifyVpcEndpoint(ctx context.Context, in *ec2.ModifyVpcEndpointInput) (*ec2.ModifyVpcEndpointOutput, error) {
	if err := room.Only(in, "AddRouteTableIds", "AddSecurityGroupIds", "AddSubnetIds",
		"IpAddressType", "PolicyDocument", "PrivateDnsEnabled", "RemoveRouteTableIds",
		"RemoveSecurityGroupIds", "RemoveSubnetIds", "ResetPolicy", "VpcEndpointId"); err != nil {
		return nil, err
	}
	if err := resource.Required("vpcEndpointId", in.VpcEndpointId); err != nil {
		return nil, err
	}
	if in.IpAddressType != "" && in.IpAddressType != ec2types.IpAddressTypeIpv4 {
		return nil, wire.Errorf("UnsupportedOperation", "The value '%s' of the parameter 'IpAddressType' is not supported here.", in.IpAddressType)
	}
	reset := in.ResetPolicy != nil && *in.ResetPolicy
	if reset && in.PolicyDocument != nil {
		return nil, wire.Errorf("InvalidParameterCombination", "The parameters PolicyDocument and ResetPolicy cannot be used together.")
	}
	var row endpointRow
	err := r.Update(func(tx *store.Tx) (err error) {
		if row, err = room.Find(tx, r.endpoints, *in.VpcEndpointId, missingEndpoint); err != nil {
			return err
		}
		if row.State == endpointDeleting {
			return wire.Errorf("IncorrectState", "The VPC endpoint %s is in the state %s.", row.ID, row.State)
		}
		if reset {
			row.Policy = ""
		} else if in.PolicyDocument != nil {
			row.Policy = *in.PolicyDocument
		}
		if err := cmp.Or(checkEndpointPolicy(row.Policy), r.moveEndpoint(tx, &row, in), room.DryRun(in)); err != nil {
			return err
		}
		return r.endpoints.Put(tx, row.ID, row)
	})
	if err == nil {
		err = r.Sync(row.VPC)
	}
	if err != nil {
		return nil, err
	}
	return &ec2.ModifyVpcEndpointOutput{Return: new(true)}, nil
}

// moveEndpoint changes route tables, subnets, security groups and private names.
func (r *Room) moveEndpoint(tx *store.Tx, row *endpointRow, in *ec2.ModifyVpcEndpointInput) error {
	service, err := r.endpointService(row.Service)
	if err != nil {
		return err
	}
	err = row.suits(append(slices.Clone(in.AddRouteTableIds), in.RemoveRouteTableIds...), append(slices.Clone(in.AddSubnetIds), in.RemoveSubnetIds...),
		append(slices.Clone(in.AddSecurityGroupIds), in.RemoveSecurityGroupIds...), in.PrivateDnsEnabled)
	if err != nil {
		return err
	}
	if row.gateway() {
		return cmp.Or(row.removeTables(in.RemoveRouteTableIds), r.addTables(tx, row, in.AddRouteTableIds))
	}
	if in.PrivateDnsEnabled != nil {
		row.PrivateDNS = *in.PrivateDnsEnabled
	}
	if err := cmp.Or(r.checkPrivateDNS(tx, *row, service), r.removeSubnets(tx, *row, in.RemoveSubnetIds)); err != nil {
		return err
	}
	if err := r.setEndpointGroups(tx, row, in.AddSecurityGroupIds, in.RemoveSecurityGroupIds); err != nil {
		return err
	}
	return r.addSubnets(tx, *row, in.AddSubnetIds)
}

// DeleteVpcEndpoints deletes gateway endpoints and begins to delete interface endpoints. Those of an unknown id are told, and keep no other from
// being deleted.
func (r *Room) DeleteVpcEndpoints(ctx context.Context, in *ec2.DeleteVpcEndpointsInput) (*ec2.DeleteVpcEndpointsOutput, error) {
	if err := room.Only(in, "VpcEndpointIds"); err != nil {
		return nil, err
	}
	out := &ec2.DeleteVpcEndpointsOutput{Unsuccessful: []ec2types.UnsuccessfulItem{}}
	err := r.Update(func(tx *store.Tx) error {
		for _, id := range in.VpcEndpointIds {
			row, err := room.Find(tx, r.endpoints, id, missingEndpoint)
			switch {
			case err != nil:
				out.Unsuccessful = append(out.Unsuccessful, unsuccessful(id, err))
				continue
			case row.gateway():
				err = r.Remove(tx, id, r.endpoints.Delete)
			default:
				row.State = endpointDeleting
				err = r.endpoints.Put(tx, id, row)
			}
			if err != nil {
				return err
			}
		}
		return room.DryRun(in)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func unsuccessful(id string, err error) ec2types.UnsuccessfulItem {
	item := ec2types.UnsuccessfulItem{ResourceId: new(id), Error: &ec2types.UnsuccessfulItemError{Message: new(err.Error())}}
	if refused, ok := errors.AsType[*wire.Error](err); ok {
		item.Error.Code, item.Error.Message = new(refused.Code), new(refused.Message)
	}
	return item
}
