package discover

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"golang.org/x/sync/errgroup"

	"github.com/understudy/understudy/account"
)

// Route 53 allows five requests a second to an account
// (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests), so that names are read one by one
// as the walk meets them, and not the zone, which may have ten thousand record sets.

// FindNames walks from a name to load balancers' names, and reads what Route 53 has on the way.
func FindNames(ctx context.Context, host string, home *account.Account) (*Stack, error) {
	host = plainDomain(host)
	zone, records, err := zoneOf(ctx, home, host)
	if err != nil {
		return nil, fmt.Errorf("read the records of %s: %w", host, err)
	}
	s := &Stack{Zone: zone}
	if s.Tree, err = Follow(ctx, home, zone, host, records); err != nil {
		return nil, err
	}
	if s.Checks, err = ReadChecks(ctx, home, s.Tree.Records()); err != nil {
		return nil, fmt.Errorf("read the health checks of %s: %w", host, err)
	}
	return s, nil
}

// Follow walks from a name whose records are known, and reads those of the names that it meets.
func Follow(ctx context.Context, home *account.Account, zone Zone, host string, records []r53types.ResourceRecordSet) (*Tree, error) {
	for asked := []string{}; ; {
		t := Walk(zone, host, records)
		next := slices.DeleteFunc(slices.Clone(t.Unread), func(name string) bool { return slices.Contains(asked, name) })
		if len(next) == 0 {
			return t, nil
		}
		for _, name := range next {
			found, err := RecordsOf(ctx, home, zone.ID, name+".")
			if err != nil {
				return nil, fmt.Errorf("read the records of %s: %w", name, err)
			}
			records, asked = append(records, found...), append(asked, name)
		}
	}
}

// plainDomain writes a name as people do, without the dot at its end.
func plainDomain(name string) string { return strings.TrimSuffix(strings.ToLower(name), ".") }

// zoneOf returns the public zone that has records of a name which lead somewhere, the most specific one first, and these records.
func zoneOf(ctx context.Context, a *account.Account, host string) (Zone, []r53types.ResourceRecordSet, error) {
	known := false
	for name := host; strings.Contains(name, "."); _, name, _ = strings.Cut(name, ".") {
		zones, err := PublicZones(ctx, a, name)
		if err != nil {
			return Zone{}, nil, err
		}
		for _, zone := range zones {
			known = true
			records, err := RecordsOf(ctx, a, zone.ID, host+".")
			if err != nil || slices.ContainsFunc(records, Leads) {
				return zone, records, err
			}
		}
	}
	if known {
		return Zone{}, nil, fmt.Errorf("%s has no record that leads anywhere", host)
	}
	return Zone{}, nil, fmt.Errorf("no public hosted zone of this account has %s", host)
}

// PublicZones returns the public zones with a name, of which there may be several.
func PublicZones(ctx context.Context, a *account.Account, name string) ([]Zone, error) {
	out, err := a.Route53.ListHostedZonesByName(ctx, &route53.ListHostedZonesByNameInput{DNSName: aws.String(name + ".")})
	if err != nil {
		return nil, err
	}
	var zones []Zone
	for _, z := range out.HostedZones {
		if aws.ToString(z.Name) == name+"." && (z.Config == nil || !z.Config.PrivateZone) {
			zones = append(zones, Zone{strings.TrimPrefix(aws.ToString(z.Id), "/hostedzone/"), name})
		}
	}
	return zones, nil
}

// RecordsOf lists the records of exactly this name, which has its dot at the end.
func RecordsOf(ctx context.Context, a *account.Account, zone, name string) ([]r53types.ResourceRecordSet, error) {
	var found []r53types.ResourceRecordSet
	pages := route53.NewListResourceRecordSetsPaginator(a.Route53, &route53.ListResourceRecordSetsInput{HostedZoneId: &zone, StartRecordName: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range page.ResourceRecordSets {
			if aws.ToString(r.Name) != name {
				return found, nil // names are in order
			}
			found = append(found, r)
		}
	}
	return found, nil
}

// ReadChecks reads the checks that records name, and those that these are calculated from. A record may name one that is gone, which
// Route 53 then takes for healthy.
func ReadChecks(ctx context.Context, a *account.Account, records []r53types.ResourceRecordSet) (map[string]r53types.HealthCheck, error) {
	var mu sync.Mutex
	found := map[string]r53types.HealthCheck{}
	asked := map[string]bool{}
	var wanted []string
	for _, r := range records {
		wanted = append(wanted, aws.ToString(r.HealthCheckId))
	}
	for len(wanted) > 0 { // children are found by their parents
		level, ctx := errgroup.WithContext(ctx)
		level.SetLimit(2) // of Route 53's five requests a second
		var children []string
		for _, id := range wanted {
			if id == "" || asked[id] {
				continue
			}
			asked[id] = true
			level.Go(func() error {
				out, err := a.Route53.GetHealthCheck(ctx, &route53.GetHealthCheckInput{HealthCheckId: &id})
				if account.IsNotFound(err) {
					return nil
				}
				if err != nil {
					return err
				}
				mu.Lock()
				defer mu.Unlock()
				found[id], children = *out.HealthCheck, append(children, out.HealthCheck.HealthCheckConfig.ChildHealthChecks...)
				return nil
			})
		}
		if err := level.Wait(); err != nil {
			return nil, err
		}
		wanted = children
	}
	return found, nil
}
