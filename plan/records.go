package plan

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/drill"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/resource"
)

// records is the pair: two alias records of one name, of which Route 53 answers with a healthy one (routing.go). Both change in one batch or not at all.
type records struct {
	resource.Scope
	resource.Doubles
	zone      *zone
	balancers map[understudy.Side]*balancing.Balancer
	checks    map[understudy.Side]*check
	groups    map[understudy.Side]*balancing.TargetGroup
	switched  map[understudy.Side]*ownCheck // what a record follows instead of its region's check, where there is a switch, or several checks
	seen      map[understudy.Side]route53types.ResourceRecordSet
	renamed   []route53types.ResourceRecordSet // the stack's by what they answer, with set identifiers that are not
	foreign   []route53types.ResourceRecordSet // of the same name, and somebody else's
	beside    []route53types.ResourceRecordSet // of the same name and another type, by which users go too
}

func (r *records) Identity() string {
	if len(r.seen) == 0 {
		return ""
	}
	return r.Declared.Host()
}

func (r *records) setID(side understudy.Side) string {
	return "understudy-" + r.Stack() + "-" + string(side)
}

func (r *records) Desired() []resource.Field {
	var fields []resource.Field
	for _, side := range understudy.Sides {
		b := r.balancers[side]
		fields = append(fields,
			resource.Field{Name: string(side) + " role", Value: roleOf(*r.routed(side))},
			resource.Field{Name: string(side) + " alias", Value: strings.ToLower(resource.Known(b.DNSName))},
			resource.Field{Name: string(side) + " alias zone", Value: resource.Known(b.ZoneID)},
			resource.Field{Name: string(side) + " health check", Value: r.follows(side).Next()},
			resource.Field{Name: string(side) + " target health", Value: resource.Yes(r.evaluates(side))},
			resource.Field{Name: string(side) + " superseded checks", Value: ""})
	}
	return append(fields, resource.Field{Name: "other set identifiers", Value: ""})
}

func (r *records) Actual() []resource.Field {
	var others []string
	for _, set := range r.renamed {
		others = append(others, aws.ToString(set.SetIdentifier))
	}
	fields := []resource.Field{{Name: "other set identifiers", Value: resource.Set(others...)}}
	for _, side := range understudy.Sides {
		fields = append(fields, resource.Field{Name: string(side) + " superseded checks", Value: resource.Set(r.superseded(side)...)})
		set, ok := r.seen[side]
		if !ok || set.AliasTarget == nil {
			continue
		}
		fields = append(fields,
			resource.Field{Name: string(side) + " role", Value: roleOf(set)},
			resource.Field{Name: string(side) + " alias", Value: strings.ToLower(strings.TrimSuffix(aws.ToString(set.AliasTarget.DNSName), "."))},
			resource.Field{Name: string(side) + " alias zone", Value: aws.ToString(set.AliasTarget.HostedZoneId)},
			resource.Field{Name: string(side) + " health check", Value: aws.ToString(set.HealthCheckId)},
			resource.Field{Name: string(side) + " target health", Value: resource.Yes(set.AliasTarget.EvaluateTargetHealth)})
	}
	return fields
}

func (r *records) Find(ctx context.Context) (bool, error) {
	r.Spare = nil
	if err := r.look(ctx); err != nil {
		return false, err
	}
	return len(r.seen) == len(understudy.Sides), r.findDoubles(ctx)
}

// Refused tells what keeps the pair from being made: Route 53 allows no record beside it that is not of its policy.
func (r *records) Refused() error {
	var errs []error
	for _, set := range r.foreign {
		errs = append(errs, fmt.Errorf("%s has an A record that is not this stack's (%s)\nhint: delete it, or declare another name",
			r.Declared.Host(), describeSet(set)))
	}
	return errors.Join(errs...)
}

// look reads the zone's records of the declared name.
func (r *records) look(ctx context.Context) error {
	r.seen, r.renamed, r.foreign, r.beside = map[understudy.Side]route53types.ResourceRecordSet{}, nil, nil, nil
	if r.zone.id == "" {
		return nil
	}
	host := r.Declared.Host() + "."
	out, err := r.Route53.ListResourceRecordSets(ctx, &route53.ListResourceRecordSetsInput{
		HostedZoneId: &r.zone.id, StartRecordName: &host, StartRecordType: route53types.RRTypeA,
	})
	if err != nil {
		return fmt.Errorf("list records of %s: %w", r.zone.id, err)
	}
	for _, set := range out.ResourceRecordSets {
		if aws.ToString(set.Name) != host {
			continue
		}
		if set.Type != route53types.RRTypeA {
			if slices.Contains(otherWays, set.Type) {
				r.beside = append(r.beside, set)
			}
			continue
		}
		side, ok := r.sideOf(set)
		switch {
		case ok:
			r.seen[side] = set
		case r.leadsHome(set):
			r.renamed = append(r.renamed, set)
		default:
			r.foreign = append(r.foreign, set)
		}
	}
	return nil
}

// otherWays are the types of records by which users find another address than the pair's: RFC 3596's and RFC 9460's.
var otherWays = []route53types.RRType{route53types.RRTypeAaaa, route53types.RRTypeHttps, route53types.RRTypeSvcb}

func (r *records) Remarks() (all []resource.Remark) {
	if f := r.Declared.Failover; f.RTO > 0 && !drill.Kept(f, f.RTO) {
		all = append(all, resource.Remark{Text: fmt.Sprintf("failover.rto promises %s, and users may be without service for up to %s: %s",
			f.RTO, drill.Worst(f), drill.Faster(f, f.RTO))})
	}
	for _, set := range r.beside {
		all = append(all, resource.Remark{ID: string(set.Type), Text: fmt.Sprintf("%s has an %s record, "+
			"which is not this stack's: users who go by it do not follow the failover",
			r.Declared.Host(), set.Type)})
	}
	return all
}

// leadsHome tells whether a record is one of the pair under another set identifier: it answers with one of
// the stack's load balancers.
func (r *records) leadsHome(set route53types.ResourceRecordSet) bool {
	shared := r.Declared.Failover.Active() && (set.Weight != nil || set.Region != "")
	if set.AliasTarget == nil || set.Failover == "" && !shared {
		return false
	}
	for _, b := range r.balancers {
		if b.AnswersTo(aws.ToString(set.AliasTarget.DNSName)) {
			return true
		}
	}
	return false
}

// findDoubles looks for the stack's records in the zone's doubles: two runs at once may write a pair into each.
func (r *records) findDoubles(ctx context.Context) error {
	for _, d := range r.zone.Spare {
		twice := &records{Scope: r.Scope, zone: d.Doubling.(*zone)}
		if err := twice.look(ctx); err != nil {
			return err
		}
		if len(twice.seen) > 0 {
			held, _ := twice.Holds(ctx)
			r.Spare = append(r.Spare, resource.Double{Doubling: twice, Of: r.Identity(), Held: held})
		}
	}
	return nil
}

func (r *records) Fits() int { return len(r.seen) }

// Holds prevents that records are removed as doubles: DNS may be sending users by them.
func (r *records) Holds(context.Context) ([]string, error) {
	return []string{"answers of zone " + r.zone.id}, nil
}

// Remnants tells whether only one record of the pair exists, which Route 53 never leaves but a person may.
func (r *records) Remnants() bool { return len(r.seen)+len(r.renamed) > 0 }

func (r *records) sideOf(set route53types.ResourceRecordSet) (understudy.Side, bool) {
	for _, side := range understudy.Sides {
		if aws.ToString(set.SetIdentifier) == r.setID(side) {
			return side, true
		}
	}
	return "", false
}

func describeSet(set route53types.ResourceRecordSet) string {
	if set.SetIdentifier == nil {
		return "a simple one"
	}
	return "set identifier " + *set.SetIdentifier
}

// evaluates tells whether a side's record follows the target groups: not while there are two (alias.go).
func (r *records) evaluates(side understudy.Side) bool {
	g := r.groups[side]
	return g == nil || len(g.Earlier) == 0
}

func (r *records) wanted(side understudy.Side) *route53types.ResourceRecordSet {
	set := r.routed(side)
	set.Name, set.Type = aws.String(r.Declared.Host()+"."), route53types.RRTypeA
	set.SetIdentifier = aws.String(r.setID(side))
	set.HealthCheckId = aws.String(r.follows(side).Identity())
	set.AliasTarget = &route53types.AliasTarget{
		DNSName:              aws.String(r.balancers[side].DNSName),
		HostedZoneId:         aws.String(r.balancers[side].ZoneID),
		EvaluateTargetHealth: r.evaluates(side),
	}
	return set
}

func (r *records) Create(ctx context.Context) error {
	if err := r.submit(ctx, r.changes()); err != nil {
		return err
	}
	return r.prune(ctx)
}

// changes is the batch that makes the pair. Two records of one role cannot be, nor two of different policies, not even between two
// changes of a batch.
func (r *records) changes() []route53types.Change {
	changes := r.deletions(r.renamed)
	for _, side := range understudy.Sides {
		set, there := r.seen[side]
		wanted := r.routed(side)
		weighted := set.Weight != nil && wanted.Weight != nil
		if there && !weighted && roleOf(set) != roleOf(*wanted) {
			changes = append(changes, r.deletions([]route53types.ResourceRecordSet{set})...)
		}
	}
	for _, side := range understudy.Sides {
		changes = append(changes, route53types.Change{Action: route53types.ChangeActionUpsert, ResourceRecordSet: r.wanted(side)})
	}
	return changes
}

// prune deletes the checks that nothing follows any more, a calculated one before its children.
func (r *records) prune(ctx context.Context) error {
	for _, side := range understudy.Sides {
		if c := r.switched[side]; c != nil {
			if err := c.pruneAll(ctx); err != nil {
				return err
			}
		}
	}
	for _, side := range understudy.Sides {
		if err := r.checks[side].prune(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (r *records) Change(ctx context.Context, _ []resource.Difference) error { return r.Create(ctx) }

// submit changes the records and waits until all name servers answer with them.
func (r *records) submit(ctx context.Context, changes []route53types.Change) error {
	out, err := r.Route53.ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{
		HostedZoneId: &r.zone.id,
		ChangeBatch:  &route53types.ChangeBatch{Comment: aws.String("understudy: stack " + r.Stack()), Changes: changes},
	})
	if err != nil {
		return fmt.Errorf("change records of %s: %w", r.Declared.Host(), err)
	}
	return account.Poll(ctx, "the records to be in sync", resource.LongTime, func(ctx context.Context) (bool, error) {
		got, err := r.Route53.GetChange(ctx, &route53.GetChangeInput{Id: out.ChangeInfo.Id})
		if account.IsNotFound(err) { // it is new
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("get change: %w", err)
		}
		return got.ChangeInfo.Status == route53types.ChangeStatusInsync, nil
	})
}

// Remove sends the records as they are: Route 53 deletes a record only if the request equals it.
func (r *records) Remove(ctx context.Context) error {
	if err := r.look(ctx); err != nil || !r.Remnants() {
		return err
	}
	return r.submit(ctx, r.deletions(slices.AppendSeq(r.renamed, maps.Values(r.seen))))
}

func (r *records) deletions(sets []route53types.ResourceRecordSet) (changes []route53types.Change) {
	for _, set := range sets {
		changes = append(changes, route53types.Change{Action: route53types.ChangeActionDelete, ResourceRecordSet: &set})
	}
	return changes
}

var _ resource.Doubling = (*records)(nil)
