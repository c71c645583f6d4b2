package nets

import (
	"context"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// A region has a default VPC from its first start, as an account on AWS has in each region
// (https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html). It can be deleted, and made again by
// CreateDefaultVpc. It costs a few rows only: Sync makes a network when something is in it.
const (
	defaultRange = "172.31.0.0/16"
	defaultBits  = 20 // of a default subnet
)

// decided in the counters says that the region has had its first start, with a default VPC or without.
const decided = "default-vpc"

// firstDefault makes the default VPC at a region's first start. A region that has VPCs already had it before there
// were default ones, and stays as it is.
func (r *Room) firstDefault() error {
	if _, ok := r.counters.Get(decided); ok {
		return nil
	}
	return r.Update(func(tx *store.Tx) error {
		if r.cfg.DefaultVPC && r.vpcs.Len() == 0 {
			if _, err := r.putDefaultVPC(tx); err != nil {
				return err
			}
		}
		return r.counters.Put(tx, decided, 1)
	})
}

// putDefaultVPC makes the VPC with a gateway, a route to it in the main table, and a subnet in each zone.
func (r *Room) putDefaultVPC(tx *store.Tx) (VPC, error) {
	row := VPC{
		ID: vpcKind.NewID(), CIDR: defaultRange, Tenancy: ec2types.TenancyDefault, DNSSupport: true, DNSHostnames: true,
		Default: true, ACL: aclKind.NewID(),
	}
	if err := r.putNewVPC(tx, row, nil); err != nil {
		return row, err
	}
	gateway := gatewayRow{ID: gatewayKind.NewID(), VPC: row.ID}
	if err := r.gateways.Put(tx, gateway.ID, gateway); err != nil {
		return row, err
	}
	for _, t := range r.routeTables.AllTx(tx) {
		if t.VPC != row.ID {
			continue
		}
		t.Routes = []routeRow{{Destination: "0.0.0.0/0", Gateway: gateway.ID}}
		if err := r.routeTables.Put(tx, t.ID, t); err != nil {
			return row, err
		}
	}
	for _, zone := range r.Zones() {
		if _, err := r.putDefaultSubnet(tx, row, zone); err != nil {
			return row, err
		}
	}
	return row, nil
}

// putDefaultSubnet makes a zone's default subnet of the first block that is free.
func (r *Room) putDefaultSubnet(tx *store.Tx, v VPC, zone string) (Subnet, error) {
	whole := v.Range()
	for block := netip.PrefixFrom(whole.Addr(), defaultBits); whole.Contains(block.Addr()); block = following(block) {
		if r.checkSubnet(tx, v.ID, block) != nil {
			continue
		}
		row := Subnet{
			ID: subnetKind.NewID(), VPC: v.ID, CIDR: block.String(), Zone: zone, MapPublic: true, Default: true, ACLAssociation: aclAssociationKind.NewID(),
		}
		return row, r.subnets.Put(tx, row.ID, row)
	}
	return Subnet{}, wire.Errorf("InvalidSubnet.Conflict", "There is no free /%d block in the default VPC '%s'.", defaultBits, v.ID)
}

// following returns the block of the same size after a block.
func following(p netip.Prefix) netip.Prefix {
	a := p.Addr().As4()
	n := (uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])) + 1<<(32-p.Bits())
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}), p.Bits())
}

// DefaultVPC returns the region's default VPC.
func (r *Room) DefaultVPC(tx *store.Tx) (VPC, bool) {
	all := r.vpcs.AllTx(tx)
	at := slices.IndexFunc(all, func(v VPC) bool { return v.Default })
	if at < 0 {
		return VPC{}, false
	}
	return all[at], true
}

// DefaultSubnet returns the default subnet of a zone, or of the first zone that has one if zone is "". Its errors are
// those of RunInstances without a subnet. A nil tx reads what is committed.
func (r *Room) DefaultSubnet(tx *store.Tx, zone string) (Subnet, error) {
	v, ok := r.DefaultVPC(tx)
	if !ok {
		return Subnet{}, noDefaultVPC()
	}
	all := slices.DeleteFunc(r.subnets.AllTx(tx), func(s Subnet) bool { return !s.Default || zone != "" && s.Zone != zone })
	if len(all) == 0 && zone != "" {
		return Subnet{}, wire.Errorf("InvalidInput", "No default subnet for availability zone: '%s'.", zone)
	}
	if len(all) == 0 {
		return Subnet{}, wire.Errorf("MissingInput", "No subnets found for the default VPC '%s'. Please specify a subnet.", v.ID)
	}
	return slices.MinFunc(all, func(a, b Subnet) int {
		return netip.MustParsePrefix(a.CIDR).Addr().Compare(netip.MustParsePrefix(b.CIDR).Addr())
	}), nil
}

// vpcOrDefault returns the VPC that is named, or the default one.
func (r *Room) vpcOrDefault(id *string) (string, error) {
	if room.Deref(id) != "" {
		return *id, nil
	}
	v, ok := r.DefaultVPC(nil)
	if !ok {
		return "", noDefaultVPC()
	}
	return v.ID, nil
}

// noDefaultVPC is the error where a call means the default VPC and there is none.
func noDefaultVPC() error { return wire.Errorf("VPCIdNotSpecified", "No default VPC for this user") }

// CreateDefaultVpc makes the default VPC again, after it was deleted.
func (r *Room) CreateDefaultVpc(ctx context.Context, in *ec2.CreateDefaultVpcInput) (*ec2.CreateDefaultVpcOutput, error) {
	if err := room.Only(in); err != nil {
		return nil, err
	}
	var row VPC
	err := r.Update(func(tx *store.Tx) (err error) {
		if _, ok := r.DefaultVPC(tx); ok {
			return wire.Errorf("DefaultVpcAlreadyExists", "A Default VPC already exists for this account in this region.")
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		row, err = r.putDefaultVPC(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	vpc := r.showVPC(row)
	return &ec2.CreateDefaultVpcOutput{Vpc: &vpc}, r.Sync(row.ID)
}

// CreateDefaultSubnet makes a zone's default subnet again.
func (r *Room) CreateDefaultSubnet(ctx context.Context, in *ec2.CreateDefaultSubnetInput) (*ec2.CreateDefaultSubnetOutput, error) {
	if err := room.Only(in, "AvailabilityZone", "AvailabilityZoneId"); err != nil {
		return nil, err
	}
	if room.Deref(in.AvailabilityZone)+room.Deref(in.AvailabilityZoneId) == "" {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter availabilityZone")
	}
	zone, err := r.ChooseZone(room.Deref(in.AvailabilityZone), room.Deref(in.AvailabilityZoneId))
	if err != nil {
		return nil, err
	}
	var row Subnet
	err = r.Update(func(tx *store.Tx) (err error) {
		v, ok := r.DefaultVPC(tx)
		if !ok {
			return wire.Errorf("DefaultVpcDoesNotExist", "No default VPC exists for this account in this region.")
		}
		for _, s := range r.subnets.AllTx(tx) {
			if s.Default && s.Zone == zone {
				return wire.Errorf("DefaultSubnetAlreadyExistsInAvailabilityZone", "'%s' is already the default subnet in %s.", s.ID, zone)
			}
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		row, err = r.putDefaultSubnet(tx, v, zone)
		return err
	})
	if err != nil {
		return nil, err
	}
	subnet := r.showSubnet(row)
	return &ec2.CreateDefaultSubnetOutput{Subnet: &subnet}, r.Sync(row.VPC)
}
