package failover

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/fleet"
	"github.com/understudy/understudy/plan/prices"
	"github.com/understudy/understudy/plan/resource"
)

// Check is the Route 53 health check of one region. It asks the application through the load balancer's own
// name, so that it is the health of the region and not of one machine.
type Check struct {
	resource.Scope
	Balancer *balancing.Balancer
	Fleet    *fleet.Fleet // what serves what is asked

	ID         string
	Config     *route53types.HealthCheckConfig
	tags       resource.Field
	Superseded []string // earlier ones, which the records no longer need
	earlier    []string // those of a name that is no longer declared
}

func (c *Check) Worldwide() {}

// Dark tells whether nothing serves, as declared, so that no checker finds the region healthy.
func (c *Check) Dark() bool { return c.Fleet != nil && c.Fleet.Dark() }

func (c *Check) role() string     { return "check-" + string(c.Side) }
func (c *Check) Identity() string { return c.ID }

func (c *Check) Desired() []resource.Field {
	return append(FieldsOfCheck(c.wanted()), c.Tagged(c.role()))
}

// kind is HTTPS where users connect with it: the redirect of HTTP is healthy for as long as the load balancer is there, for a checker
// takes statuses of 3xx for healthy and does not follow ("How Amazon Route 53 determines whether a health check is healthy" in its
// Developer Guide). One that looks for a text is of another type.
func kind(protocol, match string) route53types.HealthCheckType {
	switch {
	case protocol == understudy.CheckTCP:
		return route53types.HealthCheckTypeTcp
	case match != "":
		return route53types.HealthCheckType(protocol + "_STR_MATCH")
	}
	return route53types.HealthCheckType(protocol)
}

// namesServer has checkers name the server in TLS's first message: SNI (RFC 6066, section 3). Checks of HTTP have no such setting.
func namesServer(protocol string) *bool {
	if protocol == understudy.CheckHTTPS {
		return aws.Bool(true)
	}
	return nil
}

// AllRegions stands for the regions of all checkers, which is what a check without a list of them has.
const AllRegions = "all regions"

// checkersIn renders the regions of a check's checkers.
func checkersIn(regions []route53types.HealthCheckRegion) string {
	all := route53types.HealthCheckRegion("").Values()
	if len(regions) == 0 || len(regions) >= len(all) {
		return AllRegions
	}
	var names []string
	for _, r := range regions {
		names = append(names, string(r))
	}
	return resource.Set(names...)
}

func (c *Check) Actual() []resource.Field {
	if c.Config == nil {
		return nil
	}
	return append(FieldsOfCheck(c.Config), c.tags)
}

// next returns the id of the check after the plan is applied. Of a check that is to be replaced this is Unknown.
func (c *Check) next() string {
	if c.Config != nil && c.renews(resource.Compare(c.Desired(), c.Actual())) {
		return resource.Unknown
	}
	return resource.Known(c.ID)
}

// renews tells whether some differences take a new check: also where another load balancer is asked that stands in another network,
// since the record follows this one until it leads there, and where another name is, which may lead nowhere yet.
func (c *Check) renews(differences []resource.Difference) bool {
	return replaces(differences) || (c.Balancer.Beside() || c.Declared.Failover.Check.Host != nil) && resource.Differs(differences, "asks")
}

// replaces tells whether some differences take a new check: Route 53 changes neither a check's type nor its interval, nor whether it
// measures latency (HealthCheckConfig in its API reference).
func replaces(differences []resource.Difference) bool {
	return resource.Differs(differences, "type") || resource.Differs(differences, "interval") || resource.Differs(differences, "measures latency")
}

// alike tells whether Route 53 can change one check into another.
func alike(a, b *route53types.HealthCheckConfig) bool {
	return a.Type == b.Type && aws.ToInt32(a.RequestInterval) == aws.ToInt32(b.RequestInterval) &&
		aws.ToBool(a.MeasureLatency) == aws.ToBool(b.MeasureLatency)
}

func (c *Check) Find(ctx context.Context) (bool, error) {
	*c = Check{Scope: c.Scope, Balancer: c.Balancer, Fleet: c.Fleet}
	all, err := healthChecks(ctx, c.Scope)
	if err != nil {
		return false, err
	}
	var found []route53types.HealthCheck
	for _, h := range all {
		if strings.HasPrefix(aws.ToString(h.CallerReference), reference(c.Scope, c.role())) {
			found = append(found, h)
		}
	}
	c.earlier = c.ofEarlierNames(all)
	if len(found) == 0 {
		return false, nil
	}
	c.choose(found)
	tags, err := tagsOf(ctx, c.Scope, route53types.TagResourceTypeHealthcheck, c.ID)
	if err != nil {
		return false, err
	}
	c.tags = c.TaggedWith(c.role(), tags)
	return true, nil
}

// ofEarlierNames returns the checks that were made when the declaration had another record or domain: those that ask
// the same load balancer as this one, and, before them, those that are calculated from these.
func (c *Check) ofEarlierNames(all []route53types.HealthCheck) (ids []string) {
	for _, h := range all {
		asked := ""
		if h.HealthCheckConfig != nil {
			asked = aws.ToString(h.HealthCheckConfig.FullyQualifiedDomainName)
		}
		ours := asked != "" && (c.Balancer.AnswersTo(asked) || c.byOwnName(asked)) || c.byOwnAlarm(h.HealthCheckConfig)
		if ours && c.referenceOfEarlierName(aws.ToString(h.CallerReference)) {
			ids = append(ids, aws.ToString(h.Id))
		}
	}
	var parents []string
	for _, h := range all {
		if h.HealthCheckConfig != nil && c.referenceOfEarlierName(aws.ToString(h.CallerReference)) &&
			slices.ContainsFunc(h.HealthCheckConfig.ChildHealthChecks, func(child string) bool { return slices.Contains(ids, child) }) {
			parents = append(parents, aws.ToString(h.Id))
		}
	}
	return append(parents, ids...)
}

// byOwnName tells whether a name is one by which the region's checks ask it.
func (c *Check) byOwnName(name string) bool {
	return slices.ContainsFunc(c.Declared.Failover.Checks(), func(one understudy.Check) bool { return balancing.SameName(one.Host[c.Side], name) })
}

// byOwnAlarm tells whether a check follows an alarm of the stack's in this region.
func (c *Check) byOwnAlarm(config *route53types.HealthCheckConfig) bool {
	if config == nil || config.AlarmIdentifier == nil {
		return false
	}
	of := config.AlarmIdentifier
	return string(of.Region) == c.Place().Name && strings.HasPrefix(aws.ToString(of.Name), c.Declared.AlarmName(""))
}

// referenceOfEarlierName tells whether a caller reference is this program's, and of none of the checks of today.
func (c *Check) referenceOfEarlierName(ref string) bool {
	return strings.HasPrefix(ref, referencePrefix) && !slices.ContainsFunc(checkRoles, func(role string) bool {
		return strings.HasPrefix(ref, reference(c.Scope, role))
	})
}

// checkRoles are the roles of all health checks that a stack has.
var checkRoles = rolesOfChecks()

func rolesOfChecks() (roles []string) {
	for _, side := range understudy.Sides {
		roles = append(roles, "check-"+string(side), CalculatedCheckRole(side))
		for nth := 1; nth <= understudy.MostChecks+1; nth++ {
			roles = append(roles, understudy.FurtherCheckRole(side, nth), nthSwitchCheckRole(side, nth))
		}
	}
	return roles
}

// choose takes the check that can be changed into the declared one as the one in use, of several the one that asks the load balancer in
// use, and of several the one whose id sorts first.
func (c *Check) choose(found []route53types.HealthCheck) {
	slices.SortFunc(found, func(a, b route53types.HealthCheck) int {
		return cmp.Or(cmp.Compare(c.misses(a), c.misses(b)), strings.Compare(aws.ToString(a.Id), aws.ToString(b.Id)))
	})
	best := max(0, slices.IndexFunc(found, func(h route53types.HealthCheck) bool {
		return alike(h.HealthCheckConfig, c.wanted())
	}))
	for i, h := range found {
		if i == best {
			c.ID, c.Config = aws.ToString(h.Id), h.HealthCheckConfig
		} else {
			c.Superseded = append(c.Superseded, aws.ToString(h.Id))
		}
	}
}

// misses is 0 for a check that asks the load balancer in use, or by the declared name, and 1 for another.
func (c *Check) misses(h route53types.HealthCheck) int {
	if balancing.SameName(aws.ToString(h.HealthCheckConfig.FullyQualifiedDomainName), cmp.Or(c.Declared.Failover.Check.Host[c.Side], c.Balancer.DNSName)) {
		return 0
	}
	return 1
}

func (c *Check) wanted() *route53types.HealthCheckConfig {
	return askingFrom(c.Scope, c.Balancer, c.Declared.Failover.Check)
}

// asking is a check of a load balancer: by its own name where no other is declared.
func asking(s resource.Scope, b *balancing.Balancer, c understudy.Check) *route53types.HealthCheckConfig {
	f := s.Declared.Failover
	protocol, port := s.Declared.AskedBy(c)
	config := &route53types.HealthCheckConfig{
		Type:                     kind(protocol, c.Match),
		FullyQualifiedDomainName: aws.String(cmp.Or(c.Host[s.Side], resource.Known(b.DNSName))),
		Port:                     aws.Int32(int32(port)),
		EnableSNI:                namesServer(protocol),
		RequestInterval:          aws.Int32(int32(f.Interval)),
		FailureThreshold:         aws.Int32(int32(f.Threshold)),
	}
	if c.Path != "" {
		config.ResourcePath = &c.Path
	}
	if c.Match != "" {
		config.SearchString = &c.Match
	}
	return config
}

func (c *Check) Create(ctx context.Context) error {
	config := c.wanted()
	made, err := createHealthCheck(ctx, c.Scope, c.role(), config, rendered(config))
	if made != nil {
		c.ID, c.Config = aws.ToString(made.Id), made.HealthCheckConfig
	}
	return err
}

// renew makes a new check, which the record follows when it passes: Route 53 takes a new check for healthy until it knows better ("How
// Route 53 determines the status of health checks" in its Developer Guide), and one that asks for what the service does not answer
// would take the region away from its users.
func (c *Check) renew(ctx context.Context) error {
	c.Superseded = append(c.Superseded, c.ID)
	if err := c.Create(ctx); err != nil {
		return err
	}
	return (&Passing{Scope: c.Scope, Check: c}).Create(ctx)
}

func (c *Check) Change(ctx context.Context, differences []resource.Difference) error {
	if c.renews(differences) {
		return c.renew(ctx)
	}
	if resource.Differs(differences, "tagged") {
		if err := tag(ctx, c.Scope, route53types.TagResourceTypeHealthcheck, c.ID, c.Mark(c.role())); err != nil || len(differences) == 1 {
			return err
		}
	}
	if _, err := c.Route53.UpdateHealthCheck(ctx, updateOf(c.ID, c.wanted(), differences)); err != nil {
		return fmt.Errorf("update health check %s: %w", c.ID, err)
	}
	return nil
}

// updateOf names all that a change can set.
func updateOf(id string, w *route53types.HealthCheckConfig, differences []resource.Difference) *route53.UpdateHealthCheckInput {
	return &route53.UpdateHealthCheckInput{
		HealthCheckId:                &id,
		FullyQualifiedDomainName:     w.FullyQualifiedDomainName,
		Port:                         w.Port,
		EnableSNI:                    w.EnableSNI,
		ResourcePath:                 w.ResourcePath,
		SearchString:                 w.SearchString,
		FailureThreshold:             w.FailureThreshold,
		Regions:                      w.Regions,
		ChildHealthChecks:            w.ChildHealthChecks,
		AlarmIdentifier:              w.AlarmIdentifier,
		InsufficientDataHealthStatus: w.InsufficientDataHealthStatus,
		HealthThreshold:              w.HealthThreshold,
		Inverted:                     aws.Bool(aws.ToBool(w.Inverted)),
		Disabled:                     aws.Bool(false),
		ResetElements:                resets(w, differences),
	}
}

// resets lists what goes back to its default by being named: a list of regions cannot be set to none.
func resets(w *route53types.HealthCheckConfig, differences []resource.Difference) []route53types.ResettableElementName {
	if resource.Differs(differences, "checkers in") && len(w.Regions) == 0 {
		return []route53types.ResettableElementName{route53types.ResettableElementNameRegions}
	}
	return nil
}

// prune deletes the checks that the records no longer need.
func (c *Check) prune(ctx context.Context) error {
	return DeleteHealthChecks(ctx, c.Scope, &c.Superseded)
}

// pruneEarlier deletes the checks of names that are no longer declared.
func (c *Check) pruneEarlier(ctx context.Context) error {
	return DeleteHealthChecks(ctx, c.Scope, &c.earlier)
}

func (c *Check) Remove(ctx context.Context) error {
	c.Superseded = append(c.Superseded, c.ID)
	return c.prune(ctx)
}

var _ resource.Resource = (*Check)(nil)

func (c *Check) Monthly() float64 { return prices.OfCheck(c.wanted()) }

func (c *Check) Replaces(differences []resource.Difference) string {
	if !c.renews(differences) {
		return ""
	}
	return fmt.Sprintf("no instance: a new health check takes the place of %s in the records, then that one is deleted", c.ID)
}
