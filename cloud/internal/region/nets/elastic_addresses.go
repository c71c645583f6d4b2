package nets

import (
	"context"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// elasticRow is an Elastic IP address: one that stays allocated until it is released
// (https://docs.aws.amazon.com/vpc/latest/userguide/vpc-eips.html). While it is associated, it is its interface's public one.
type elasticRow struct {
	ID          string
	Public      netip.Addr
	Association string // the last one; over if Interface is empty
	Interface   string
	Private     netip.Addr // of the interface's addresses; the zero value for the primary one
}

var (
	elasticKind = kinds.Add(resource.Kind[*Room]{
		Prefix: "eipalloc", Tagged: ec2types.ResourceTypeElasticIp, Missing: missingAllocation,
		Exists: resource.Within(func(r *Room) *store.Table[elasticRow] { return r.elastics }),
	})
	elasticAssociationKind = kinds.Add(resource.Kind[*Room]{Prefix: "eipassoc"})
)

func missingAllocation(id string) error {
	return wire.Errorf("InvalidAllocationID.NotFound", "The allocation ID '%s' does not exist", id)
}

// AllocateAddress takes an address out of the region's range.
func (r *Room) AllocateAddress(ctx context.Context, in *ec2.AllocateAddressInput) (*ec2.AllocateAddressOutput, error) {
	if err := room.Only(in, "Domain", "NetworkBorderGroup", "TagSpecifications"); err != nil {
		return nil, err
	}
	if in.Domain != "" && in.Domain != ec2types.DomainTypeVpc {
		return nil, wire.Errorf("InvalidParameterValue", "Value (%s) for parameter domain is invalid.", in.Domain)
	}
	if g := room.Deref(in.NetworkBorderGroup); g != "" && g != r.Region {
		return nil, wire.Errorf("InvalidParameterValue", "Value (%s) for parameter networkBorderGroup is invalid.", g)
	}
	if err := resource.CheckTagSpecs(in.TagSpecifications, ec2types.ResourceTypeElasticIp); err != nil {
		return nil, err
	}
	row := elasticRow{ID: elasticKind.NewID()}
	err := r.Update(func(tx *store.Tx) (err error) {
		if len(r.elastics.AllTx(tx)) >= r.Quota(elasticsPerRegion) {
			return wire.Errorf("AddressLimitExceeded", "The maximum number of addresses has been reached.")
		}
		if row.Public, err = r.publicAddress(tx); err != nil {
			return err
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		if err := r.elastics.Put(tx, row.ID, row); err != nil {
			return err
		}
		return r.TagNew(tx, in.TagSpecifications, row.ID)
	})
	if err != nil {
		return nil, err
	}
	return &ec2.AllocateAddressOutput{
		AllocationId: new(row.ID), PublicIp: new(row.Public.String()), Domain: ec2types.DomainTypeVpc,
		PublicIpv4Pool: new("amazon"), NetworkBorderGroup: new(r.Region),
	}, nil
}

// AssociateAddress makes an address that of an interface, which loses the public address that it had.
func (r *Room) AssociateAddress(ctx context.Context, in *ec2.AssociateAddressInput) (*ec2.AssociateAddressOutput, error) {
	if err := room.Only(in, "AllocationId", "AllowReassociation", "InstanceId", "NetworkInterfaceId", "PrivateIpAddress", "PublicIp"); err != nil {
		return nil, err
	}
	if in.AllocationId == nil && in.PublicIp != nil {
		return nil, wire.Errorf("InvalidParameterCombination", "You must specify an allocation id when mapping an address to a VPC instance")
	}
	if err := resource.Required("AllocationId", in.AllocationId); err != nil {
		return nil, err
	}
	var id string
	changed := map[string]bool{} // VPCs
	err := r.Update(func(tx *store.Tx) error {
		row, ok := r.elastics.GetTx(tx, *in.AllocationId)
		if !ok {
			return missingAllocation(*in.AllocationId)
		}
		eni, private, err := r.addressee(tx, in)
		if err != nil {
			return err
		}
		changed[eni.VPC] = true
		if id = row.Association; row.Interface == eni.ID && row.at(eni) == private {
			return room.DryRun(in) // the same again changes nothing
		}
		if row.Interface != "" {
			if in.AllowReassociation != nil && !*in.AllowReassociation {
				return wire.Errorf("Resource.AlreadyAssociated", "resource %s is already associated with associate-id %s", row.ID, row.Association)
			}
			old, _ := r.interfaces.GetTx(tx, row.Interface)
			if old.managed() {
				return notPermitted()
			}
			changed[old.VPC] = true
			if err := r.loseElastic(tx, row, true); err != nil {
				return err
			}
			eni, _ = r.interfaces.GetTx(tx, eni.ID) // which may be the one that has lost it
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		id = elasticAssociationKind.NewID()
		return r.giveElastic(tx, row, eni, private, id)
	})
	if err != nil {
		return nil, err
	}
	for vpc := range changed {
		if err := r.Sync(vpc); err != nil {
			return nil, err
		}
	}
	return &ec2.AssociateAddressOutput{AssociationId: &id}, nil
}

// at is the private address of its interface that an Elastic IP address means.
func (e elasticRow) at(eni Interface) netip.Addr {
	if e.Private.IsValid() {
		return e.Private
	}
	return eni.Address
}

// addressee finds the interface that an address is to be associated with, and which of its private addresses.
func (r *Room) addressee(tx *store.Tx, in *ec2.AssociateAddressInput) (eni Interface, private netip.Addr, err error) {
	instance, id := room.Deref(in.InstanceId), room.Deref(in.NetworkInterfaceId)
	if (instance == "") == (id == "") {
		return eni, private, wire.Errorf("InvalidParameterCombination", "Exactly one of instanceId and networkInterfaceId must be specified.")
	}
	if eni, err = r.SoleInterface(tx, instance, id); err != nil {
		return eni, private, err
	}
	private = eni.Address
	if asked := room.Deref(in.PrivateIpAddress); asked != "" {
		if private, err = netip.ParseAddr(asked); err != nil || !eni.has(private) {
			return eni, private, wire.Errorf("InvalidParameterValue", "Address %s is not assigned to interface %s", asked, eni.ID)
		}
	}
	switch {
	case eni.managed():
		return eni, private, notPermitted()
	case r.instance(tx, eni.Instance).Creating:
		return eni, private, wire.Errorf("IncorrectInstanceState",
			"The pending-instance-creation instance to which '%s' is attached is not in a valid state for this operation", eni.ID)
	case !r.HasGateway(tx, eni.VPC):
		return eni, private, wire.Errorf("Gateway.NotAttached", "Network %s is not attached to any internet gateway", eni.VPC)
	}
	return eni, private, nil
}

// notPermitted refuses changes of what a service manages: an address of a load balancer or a NAT gateway.
func notPermitted() error {
	return wire.Errorf("AuthFailure", "You do not have permission to access the specified resource.")
}

// giveElastic associates an address with an interface's private one, which may have another that stays allocated.
func (r *Room) giveElastic(tx *store.Tx, row elasticRow, eni Interface, private netip.Addr, id string) error {
	if before, ok := r.elasticAt(tx, eni, private); ok {
		if err := r.loseElastic(tx, before, false); err != nil {
			return err
		}
	}
	row.Association, row.Interface, row.Private = id, eni.ID, private
	eni.setPublic(private, row.Public)
	if err := r.elastics.Put(tx, row.ID, row); err != nil {
		return err
	}
	return r.interfaces.Put(tx, eni.ID, eni)
}

// giveFree associates an address that is associated with nothing.
func (r *Room) giveFree(tx *store.Tx, allocation string, eni Interface) error {
	row, ok := r.elastics.GetTx(tx, allocation)
	switch {
	case !ok:
		return missingAllocation(allocation)
	case row.Interface != "":
		return wire.Errorf("Resource.AlreadyAssociated", "resource %s is already associated with associate-id %s", row.ID, row.Association)
	}
	return r.giveElastic(tx, row, eni, eni.Address, elasticAssociationKind.NewID())
}

// loseElastic ends an address's association. Where renew is set, its interface gets another public address if it was launched
// with one.
func (r *Room) loseElastic(tx *store.Tx, row elasticRow, renew bool) error {
	eni, ok := r.interfaces.GetTx(tx, row.Interface)
	private := row.at(eni)
	row.Interface, row.Private = "", netip.Addr{}
	if err := r.elastics.Put(tx, row.ID, row); err != nil || !ok {
		return err
	}
	eni.setPublic(private, netip.Addr{})
	if err := r.interfaces.Put(tx, eni.ID, eni); err != nil || !renew || private != eni.Address {
		return err
	}
	return r.Renew(tx, eni.ID)
}

// elasticAt returns the Elastic IP address that means one of an interface's private addresses.
func (r *Room) elasticAt(tx *store.Tx, eni Interface, private netip.Addr) (elasticRow, bool) {
	all := r.elastics.AllTx(tx)
	at := slices.IndexFunc(all, func(e elasticRow) bool { return e.Interface != "" && e.Interface == eni.ID && e.at(eni) == private })
	if at < 0 {
		return elasticRow{}, false
	}
	return all[at], true
}

// Elastic is an Elastic IP address's ids.
type Elastic struct{ Allocation, Association string }

// ElasticOf returns the ids of the address that is associated with an interface; the zero value where none is.
func (r *Room) ElasticOf(eni string) Elastic {
	i, _ := r.interfaces.Get(eni)
	row, ok := r.elasticAt(nil, i, i.Address)
	if !ok {
		return Elastic{}
	}
	return Elastic{Allocation: row.ID, Association: row.Association}
}

// DisassociateAddress takes an address from its interface. For an association that is over it does nothing.
func (r *Room) DisassociateAddress(ctx context.Context, in *ec2.DisassociateAddressInput) (*ec2.DisassociateAddressOutput, error) {
	if err := room.Only(in, "AssociationId"); err != nil {
		return nil, err
	}
	if err := resource.Required("AssociationId", in.AssociationId); err != nil {
		return nil, err
	}
	var vpc string
	err := r.Update(func(tx *store.Tx) error {
		all := r.elastics.AllTx(tx)
		at := slices.IndexFunc(all, func(e elasticRow) bool { return e.Association == *in.AssociationId })
		if at < 0 {
			return wire.Errorf("InvalidAssociationID.NotFound", "The association ID '%s' does not exist", *in.AssociationId)
		}
		if err := room.DryRun(in); err != nil || all[at].Interface == "" {
			return err
		}
		eni, _ := r.interfaces.GetTx(tx, all[at].Interface)
		if eni.managed() {
			return notPermitted()
		}
		vpc = eni.VPC
		return r.loseElastic(tx, all[at], true)
	})
	if err == nil && vpc != "" {
		err = r.Sync(vpc)
	}
	if err != nil {
		return nil, err
	}
	return &ec2.DisassociateAddressOutput{}, nil
}

// ReleaseAddress gives an address back. In the default VPC it is disassociated first; elsewhere it must have been
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReleaseAddress.html).
func (r *Room) ReleaseAddress(ctx context.Context, in *ec2.ReleaseAddressInput) (*ec2.ReleaseAddressOutput, error) {
	if err := room.Only(in, "AllocationId", "NetworkBorderGroup", "PublicIp"); err != nil {
		return nil, err
	}
	if in.AllocationId == nil && in.PublicIp != nil {
		return nil, wire.Errorf("InvalidParameterValue", "You must specify an allocation id when releasing a VPC elastic IP address")
	}
	if err := resource.Required("AllocationId", in.AllocationId); err != nil {
		return nil, err
	}
	var vpc string
	err := r.Update(func(tx *store.Tx) error {
		row, ok := r.elastics.GetTx(tx, *in.AllocationId)
		if !ok {
			return missingAllocation(*in.AllocationId)
		}
		if eni, ok := r.interfaces.GetTx(tx, row.Interface); ok {
			if v, _ := r.vpcs.GetTx(tx, eni.VPC); !v.Default || eni.managed() {
				return wire.Errorf("InvalidIPAddress.InUse", "Address %s is in use.", row.Public)
			}
			vpc = eni.VPC
			if err := r.loseElastic(tx, row, true); err != nil {
				return err
			}
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		return r.Remove(tx, row.ID, r.elastics.Delete)
	})
	if err == nil && vpc != "" {
		err = r.Sync(vpc)
	}
	if err != nil {
		return nil, err
	}
	return &ec2.ReleaseAddressOutput{}, nil
}

func (r *Room) showElastic(row elasticRow) ec2types.Address {
	out := ec2types.Address{
		AllocationId: new(row.ID), PublicIp: new(row.Public.String()), Domain: ec2types.DomainTypeVpc, PublicIpv4Pool: new("amazon"),
		NetworkBorderGroup: new(r.Region), Tags: r.Tags(row.ID),
	}
	if eni, ok := r.interfaces.Get(row.Interface); ok {
		out.AssociationId, out.NetworkInterfaceId, out.NetworkInterfaceOwnerId = new(row.Association), new(eni.ID), new(r.Account)
		out.PrivateIpAddress, out.InstanceId = new(row.at(eni).String()), room.Some(eni.Instance)
	}
	return out
}

// DescribeAddresses lists Elastic IP addresses.
func (r *Room) DescribeAddresses(ctx context.Context, in *ec2.DescribeAddressesInput) (*ec2.DescribeAddressesOutput, error) {
	if err := room.Only(in, "AllocationIds", "Filters", "PublicIps"); err != nil {
		return nil, err
	}
	rows := r.elastics.All()
	for _, a := range in.PublicIps {
		if !slices.ContainsFunc(rows, func(e elasticRow) bool { return e.Public.String() == a }) {
			return nil, wire.Errorf("InvalidAddress.NotFound", "Address '%s' not found.", a)
		}
	}
	if len(in.PublicIps) > 0 {
		rows = slices.DeleteFunc(rows, func(e elasticRow) bool { return !slices.Contains(in.PublicIps, e.Public.String()) })
	}
	of := func(value func(ec2types.Address) *string) func(elasticRow) []string {
		return func(e elasticRow) []string {
			if v := value(r.showElastic(e)); v != nil {
				return []string{*v}
			}
			return nil
		}
	}
	l := resource.Listing[elasticRow]{
		ID: func(e elasticRow) string { return e.ID }, Missing: missingAllocation,
		Fields: resource.Fields[elasticRow]{
			"allocation-id":  resource.One(func(e elasticRow) string { return e.ID }),
			"association-id": of(func(a ec2types.Address) *string { return a.AssociationId }),
			"domain":         resource.One(func(elasticRow) string { return "vpc" }), "network-border-group": resource.One(func(elasticRow) string { return r.Region }),
			"instance-id":                of(func(a ec2types.Address) *string { return a.InstanceId }),
			"network-interface-id":       of(func(a ec2types.Address) *string { return a.NetworkInterfaceId }),
			"network-interface-owner-id": of(func(a ec2types.Address) *string { return a.NetworkInterfaceOwnerId }),
			"private-ip-address":         of(func(a ec2types.Address) *string { return a.PrivateIpAddress }),
			"public-ip":                  resource.One(func(e elasticRow) string { return e.Public.String() }),
		},
	}
	rows, _, err := l.List(r.Registry, rows, in.AllocationIds, in.Filters, nil, nil)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeAddressesOutput{Addresses: []ec2types.Address{}}
	for _, row := range rows {
		out.Addresses = append(out.Addresses, r.showElastic(row))
	}
	return out, nil
}

// DescribeAddressesAttribute lists the names that addresses have in reverse lookups, which nothing here gives them.
func (r *Room) DescribeAddressesAttribute(
	ctx context.Context, in *ec2.DescribeAddressesAttributeInput,
) (*ec2.DescribeAddressesAttributeOutput, error) {
	if err := room.Only(in, "AllocationIds", "Attribute", "MaxResults", "NextToken"); err != nil {
		return nil, err
	}
	for _, id := range in.AllocationIds {
		if _, ok := r.elastics.Get(id); !ok {
			return nil, missingAllocation(id)
		}
	}
	return &ec2.DescribeAddressesAttributeOutput{Addresses: []ec2types.AddressAttribute{}}, nil
}
