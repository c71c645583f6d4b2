package parity

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/understudy/understudy/account"
)

// readRouting reads what Route 53 holds of this region: the records that point at its load balancers,
// and their health checks. Route 53 is one for both regions, so each region's share is picked out by
// where its records point.
func (r *reader) readRouting(ctx context.Context) error {
	zones := route53.NewListHostedZonesPaginator(r.c.Route53, &route53.ListHostedZonesInput{})
	for zones.HasMorePages() {
		page, err := zones.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, z := range page.HostedZones {
			if err := r.readRecords(ctx, z); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *reader) readRecords(ctx context.Context, z r53types.HostedZone) error {
	records := route53.NewListResourceRecordSetsPaginator(r.c.Route53, &route53.ListResourceRecordSetsInput{HostedZoneId: z.Id})
	for records.HasMorePages() {
		page, err := records.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, rr := range page.ResourceRecordSets {
			target, ok := r.target(rr)
			if !ok {
				continue
			}
			r.add("record", fmt.Sprintf("%s %s", aws.ToString(rr.Name), rr.Type), aws.ToString(rr.SetIdentifier), map[string]string{
				"points at":              target,
				"evaluate target health": fmt.Sprint(rr.AliasTarget.EvaluateTargetHealth),
				"policy":                 policy(rr),
				"has a health check":     fmt.Sprint(rr.HealthCheckId != nil),
			})
			if rr.HealthCheckId != nil {
				if err := r.readHealthCheck(ctx, *rr.HealthCheckId); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// target tells which of this region's load balancers a record points at.
func (r *reader) target(rr r53types.ResourceRecordSet) (string, bool) {
	if rr.AliasTarget == nil {
		return "", false
	}
	name := strings.TrimSuffix(strings.ToLower(aws.ToString(rr.AliasTarget.DNSName)), ".")
	role, ok := r.balancers[strings.TrimPrefix(name, "dualstack.")]
	return role, ok
}

// policy names the routing policy; which half of a failover pair a region plays is not a difference.
func policy(rr r53types.ResourceRecordSet) string {
	switch {
	case rr.Failover != "":
		return "failover"
	case rr.Weight != nil:
		return fmt.Sprintf("weighted %d", *rr.Weight)
	case rr.Region != "":
		return "latency"
	case rr.GeoLocation != nil:
		return "geolocation"
	case rr.MultiValueAnswer != nil:
		return "multivalue"
	}
	return "simple"
}

func (r *reader) readHealthCheck(ctx context.Context, id string) error {
	if _, read := r.roles[id]; read {
		return nil
	}
	asks, err := account.ApplicationCheck(ctx, r.c.Route53, id) // the switch is in the standby only, on purpose
	if err != nil {
		return err
	}
	id = aws.ToString(asks.Id)
	c := asks.HealthCheckConfig
	target, ok := r.balancers[strings.ToLower(aws.ToString(c.FullyQualifiedDomainName))]
	if !ok {
		target = aws.ToString(c.FullyQualifiedDomainName) + aws.ToString(c.IPAddress)
	}
	var regions []string
	for _, region := range c.Regions {
		regions = append(regions, string(region))
	}
	r.add("health check", "service", id, map[string]string{
		"type":              string(c.Type),
		"asks":              fmt.Sprintf("%s port %s path %s", target, number(c.Port), aws.ToString(c.ResourcePath)),
		"interval":          number(c.RequestInterval),
		"failure threshold": number(c.FailureThreshold),
		"search string":     aws.ToString(c.SearchString),
		"inverted":          yes(c.Inverted),
		"disabled":          yes(c.Disabled),
		"sni":               yes(c.EnableSNI),
		"measures latency":  yes(c.MeasureLatency),
		"checkers":          list(regions),
	})
	return nil
}
