package zones

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/records"
	"github.com/understudy/understudy/cloud/internal/request"
)

func (r *Room) describeAll(rows []zone) []r53types.HostedZone {
	list := make([]r53types.HostedZone, 0, len(rows))
	for _, z := range rows {
		list = append(list, *r.describe(z))
	}
	return list
}

func (r *Room) listHostedZones(_ context.Context, in *route53.ListHostedZonesInput) (*route53.ListHostedZonesOutput, error) {
	n, err := request.Size(in.MaxItems, 100)
	if err != nil {
		return nil, err
	}
	rows := r.zones.All()
	if id := request.Bare(aws.ToString(in.DelegationSetId)); id != "" {
		if _, err := r.delegationSet(nil, id); err != nil {
			return nil, err
		}
		rows = r.zonesOf(rows, id)
	}
	switch in.HostedZoneType {
	case "":
	case r53types.HostedZoneTypePrivateHostedZone:
		rows = slices.DeleteFunc(rows, func(z zone) bool { return !z.private() })
	default:
		return nil, request.BadInput("Invalid value '%s' for hostedzonetype", in.HostedZoneType)
	}
	marker := request.Bare(aws.ToString(in.Marker))
	rows, next := request.Page(rows, func(z zone) string { return z.ID }, marker, n)
	out := &route53.ListHostedZonesOutput{HostedZones: r.describeAll(rows), IsTruncated: next != nil, MaxItems: aws.Int32(int32(n)), NextMarker: next}
	if marker != "" {
		out.Marker = &marker
	}
	return out, nil
}

// listHostedZonesByName sorts by the name with its labels reversed, and then by id.
func (r *Room) listHostedZonesByName(_ context.Context, in *route53.ListHostedZonesByNameInput) (*route53.ListHostedZonesByNameOutput, error) {
	n, err := request.Size(in.MaxItems, 100)
	if err != nil {
		return nil, err
	}
	id := request.Bare(aws.ToString(in.HostedZoneId))
	if id != "" && in.DNSName == nil {
		return nil, request.BadInput("The request contains the parameter hostedzoneid but not dnsname")
	}
	key := func(z zone) string { return records.Reversed(z.Name) + " " + z.ID }
	start := ""
	if in.DNSName != nil {
		kept, err := records.Name(*in.DNSName)
		if err != nil {
			return nil, request.BadInput("Invalid request: %v", err)
		}
		start = records.Reversed(kept) + " " + id
	}
	rows, next := request.Cut(r.zones.All(), key, start, n)
	out := &route53.ListHostedZonesByNameOutput{
		HostedZones: r.describeAll(rows), IsTruncated: next != nil, MaxItems: aws.Int32(int32(n)),
		DNSName: in.DNSName,
	}
	if id != "" {
		out.HostedZoneId = &id
	}
	if next != nil {
		out.NextDNSName, out.NextHostedZoneId = &next.Name, &next.ID
	}
	return out, nil
}
