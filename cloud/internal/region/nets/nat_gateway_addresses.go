package nets

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// natAddress is a secondary address of a NAT gateway, over which its connections are spread as over the primary one
// (https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html#nat-gateway-edit-secondary).
type natAddress struct {
	Allocation, Association string     // of its Elastic IP address; empty for a private gateway's
	Private                 netip.Addr // before it is given the one asked for, if any
	Public                  netip.Addr
	Status                  ec2types.NatGatewayAddressStatus
	Until                   time.Time // when one that drains is released
}

// natDrain is how long an address drains by default: MaxDrainDurationSeconds.
const natDrain = 350 * time.Second

// drains tells whether an address has no new connections.
func (a natAddress) drains() bool { return !a.Until.IsZero() }

func (n natRow) public() bool { return n.Allocation != "" }

// words are those of the two kinds of NAT gateways for a secondary address that comes or goes.
func (n natRow) words() (coming, going ec2types.NatGatewayAddressStatus) {
	if n.public() {
		return ec2types.NatGatewayAddressStatusAssociating, ec2types.NatGatewayAddressStatusDisassociating
	}
	return ec2types.NatGatewayAddressStatusAssigning, ec2types.NatGatewayAddressStatusUnassigning
}

// want adds addresses to a NAT gateway's, still to be given: a public one's for each allocation, with the private addresses named
// in their order as far as they go; a private one's as named, and some more of any.
func (n *natRow) want(allocations, private []string, more *int32) error {
	named, err := ParseAddresses(private)
	if err != nil {
		return err
	}
	switch {
	case !n.public() && len(allocations) > 0:
		return wire.Errorf("InvalidParameterCombination", "An allocation ID cannot be specified for a private NAT gateway.")
	case n.public() && (more != nil || len(named) > len(allocations)):
		return wire.Errorf("InvalidParameterCombination", "A public NAT gateway has a private IP address for each allocation ID, and no more.")
	case more != nil && len(named) > 0:
		return wire.Errorf("InvalidParameterCombination", "You can't specify a number of private IP addresses and private IP addresses.")
	}
	coming, _ := n.words()
	for at := range max(len(allocations), len(named), int(room.Deref(more))) {
		a := natAddress{Status: coming}
		if at < len(allocations) {
			a.Allocation = allocations[at]
		}
		if at < len(named) {
			a.Private = named[at]
		}
		n.Secondary = append(slices.Clone(n.Secondary), a)
	}
	return nil
}

// natFits tells whether a NAT gateway may have so many addresses.
func (r *Room) natFits(n natRow) error {
	has := 1 + len(n.Secondary)
	if most := r.Quota(elasticsPerNAT); n.public() && has > most {
		return wire.Errorf("AddressLimitExceeded", "Performing this operation would exceed the limit of %d Elastic IP addresses per NAT gateway", most)
	}
	if most := r.Quota(privatesPerNAT); has > most {
		return wire.Errorf("PrivateIpAddressLimitExceeded", "Number of private addresses will exceed limit.")
	}
	return nil
}

// giveNAT gives a NAT gateway its secondary addresses from the one of an index on.
func (r *Room) giveNAT(tx *store.Tx, n *natRow, from int) error {
	n.Secondary = slices.Clone(n.Secondary)
	for at := from; at < len(n.Secondary); at++ {
		a := n.Secondary[at]
		eni, _ := r.interfaces.GetTx(tx, n.Interface)
		if err := r.assign(tx, &eni, []netip.Addr{a.Private}, 0); err != nil {
			return err
		}
		a.Private = eni.Secondary[len(eni.Secondary)-1].Private
		if n.public() {
			elastic, err := r.freeElastic(tx, a.Allocation)
			if err != nil {
				return err
			}
			a.Public, a.Association = elastic.Public, elasticAssociationKind.NewID()
			if err := r.giveElastic(tx, elastic, eni, a.Private, a.Association); err != nil {
				return err
			}
		}
		n.Secondary[at] = a
	}
	return nil
}

// freeElastic finds an Elastic IP address for a NAT gateway. Its errors are the failures that AWS tells
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NatGateway.html).
func (r *Room) freeElastic(tx *store.Tx, allocation string) (elasticRow, error) {
	row, ok := r.elastics.GetTx(tx, allocation)
	if !ok {
		return row, wire.Errorf("InvalidAllocationID.NotFound", "Elastic IP address %s could not be associated with this NAT gateway", allocation)
	}
	if row.Interface != "" {
		return row, wire.Errorf("Resource.AlreadyAssociated", "Elastic IP address %s is already associated", allocation)
	}
	return row, nil
}

// changes tells whether an address of a NAT gateway comes, or is due to go.
func (n natRow) changes() bool {
	return slices.ContainsFunc(n.Secondary, func(a natAddress) bool {
		if a.drains() {
			return !time.Now().Before(a.Until)
		}
		return a.Status != ec2types.NatGatewayAddressStatusSucceeded
	})
}

// settleNAT says of addresses that the network has been told of that they are there, and takes away those that have drained.
func (r *Room) settleNAT(row natRow) error {
	if err := r.Sync(row.VPC); err != nil {
		return err
	}
	err := r.changeNAT(row, func(tx *store.Tx, n *natRow) error {
		var left []natAddress
		for _, a := range n.Secondary {
			if a.drains() && !time.Now().Before(a.Until) {
				eni, _ := r.interfaces.GetTx(tx, n.Interface)
				if err := r.unassign(tx, eni, []netip.Addr{a.Private}); err != nil {
					return err
				}
				continue
			}
			if !a.drains() && slices.Contains(row.Secondary, a) {
				a.Status = ec2types.NatGatewayAddressStatusSucceeded
			}
			left = append(left, a)
		}
		n.Secondary = left
		return nil
	})
	if err != nil {
		return err
	}
	return r.Sync(row.VPC) // without those that went
}

// sources are the private addresses over which a NAT gateway spreads new connections.
func (n natRow) sources() []netip.Addr {
	all := []netip.Addr{n.Address}
	for _, a := range n.Secondary {
		if !a.drains() {
			all = append(all, a.Private)
		}
	}
	return all
}

// changeAddresses changes the secondary addresses of an available NAT gateway, one call's at a time.
func (r *Room) changeAddresses(id *string, in any, public bool, change func(*store.Tx, *natRow) error) (row natRow, err error) {
	if err := resource.Required("NatGatewayId", id); err != nil {
		return row, err
	}
	err = r.Update(func(tx *store.Tx) error {
		if row, err = room.Find(tx, r.nats, *id, unknownNAT); err != nil {
			return err
		}
		if row.State != ec2types.NatGatewayStateAvailable {
			return wire.Errorf("IncorrectState", "NAT gateway %s is in state %s; it must be available.", row.ID, row.State)
		}
		if row.public() != public {
			return wire.Errorf("InvalidParameter", "This operation is not for the connectivity type of NAT gateway %s.", row.ID)
		}
		if err := row.atRest(); err != nil {
			return err
		}
		if err := change(tx, &row); err != nil {
			return err
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		return r.nats.Put(tx, row.ID, row)
	})
	if err == nil {
		err = r.Sync(row.VPC)
	}
	return row, err
}

// atRest refuses a change while another goes on, in the words that hashicorp/terraform-provider-aws issue 44581 shows.
func (n natRow) atRest() error {
	var going []string
	var status ec2types.NatGatewayAddressStatus
	what := "EIPs"
	for _, a := range n.Secondary {
		switch {
		case a.Status == ec2types.NatGatewayAddressStatusSucceeded:
			continue
		case n.public():
			going = append(going, a.Allocation)
		default:
			what, going = "private IPs", append(going, a.Private.String())
		}
		status = a.Status
	}
	if len(going) == 0 {
		return nil
	}
	return wire.Errorf("OperationInProgress", "Service is currently %s the following %s: [%s].",
		strings.ToUpper(string(status)), what, strings.Join(going, ", "))
}

// showChanged shows the addresses that a call has changed.
func (r *Room) showChanged(n natRow) (out []ec2types.NatGatewayAddress) {
	for _, a := range r.showNAT(n).NatGatewayAddresses {
		if a.Status != ec2types.NatGatewayAddressStatusSucceeded {
			out = append(out, a)
		}
	}
	return out
}

// AssociateNatGatewayAddress gives a public NAT gateway further Elastic IP addresses.
func (r *Room) AssociateNatGatewayAddress(
	ctx context.Context, in *ec2.AssociateNatGatewayAddressInput,
) (*ec2.AssociateNatGatewayAddressOutput, error) {
	if err := room.Only(in, "AllocationIds", "NatGatewayId", "PrivateIpAddresses"); err != nil {
		return nil, err
	}
	if len(in.AllocationIds) == 0 {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter AllocationId")
	}
	row, err := r.changeAddresses(in.NatGatewayId, in, true, func(tx *store.Tx, n *natRow) error {
		return r.addToNAT(tx, n, in.AllocationIds, in.PrivateIpAddresses, nil)
	})
	if err != nil {
		return nil, err
	}
	return &ec2.AssociateNatGatewayAddressOutput{NatGatewayId: in.NatGatewayId, NatGatewayAddresses: r.showChanged(row)}, nil
}

// addToNAT gives an available NAT gateway further addresses.
func (r *Room) addToNAT(tx *store.Tx, n *natRow, allocations, private []string, more *int32) error {
	had := len(n.Secondary)
	if err := n.want(allocations, private, more); err != nil {
		return err
	}
	if err := r.checkAllocations(tx, allocations); err != nil {
		return err
	}
	if err := r.natFits(*n); err != nil {
		return err
	}
	return r.giveNAT(tx, n, had)
}

// DisassociateNatGatewayAddress takes Elastic IP addresses other than the primary one from a public NAT gateway, after they have
// drained.
func (r *Room) DisassociateNatGatewayAddress(
	ctx context.Context, in *ec2.DisassociateNatGatewayAddressInput,
) (*ec2.DisassociateNatGatewayAddressOutput, error) {
	if err := room.Only(in, "AssociationIds", "MaxDrainDurationSeconds", "NatGatewayId"); err != nil {
		return nil, err
	}
	if len(in.AssociationIds) == 0 {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter AssociationId")
	}
	row, err := r.changeAddresses(in.NatGatewayId, in, true, func(_ *store.Tx, n *natRow) error {
		return r.drain(n, in.AssociationIds, n.Association, in.MaxDrainDurationSeconds, func(a natAddress) string { return a.Association })
	})
	if err != nil {
		return nil, err
	}
	return &ec2.DisassociateNatGatewayAddressOutput{NatGatewayId: in.NatGatewayId, NatGatewayAddresses: r.showChanged(row)}, nil
}

// drain has secondary addresses drain. They are released at the end of the time given and not before
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateNatGatewayAddress.html).
func (r *Room) drain(n *natRow, gone []string, primary string, seconds *int32, name func(natAddress) string) error {
	wait := natDrain
	if seconds != nil {
		if *seconds < 1 || *seconds > 4000 { // as the page above has it
			return wire.Errorf("InvalidParameterValue", "Value (%d) for parameter maxDrainDurationSeconds is invalid. It must be from 1 to 4000.", *seconds)
		}
		wait = time.Duration(*seconds) * time.Second
	}
	_, going := n.words()
	n.Secondary = slices.Clone(n.Secondary)
	for _, id := range gone {
		at := slices.IndexFunc(n.Secondary, func(a natAddress) bool { return name(a) == id })
		switch {
		case id == primary:
			// The code is that which Terraform's provider takes for an association that is over
			// (hashicorp/terraform-provider-aws internal/service/ec2/vpc_nat_gateway_eip_association.go).
			return wire.Errorf("InvalidParameter", "%s is the primary address of NAT gateway %s.", id, n.ID)
		case at < 0:
			return wire.Errorf("InvalidParameter", "%s is not an address of NAT gateway %s.", id, n.ID)
		}
		n.Secondary[at].Status, n.Secondary[at].Until = going, time.Now().UTC().Add(r.Speed.Of(wait))
	}
	return nil
}

// AssignPrivateNatGatewayAddress gives a private NAT gateway further addresses.
func (r *Room) AssignPrivateNatGatewayAddress(
	ctx context.Context, in *ec2.AssignPrivateNatGatewayAddressInput,
) (*ec2.AssignPrivateNatGatewayAddressOutput, error) {
	if err := room.Only(in, "NatGatewayId", "PrivateIpAddressCount", "PrivateIpAddresses"); err != nil {
		return nil, err
	}
	more := in.PrivateIpAddressCount
	if more == nil && len(in.PrivateIpAddresses) == 0 {
		more = new(int32(1)) // so AWS chooses one
	}
	row, err := r.changeAddresses(in.NatGatewayId, in, false, func(tx *store.Tx, n *natRow) error {
		return r.addToNAT(tx, n, nil, in.PrivateIpAddresses, more)
	})
	if err != nil {
		return nil, err
	}
	return &ec2.AssignPrivateNatGatewayAddressOutput{NatGatewayId: in.NatGatewayId, NatGatewayAddresses: r.showChanged(row)}, nil
}

// UnassignPrivateNatGatewayAddress takes addresses other than the primary one from a private NAT gateway, after they have drained.
func (r *Room) UnassignPrivateNatGatewayAddress(
	ctx context.Context, in *ec2.UnassignPrivateNatGatewayAddressInput,
) (*ec2.UnassignPrivateNatGatewayAddressOutput, error) {
	if err := room.Only(in, "MaxDrainDurationSeconds", "NatGatewayId", "PrivateIpAddresses"); err != nil {
		return nil, err
	}
	if len(in.PrivateIpAddresses) == 0 {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter PrivateIpAddress")
	}
	row, err := r.changeAddresses(in.NatGatewayId, in, false, func(_ *store.Tx, n *natRow) error {
		private := func(a natAddress) string { return a.Private.String() }
		return r.drain(n, in.PrivateIpAddresses, n.Address.String(), in.MaxDrainDurationSeconds, private)
	})
	if err != nil {
		return nil, err
	}
	return &ec2.UnassignPrivateNatGatewayAddressOutput{NatGatewayId: in.NatGatewayId, NatGatewayAddresses: r.showChanged(row)}, nil
}
