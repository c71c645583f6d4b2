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

// cidrRow is a range of a VPC beside the one it was made with.
type cidrRow struct{ ID, CIDR string }

var cidrKind = kinds.Add(resource.Kind[*Room]{Prefix: "vpc-cidr-assoc"})

// cidrs are all ranges of a VPC with their associations, the first being the one it was made with.
func (v VPC) cidrs() []cidrRow {
	return append([]cidrRow{{cidrKind.Prefix + v.ID[len("vpc"):], v.CIDR}}, v.More...)
}

// Ranges returns all of the VPC's addresses.
func (v VPC) Ranges() (all []netip.Prefix) {
	for _, c := range v.cidrs() {
		all = append(all, netip.MustParsePrefix(c.CIDR))
	}
	return all
}

func (v VPC) hasCIDR(cidr string) bool {
	return slices.ContainsFunc(append(v.cidrs(), v.IPv6...), func(c cidrRow) bool { return c.CIDR == cidr })
}

func (c cidrRow) show(state ec2types.VpcCidrBlockStateCode) ec2types.VpcCidrBlockAssociation {
	return ec2types.VpcCidrBlockAssociation{AssociationId: new(c.ID), CidrBlock: new(c.CIDR), CidrBlockState: &ec2types.VpcCidrBlockState{State: state}}
}

// restricted are the ranges that VPCs may not have beside others: what is in the first of a line keeps what is in the rest away
// (https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html#add-cidr-block-restrictions).
var restricted = [][]string{
	{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.19.0.0/16"},
	{"172.16.0.0/12", "10.0.0.0/8", "172.31.0.0/16", "192.168.0.0/16", "198.19.0.0/16"},
	{"192.168.0.0/16", "10.0.0.0/8", "172.16.0.0/12", "198.19.0.0/16"},
	{"198.19.0.0/16", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"},
	{"0.0.0.0/0", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.19.0.0/16"}, // any other
}

// mayHave tells whether a VPC of one range may get another.
func mayHave(first, more netip.Prefix) bool {
	for _, line := range restricted {
		if netip.MustParsePrefix(line[0]).Contains(first.Addr()) {
			return !slices.ContainsFunc(line[1:], func(p string) bool { return netip.MustParsePrefix(p).Overlaps(more) })
		}
	}
	return true
}

// checkCIDR refuses a further range that AWS refuses (ibidem): restricted, too large or small, not free in the VPC or at a peer, or as
// large as what a route leads elsewhere.
func (r *Room) checkCIDR(tx *store.Tx, vpc VPC, cidr netip.Prefix) error {
	overlaps := func(cidrs ...string) bool {
		return slices.ContainsFunc(cidrs, func(c string) bool { return netip.MustParsePrefix(c).Overlaps(cidr) })
	}
	switch {
	case cidr.Bits() < 16 || cidr.Bits() > 28:
		return wire.Errorf("InvalidVpc.Range", "The CIDR '%s' is invalid.", cidr)
	case len(vpc.cidrs()) >= r.Quota(cidrsPerVPC):
		return wire.Errorf("CidrLimitExceeded", "This network '%s' has met its maximum number of allowed CIDRs: %d", vpc.ID, r.Quota(cidrsPerVPC))
	case !mayHave(vpc.Range(), cidr):
		return wire.Errorf("InvalidVpc.Range",
			"The CIDR '%s' is restricted. Use a CIDR from the same private address range as the current VPC CIDR, or use a publicly-routable CIDR.", cidr)
	}
	for _, c := range vpc.cidrs() {
		if overlaps(c.CIDR) {
			return wire.Errorf("InvalidVpc.Range", "The CIDR '%s' conflicts with the CIDR '%s' of the VPC.", cidr, c.CIDR)
		}
	}
	for _, row := range r.peerings.AllTx(tx) {
		if row.State == peeringActive && row.of(vpc.ID) && overlaps(row.peerOf(vpc.ID).CIDRs...) {
			return wire.Errorf("InvalidVpc.Range", "The CIDR '%s' conflicts with a CIDR of the peer by %s.", cidr, row.ID)
		}
	}
	for _, t := range r.routeTables.AllTx(tx) {
		for _, route := range t.Routes {
			if t.VPC != vpc.ID || route.list() != "" {
				continue
			}
			if to := netip.MustParsePrefix(route.Destination); to.Addr().Is4() && cidr.Bits() <= to.Bits() && cidr.Contains(to.Addr()) {
				return wire.Errorf("InvalidVpc.Range", "The CIDR '%s' conflicts with the route to %s in %s.", cidr, to, t.ID)
			}
		}
	}
	return nil
}

// changeCIDRs changes a VPC's ranges, tells its peers, and brings the network to it.
func (r *Room) changeCIDRs(find func(*store.Tx) (VPC, error), change func(*store.Tx, *VPC) error) (vpc VPC, err error) {
	err = r.Update(func(tx *store.Tx) (err error) {
		if vpc, err = find(tx); err != nil {
			return err
		}
		vpc.More = slices.Clone(vpc.More)
		if err := change(tx, &vpc); err != nil {
			return err
		}
		for _, row := range r.peerings.AllTx(tx) {
			if !row.open() || !row.of(vpc.ID) {
				continue
			}
			for _, side := range []*peeringSide{&row.Requester, &row.Accepter} {
				if side.VPC == vpc.ID {
					side.CIDRs, side.IPv6 = r.side(vpc).CIDRs, r.side(vpc).IPv6
				}
			}
			row.Untold = row.Requester.Region != row.Accepter.Region
			if err := r.peerings.Put(tx, row.ID, row); err != nil {
				return err
			}
		}
		return r.vpcs.Put(tx, vpc.ID, vpc)
	})
	if err != nil {
		return vpc, err
	}
	return vpc, r.Sync(vpc.ID)
}

// AssociateVpcCidrBlock gives a VPC a further range of IPv4 addresses, or a block of IPv6 addresses that Amazon chooses.
func (r *Room) AssociateVpcCidrBlock(ctx context.Context, in *ec2.AssociateVpcCidrBlockInput) (*ec2.AssociateVpcCidrBlockOutput, error) {
	if err := room.Only(in, "AmazonProvidedIpv6CidrBlock", "CidrBlock", "Ipv6CidrBlockNetworkBorderGroup", "VpcId"); err != nil {
		return nil, err
	}
	if err := resource.Required("vpcId", in.VpcId); err != nil {
		return nil, err
	}
	if room.Deref(in.AmazonProvidedIpv6CidrBlock) {
		return r.associateIPv6(in)
	}
	if err := resource.Required("cidrBlock", in.CidrBlock); err != nil {
		return nil, err
	}
	cidr, err := parseCIDR(*in.CidrBlock)
	if err != nil {
		return nil, err
	}
	row := cidrRow{cidrKind.NewID(), cidr.String()}
	find := func(tx *store.Tx) (VPC, error) { return room.Find(tx, r.vpcs, *in.VpcId, missingVPC) }
	_, err = r.changeCIDRs(find, func(tx *store.Tx, vpc *VPC) error {
		if err := r.checkCIDR(tx, *vpc, cidr); err != nil {
			return err
		}
		vpc.More = append(vpc.More, row)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ec2.AssociateVpcCidrBlockOutput{VpcId: in.VpcId, CidrBlockAssociation: new(row.show(ec2types.VpcCidrBlockStateCodeAssociating))}, nil
}

func (r *Room) associateIPv6(in *ec2.AssociateVpcCidrBlockInput) (*ec2.AssociateVpcCidrBlockOutput, error) {
	if in.CidrBlock != nil {
		return nil, wire.Errorf("InvalidParameterCombination", "Only one of cidrBlock and amazonProvidedIpv6CidrBlock can be specified.")
	}
	if err := r.mayIPv6(in.Ipv6CidrBlockNetworkBorderGroup); err != nil {
		return nil, err
	}
	find := func(tx *store.Tx) (VPC, error) { return room.Find(tx, r.vpcs, *in.VpcId, missingVPC) }
	vpc, err := r.changeCIDRs(find, r.addIPv6)
	if err != nil {
		return nil, err
	}
	made := r.showIPv6(vpc.IPv6[len(vpc.IPv6)-1], ec2types.VpcCidrBlockStateCodeAssociating)
	return &ec2.AssociateVpcCidrBlockOutput{VpcId: in.VpcId, Ipv6CidrBlockAssociation: &made}, nil
}

// DisassociateVpcCidrBlock takes a further range away, or a block of IPv6 addresses, that no subnet is in.
func (r *Room) DisassociateVpcCidrBlock(ctx context.Context, in *ec2.DisassociateVpcCidrBlockInput) (*ec2.DisassociateVpcCidrBlockOutput, error) {
	if err := room.Only(in, "AssociationId"); err != nil {
		return nil, err
	}
	if err := resource.Required("associationId", in.AssociationId); err != nil {
		return nil, err
	}
	var gone cidrRow
	var ofIPv6 bool
	is := func(c cidrRow) bool { return c.ID == *in.AssociationId }
	find := func(tx *store.Tx) (VPC, error) {
		all := r.vpcs.AllTx(tx)
		at := slices.IndexFunc(all, func(v VPC) bool { return slices.ContainsFunc(v.cidrs(), is) || slices.ContainsFunc(v.IPv6, is) })
		if at < 0 {
			return VPC{}, wire.Errorf("InvalidVpcCidrBlockAssociationID.NotFound", "The vpc CIDR block association ID '%s' does not exist", *in.AssociationId)
		}
		return all[at], nil
	}
	vpc, err := r.changeCIDRs(find, func(tx *store.Tx, vpc *VPC) error {
		from := &vpc.More
		if ofIPv6 = slices.ContainsFunc(vpc.IPv6, is); ofIPv6 {
			vpc.IPv6 = slices.Clone(vpc.IPv6)
			from = &vpc.IPv6
		}
		at := slices.IndexFunc(*from, is)
		if at < 0 {
			return wire.Errorf("OperationNotPermitted",
				"The vpc CIDR block with association ID %s may not be disassociated. It is the primary IPv4 CIDR block of the VPC", *in.AssociationId)
		}
		gone = (*from)[at]
		whole := netip.MustParsePrefix(gone.CIDR)
		for _, s := range r.subnets.AllTx(tx) {
			if s.VPC == vpc.ID && (whole.Contains(netip.MustParsePrefix(s.CIDR).Addr()) || whole.Contains(s.RangeIPv6().Addr())) {
				return wire.Errorf("DependencyViolation", "The vpc CIDR block with association ID %s has dependencies and cannot be disassociated.", gone.ID)
			}
		}
		*from = slices.Delete(*from, at, at+1)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if ofIPv6 {
		shown := r.showIPv6(gone, ec2types.VpcCidrBlockStateCodeDisassociating)
		return &ec2.DisassociateVpcCidrBlockOutput{VpcId: new(vpc.ID), Ipv6CidrBlockAssociation: &shown}, nil
	}
	return &ec2.DisassociateVpcCidrBlockOutput{VpcId: new(vpc.ID), CidrBlockAssociation: new(gone.show(ec2types.VpcCidrBlockStateCodeDisassociating))}, nil
}
