// Package failover has what decides in which region users are: the hosted zone and its records, the health checks that they follow, the switch's
// among them, and the alarms that a check may follow. Much of it is Route 53's, and answers when a region does not.
package failover

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

// Records is the pair: two alias records of one name, of which Route 53 answers with a healthy one (routing.go). Both change in one batch or not at all.
type Records struct {
	resource.Scope
	resource.Doubles
	Zone      *Zone
	Balancers map[understudy.Side]*balancing.Balancer
	Checks    map[understudy.Side]*Check
	Groups    map[understudy.Side]*balancing.TargetGroup
	Switched  map[understudy.Side]*OwnCheck // what a record follows instead of its region's check, where there is a switch, or several checks
	Seen      map[understudy.Side]route53types.ResourceRecordSet
	renamed   []route53types.ResourceRecordSet // the stack's by what they answer, with set identifiers that are not
	foreign   []route53types.ResourceRecordSet // of the same name, and somebody else's
	beside    []route53types.ResourceRecordSet // of the same name and another type, by which users go too
}

func (r *Records) Identity() string {
	if len(r.Seen) == 0 {
		return ""
	}
	return r.Declared.Host()
}

func (r *Records) setID(side understudy.Side) string {
	return "understudy-" + r.Stack() + "-" + string(side)
}

func (r *Records) Desired() []resource.Field {
	var fields []resource.Field
	for _, side := range understudy.Sides {
		b := r.Balancers[side]
		fields = append(fields,
			resource.Field{Name: string(side) + " role", Value: roleOf(*r.routed(side))},
			resource.Field{Name: string(side) + " alias", Value: strings.ToLower(resource.Known(b.DNSName))},
			resource.Field{Name: string(side) + " alias zone", Value: resource.Known(b.ZoneID)},
			resource.Field{Name: string(side) + " health check", Value: r.follows(side).next()},
			resource.Field{Name: string(side) + " target health", Value: resource.Yes(r.Evaluates(side))},
			resource.Field{Name: string(side) + " superseded checks", Value: ""})
	}
	return append(fields, resource.Field{Name: "other set identifiers", Value: ""})
}

func (r *Records) Actual() []resource.Field {
	var others []string
	for _, set := range r.renamed {
		others = append(others, aws.ToString(set.SetIdentifier))
	}
	fields := []resource.Field{{Name: "other set identifiers", Value: resource.Set(others...)}}
	for _, side := range understudy.Sides {
		fields = append(fields, resource.Field{Name: string(side) + " superseded checks", Value: resource.Set(r.superseded(side)...)})
		set, ok := r.Seen[side]
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

func (r *Records) Find(ctx context.Context) (bool, error) {
	r.Spare = nil
	if err := r.Look(ctx); err != nil {
		return false, err
	}
	return len(r.Seen) == len(understudy.Sides), r.findDoubles(ctx)
}

// Refused tells what keeps the pair from being made: Route 53 allows no record beside it that is not of its policy.
func (r *Records) Refused() error {
	var errs []error
	for _, set := range r.foreign {
		errs = append(errs, fmt.Errorf("%s has an A record that is not this stack's (%s)\nhint: delete it, or declare another name",
			r.Declared.Host(), describeSet(set)))
	}
	return errors.Join(errs...)
}

// Look reads the zone's records of the declared name.
func (r *Records) Look(ctx context.Context) error {
	r.Seen, r.renamed, r.foreign, r.beside = map[understudy.Side]route53types.ResourceRecordSet{}, nil, nil, nil
	if r.Zone.ID == "" {
		return nil
	}
	host := r.Declared.Host() + "."
	out, err := r.Route53.ListResourceRecordSets(ctx, &route53.ListResourceRecordSetsInput{
		HostedZoneId: &r.Zone.ID, StartRecordName: &host, StartRecordType: route53types.RRTypeA,
	})
	if err != nil {
		return fmt.Errorf("list records of %s: %w", r.Zone.ID, err)
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
			r.Seen[side] = set
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

func (r *Records) Remarks() (all []resource.Remark) {
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
func (r *Records) leadsHome(set route53types.ResourceRecordSet) bool {
	shared := r.Declared.Failover.Active() && (set.Weight != nil || set.Region != "")
	if set.AliasTarget == nil || set.Failover == "" && !shared {
		return false
	}
	for _, b := range r.Balancers {
		if b.AnswersTo(aws.ToString(set.AliasTarget.DNSName)) {
			return true
		}
	}
	return false
}

// findDoubles looks for the stack's records in the zone's doubles: two runs at once may write a pair into each.
func (r *Records) findDoubles(ctx context.Context) error {
	for _, d := range r.Zone.Spare {
		twice := &Records{Scope: r.Scope, Zone: d.Doubling.(*Zone)}
		if err := twice.Look(ctx); err != nil {
			return err
		}
		if len(twice.Seen) > 0 {
			held, _ := twice.Holds(ctx)
			r.Spare = append(r.Spare, resource.Double{Doubling: twice, Of: r.Identity(), Held: held})
		}
	}
	return nil
}

func (r *Records) Fits() int { return len(r.Seen) }

// Holds prevents that records are removed as doubles: DNS may be sending users by them.
func (r *Records) Holds(context.Context) ([]string, error) {
	return []string{"answers of zone " + r.Zone.ID}, nil
}

// Remnants tells whether only one record of the pair exists, which Route 53 never leaves but a person may.
func (r *Records) Remnants() bool { return len(r.Seen)+len(r.renamed) > 0 }

func (r *Records) sideOf(set route53types.ResourceRecordSet) (understudy.Side, bool) {
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

// Evaluates tells whether a side's record follows the target groups: not while there are two (alias.go).
func (r *Records) Evaluates(side understudy.Side) bool {
	g := r.Groups[side]
	return g == nil || len(g.Earlier) == 0
}

func (r *Records) wanted(side understudy.Side) *route53types.ResourceRecordSet {
	set := r.routed(side)
	set.Name, set.Type = aws.String(r.Declared.Host()+"."), route53types.RRTypeA
	set.SetIdentifier = aws.String(r.setID(side))
	set.HealthCheckId = aws.String(r.follows(side).Identity())
	set.AliasTarget = &route53types.AliasTarget{
		DNSName:              aws.String(r.Balancers[side].DNSName),
		HostedZoneId:         aws.String(r.Balancers[side].ZoneID),
		EvaluateTargetHealth: r.Evaluates(side),
	}
	return set
}

func (r *Records) Create(ctx context.Context) error {
	if err := r.submit(ctx, r.changes()); err != nil {
		return err
	}
	return r.prune(ctx)
}

// changes is the batch that makes the pair. Two records of one role cannot be, nor two of different policies, not even between two
// changes of a batch.
func (r *Records) changes() []route53types.Change {
	changes := r.deletions(r.renamed)
	for _, side := range understudy.Sides {
		set, there := r.Seen[side]
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
func (r *Records) prune(ctx context.Context) error {
	for _, side := range understudy.Sides {
		if c := r.Switched[side]; c != nil {
			if err := c.pruneAll(ctx); err != nil {
				return err
			}
		}
	}
	for _, side := range understudy.Sides {
		if err := r.Checks[side].prune(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (r *Records) Change(ctx context.Context, _ []resource.Difference) error { return r.Create(ctx) }

// submit changes the records and waits until all name servers answer with them.
func (r *Records) submit(ctx context.Context, changes []route53types.Change) error {
	out, err := r.Route53.ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{
		HostedZoneId: &r.Zone.ID,
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
func (r *Records) Remove(ctx context.Context) error {
	if err := r.Look(ctx); err != nil || !r.Remnants() {
		return err
	}
	return r.submit(ctx, r.deletions(slices.AppendSeq(r.renamed, maps.Values(r.Seen))))
}

func (r *Records) deletions(sets []route53types.ResourceRecordSet) (changes []route53types.Change) {
	for _, set := range sets {
		changes = append(changes, route53types.Change{Action: route53types.ChangeActionDelete, ResourceRecordSet: &set})
	}
	return changes
}

var _ resource.Doubling = (*Records)(nil)

// follows returns the check that a side's record follows.
func (r *Records) follows(side understudy.Side) interface {
	resource.Identified
	next() string
} {
	if c := r.Switched[side]; c != nil {
		return c
	}
	return r.Checks[side]
}

// superseded returns the checks that a side's record once followed.
func (r *Records) superseded(side understudy.Side) []string {
	ids := slices.Clone(r.Checks[side].Superseded)
	if c := r.Switched[side]; c != nil {
		ids = append(ids, c.superseded...)
	}
	return ids
}
