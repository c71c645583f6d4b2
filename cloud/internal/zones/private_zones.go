package zones

import (
	"context"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// A private zone's limits, by the quotas of the developer guide.
const (
	maxVPCs           = 300  // associated with a zone
	maxAuthorizations = 1000 // of a zone
)

// privateServers are the name servers in the NS records of every private zone. They are never asked, since a VPC's
// resolver answers (developer guide, hosted-zone-private-considerations).
var privateServers = []string{"ns-1536.awsdns-00.co.uk", "ns-0.awsdns-00.com", "ns-1024.awsdns-00.org", "ns-512.awsdns-00.net"}

// String names it as resolvers do.
func (v vpc) String() string { return string(v.Region) + "/" + v.ID }

func (v vpc) describe() r53types.VPC { return r53types.VPC{VPCId: &v.ID, VPCRegion: v.Region} }

var vpcID = regexp.MustCompile(`^vpc-([0-9a-f]{8}|[0-9a-f]{17})$`)

// readVPC checks the form of a VPC's id. Whether the VPC exists only its region knows, which Route 53 does not ask.
func readVPC(in *r53types.VPC) (vpc, error) {
	if in == nil || in.VPCId == nil || in.VPCRegion == "" {
		return vpc{}, request.BadInput("Invalid request: VPCId and VPCRegion must be given")
	}
	if !slices.Contains(in.VPCRegion.Values(), in.VPCRegion) || !vpcID.MatchString(*in.VPCId) {
		return vpc{}, wire.Errorf("InvalidVPCId", "The VPC: %s in region %s that you provided is not authorized to make the association.", *in.VPCId, in.VPCRegion)
	}
	return vpc{in.VPCRegion, *in.VPCId}, nil
}

// unclaimed refuses a VPC that sees a zone of the same name already.
func (r *Room) unclaimed(tx *store.Tx, name string, v vpc) error {
	for _, z := range r.zones.AllTx(tx) {
		if z.Name == name && slices.Contains(z.VPCs, v) {
			return wire.Errorf(
				"ConflictingDomainExists",
				"The VPC %s in region %s has already been associated with the hosted zone %s with the same domain name.",
				v.ID,
				v.Region,
				z.ID,
			)
		}
	}
	return nil
}

// changePrivate changes a private zone's VPCs or authorizations.
func (r *Room) changePrivate(zoneID *string, comment *string, change func(*store.Tx, *zone) error) (*r53types.ChangeInfo, error) {
	id := request.Bare(aws.ToString(zoneID))
	var info *r53types.ChangeInfo
	err := r.commit(func(tx *store.Tx) error {
		z, err := r.zone(tx, id)
		if err != nil {
			return err
		}
		if !z.private() {
			return wire.Errorf(
				"PublicZoneVPCAssociation",
				"You're trying to associate a VPC with a public hosted zone. Amazon Route 53 doesn't support associating a VPC with a public hosted zone.",
			)
		}
		z.VPCs, z.Authorized = slices.Clone(z.VPCs), slices.Clone(z.Authorized)
		if err := change(tx, &z); err != nil {
			return err
		}
		if info, err = r.submit(tx, aws.ToString(comment)); err != nil {
			return err
		}
		return r.zones.Put(tx, id, z)
	})
	return info, err
}

func (r *Room) associateVPC(_ context.Context, in *route53.AssociateVPCWithHostedZoneInput) (*route53.AssociateVPCWithHostedZoneOutput, error) {
	v, err := readVPC(in.VPC)
	if err != nil {
		return nil, err
	}
	info, err := r.changePrivate(in.HostedZoneId, in.Comment, func(tx *store.Tx, z *zone) error {
		if len(z.VPCs) >= maxVPCs {
			return wire.Errorf("LimitsExceeded", "Cannot associate more than %d VPCs with a hosted zone.", maxVPCs)
		}
		z.VPCs = append(z.VPCs, v)
		return r.unclaimed(tx, z.Name, v)
	})
	return &route53.AssociateVPCWithHostedZoneOutput{ChangeInfo: info}, err
}

func (r *Room) disassociateVPC(_ context.Context, in *route53.DisassociateVPCFromHostedZoneInput) (*route53.DisassociateVPCFromHostedZoneOutput, error) {
	v, err := readVPC(in.VPC)
	if err != nil {
		return nil, err
	}
	info, err := r.changePrivate(in.HostedZoneId, in.Comment, func(_ *store.Tx, z *zone) error {
		switch i := slices.Index(z.VPCs, v); {
		case i < 0:
			return request.NotFound("VPCAssociationNotFound", "The VPC %s in region %s is not associated with hosted zone %s.", v.ID, v.Region, z.ID)
		case len(z.VPCs) == 1:
			return wire.Errorf(
				"LastVPCAssociation",
				"The VPC %s in region %s that you are trying to disassociate is the only VPC that is associated with hosted zone %s.",
				v.ID,
				v.Region,
				z.ID,
			)
		default:
			z.VPCs = slices.Delete(z.VPCs, i, i+1)
			return nil
		}
	})
	return &route53.DisassociateVPCFromHostedZoneOutput{ChangeInfo: info}, err
}

// authorizeVPC lets another account associate its VPC. This cloud has only one account, which needs no authorization;
// authorizations are stored and listed all the same.
func (r *Room) authorizeVPC(_ context.Context, in *route53.CreateVPCAssociationAuthorizationInput) (*route53.CreateVPCAssociationAuthorizationOutput, error) {
	v, err := readVPC(in.VPC)
	if err != nil {
		return nil, err
	}
	_, err = r.changePrivate(in.HostedZoneId, nil, func(_ *store.Tx, z *zone) error {
		if len(z.Authorized) >= maxAuthorizations {
			return wire.Errorf("TooManyVPCAssociationAuthorizations", "You can create up to %d authorizations for a hosted zone.", maxAuthorizations)
		}
		if !slices.Contains(z.Authorized, v) {
			z.Authorized = append(z.Authorized, v)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	described := v.describe()
	return &route53.CreateVPCAssociationAuthorizationOutput{HostedZoneId: aws.String(request.Bare(*in.HostedZoneId)), VPC: &described}, nil
}

func (r *Room) unauthorizeVPC(_ context.Context, in *route53.DeleteVPCAssociationAuthorizationInput) (*route53.DeleteVPCAssociationAuthorizationOutput, error) {
	v, err := readVPC(in.VPC)
	if err != nil {
		return nil, err
	}
	_, err = r.changePrivate(in.HostedZoneId, nil, func(_ *store.Tx, z *zone) error {
		i := slices.Index(z.Authorized, v)
		if i < 0 {
			return request.NotFound("VPCAssociationAuthorizationNotFound", "The VPC that you specified is not authorized to be associated with the hosted zone.")
		}
		z.Authorized = slices.Delete(z.Authorized, i, i+1)
		return nil
	})
	return &route53.DeleteVPCAssociationAuthorizationOutput{}, err
}

func (r *Room) listAuthorizations(
	_ context.Context,
	in *route53.ListVPCAssociationAuthorizationsInput,
) (*route53.ListVPCAssociationAuthorizationsOutput, error) {
	id := request.Bare(aws.ToString(in.HostedZoneId))
	z, err := r.zone(nil, id)
	if err != nil {
		return nil, err
	}
	n, err := request.Size(in.MaxResults, 50)
	if err != nil {
		return nil, err
	}
	start, err := pageToken(in.NextToken, vpcKey)
	if err != nil {
		return nil, err
	}
	rows, next := request.Page(slices.Clone(z.Authorized), vpc.String, start, n)
	out := &route53.ListVPCAssociationAuthorizationsOutput{HostedZoneId: &id, VPCs: []r53types.VPC{}, NextToken: next}
	for _, v := range rows {
		out.VPCs = append(out.VPCs, v.describe())
	}
	return out, nil
}

func (r *Room) listZonesByVPC(_ context.Context, in *route53.ListHostedZonesByVPCInput) (*route53.ListHostedZonesByVPCOutput, error) {
	v, err := readVPC(&r53types.VPC{VPCId: in.VPCId, VPCRegion: in.VPCRegion})
	if err != nil {
		return nil, err
	}
	n, err := request.Size(in.MaxItems, 100)
	if err != nil {
		return nil, err
	}
	seen := slices.DeleteFunc(r.zones.All(), func(z zone) bool { return !slices.Contains(z.VPCs, v) })
	start, err := pageToken(in.NextToken, zoneKey)
	if err != nil {
		return nil, err
	}
	rows, next := request.Page(seen, func(z zone) string { return z.ID }, start, n)
	out := &route53.ListHostedZonesByVPCOutput{MaxItems: aws.Int32(int32(n)), HostedZoneSummaries: []r53types.HostedZoneSummary{}, NextToken: next}
	for _, z := range rows {
		out.HostedZoneSummaries = append(out.HostedZoneSummaries, r53types.HostedZoneSummary{
			HostedZoneId: aws.String(z.ID), Name: aws.String(z.Name), Owner: &r53types.HostedZoneOwner{OwningAccount: &r.Account},
		})
	}
	return out, nil
}
