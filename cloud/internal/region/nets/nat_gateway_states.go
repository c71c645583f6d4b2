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
		} else if due := r.dueNAT(row); !due.IsZero() {
			later = time.After(time.Until(due))
		}
		select {
		case <-next:
		case <-later:
		case <-r.Context().Done():
			return
		}
	}
}

// dueNAT is when something is to be done though nothing changes: the row no longer listed, an address released.
func (r *Room) dueNAT(row natRow) (due time.Time) {
	if !row.Ended.IsZero() {
		return row.Ended.Add(r.Listed())
	}
	for _, a := range row.Secondary {
		if a.drains() && (due.IsZero() || a.Until.Before(due)) {
			due = a.Until
		}
	}
	return due
}

// stepNAT moves a NAT gateway to its next state. After an error, the same again goes on where it stopped.
func (r *Room) stepNAT(row natRow) error {
	switch {
	case row.State == ec2types.NatGatewayStatePending:
		return r.provideNAT(row)
	case row.State == ec2types.NatGatewayStateAvailable && row.changes():
		return r.settleNAT(row)
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
	err := r.changeNAT(row, func(_ *store.Tx, n *natRow) error {
		n.State = ec2types.NatGatewayStateAvailable
		return nil
	})
	if err != nil {
		return err
	}
	return r.Sync(row.VPC) // routes to it lead somewhere now
}

// connectNAT makes the interface of a NAT gateway and gives it its addresses. Its errors are the failures that AWS tells.
func (r *Room) connectNAT(tx *store.Tx, n *natRow) error {
	var address elasticRow
	if n.public() {
		var err error
		if address, err = r.freeElastic(tx, n.Allocation); err != nil {
			return err
		}
		if !r.HasGateway(tx, n.VPC) {
			return wire.Errorf("Gateway.NotAttached", "Network %s has no Internet gateway attached", n.VPC)
		}
	}
	err := r.newNATInterface(tx, n)
	if err == nil && n.public() {
		eni, _ := r.interfaces.GetTx(tx, n.Interface)
		n.Public, n.Association = address.Public, elasticAssociationKind.NewID()
		err = r.giveElastic(tx, address, eni, eni.Address, n.Association)
	}
	if err == nil {
		err = r.giveNAT(tx, n, 0)
	}
	if refused, ok := errors.AsType[*wire.Error](err); ok && refused.Code == "InsufficientFreeAddressesInSubnet" {
		return wire.Errorf(refused.Code, "Subnet has insufficient free addresses to create this NAT gateway")
	}
	return err
}

func (r *Room) newNATInterface(tx *store.Tx, n *natRow) error {
	eni, err := r.NewInterface(tx, Wanted{Subnet: n.Subnet, Address: n.Address, NAT: n.ID, Description: "Interface for NAT Gateway " + n.ID})
	n.Interface, n.Address = eni.ID, eni.Address
	return err
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
