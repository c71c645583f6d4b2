package failover

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// Earlier is what an earlier record or domain of the declaration left in Route 53: its failover pair, its health checks,
// and its zone if the stack made that. It goes once the pair of today answers and both its checks pass.
//
// The health checks give it away: they ask the stack's load balancers, and have the reference of another name. They are
// deleted last, so that an interrupted run is continued.
type Earlier struct {
	resource.Scope
	Zone    *Zone
	Checks  map[understudy.Side]*Check
	records []earlierRecord
	zones   []string // the stack's own, which hold nothing else
}

type earlierRecord struct {
	zone string
	set  route53types.ResourceRecordSet
}

func (e *Earlier) Worldwide() {}
func (e *Earlier) Momentary() {}

// Foreign tells that there is nothing to remove.
func (e *Earlier) Foreign() bool { return len(e.ids()) == 0 }

func (e *Earlier) Desired() []resource.Field {
	return []resource.Field{{Name: "records", Value: ""}, {Name: "health checks", Value: ""}, {Name: "zones", Value: ""}}
}

func (e *Earlier) Actual() []resource.Field {
	var names []string
	for _, r := range e.records {
		names = append(names, strings.TrimSuffix(aws.ToString(r.set.Name), "."))
	}
	return []resource.Field{
		{Name: "records", Value: resource.Set(names...)}, {Name: "health checks", Value: resource.Set(e.ids()...)}, {Name: "zones", Value: resource.Set(e.zones...)},
	}
}

// ids returns the health checks of earlier names.
func (e *Earlier) ids() (ids []string) {
	for _, c := range e.Checks {
		ids = append(ids, c.earlier...)
	}
	return ids
}

// Find reads all public zones, but only if there are checks of earlier names: that is rare.
func (e *Earlier) Find(ctx context.Context) (bool, error) {
	e.records, e.zones = nil, nil
	ids := e.ids()
	if len(ids) == 0 {
		return true, nil
	}
	pages := route53.NewListHostedZonesPaginator(e.Route53, &route53.ListHostedZonesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, fmt.Errorf("list hosted zones: %w", err)
		}
		for _, z := range page.HostedZones {
			if z.Config != nil && z.Config.PrivateZone {
				continue
			}
			if err := e.look(ctx, z, ids); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// look searches one zone for records with one of the health checks.
func (e *Earlier) look(ctx context.Context, z route53types.HostedZone, ids []string) error {
	id := strings.TrimPrefix(aws.ToString(z.Id), "/hostedzone/")
	others := 0
	pages := route53.NewListResourceRecordSetsPaginator(e.Route53, &route53.ListResourceRecordSetsInput{HostedZoneId: &id})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("list records of %s: %w", id, err)
		}
		for _, set := range page.ResourceRecordSets {
			switch {
			case slices.Contains(ids, aws.ToString(set.HealthCheckId)):
				e.records = append(e.records, earlierRecord{id, set})
			case set.Type != route53types.RRTypeNs && set.Type != route53types.RRTypeSoa:
				others++
			}
		}
	}
	if others > 0 || id == e.Zone.ID {
		return nil
	}
	tags, err := tagsOf(ctx, e.Scope, route53types.TagResourceTypeHostedzone, id)
	if err == nil && e.Mark("zone").In(tags) {
		e.zones = append(e.zones, id)
	}
	return err
}

func (e *Earlier) Create(context.Context) error { return nil }

func (e *Earlier) Change(ctx context.Context, _ []resource.Difference) error { return e.Remove(ctx) }

func (e *Earlier) Remove(ctx context.Context) error {
	byZone := map[string][]route53types.ResourceRecordSet{}
	for _, r := range e.records {
		byZone[r.zone] = append(byZone[r.zone], r.set)
	}
	for id, sets := range byZone {
		pair := &Records{Scope: e.Scope, Zone: &Zone{Scope: e.Scope, ID: id}}
		if err := pair.submit(ctx, pair.deletions(sets)); err != nil {
			return err
		}
	}
	for _, id := range e.zones {
		_, err := e.Route53.DeleteHostedZone(ctx, &route53.DeleteHostedZoneInput{Id: &id})
		if err != nil && !account.IsNotFound(err) {
			return fmt.Errorf("delete hosted zone %s: %w", id, err)
		}
	}
	for _, c := range e.Checks {
		if err := c.pruneEarlier(ctx); err != nil {
			return err
		}
	}
	return nil
}

var (
	_ resource.Resource = (*Earlier)(nil)
	_ resource.Shared   = (*Earlier)(nil)
)
