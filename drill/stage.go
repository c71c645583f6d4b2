package drill

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/discover"
)

// Pair is the pair of a name's records in Route 53.
type Pair struct {
	Name       string // the failover name, without its last dot
	ZoneID     string
	Zone       string // its name, without its last dot
	NameServer string // one of the zone's, host:53
	Primary    Half
	Secondary  Half
}

// Half is one record of a pair.
type Half struct {
	Region       string   // the region of the load balancer behind it
	LoadBalancer string   // its DNS name
	HealthCheck  string   // id of the one that asks the application, or ""
	Beside       []string // ids of those that are counted with it
	Needed       int      // of all of them have to be healthy
}

// FindPair reads the pair of a name: two alias records to load balancers. Which half is the primary, failover records say
// themselves; of others, which choose by weight or latency, it is the one that leads to this region.
func FindPair(ctx context.Context, c *route53.Client, name, primary string) (Pair, error) {
	zones, err := findZones(ctx, c, name)
	if err != nil {
		return Pair{}, err
	}
	for _, id := range zones {
		p, err := pairIn(ctx, c, id, name, primary)
		if err != nil || p.Primary.LoadBalancer != "" && p.Secondary.LoadBalancer != "" {
			return p, err
		}
	}
	return Pair{}, fmt.Errorf("%s is not a pair of aliases to load balancers", name)
}

// pairIn reads the records of a pair that a hosted zone has.
func pairIn(ctx context.Context, c *route53.Client, id, name, primary string) (Pair, error) {
	zone, err := c.GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: &id})
	if err != nil {
		return Pair{}, fmt.Errorf("get hosted zone %s: %w", id, err)
	}
	p := Pair{Name: strings.TrimSuffix(name, "."), ZoneID: aws.ToString(zone.HostedZone.Id), NameServer: nameServerOf(zone)}
	p.Zone = strings.TrimSuffix(aws.ToString(zone.HostedZone.Name), ".")
	out, err := c.ListResourceRecordSets(ctx, &route53.ListResourceRecordSetsInput{
		HostedZoneId: zone.HostedZone.Id, StartRecordName: &name, StartRecordType: r53types.RRTypeA,
	})
	if err != nil {
		return Pair{}, fmt.Errorf("read the records of %s: %w", name, err)
	}
	for _, rr := range out.ResourceRecordSets {
		if !sameName(aws.ToString(rr.Name), name) || rr.Type != r53types.RRTypeA || rr.AliasTarget == nil {
			continue
		}
		half := Half{LoadBalancer: strings.TrimSuffix(aws.ToString(rr.AliasTarget.DNSName), "."), HealthCheck: aws.ToString(rr.HealthCheckId)}
		half.Region = discover.RegionOf(half.LoadBalancer)
		if half.HealthCheck != "" {
			checks, err := account.ChecksOf(ctx, c, half.HealthCheck)
			if err != nil {
				return Pair{}, fmt.Errorf("read the health check of %s: %w", name, err)
			}
			half.HealthCheck, half.Needed = aws.ToString(checks.Application.Id), checks.Needed
			for _, beside := range checks.Beside {
				half.Beside = append(half.Beside, aws.ToString(beside.Id))
			}
		}
		switch shared := rr.Weight != nil || rr.Region != ""; {
		case rr.Failover == r53types.ResourceRecordSetFailoverPrimary, shared && half.Region == primary:
			p.Primary = half
		case rr.Failover == r53types.ResourceRecordSetFailoverSecondary, shared:
			p.Secondary = half
		}
	}
	return p, nil
}

// NameServer returns one of a public hosted zone's name servers, as host:53.
func NameServer(ctx context.Context, c *route53.Client, zone string) (string, error) {
	out, err := c.GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: &zone})
	if err != nil {
		return "", fmt.Errorf("get hosted zone %s: %w", zone, err)
	}
	return nameServerOf(out), nil
}

func nameServerOf(zone *route53.GetHostedZoneOutput) string {
	if zone.DelegationSet == nil || len(zone.DelegationSet.NameServers) == 0 {
		return ""
	}
	return net.JoinHostPort(zone.DelegationSet.NameServers[0], "53")
}

// findZones returns the public hosted zones that the record is in, of these the ones with the longest name. Several
// zones may have the same name; one of them has the pair.
func findZones(ctx context.Context, c *route53.Client, name string) ([]string, error) {
	best := ""
	var ids []string
	pages := route53.NewListHostedZonesPaginator(c, &route53.ListHostedZonesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list hosted zones: %w", err)
		}
		for _, z := range page.HostedZones {
			zone := strings.TrimSuffix(aws.ToString(z.Name), ".")
			private := z.Config != nil && z.Config.PrivateZone
			if private || !sameName(name, zone) && !strings.HasSuffix(strings.TrimSuffix(name, "."), "."+zone) {
				continue
			}
			switch {
			case len(zone) > len(best):
				best, ids = zone, []string{aws.ToString(z.Id)}
			case zone == best:
				ids = append(ids, aws.ToString(z.Id))
			}
		}
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("no hosted zone holds %s", name)
	}
	return ids, nil
}

func sameName(a, b string) bool {
	return strings.EqualFold(strings.TrimSuffix(a, "."), strings.TrimSuffix(b, "."))
}

// CheckSettings reads the primary's health check, and returns its interval and threshold for the prediction.
func CheckSettings(ctx context.Context, c *route53.Client, p Pair) (Settings, error) {
	if p.Primary.HealthCheck == "" {
		return Settings{}, fmt.Errorf("the primary record of %s has no health check", p.Name)
	}
	out, err := c.GetHealthCheck(ctx, &route53.GetHealthCheckInput{HealthCheckId: &p.Primary.HealthCheck})
	if err != nil {
		return Settings{}, fmt.Errorf("read the health check of %s: %w", p.Name, err)
	}
	return SettingsOf(out.HealthCheck.HealthCheckConfig), nil
}

// SettingsOf returns the interval and threshold of a health check.
func SettingsOf(c *r53types.HealthCheckConfig) Settings {
	return Settings{Interval: time.Duration(aws.ToInt32(c.RequestInterval)) * time.Second, Threshold: int(aws.ToInt32(c.FailureThreshold))}
}
