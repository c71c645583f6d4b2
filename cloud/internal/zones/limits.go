package zones

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/checks"
	"github.com/understudy/understudy/cloud/internal/records"
	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/wire"
)

func (r *Room) getAccountLimit(_ context.Context, in *route53.GetAccountLimitInput) (*route53.GetAccountLimitOutput, error) {
	var most, count int
	switch in.Type {
	case r53types.AccountLimitTypeMaxHealthChecksByOwner:
		most, count = checks.Quota, r.Checks.Len()
	case r53types.AccountLimitTypeMaxHostedZonesByOwner:
		most, count = maxZones, r.zones.Len()
	case r53types.AccountLimitTypeMaxReusableDelegationSetsByOwner:
		most, count = maxDelegationSets, r.delegationSets.Len()
	case r53types.AccountLimitTypeMaxTrafficPoliciesByOwner:
		most, count = maxPolicies, r.policies.Len()
	case r53types.AccountLimitTypeMaxTrafficPolicyInstancesByOwner:
		most, count = maxInstances, r.instances.Len()
	default:
		return nil, request.OneOf("type", string(in.Type), in.Type.Values())
	}
	return &route53.GetAccountLimitOutput{Count: int64(count), Limit: &r53types.AccountLimit{Type: in.Type, Value: aws.Int64(int64(most))}}, nil
}

func (r *Room) getHostedZoneLimit(_ context.Context, in *route53.GetHostedZoneLimitInput) (*route53.GetHostedZoneLimitOutput, error) {
	id := request.Bare(aws.ToString(in.HostedZoneId))
	z, err := r.zone(nil, id)
	if err != nil {
		return nil, err
	}
	most, count := records.MaxZoneRecords, len(r.records.of(id))
	switch in.Type {
	case r53types.HostedZoneLimitTypeMaxRrsetsByZone:
	case r53types.HostedZoneLimitTypeMaxVpcsAssociatedByZone:
		if !z.private() {
			return nil, wire.Errorf("HostedZoneNotPrivate", "The hosted zone %s is public.", id)
		}
		most, count = maxVPCs, len(z.VPCs)
	default:
		return nil, request.BadInput(
			"1 validation error detected: Value '%s' at 'type' failed to satisfy constraint: Member must satisfy enum value set: %v",
			in.Type,
			in.Type.Values(),
		)
	}
	return &route53.GetHostedZoneLimitOutput{Count: int64(count), Limit: &r53types.HostedZoneLimit{Type: in.Type, Value: aws.Int64(int64(most))}}, nil
}
