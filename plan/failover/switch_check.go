package failover

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/prices"
	"github.com/understudy/understudy/plan/resource"
)

// switchCheckRole is the role of the check that asks a region's switch: the standby's has none of a side in it.
func switchCheckRole(at understudy.Side) string {
	if at == understudy.Primary {
		return "switch-check-primary"
	}
	return "switch-check"
}

// CalculatedCheckRole is the role of the calculated check that a side's record follows.
func CalculatedCheckRole(side understudy.Side) string {
	if side == understudy.Secondary {
		return "calculated-check-secondary"
	}
	return "calculated-check"
}

// SwitchCheck asks a region's load balancer whether that region alone is to serve, and is healthy for as long as it is not. It is the nth of those
// that do, from 1.
func SwitchCheck(s resource.Scope, b *balancing.Balancer, nth int) *OwnCheck {
	return &OwnCheck{Scope: s, Name: nthSwitchCheckRole(s.Side, nth), settles: true, Wanted: func() *route53types.HealthCheckConfig {
		ask := understudy.Check{Path: understudy.SwitchPath, Match: balancing.SwitchedText(s.Side)}
		if balancing.Flows(s) {
			ask = understudy.Check{Protocol: understudy.CheckTCP, Port: understudy.SwitchPort}
		}
		config := asking(s, b, ask)
		config.Inverted = aws.Bool(true)
		return config
	}, moves: func(d []resource.Difference) bool { return b.Beside() && resource.Differs(d, "asks") }}
}

// CalculatedCheck is healthy while both enough of a region's own checks and those of the other region's switch are.
func CalculatedCheck(s resource.Scope, own *Passing, asks []*OwnCheck) *OwnCheck {
	return &OwnCheck{Scope: s, Name: CalculatedCheckRole(s.Side), Wanted: func() *route53types.HealthCheckConfig {
		children := []string{own.Check.next()}
		for _, c := range slices.Concat(own.Further, asks) {
			children = append(children, c.next())
		}
		return &route53types.HealthCheckConfig{
			Type:              route53types.HealthCheckTypeCalculated,
			ChildHealthChecks: children,
			HealthThreshold:   aws.Int32(int32(s.Declared.Failover.Needed() + len(asks))),
		}
	}, children: slices.Concat(own.Further, asks), calculated: true, before: own.enough,
		moves: func(d []resource.Difference) bool {
			return own.Check.Balancer.Beside() && resource.Differs(d, "children")
		}}
}

// settle waits until the checkers have had as many failures in a row as they need: a new check that is inverted is
// unhealthy until then ("How Route 53 determines the status of a new health check" in its Developer Guide), and would send
// users to the standby if the primary's record followed it. A switch that stands on the standby already is not waited for.
func (c *OwnCheck) settle(ctx context.Context) error {
	failures := map[string]map[time.Time]bool{}
	err := account.Poll(ctx, "the checkers to know the switch", resource.LongTime, func(ctx context.Context) (bool, error) {
		out, err := c.Route53.GetHealthCheckStatus(ctx, &route53.GetHealthCheckStatusInput{HealthCheckId: &c.ID})
		if account.IsNotFound(err) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("get status of health check %s: %w", c.ID, err)
		}
		if measured(out.HealthCheckObservations).Passes() {
			return true, nil
		}
		return countFailures(failures, out.HealthCheckObservations, c.Declared.Failover.Threshold), nil
	})
	c.settled = err == nil
	return err
}

// countFailures notes each checker's failures, by the times of its probes, and tells whether enough checkers have had as
// many as the threshold.
func countFailures(seen map[string]map[time.Time]bool, now []route53types.HealthCheckObservation, threshold int) bool {
	m := Measured{}
	for _, o := range now {
		if o.StatusReport == nil || o.StatusReport.CheckedTime == nil {
			continue
		}
		ip := aws.ToString(o.IPAddress)
		if seen[ip] == nil {
			seen[ip] = map[time.Time]bool{}
		}
		seen[ip][*o.StatusReport.CheckedTime] = true
		m.Checkers++
		if len(seen[ip]) < threshold {
			m.Healthy++ // in its own opinion, still
		}
	}
	return m.Checkers > 0 && !m.Passes()
}

// OwnCheck is a health check beside that of a region's application.
type OwnCheck struct {
	resource.Scope
	Name   string // its role
	Wanted func() *route53types.HealthCheckConfig
	moves  func([]resource.Difference) bool // whether some differences take a new check, since the record leads to another network after them

	settles    bool                        // it is the switch's, whose checkers are waited for
	calculated bool                        // from others
	Follows    *Alarm                      // whose data it follows, in place of asking for something
	children   []*OwnCheck                 // of a calculated one: those whose earlier ones this one no longer counts
	before     func(context.Context) error // of a calculated one: waits until it may be followed

	ID         string
	config     *route53types.HealthCheckConfig
	heeds      *route53types.CloudWatchAlarmConfiguration // of one that follows an alarm
	tags       resource.Field
	settled    bool     // as this run has seen
	superseded []string // earlier ones, to be deleted when nothing follows them any more
}

func (c *OwnCheck) Worldwide()       {}
func (c *OwnCheck) Identity() string { return c.ID }

func (c *OwnCheck) Desired() []resource.Field {
	fields := append(FieldsOfCheck(c.Wanted()), resource.Field{Name: "superseded children", Value: ""}, c.Tagged(c.Name))
	if c.Follows != nil {
		fields = append(fields, heeded(c.Follows.heeds())...)
	}
	return fields
}

func (c *OwnCheck) Actual() []resource.Field {
	if c.config == nil {
		return nil
	}
	var superseded []string
	for _, child := range c.children {
		superseded = append(superseded, child.superseded...)
	}
	fields := append(FieldsOfCheck(c.config), resource.Field{Name: "superseded children", Value: resource.Set(superseded...)}, c.tags)
	if c.Follows != nil {
		fields = append(fields, heeded(c.heeds)...)
	}
	return fields
}

// FieldsOfCheck renders a check's whole configuration.
func FieldsOfCheck(c *route53types.HealthCheckConfig) []resource.Field {
	both := []resource.Field{
		{Name: "type", Value: string(c.Type)},
		{Name: "inverted", Value: resource.Yes(aws.ToBool(c.Inverted))},
		{Name: "disabled", Value: resource.Yes(aws.ToBool(c.Disabled))},
	}
	switch c.Type {
	case route53types.HealthCheckTypeCloudwatchMetric:
		return append(both, fieldsOfAlarmCheck(c)...)
	case route53types.HealthCheckTypeCalculated:
		return append(both, resource.Field{Name: "children", Value: resource.Set(c.ChildHealthChecks...)},
			resource.Field{Name: "healthy children", Value: resource.Number(aws.ToInt32(c.HealthThreshold))})
	}
	return append(both, []resource.Field{
		{Name: "asks", Value: strings.ToLower(aws.ToString(c.FullyQualifiedDomainName))},
		{Name: "port", Value: resource.Number(aws.ToInt32(c.Port))},
		{Name: "path", Value: aws.ToString(c.ResourcePath)},
		{Name: "names the server", Value: resource.Yes(aws.ToBool(c.EnableSNI))},
		{Name: "looks for", Value: aws.ToString(c.SearchString)},
		{Name: "interval", Value: resource.Number(aws.ToInt32(c.RequestInterval))},
		{Name: "threshold", Value: resource.Number(aws.ToInt32(c.FailureThreshold))},
		{Name: "checkers in", Value: checkersIn(c.Regions)},
		{Name: "measures latency", Value: resource.Yes(aws.ToBool(c.MeasureLatency))},
	}...)
}

// next returns the id of the check after the plan is applied. Of a check that must be made anew this is Unknown.
func (c *OwnCheck) next() string {
	if c.config != nil && c.renews(resource.Compare(c.Desired(), c.Actual())) {
		return resource.Unknown
	}
	return resource.Known(c.ID)
}

func (c *OwnCheck) renews(differences []resource.Difference) bool {
	return replaces(differences) || c.moves(differences)
}

func (c *OwnCheck) Find(ctx context.Context) (bool, error) {
	c.ID, c.config, c.heeds, c.superseded, c.tags = "", nil, nil, nil, resource.Field{}
	all, err := healthChecks(ctx, c.Scope)
	if err != nil {
		return false, err
	}
	for _, h := range all {
		if strings.HasPrefix(aws.ToString(h.CallerReference), reference(c.Scope, c.Name)) {
			c.choose(h)
		}
	}
	if c.ID == "" {
		return false, nil
	}
	tags, err := tagsOf(ctx, c.Scope, route53types.TagResourceTypeHealthcheck, c.ID)
	c.tags = c.TaggedWith(c.Name, tags)
	return err == nil, err
}

// choose takes one more check that was found: in use is the one of the wanted type and interval, of several the one that is as wanted,
// and of several the one whose id sorts first.
func (c *OwnCheck) choose(h route53types.HealthCheck) {
	id, config, wanted := aws.ToString(h.Id), h.HealthCheckConfig, c.Wanted()
	misses := func(o *route53types.HealthCheckConfig) int {
		switch {
		case !alike(o, wanted):
			return 2
		case rendered(o) != rendered(wanted):
			return 1
		}
		return 0
	}
	if c.ID != "" && cmp.Or(cmp.Compare(misses(config), misses(c.config)), strings.Compare(id, c.ID)) > 0 {
		c.superseded = append(c.superseded, id)
		return
	}
	if c.ID != "" {
		c.superseded = append(c.superseded, c.ID)
	}
	c.ID, c.config, c.heeds = id, config, h.CloudWatchAlarmConfiguration
}

func (c *OwnCheck) Create(ctx context.Context) error {
	if err := c.await(ctx); err != nil {
		return err
	}
	config := c.Wanted()
	made, err := createHealthCheck(ctx, c.Scope, c.Name, config, rendered(config))
	if made != nil {
		c.ID, c.config, c.heeds = aws.ToString(made.Id), made.HealthCheckConfig, made.CloudWatchAlarmConfiguration
	}
	if err != nil {
		return err
	}
	if c.settles {
		return c.settle(ctx)
	}
	if err := c.heed(ctx); err != nil {
		return err
	}
	return c.pruneChildren(ctx)
}

// await waits until what a check is calculated from may be counted.
func (c *OwnCheck) await(ctx context.Context) error {
	for _, child := range c.children {
		if child.settles && !child.settled {
			if err := child.settle(ctx); err != nil {
				return err
			}
		}
	}
	if c.before == nil {
		return nil
	}
	return c.before(ctx)
}

func rendered(c *route53types.HealthCheckConfig) string {
	var b strings.Builder
	for _, f := range FieldsOfCheck(c) {
		b.WriteString(f.Name + "=" + f.Value + "\n")
	}
	return b.String()
}

func (c *OwnCheck) Change(ctx context.Context, differences []resource.Difference) error {
	if c.renews(differences) {
		c.superseded = append(c.superseded, c.ID)
		return c.Create(ctx)
	}
	if resource.Differs(differences, "tagged") {
		if err := tag(ctx, c.Scope, route53types.TagResourceTypeHealthcheck, c.ID, c.Mark(c.Name)); err != nil {
			return err
		}
	}
	if c.before != nil {
		if err := c.before(ctx); err != nil {
			return err
		}
	}
	if resource.Differs(differences, "watches") {
		if err := c.watchAnew(ctx); err != nil {
			return err
		}
	}
	if err := c.update(ctx, differences); err != nil {
		return err
	}
	if err := c.heed(ctx); err != nil {
		return err
	}
	return c.pruneChildren(ctx)
}

func (c *OwnCheck) update(ctx context.Context, differences []resource.Difference) error {
	out, err := c.Route53.UpdateHealthCheck(ctx, updateOf(c.ID, c.Wanted(), differences))
	if err != nil {
		return fmt.Errorf("update health check %s: %w", c.ID, err)
	}
	c.heeds = out.HealthCheck.CloudWatchAlarmConfiguration
	return nil
}

// pruneChildren deletes the earlier ones of a calculated check's children. While there is an earlier calculated check too, which a record may
// follow, they are left to the records.
func (c *OwnCheck) pruneChildren(ctx context.Context) error {
	if len(c.superseded) > 0 {
		return nil
	}
	for _, child := range c.children {
		if err := child.prune(ctx); err != nil {
			return err
		}
	}
	return nil
}

// pruneAll is prune, and then that of its children.
func (c *OwnCheck) pruneAll(ctx context.Context) error {
	if err := c.prune(ctx); err != nil {
		return err
	}
	return c.pruneChildren(ctx)
}

// prune deletes the checks that nothing follows any more.
func (c *OwnCheck) prune(ctx context.Context) error {
	return DeleteHealthChecks(ctx, c.Scope, &c.superseded)
}

func (c *OwnCheck) Remove(ctx context.Context) error {
	c.superseded = append(c.superseded, c.ID)
	return c.prune(ctx)
}

var _ resource.Resource = (*OwnCheck)(nil)

func (c *OwnCheck) Monthly() float64 { return prices.OfCheck(c.Wanted()) }
