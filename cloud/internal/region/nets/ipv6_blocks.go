package nets

import (
	"net/netip"
	"slices"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// subnetCIDRKind is of a subnet's association with its IPv6 block.
var subnetCIDRKind = kinds.Add(resource.Kind[*Room]{Prefix: "subnet-cidr-assoc"})

// RangesIPv6 returns the VPC's blocks of IPv6 addresses, none where it has no IPv6.
func (v VPC) RangesIPv6() (all []netip.Prefix) {
	for _, c := range v.IPv6 {
		all = append(all, netip.MustParsePrefix(c.CIDR))
	}
	return all
}

// RangeIPv6 returns the subnet's block of IPv6 addresses; the zero value where it has none.
func (s Subnet) RangeIPv6() netip.Prefix {
	p, _ := netip.ParsePrefix(s.IPv6.CIDR)
	return p
}

// mayIPv6 refuses a VPC's IPv6 where the machine's kernel cannot carry it, and what says where else it is to be announced.
func (r *Room) mayIPv6(border *string) error {
	if b := room.Deref(border); b != "" && b != r.Region {
		return wire.Errorf("InvalidParameterValue", "Value (%s) for parameter ipv6CidrBlockNetworkBorderGroup is invalid.", b)
	}
	if err := r.cfg.Fabric.IPv6(); err != nil {
		return wire.Errorf("UnsupportedOperation", "IPv6 is not possible on this machine: %v.", err)
	}
	return nil
}

// addIPv6 gives a VPC one of Amazon's blocks. With the first one come the rules that let IPv6 pass where those for IPv4 do
// (https://docs.aws.amazon.com/vpc/latest/userguide/default-network-acl.html).
func (r *Room) addIPv6(tx *store.Tx, vpc *VPC) error {
	if len(vpc.IPv6) >= r.Quota(ipv6sPerVPC) {
		return wire.Errorf("CidrLimitExceeded", "This network '%s' has met its maximum number of allowed IPv6 CIDRs: %d", vpc.ID, r.Quota(ipv6sPerVPC))
	}
	block, err := r.freeBlock(tx)
	if err != nil {
		return err
	}
	first := len(vpc.IPv6) == 0
	vpc.IPv6 = append(slices.Clone(vpc.IPv6), cidrRow{cidrKind.NewID(), block.String()})
	if !first {
		return nil
	}
	if err := r.openACL(tx, vpc.ACL); err != nil {
		return err
	}
	group, ok := r.groups.GetTx(tx, r.DefaultGroup(tx, vpc.ID))
	if out := group.egress(); !ok || len(out) != 1 || !out[0].same(allOut(false)) {
		return nil
	}
	group.Rules = append(slices.Clone(group.Rules), allOut(true))
	return r.groups.Put(tx, group.ID, group)
}

// freeBlock returns a /56 block that no VPC has, going round so that one just given back is not given out again at once.
func (r *Room) freeBlock(tx *store.Tx) (netip.Prefix, error) {
	taken := map[string]bool{}
	for _, v := range r.vpcs.AllTx(tx) {
		for _, c := range v.IPv6 {
			taken[c.CIDR] = true
		}
	}
	next, _ := r.counters.GetTx(tx, "ipv6-block")
	for range address.BlocksIPv6 {
		block := address.BlockIPv6(r.cfg.Index, next)
		next = (next + 1) % address.BlocksIPv6
		if !taken[block.String()] {
			return block, r.counters.Put(tx, "ipv6-block", next)
		}
	}
	return netip.Prefix{}, wire.Errorf("InsufficientCapacity", "There are no IPv6 CIDR blocks left in region %s.", r.Region)
}

// openACL lets a VPC's IPv6 pass its default network ACL, in the directions whose rules nobody has changed.
func (r *Room) openACL(tx *store.Tx, id string) error {
	acl, ok := r.acls.GetTx(tx, id)
	if !ok {
		return nil
	}
	entries := slices.Clone(acl.Entries)
	for _, e := range defaultEntries() {
		alike := slices.DeleteFunc(slices.Clone(acl.Entries), func(x aclEntryRow) bool { return x.Egress != e.Egress })
		if len(alike) == 1 && alike[0] == e {
			e.Number, e.CIDR, e.CIDR6 = e.Number+1, "", "::/0"
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, inOrder)
	acl.Entries = entries
	return r.acls.Put(tx, acl.ID, acl)
}

// showIPv6 is a VPC's association with a block, as it is now or, where it is only now being made, without the block.
func (r *Room) showIPv6(c cidrRow, state ec2types.VpcCidrBlockStateCode) ec2types.VpcIpv6CidrBlockAssociation {
	out := ec2types.VpcIpv6CidrBlockAssociation{
		AssociationId: new(c.ID), Ipv6CidrBlock: new(c.CIDR), Ipv6CidrBlockState: &ec2types.VpcCidrBlockState{State: state},
		Ipv6Pool: new("Amazon"), NetworkBorderGroup: new(r.Region), IpSource: ec2types.IpSourceAmazon, Ipv6AddressAttribute: ec2types.Ipv6AddressAttributePublic,
	}
	if state == ec2types.VpcCidrBlockStateCodeAssociating {
		out.Ipv6CidrBlock = new("")
	}
	return out
}

// showIPv6 is a subnet's association with its block.
func (s Subnet) showIPv6(state ec2types.SubnetCidrBlockStateCode) ec2types.SubnetIpv6CidrBlockAssociation {
	return ec2types.SubnetIpv6CidrBlockAssociation{
		AssociationId: new(s.IPv6.ID), Ipv6CidrBlock: new(s.IPv6.CIDR), Ipv6CidrBlockState: &ec2types.SubnetCidrBlockState{State: state},
		IpSource: ec2types.IpSourceAmazon, Ipv6AddressAttribute: ec2types.Ipv6AddressAttributePublic,
	}
}

// blockOf reads a subnet's block, which is one of its VPC's that no other subnet has. It may be from /44 to /64 in steps of four
// (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html).
func (r *Room) blockOf(tx *store.Tx, vpc VPC, given string) (cidrRow, error) {
	p, err := netip.ParsePrefix(given)
	if err != nil || !p.Addr().Is6() {
		return cidrRow{}, wire.Errorf("InvalidParameterValue", "Value (%s) for parameter ipv6CidrBlock is invalid. This is not a valid CIDR block.", given)
	}
	p = p.Masked()
	inside := func(whole netip.Prefix) bool { return p.Bits() >= whole.Bits() && whole.Contains(p.Addr()) }
	if p.Bits() < 44 || p.Bits() > 64 || p.Bits()%4 != 0 || !slices.ContainsFunc(vpc.RangesIPv6(), inside) {
		return cidrRow{}, wire.Errorf("InvalidSubnet.Range", "The CIDR '%s' is invalid.", p)
	}
	for _, other := range r.subnets.AllTx(tx) {
		if other.VPC == vpc.ID && other.RangeIPv6().IsValid() && other.RangeIPv6().Overlaps(p) {
			return cidrRow{}, wire.Errorf("InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", p)
		}
	}
	return cidrRow{subnetCIDRKind.NewID(), p.String()}, nil
}
