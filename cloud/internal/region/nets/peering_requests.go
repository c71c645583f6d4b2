package nets

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Quotas of a VPC (https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-peering).
const (
	activePeerings  = 50
	pendingPeerings = 25
)

// side is a VPC of this region as a connection keeps it.
func (r *Room) side(v VPC) peeringSide {
	side := peeringSide{Region: r.Region, Account: r.Account, VPC: v.ID}
	for _, c := range v.cidrs() {
		side.CIDRs = append(side.CIDRs, c.CIDR)
	}
	for _, c := range v.IPv6 {
		side.IPv6 = append(side.IPv6, c.CIDR)
	}
	return side
}

// overlap tells whether any range of one side has an address of the other's.
func overlap(a, b peeringSide) bool {
	return slices.ContainsFunc(a.CIDRs, func(x string) bool {
		return slices.ContainsFunc(b.CIDRs, func(y string) bool {
			return netip.MustParsePrefix(x).Overlaps(netip.MustParsePrefix(y))
		})
	})
}

// CreateVpcPeeringConnection asks for a connection of two VPCs. That the other VPC is not there, or has addresses of this one,
// is no error of the call but makes the connection fail
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcPeeringConnection.html).
func (r *Room) CreateVpcPeeringConnection(
	ctx context.Context, in *ec2.CreateVpcPeeringConnectionInput,
) (*ec2.CreateVpcPeeringConnectionOutput, error) {
	if err := room.Only(in, "PeerOwnerId", "PeerRegion", "PeerVpcId", "TagSpecifications", "VpcId"); err != nil {
		return nil, err
	}
	if err := cmp.Or(resource.Required("vpcId", in.VpcId), resource.Required("peerVpcId", in.PeerVpcId)); err != nil {
		return nil, err
	}
	if err := resource.CheckTagSpecs(in.TagSpecifications, ec2types.ResourceTypeVpcPeeringConnection); err != nil {
		return nil, err
	}
	row := peeringRow{
		ID: peeringKind.NewID(), State: peeringInitiating, Made: time.Now().UTC(),
		Accepter: peeringSide{
			Region: cmp.Or(room.Deref(in.PeerRegion), r.Region), Account: cmp.Or(room.Deref(in.PeerOwnerId), r.Account), VPC: *in.PeerVpcId,
		},
	}
	if peer := row.Accepter.Region; peer != r.Region {
		if _, err := r.cfg.Peer.Find(ctx, peer); err != nil {
			return nil, wire.Errorf("InvalidParameterValue", "Value (%s) for parameter peerRegion is invalid: %v.", peer, err)
		}
	}
	requested := row
	err := r.Update(func(tx *store.Tx) error {
		vpc, ok := r.vpcs.GetTx(tx, *in.VpcId)
		if !ok {
			return missingVPC(*in.VpcId)
		}
		row.Requester = r.side(vpc)
		requested = row
		if err := cmp.Or(r.roomForPeering(tx, row), room.DryRun(in), r.forgetPeerings(tx)); err != nil {
			return err
		}
		if row.Untold = row.Accepter.Region != r.Region; !row.Untold {
			r.answerRequest(tx, &row)
		}
		if err := r.peerings.Put(tx, row.ID, row); err != nil {
			return err
		}
		return r.TagNew(tx, in.TagSpecifications, row.ID)
	})
	if err != nil {
		return nil, err
	}
	return &ec2.CreateVpcPeeringConnectionOutput{VpcPeeringConnection: r.showPeering(requested)}, nil
}

// roomForPeering refuses a second connection of two VPCs, and more than the quotas.
func (r *Room) roomForPeering(tx *store.Tx, wanted peeringRow) error {
	vpc, active, pending := wanted.Requester.VPC, 0, 0
	for _, row := range r.peeringsNow(tx) {
		switch {
		case !row.open() || !row.of(vpc):
		case row.between(vpc, wanted.Accepter.VPC):
			return wire.Errorf("VpcPeeringConnectionAlreadyExists", "A VPC peering connection (%s) between the VPCs already exists.", row.ID)
		case row.State == peeringActive:
			active++
		case row.Requester.VPC == vpc:
			pending++
		}
	}
	switch {
	case active >= activePeerings:
		return wire.Errorf("VpcPeeringConnectionsPerVpcLimitExceeded", "The maximum number of VPC peering connections has been reached for VPC '%s'.", vpc)
	case pending >= pendingPeerings:
		return wire.Errorf("OutstandingVpcPeeringConnectionLimitExceeded",
			"The maximum number of outstanding VPC peering connection requests has been reached for VPC '%s'.", vpc)
	}
	return nil
}

// answerRequest is the accepter's region's: a request waits for its acceptance, or fails.
func (r *Room) answerRequest(tx *store.Tx, row *peeringRow) {
	vpc, ok := r.vpcs.GetTx(tx, row.Accepter.VPC)
	if !ok || row.Accepter.Account != r.Account || overlap(row.Requester, r.side(vpc)) {
		row.State, row.Ended = peeringFailed, time.Now().UTC()
		return
	}
	row.State, row.Accepter = peeringPending, r.side(vpc)
}

// changePeering changes a connection that is seen, and brings the VPCs to it that are here.
func (r *Room) changePeering(id *string, in any, change func(*store.Tx, *peeringRow) error) (row peeringRow, err error) {
	if err := resource.Required("vpcPeeringConnectionId", id); err != nil {
		return row, err
	}
	err = r.Update(func(tx *store.Tx) (err error) {
		if row, err = room.Find(tx, r.peerings, *id, missingPeering); err != nil {
			return err
		}
		if _, seen := r.peering(tx, *id); !seen {
			return missingPeering(*id)
		}
		row = r.aged(row)
		if err := cmp.Or(change(tx, &row), room.DryRun(in)); err != nil {
			return err
		}
		row.Untold = row.Requester.Region != row.Accepter.Region
		return r.peerings.Put(tx, row.ID, row)
	})
	if err != nil {
		return row, err
	}
	return row, r.syncPeering(row)
}

// syncPeering brings the VPCs of a connection that are here to it.
func (r *Room) syncPeering(row peeringRow) error {
	for _, side := range []peeringSide{row.Requester, row.Accepter} {
		if _, ok := r.vpcs.Get(side.VPC); ok && side.Region == r.Region {
			if err := r.Sync(side.VPC); err != nil {
				return err
			}
		}
	}
	return nil
}

// pendingHere refuses what only the accepter's region does with a request, and only while it waits.
func (r *Room) pendingHere(row *peeringRow, to, does string) error {
	if row.Accepter.Region != r.Region {
		return wire.Errorf("OperationNotPermitted", "Incorrect region (%s) specified for this request. VPC peering connection %s must be %s in region %s",
			r.Region, row.ID, does, row.Accepter.Region)
	}
	if row.State != peeringPending {
		return wrongTransition(row, to)
	}
	return nil
}

func wrongTransition(row *peeringRow, to string) error {
	return wire.Errorf("InvalidStateTransition", "Invalid state transition for %s, attempted to transition from %s to %s", row.ID, row.State, to)
}

// AcceptVpcPeeringConnection makes a requested connection active. Where the requester is in another region, it is so once that
// region knows.
func (r *Room) AcceptVpcPeeringConnection(
	ctx context.Context, in *ec2.AcceptVpcPeeringConnectionInput,
) (*ec2.AcceptVpcPeeringConnectionOutput, error) {
	if err := room.Only(in, "VpcPeeringConnectionId"); err != nil {
		return nil, err
	}
	row, err := r.changePeering(in.VpcPeeringConnectionId, in, func(tx *store.Tx, row *peeringRow) error {
		if err := r.pendingHere(row, "active", "accepted"); err != nil {
			return err
		}
		row.State = peeringActive
		if row.Requester.Region != r.Region {
			row.State = peeringProvisioning
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	row.State = peeringProvisioning
	return &ec2.AcceptVpcPeeringConnectionOutput{VpcPeeringConnection: r.showPeering(row)}, nil
}

// RejectVpcPeeringConnection turns a request down.
func (r *Room) RejectVpcPeeringConnection(
	ctx context.Context, in *ec2.RejectVpcPeeringConnectionInput,
) (*ec2.RejectVpcPeeringConnectionOutput, error) {
	if err := room.Only(in, "VpcPeeringConnectionId"); err != nil {
		return nil, err
	}
	_, err := r.changePeering(in.VpcPeeringConnectionId, in, func(tx *store.Tx, row *peeringRow) error {
		if err := r.pendingHere(row, "rejected", "accepted or rejected"); err != nil {
			return err
		}
		row.State, row.Ended = peeringRejected, time.Now().UTC()
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ec2.RejectVpcPeeringConnectionOutput{Return: new(true)}, nil
}

// DeleteVpcPeeringConnection ends a connection, or takes a request back; routes to it become black holes. One that has failed,
// expired or was rejected cannot be deleted.
func (r *Room) DeleteVpcPeeringConnection(
	ctx context.Context, in *ec2.DeleteVpcPeeringConnectionInput,
) (*ec2.DeleteVpcPeeringConnectionOutput, error) {
	if err := room.Only(in, "VpcPeeringConnectionId"); err != nil {
		return nil, err
	}
	_, err := r.changePeering(in.VpcPeeringConnectionId, in, func(tx *store.Tx, row *peeringRow) error {
		if !row.open() {
			return wrongTransition(row, "deleting")
		}
		r.endPeering(row)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ec2.DeleteVpcPeeringConnectionOutput{Return: new(true)}, nil
}

func (r *Room) endPeering(row *peeringRow) {
	row.State, row.Ended, row.Deleter = peeringDeleted, time.Now().UTC(), r.Account
}

// endPeerings deletes a VPC's connections with it (https://docs.aws.amazon.com/vpc/latest/peering/delete-vpc-peering-connection.html).
func (r *Room) endPeerings(tx *store.Tx, vpc string) error {
	for _, row := range r.peerings.AllTx(tx) {
		if row = r.aged(row); !row.open() || !row.of(vpc) {
			continue
		}
		r.endPeering(&row)
		row.Untold = row.Requester.Region != row.Accepter.Region
		if err := r.peerings.Put(tx, row.ID, row); err != nil {
			return err
		}
	}
	return nil
}
