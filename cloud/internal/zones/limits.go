package zones

import (
	"context"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// listDelegationSets answers that there are none to reuse: they cannot be made here.
func (a *api) listDelegationSets(_ context.Context, in *route53.ListReusableDelegationSetsInput) (*route53.ListReusableDelegationSetsOutput, error) {
	n, err := size(in.MaxItems, 100)
	if err != nil {
		return nil, err
	}
	return &route53.ListReusableDelegationSetsOutput{DelegationSets: []r53types.DelegationSet{}, Marker: aws.String(aws.ToString(in.Marker)), MaxItems: aws.Int32(int32(n))}, nil
}

func (a *api) getAccountLimit(_ context.Context, in *route53.GetAccountLimitInput) (*route53.GetAccountLimitOutput, error) {
	var most, count int
	switch in.Type {
	case r53types.AccountLimitTypeMaxHealthChecksByOwner:
		most, count = maxChecks, a.checks.Len()
	case r53types.AccountLimitTypeMaxHostedZonesByOwner:
		most, count = maxZones, a.zones.Len()
	default:
		return nil, unsupported("Type", "it has hosted zones and health checks")
	}
	return &route53.GetAccountLimitOutput{Count: int64(count), Limit: &r53types.AccountLimit{Type: in.Type, Value: aws.Int64(int64(most))}}, nil
}

func (a *api) getHostedZoneLimit(_ context.Context, in *route53.GetHostedZoneLimitInput) (*route53.GetHostedZoneLimitOutput, error) {
	id := bare(aws.ToString(in.HostedZoneId))
	if _, ok := a.zones.Get(id); !ok {
		return nil, noZone(id)
	}
	if in.Type != r53types.HostedZoneLimitTypeMaxRrsetsByZone {
		return nil, unsupported("Type", "hosted zones are public")
	}
	return &route53.GetHostedZoneLimitOutput{Count: int64(len(a.records.of(id))), Limit: &r53types.HostedZoneLimit{Type: in.Type, Value: aws.Int64(maxZoneRecords)}}, nil
}

// testAnswer says what the name servers answer. Where the asker is does not count here, since no routing
// policy asks for it.
func (a *api) testAnswer(_ context.Context, in *route53.TestDNSAnswerInput) (*route53.TestDNSAnswerOutput, error) {
	id := bare(aws.ToString(in.HostedZoneId))
	z, ok := a.zones.Get(id)
	if !ok {
		return nil, noZone(id)
	}
	kept, err := name(aws.ToString(in.RecordName))
	if err != nil {
		return nil, badInput("Invalid request: %v", err)
	}
	if !within(kept, z.Name) {
		return nil, badInput("Invalid request: the record name %s does not lie within the hosted zone %s", kept, z.Name)
	}
	if !slices.Contains(in.RecordType.Values(), in.RecordType) {
		return nil, badInput("Invalid value '%s' for the parameter recordtype", in.RecordType)
	}
	for _, ip := range []*string{in.ResolverIP, in.EDNS0ClientSubnetIP} {
		if ip == nil {
			continue
		}
		if _, err := netip.ParseAddr(*ip); err != nil {
			return nil, badInput("Invalid IP address: %s", *ip)
		}
	}
	code, values := a.data.Test(kept, in.RecordType)
	return &route53.TestDNSAnswerOutput{
		Nameserver: &nameServers[0], Protocol: aws.String("UDP"), RecordName: &kept, RecordType: in.RecordType,
		ResponseCode: &code, RecordData: values,
	}, nil
}
