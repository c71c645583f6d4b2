package nets

import (
	"errors"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// retryPause is how long a worker waits before it tries again what failed, on a full disk for one.
const retryPause = time.Second

// tendNAT is the worker of one NAT gateway, from its creation or the region's start until lists no longer show it.
func (r *Room) tendNAT(id string) {
	watch := r.Watch(r.nats.Row(id))
	defer watch.Stop()
	for {
		next := watch.Next()
		row, ok := r.nats.Get(id)
		if !ok || r.Context().Err() != nil {
			return
		}
		var later <-chan time.Time
		if err := r.stepNAT(row); err != nil {
			r.Log.Error("tend NAT gateway", "gateway", id, "state", row.State, "err", err)
			later, next = time.After(retryPause), nil
		} else if !row.Ended.IsZero() {
			later = time.After(time.Until(row.Ended.Add(r.Listed())))
		}
		select {
		case <-next:
		case <-later:
		case <-r.Context().Done():
			return
		}
	}
}

// stepNAT moves a NAT gateway to its next state. After an error, the same again goes on where it stopped.
func (r *Room) stepNAT(row natRow) error {
	switch {
	case row.State == ec2types.NatGatewayStatePending:
		return r.provideNAT(row)
	case row.State == ec2types.NatGatewayStateDeleting:
		return r.dismantleNAT(row)
	case !row.Ended.IsZero() && time.Since(row.Ended) >= r.Listed():
		return r.Update(func(tx *store.Tx) error { return r.Remove(tx, row.ID, r.nats.Delete) })
	}
	return nil
}

// changeNAT changes a NAT gateway if it is still in the state in which the worker saw it.
func (r *Room) changeNAT(row natRow, change func(*store.Tx, *natRow) error) error {
	return r.Update(func(tx *store.Tx) error {
		now, ok := r.nats.GetTx(tx, row.ID)
		if !ok || now.State != row.State {
			return nil
		}
		if err := change(tx, &now); err != nil {
			return err
		}
		return r.nats.Put(tx, now.ID, now)
	})
}

// provideNAT gives a NAT gateway its interface and its address, or has it fail.
func (r *Room) provideNAT(row natRow) error {
	if row.Interface == "" {
		err := r.changeNAT(row, r.connectNAT)
		if refused, ok := errors.AsType[*wire.Error](err); ok {
			return r.changeNAT(row, func(_ *store.Tx, n *natRow) error {
				n.State, n.Ended = ec2types.NatGatewayStateFailed, time.Now().UTC()
				n.FailureCode, n.FailureMessage = refused.Code, refused.Message
				return nil
			})
		}
		return err // and the worker sees the interface
	}
	if err := r.Sync(row.VPC); err != nil {
		return err
	}
	err := r.changeNAT(row, func(_ *store.Tx, n *natRow) error { n.State = ec2types.NatGatewayStateAvailable; return nil })
	if err != nil {
		return err
	}
	return r.Sync(row.VPC) // routes to it lead somewhere now
}

// connectNAT makes the interface of a NAT gateway. Its errors are the failures that AWS tells
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NatGateway.html).
func (r *Room) connectNAT(tx *store.Tx, n *natRow) error {
	address, ok := r.elastics.GetTx(tx, n.Allocation)
	public := n.Allocation != ""
	switch {
	case public && !ok:
		return wire.Errorf("InvalidAllocationID.NotFound", "Elastic IP address %s could not be associated with this NAT gateway", n.Allocation)
	case public && address.Interface != "":
		return wire.Errorf("Resource.AlreadyAssociated", "Elastic IP address %s is already associated", n.Allocation)
	case public && !r.HasGateway(tx, n.VPC):
		return wire.Errorf("Gateway.NotAttached", "Network %s has no Internet gateway attached", n.VPC)
	}
	eni, err := r.NewInterface(tx, Wanted{Subnet: n.Subnet, Address: n.Address, NAT: n.ID, Description: "Interface for NAT Gateway " + n.ID})
	if refused, ok := errors.AsType[*wire.Error](err); ok && refused.Code == "InsufficientFreeAddressesInSubnet" {
		return wire.Errorf(refused.Code, "Subnet has insufficient free addresses to create this NAT gateway")
	}
	if err != nil {
		return err
	}
	n.Interface, n.Address = eni.ID, eni.Address
	if !public {
		return nil
	}
	n.Public, n.Association = address.Public, elasticAssociationKind.NewID()
	return r.giveElastic(tx, address, eni, eni.Address, n.Association)
}

// dismantleNAT takes a NAT gateway's interface away.
func (r *Room) dismantleNAT(row natRow) error {
	if row.Interface != "" {
		if err := r.Update(func(tx *store.Tx) error { return r.RemoveInterface(tx, row.Interface) }); err != nil {
			return err
		}
		if err := r.Sync(row.VPC); err != nil {
			return err
		}
	}
	return r.changeNAT(row, func(_ *store.Tx, n *natRow) error {
		n.State, n.Ended = ec2types.NatGatewayStateDeleted, time.Now().UTC()
		return nil
	})
}
