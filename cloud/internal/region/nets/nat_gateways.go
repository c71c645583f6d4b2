package nets

import (
	"context"
	"net/netip"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// natRow is a NAT gateway (https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html). What it has been given stays
// in the row when it is deleted, for as long as lists show it.
type natRow struct {
	ID, VPC, Subnet             string
	State                       ec2types.NatGatewayState
	FailureCode, FailureMessage string
	Created, Ended              time.Time // Ended when it was deleted or failed
	Allocation, Association     string    // of its Elastic IP address; empty for a private one
	Interface                   string
	Address                     netip.Addr // its private one; before it has an interface the one asked for, if any
	Public                      netip.Addr
	Secondary                   []natAddress
}

var natKind = kinds.Add(resource.Kind[*Room]{
	Prefix: "nat", Tagged: ec2types.ResourceTypeNatgateway, Missing: missingNAT,
	Exists: resource.Within(func(r *Room) *store.Table[natRow] { return r.nats }),
})

// missingNAT is what calls answer that name a NAT gateway beside others; those of NAT gateways answer unknownNAT.
func missingNAT(id string) error {
	return wire.Errorf("InvalidNatGatewayID.NotFound", "The natGateway ID '%s' does not exist", id)
}

func unknownNAT(id string) error {
	return resource.Missing("nat-", id, "NatGatewayMalformed", "NatGatewayNotFound", "NAT gateway %s was not found")
}

// counts tells whether a NAT gateway is there, comes or goes: those count to the quota of a zone
// (https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html).
func (n natRow) counts() bool {
	return n.State == ec2types.NatGatewayStatePending || n.State == ec2types.NatGatewayStateAvailable || n.State == ec2types.NatGatewayStateDeleting
}

// CreateNatGateway begins to make a NAT gateway in a zone. Whether it can be made turns out later, as its state.
func (r *Room) CreateNatGateway(ctx context.Context, in *ec2.CreateNatGatewayInput) (*ec2.CreateNatGatewayOutput, error) {
	if err := room.Only(in, "AllocationId", "AvailabilityMode", "ClientToken", "ConnectivityType", "PrivateIpAddress", "SecondaryAllocationIds",
		"SecondaryPrivateIpAddressCount", "SecondaryPrivateIpAddresses", "SubnetId", "TagSpecifications"); err != nil {
		return nil, err
	}
	row, err := newNAT(in)
	if err == nil {
		err = r.natFits(row)
	}
	if err != nil {
		return nil, err
	}
	var id string
	err = r.Update(func(tx *store.Tx) (err error) {
		alive := func(id string) bool { _, ok := r.nats.GetTx(tx, id); return ok }
		id, err = r.Once(tx, "CreateNatGateway", in.ClientToken, in, alive, func() (string, error) {
			return row.ID, r.putNAT(tx, &row, in.SecondaryAllocationIds, in.TagSpecifications)
		})
		if err != nil {
			return err
		}
		return room.DryRun(in)
	})
	if err != nil {
		return nil, err
	}
	if id == row.ID {
		r.Spawn(func() { r.tendNAT(id) })
	} else {
		row, _ = r.nats.Get(id)
	}
	shown := r.showNAT(row)
	return &ec2.CreateNatGatewayOutput{NatGateway: &shown, ClientToken: in.ClientToken}, nil
}

// newNAT reads what a request says by itself.
func newNAT(in *ec2.CreateNatGatewayInput) (natRow, error) {
	row := natRow{ID: natKind.NewID(), Subnet: room.Deref(in.SubnetId), State: ec2types.NatGatewayStatePending, Created: time.Now().UTC()}
	if in.AvailabilityMode == ec2types.AvailabilityModeRegional {
		return row, wire.Errorf("UnsupportedOperation", "The value 'regional' of the parameter 'AvailabilityMode' is not supported here.")
	}
	if err := resource.Required("SubnetId", in.SubnetId); err != nil {
		return row, err
	}
	switch in.ConnectivityType {
	case "", ec2types.ConnectivityTypePublic:
		if err := resource.Required("AllocationId", in.AllocationId); err != nil {
			return row, err
		}
		row.Allocation = *in.AllocationId
	case ec2types.ConnectivityTypePrivate:
		if in.AllocationId != nil {
			return row, wire.Errorf("InvalidParameterCombination", "An allocation ID cannot be specified for a private NAT gateway.")
		}
	}
	if in.PrivateIpAddress != nil {
		var err error
		if row.Address, err = netip.ParseAddr(*in.PrivateIpAddress); err != nil {
			return row, wire.Errorf("InvalidParameterValue", "invalid value for parameter address: %s", *in.PrivateIpAddress)
		}
	}
	if err := row.want(in.SecondaryAllocationIds, in.SecondaryPrivateIpAddresses, in.SecondaryPrivateIpAddressCount); err != nil {
		return row, err
	}
	return row, resource.CheckTagSpecs(in.TagSpecifications, ec2types.ResourceTypeNatgateway)
}

// checkAllocations refuses Elastic IP addresses that are not there, other than an allocation's id is missed elsewhere: so AWS was
// seen to answer.
func (r *Room) checkAllocations(tx *store.Tx, ids []string) error {
	for _, id := range ids {
		if _, ok := r.elastics.GetTx(tx, id); !ok {
			return wire.Errorf("InvalidElasticIpID.NotFound", "The elasticIp ID '%s' does not exist", id)
		}
	}
	return nil
}

// putNAT checks what is named and writes a pending NAT gateway.
func (r *Room) putNAT(tx *store.Tx, row *natRow, allocations []string, tags []ec2types.TagSpecification) error {
	subnet, ok := r.subnets.GetTx(tx, row.Subnet)
	if !ok {
		return MissingSubnet(row.Subnet)
	}
	if row.public() {
		if err := r.checkAllocations(tx, append([]string{row.Allocation}, allocations...)); err != nil {
			return err
		}
	}
	there := 0
	for _, n := range r.nats.AllTx(tx) {
		if s, _ := r.subnets.GetTx(tx, n.Subnet); n.counts() && s.Zone == subnet.Zone {
			there++
		}
	}
	if most := r.Quota(natsPerZone); there >= most {
		return wire.Errorf("NatGatewayLimitExceeded", "Performing this operation would exceed the limit of %d NAT gateways", most)
	}
	row.VPC = subnet.VPC
	if err := r.nats.Put(tx, row.ID, *row); err != nil {
		return err
	}
	return r.TagNew(tx, tags, row.ID)
}

func (r *Room) showNAT(n natRow) ec2types.NatGateway {
	out := ec2types.NatGateway{
		NatGatewayId: new(n.ID), VpcId: new(n.VPC), SubnetId: new(n.Subnet), State: n.State, CreateTime: new(n.Created),
		ConnectivityType: ec2types.ConnectivityTypePublic, AvailabilityMode: ec2types.AvailabilityModeZonal, Tags: r.Tags(n.ID),
		FailureCode: room.Some(n.FailureCode), FailureMessage: room.Some(n.FailureMessage),
	}
	if n.State == ec2types.NatGatewayStateDeleted {
		out.DeleteTime = new(n.Ended)
	}
	if !n.public() {
		out.ConnectivityType = ec2types.ConnectivityTypePrivate
	}
	coming, _ := n.words()
	primary := natAddress{Allocation: n.Allocation, Association: n.Association, Private: n.Address, Public: n.Public}
	for at, a := range append([]natAddress{primary}, n.Secondary...) {
		shown := a.show(n.Interface, at == 0)
		switch {
		case n.State == ec2types.NatGatewayStateFailed:
			shown.Status, shown.FailureMessage = ec2types.NatGatewayAddressStatusFailed, out.FailureMessage
		case n.State == ec2types.NatGatewayStatePending:
			shown.Status = coming
		case at == 0:
			shown.Status = ec2types.NatGatewayAddressStatusSucceeded
		}
		out.NatGatewayAddresses = append(out.NatGatewayAddresses, shown)
	}
	return out
}

func (a natAddress) show(eni string, primary bool) ec2types.NatGatewayAddress {
	out := ec2types.NatGatewayAddress{
		IsPrimary: &primary, AllocationId: room.Some(a.Allocation), AssociationId: room.Some(a.Association),
		NetworkInterfaceId: room.Some(eni), Status: a.Status,
	}
	if a.Private.IsValid() {
		out.PrivateIp = new(a.Private.String())
	}
	if a.Public.IsValid() {
		out.PublicIp = new(a.Public.String())
	}
	return out
}

// DescribeNatGateways lists NAT gateways, with those that failed or were deleted a while ago.
func (r *Room) DescribeNatGateways(ctx context.Context, in *ec2.DescribeNatGatewaysInput) (*ec2.DescribeNatGatewaysOutput, error) {
	if err := room.Only(in, "Filter", "MaxResults", "NatGatewayIds", "NextToken"); err != nil {
		return nil, err
	}
	l := resource.Listing[natRow]{
		ID: func(n natRow) string { return n.ID }, Missing: unknownNAT,
		Fields: resource.Fields[natRow]{
			"nat-gateway-id": resource.One(func(n natRow) string { return n.ID }),
			"state":          resource.One(func(n natRow) string { return string(n.State) }),
			"subnet-id":      resource.One(func(n natRow) string { return n.Subnet }),
			"vpc-id":         resource.One(func(n natRow) string { return n.VPC }),
		},
	}
	rows, next, err := l.List(r.Registry, r.nats.All(), in.NatGatewayIds, in.Filter, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeNatGatewaysOutput{NatGateways: []ec2types.NatGateway{}, NextToken: next}
	for _, n := range rows {
		out.NatGateways = append(out.NatGateways, r.showNAT(n))
	}
	return out, nil
}

// DeleteNatGateway begins to delete a NAT gateway. Its Elastic IP address stays allocated, and routes to it become black holes.
func (r *Room) DeleteNatGateway(ctx context.Context, in *ec2.DeleteNatGatewayInput) (*ec2.DeleteNatGatewayOutput, error) {
	if err := room.Only(in, "NatGatewayId"); err != nil {
		return nil, err
	}
	if err := resource.Required("NatGatewayId", in.NatGatewayId); err != nil {
		return nil, err
	}
	var row natRow
	err := r.Update(func(tx *store.Tx) (err error) {
		row, err = room.Find(tx, r.nats, *in.NatGatewayId, unknownNAT)
		if err != nil {
			return err
		}
		if err := room.DryRun(in); err != nil || row.State == ec2types.NatGatewayStateDeleted {
			return err
		}
		row.State = ec2types.NatGatewayStateDeleting
		return r.nats.Put(tx, row.ID, row)
	})
	if err == nil {
		err = r.Sync(row.VPC)
	}
	if err != nil {
		return nil, err
	}
	return &ec2.DeleteNatGatewayOutput{NatGatewayId: in.NatGatewayId}, nil
}
