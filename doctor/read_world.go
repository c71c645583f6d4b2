package doctor

import (
	"context"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
)

// readWorld asks Route 53 one call after the other: it allows five requests a second ("Quotas" in its Developer Guide).
func readWorld(ctx context.Context, c *route53.Client, d *understudy.Declaration, o Options) world {
	var w world
	var all sync.WaitGroup
	if o.NameServers != nil {
		w.parent = new(fact[[]string])
		ask(&all, w.parent, func() ([]string, error) { return o.NameServers(ctx, d.Domain) })
	}
	w.quotas.value, w.quotas.err = accountQuotas(ctx, c)
	w.zones.value, w.zones.err = hostedZones(ctx, c, d.Domain)
	for _, z := range w.zones.value {
		found, err := recordsOf(ctx, c, z.id, d.Host())
		if w.records.value = append(w.records.value, found...); err != nil {
			w.records.err = err
		}
	}
	all.Wait()
	return w
}

func accountQuotas(ctx context.Context, c *route53.Client) (all []quota, err error) {
	kinds := []struct {
		kind route53types.AccountLimitType
		what string
	}{
		{route53types.AccountLimitTypeMaxHealthChecksByOwner, healthChecks},
		{route53types.AccountLimitTypeMaxHostedZonesByOwner, hostedZonesQuota},
	}
	for _, k := range kinds {
		out, err := c.GetAccountLimit(ctx, &route53.GetAccountLimitInput{Type: k.kind})
		if err != nil {
			return nil, err
		}
		all = append(all, quota{k.what, int(out.Count), int(aws.ToInt64(out.Limit.Value))})
	}
	return all, nil
}

func hostedZones(ctx context.Context, c *route53.Client, domain string) (all []hosted, err error) {
	out, err := c.ListHostedZonesByName(ctx, &route53.ListHostedZonesByNameInput{DNSName: aws.String(domain + ".")})
	if err != nil {
		return nil, err
	}
	for _, z := range out.HostedZones {
		if z.Config != nil && z.Config.PrivateZone || !strings.EqualFold(strings.TrimSuffix(aws.ToString(z.Name), "."), domain) {
			continue
		}
		got, err := c.GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: z.Id})
		if err != nil {
			return nil, err
		}
		one := hosted{id: strings.TrimPrefix(aws.ToString(z.Id), "/hostedzone/")}
		if got.DelegationSet != nil {
			one.nameServers = got.DelegationSet.NameServers
		}
		all = append(all, one)
	}
	return all, nil
}

// recordsOf lists the record sets of one name. A page holds 100 or more of them, and no name has so many that matter.
func recordsOf(ctx context.Context, c *route53.Client, zone, host string) (all []record, err error) {
	out, err := c.ListResourceRecordSets(ctx, &route53.ListResourceRecordSetsInput{HostedZoneId: &zone, StartRecordName: aws.String(host + ".")})
	if err != nil {
		return nil, err
	}
	for _, set := range out.ResourceRecordSets {
		if strings.EqualFold(strings.TrimSuffix(aws.ToString(set.Name), "."), host) {
			all = append(all, record{string(set.Type), aws.ToString(set.SetIdentifier), set.AliasTarget != nil && set.Failover != ""})
		}
	}
	return all, nil
}
