package nets

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// DescribeVpcPeeringConnections lists the connections of this region's VPCs, as requesters and as accepters.
func (r *Room) DescribeVpcPeeringConnections(
	ctx context.Context, in *ec2.DescribeVpcPeeringConnectionsInput,
) (*ec2.DescribeVpcPeeringConnectionsOutput, error) {
	if err := room.Only(in, "Filters", "MaxResults", "NextToken", "VpcPeeringConnectionIds"); err != nil {
		return nil, err
	}
	l := resource.Listing[peeringRow]{
		ID: func(p peeringRow) string { return p.ID }, Missing: missingPeering,
		Fields: resource.Fields[peeringRow]{
			"vpc-peering-connection-id": resource.One(func(p peeringRow) string { return p.ID }),
			"status-code":               resource.One(func(p peeringRow) string { return string(p.State) }),
			"status-message":            resource.One(peeringRow.message),
			"expiration-time": resource.One(func(p peeringRow) string {
				return p.Made.Add(r.Speed.Of(peeringPatience)).Format(time.RFC3339)
			}),
		},
	}
	for prefix, side := range map[string]func(peeringRow) peeringSide{
		"requester-vpc-info.": func(p peeringRow) peeringSide { return p.Requester },
		"accepter-vpc-info.":  func(p peeringRow) peeringSide { return p.Accepter },
	} {
		l.Fields[prefix+"cidr-block"] = func(p peeringRow) []string { return side(p).CIDRs }
		l.Fields[prefix+"owner-id"] = resource.One(func(p peeringRow) string { return side(p).Account })
		l.Fields[prefix+"vpc-id"] = resource.One(func(p peeringRow) string { return side(p).VPC })
	}
	rows, next, err := l.List(r.Registry, r.peeringsNow(nil), in.VpcPeeringConnectionIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeVpcPeeringConnectionsOutput{NextToken: next}
	for _, row := range rows {
		out.VpcPeeringConnections = append(out.VpcPeeringConnections, *r.showPeering(row))
	}
	return out, nil
}

// ModifyVpcPeeringConnectionOptions changes what one side lets the other know, in that side's region
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcPeeringConnectionOptions.html).
func (r *Room) ModifyVpcPeeringConnectionOptions(
	ctx context.Context, in *ec2.ModifyVpcPeeringConnectionOptionsInput,
) (*ec2.ModifyVpcPeeringConnectionOptionsOutput, error) {
	if err := room.Only(in, "AccepterPeeringConnectionOptions", "RequesterPeeringConnectionOptions", "VpcPeeringConnectionId"); err != nil {
		return nil, err
	}
	if in.AccepterPeeringConnectionOptions == nil && in.RequesterPeeringConnectionOptions == nil {
		return nil, wire.Errorf("MissingParameter", "The request must contain options of the requester or of the accepter")
	}
	row, err := r.changePeering(in.VpcPeeringConnectionId, in, func(tx *store.Tx, row *peeringRow) error {
		if row.State != peeringActive {
			return wire.Errorf("OperationNotPermitted", "Peering %s is not active. Peering options can be added only to active peerings.", row.ID)
		}
		if err := r.setOptions(tx, &row.Requester, in.RequesterPeeringConnectionOptions); err != nil {
			return err
		}
		return r.setOptions(tx, &row.Accepter, in.AccepterPeeringConnectionOptions)
	})
	if err != nil {
		return nil, err
	}
	out := &ec2.ModifyVpcPeeringConnectionOptionsOutput{}
	if in.RequesterPeeringConnectionOptions != nil {
		out.RequesterPeeringConnectionOptions = row.Requester.options()
	}
	if in.AccepterPeeringConnectionOptions != nil {
		out.AccepterPeeringConnectionOptions = row.Accepter.options()
	}
	return out, nil
}

func (r *Room) setOptions(tx *store.Tx, side *peeringSide, options *ec2types.PeeringConnectionOptionsRequest) error {
	if options == nil {
		return nil
	}
	if room.Deref(options.AllowEgressFromLocalClassicLinkToRemoteVpc) || room.Deref(options.AllowEgressFromLocalVpcToRemoteClassicLink) {
		return wire.Errorf("UnsupportedOperation", "There is no EC2-Classic to link to.")
	}
	if side.Region != r.Region {
		return wire.Errorf("OperationNotPermitted", "The peering options of VPC %s are changed in its region, %s.", side.VPC, side.Region)
	}
	if options.AllowDnsResolutionFromRemoteVpc == nil {
		return nil
	}
	if vpc, _ := r.vpcs.GetTx(tx, side.VPC); *options.AllowDnsResolutionFromRemoteVpc && (!vpc.DNSHostnames || !vpc.DNSSupport) {
		return wire.Errorf("InvalidVpcPeeringConnectionState.DnsHostnamesDisabled",
			"To enable DNS hostname resolution for the VPC peering connection, DNS hostname support must be enabled for VPC %s.", vpc.ID)
	}
	side.Resolves = *options.AllowDnsResolutionFromRemoteVpc
	return nil
}

func (s peeringSide) options() *ec2types.PeeringConnectionOptions {
	return &ec2types.PeeringConnectionOptions{
		AllowDnsResolutionFromRemoteVpc: new(s.Resolves), AllowEgressFromLocalClassicLinkToRemoteVpc: new(false),
		AllowEgressFromLocalVpcToRemoteClassicLink: new(false),
	}
}
