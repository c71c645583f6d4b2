package parity

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"golang.org/x/sync/errgroup"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/discover"
)

// names is what Route 53 tells of one name: its records and their health checks. Nothing else in its zones is read, for
// Route 53 allows five requests a second to an account
// (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests).
type names struct {
	host    string // with the dot at its end
	zone    string // "" where there is none
	domain  string // the zone's name
	records []r53types.ResourceRecordSet
	cuts    []r53types.ResourceRecordSet // delegations between the zone and the name
	mu      sync.Mutex                   // over healthy while it is read
	checks  map[string]r53types.HealthCheck
	healthy map[string]bool              // check -> at least 18 % of the checkers say so
	tags    map[string]map[string]string // check -> tags
	tree    *discover.Tree               // how the name leads to load balancers; nil where it is declared
}

// fetchNames reads the records of a declared name.
func fetchNames(ctx context.Context, a *account.Account, host, domain string) (*names, error) {
	n := newNames(host)
	if _, err := n.readZone(ctx, a, domain); err != nil { // no other zone is the stack's
		return nil, fmt.Errorf("read the records of %s: %w", host, err)
	}
	return n, n.readChecks(ctx, a)
}

// findNames reads the records of a name that nothing declares, from the public zone that has any, the most specific one first, and those of
// the names that it leads to.
func findNames(ctx context.Context, a *account.Account, host string) (*names, error) {
	n := newNames(host)
	for zone := host; strings.Contains(zone, "."); _, zone, _ = strings.Cut(zone, ".") {
		if found, err := n.readZone(ctx, a, zone); err != nil {
			return nil, fmt.Errorf("read the records of %s: %w", host, err)
		} else if found {
			break
		}
	}
	if n.zone == "" {
		return nil, fmt.Errorf("no public hosted zone of this account has %s", host)
	}
	if err := n.follow(ctx, a); err != nil {
		return nil, err
	}
	return n, n.readChecks(ctx, a)
}

func newNames(host string) *names {
	return &names{host: host + ".", checks: map[string]r53types.HealthCheck{}, healthy: map[string]bool{}, tags: map[string]map[string]string{}}
}

// readZone reads the name's records from a public zone with this name. Of several the one that has any is in use.
func (n *names) readZone(ctx context.Context, a *account.Account, zone string) (bool, error) {
	zones, err := discover.PublicZones(ctx, a, zone)
	if err != nil {
		return false, err
	}
	for _, z := range zones {
		records, err := discover.RecordsOf(ctx, a, z.ID, n.host)
		if err != nil {
			return false, err
		}
		if n.zone != "" && len(records) == 0 {
			continue
		}
		n.zone, n.domain, n.records = z.ID, zone, records
		if err := n.readCuts(ctx, a, zone); err != nil {
			return false, err
		}
		if slices.ContainsFunc(records, discover.Leads) {
			return true, nil
		}
	}
	return false, nil
}

// follow adds the records of the names that the name leads to.
func (n *names) follow(ctx context.Context, a *account.Account) (err error) {
	host := strings.TrimSuffix(n.host, ".")
	if n.tree, err = discover.Follow(ctx, a, discover.Zone{ID: n.zone, Name: n.domain}, host, n.records); err != nil {
		return err
	}
	for _, r := range n.tree.Records() {
		if aws.ToString(r.Name) != n.host {
			n.records = append(n.records, r)
		}
	}
	return nil
}

// readCuts reads delegations of names between the zone's and the one asked for: below one of them this zone is not asked.
func (n *names) readCuts(ctx context.Context, a *account.Account, zone string) error {
	n.cuts = nil
	for name := strings.TrimSuffix(n.host, "."); name != zone && strings.HasSuffix(name, "."+zone); {
		if _, name, _ = strings.Cut(name, "."); name == zone {
			return nil
		}
		records, err := discover.RecordsOf(ctx, a, n.zone, name+".")
		if err != nil {
			return err
		}
		for _, r := range records {
			if r.Type == r53types.RRTypeNs {
				n.cuts = append(n.cuts, r)
			}
		}
	}
	return nil
}

// readChecks reads the records' health checks, what the checkers find, and their tags.
func (n *names) readChecks(ctx context.Context, a *account.Account) (err error) {
	if n.checks, err = discover.ReadChecks(ctx, a, n.records); err != nil {
		return fmt.Errorf("read the health checks of %s: %w", n.host, err)
	}
	asking, limited := errgroup.WithContext(ctx)
	asking.SetLimit(2) // of Route 53's five requests a second
	for _, id := range sortedKeys(n.checks) {
		asking.Go(func() error { return n.readStatus(limited, a, id) })
	}
	if err := asking.Wait(); err != nil {
		return fmt.Errorf("read the status of the health checks of %s: %w", n.host, err)
	}
	if err := n.readCheckTags(ctx, a); err != nil {
		return fmt.Errorf("read the tags of the health checks of %s: %w", n.host, err)
	}
	return nil
}

// readStatus asks what the checkers find. An endpoint is healthy where more than 18 % of them say so
// (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html).
func (n *names) readStatus(ctx context.Context, a *account.Account, id string) error {
	out, err := a.Route53.GetHealthCheckStatus(ctx, &route53.GetHealthCheckStatusInput{HealthCheckId: &id})
	if err != nil {
		return nil // calculated checks and those of alarms have none
	}
	good := 0
	for _, o := range out.HealthCheckObservations {
		if o.StatusReport != nil && strings.HasPrefix(aws.ToString(o.StatusReport.Status), "Success") {
			good++
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.healthy[id] = account.Passes(good, len(out.HealthCheckObservations))
	return nil
}

// readCheckTags reads tags of ten checks a call, which is the limit.
func (n *names) readCheckTags(ctx context.Context, a *account.Account) error {
	for batch := range slices.Chunk(sortedKeys(n.checks), 10) {
		out, err := a.Route53.ListTagsForResources(ctx, &route53.ListTagsForResourcesInput{ResourceType: r53types.TagResourceTypeHealthcheck, ResourceIds: batch})
		if err != nil {
			return err
		}
		for _, t := range out.ResourceTagSets {
			n.tags[aws.ToString(t.ResourceId)] = account.OfRoute53(t.Tags)
		}
	}
	return nil
}

// front is a load balancer as Route 53 knows it.
type front struct {
	side            understudy.Side
	dns, zone, role string
}

func fronts(p place, f *facts, r Region) []front {
	var all []front
	for _, b := range f.balancers {
		for _, res := range r.Resources {
			if res.ID == aws.ToString(b.LoadBalancerArn) {
				all = append(all, front{p.side, plainName(aws.ToString(b.DNSName)), aws.ToString(b.CanonicalHostedZoneId), res.Name()})
			}
		}
	}
	return all
}

// naming sorts what Route 53 has to the two regions: it is one for both, and each record belongs to the side that its set
// identifier names, or else to the one that it points at.
type naming struct {
	*names
	declared *understudy.Declaration
	fronts   []front
	regions  map[understudy.Side]*Region
	foreign  []Resource
	notes    []Note
}

func (n *naming) describe() {
	for _, r := range n.records {
		side := n.sideOf(r)
		if side == "" {
			if !n.forks(r) {
				n.describeForeign(r)
			}
			continue
		}
		n.describeRecord(side, r)
	}
	for _, cut := range n.cuts {
		n.addForeign(cut, "delegates the name away")
	}
	if n.declared == nil {
		n.setSwitchAside()
	}
}

// followsSwitch ends what a record's check asks that heeds the failover switch (docs/failover.md).
const followsSwitch = ", not the switch"

// setSwitchAside leaves out what is in one region only on purpose: the standby's rule, and the primary's record that follows it.
// Without a declaration nothing else says that they belong together; either without the other is a difference.
func (n *naming) setSwitchAside() {
	host := strings.TrimSuffix(n.host, ".")
	var record, listener map[string]string
	for _, r := range n.regions[understudy.Primary].Resources {
		if r.Kind == "listener" && r.Settings["switch"] != "" {
			return // both regions have one
		}
		if r.Kind == "record" && strings.HasPrefix(r.Role, host+" ") && strings.HasSuffix(r.Settings["health check"], followsSwitch) {
			record = r.Settings
		}
	}
	for _, r := range n.regions[understudy.Secondary].Resources {
		if r.Kind == "listener" && r.Settings["switch"] != "" {
			listener = r.Settings
		}
	}
	if record != nil && listener != nil {
		delete(listener, "switch")
		record["health check"] = withoutSwitch(record["health check"])
	}
}

func (n *naming) setID(side understudy.Side) string {
	return "understudy-" + n.declared.Name + "-" + string(side)
}

// sideOf returns the side that a record serves, "" where it is nobody's.
func (n *naming) sideOf(r r53types.ResourceRecordSet) understudy.Side {
	if r.Type != r53types.RRTypeA && (n.declared != nil || r.Type != r53types.RRTypeAaaa && r.Type != r53types.RRTypeCname) {
		return ""
	}
	if n.declared != nil {
		for _, side := range understudy.Sides {
			if aws.ToString(r.SetIdentifier) == n.setID(side) {
				return side
			}
		}
	}
	return n.sideBehind(targetOf(r))
}

// targetOf returns the DNS name that a record sends to.
func targetOf(r r53types.ResourceRecordSet) string {
	switch {
	case r.AliasTarget != nil:
		return plainName(aws.ToString(r.AliasTarget.DNSName))
	case r.Type == r53types.RRTypeCname && len(r.ResourceRecords) > 0:
		return plainName(aws.ToString(r.ResourceRecords[0].Value))
	}
	return ""
}

func (n *naming) describeRecord(side understudy.Side, r r53types.ResourceRecordSet) {
	settings := map[string]string{
		"points at":    n.placeOf(side, targetOf(r), n.shownBehind(r)),
		"policy":       n.policy(r),
		"health check": n.checkOf(side, r),
		"ttl":          None,
	}
	if r.AliasTarget != nil {
		settings["evaluate target health"] = fmt.Sprint(r.AliasTarget.EvaluateTargetHealth)
	}
	if r.TTL != nil {
		settings["ttl"] = fmt.Sprint(*r.TTL)
	}
	if n.declared != nil {
		settings["part"] = n.part(side, r)
		settings["set identifier"] = "the stack's"
		if id := aws.ToString(r.SetIdentifier); id != n.setID(side) {
			settings["set identifier"] = orNone(id)
		}
	}
	record := Resource{Kind: "record", Role: recordRole(r), ID: aws.ToString(r.SetIdentifier),
		Settings: settings, Commands: map[string]Command{}, Passing: map[string]string{}}
	n.regions[side].Resources = append(n.regions[side].Resources, record)
	if c, ok := n.checks[aws.ToString(r.HealthCheckId)]; ok {
		n.describeCheck(side, recordRole(r), ofService, "check-"+string(side), n.application(c))
		n.describeFurther(side, recordRole(r), c)
	}
}

// application returns the check that asks the application: the check itself, or the first such child of a calculated one.
func (n *naming) application(c r53types.HealthCheck) r53types.HealthCheck {
	for _, id := range c.HealthCheckConfig.ChildHealthChecks {
		if child, ok := n.checks[id]; ok && account.AsksApplication(child.HealthCheckConfig) {
			return child
		}
	}
	return c
}

// part tells whether a record plays its own region's part of the pair. Without a declaration the halves are what makes a side primary.
func (n *naming) part(side understudy.Side, r r53types.ResourceRecordSet) string {
	switch {
	case strings.EqualFold(string(r.Failover), string(side)), r.Weight != nil, r.Region != "" && string(r.Region) == n.declared.Regions[side].Name:
		return "its own"
	case r.Failover == "" && r.Region == "":
		return None
	}
	return "the other's"
}

// placeOf tells where a name leads, as seen from a side.
func (n *naming) placeOf(side understudy.Side, dns, otherwise string) string {
	if of := n.named(dns); of != "" {
		return of.from(side) + byItsName
	}
	for _, f := range n.fronts {
		if f.dns == dns && f.side == side {
			return "this region's " + f.role
		} else if f.dns == dns {
			return "the other region's " + f.role
		}
	}
	return otherwise
}

func (n *naming) checkOf(side understudy.Side, r r53types.ResourceRecordSet) string {
	if r.HealthCheckId == nil {
		return None
	}
	c, ok := n.checks[*r.HealthCheckId]
	if !ok {
		return "one that is gone"
	}
	return n.asked(side, c.HealthCheckConfig)
}

// asked tells what a check asks. A calculated one asks what its children do.
func (n *naming) asked(side understudy.Side, c *r53types.HealthCheckConfig) string {
	text := "asks " + n.asks(side, c)
	switch {
	case c.Type == r53types.HealthCheckTypeCalculated:
		var children []string
		for _, id := range c.ChildHealthChecks {
			child, ok := n.checks[id]
			if !ok {
				children = append(children, "one that is gone")
				continue
			}
			children = append(children, n.asked(side, child.HealthCheckConfig))
		}
		text = count(c.HealthThreshold) + " of: " + list(children)
	case account.AsksSwitch(c):
		if text = "the switch"; !n.isFront(side.Other(), aws.ToString(c.FullyQualifiedDomainName)) {
			text = "a switch that is not the other region's"
		}
	default:
		return text // that it is inverted, or disabled, is told of the check itself
	}
	if aws.ToBool(c.Inverted) {
		text = "not " + text
	}
	if aws.ToBool(c.Disabled) {
		text += ", disabled"
	}
	return text
}

// isFront tells whether a DNS name is of one of a side's load balancers.
func (n *naming) isFront(side understudy.Side, dns string) bool {
	return slices.ContainsFunc(n.fronts, func(f front) bool { return f.side == side && f.dns == plainName(dns) })
}

func (n *naming) asks(side understudy.Side, c *r53types.HealthCheckConfig) string {
	if of := c.AlarmIdentifier; of != nil {
		return n.alarmOf(side, of)
	}
	return n.placeOf(side, plainName(aws.ToString(c.FullyQualifiedDomainName)),
		cmpOr(aws.ToString(c.FullyQualifiedDomainName)+aws.ToString(c.IPAddress), string(c.Type)))
}

// policy names the routing policy; which half of a failover pair a region plays is another matter, and so are the shares of the users that
// somebody gave the regions without a declaration, unless one has none.
func (n *naming) policy(r r53types.ResourceRecordSet) string {
	switch {
	case r.Failover != "":
		return "failover"
	case n.declared == nil && aws.ToInt64(r.Weight) > 0:
		return "weighted"
	case r.Weight != nil:
		return fmt.Sprintf("weighted %d", *r.Weight)
	case r.Region != "":
		return "latency"
	case r.GeoLocation != nil, r.GeoProximityLocation != nil:
		return "geolocation"
	case r.MultiValueAnswer != nil:
		return "multivalue"
	case r.CidrRoutingConfig != nil:
		return "cidr"
	}
	return "simple"
}

const settingFound = "found healthy"

// ofService is the role of the check that asks a region's application.
const ofService = "service"

func (n *naming) describeCheck(side understudy.Side, record, role, tagged string, h r53types.HealthCheck) {
	id, config := aws.ToString(h.Id), h.HealthCheckConfig
	c := &canon{}
	settings := map[string]string{"asks": n.asks(side, config), "checkers": "all", settingFound: "yes"}
	if heeds := h.CloudWatchAlarmConfiguration; heeds != nil {
		settings[settingHeeds] = alarmText(string(heeds.Statistic), string(heeds.ComparisonOperator), aws.ToFloat64(heeds.Threshold),
			int(aws.ToInt32(heeds.EvaluationPeriods)), int(aws.ToInt32(heeds.Period)))
	}
	c.generic(settings, config, "AlarmIdentifier", "FullyQualifiedDomainName", "IPAddress", "Regions", "ChildHealthChecks", "Inverted", "Disabled")
	settings["inverted"], settings["disabled"] = yes(config.Inverted), yes(config.Disabled)
	var regions []string
	for _, region := range config.Regions {
		regions = append(regions, string(region))
	}
	if len(regions) > 0 {
		settings["checkers"] = list(regions)
	}
	if healthy, known := n.healthy[id]; known && !healthy {
		settings[settingFound] = "no"
	}
	check := Resource{Kind: "health check", Role: role, ID: id, Settings: settings, Commands: checkCommands(id, config), Passing: map[string]string{},
		Within: "record " + record} // by which it is found
	if n.declared != nil {
		lacks := lacking(n.declared.Name, tagged, n.tags[id])
		settings[settingTags] = "the stack's"
		if len(lacks) > 0 {
			settings[settingTags] = "without the stack's"
			check.Commands[settingTags] = Command{Heal: tagCommand("health check", id, lacks)}
		}
		check.tellDeclared(n.declared, n.tags[id])
	}
	n.regions[side].Resources = append(n.regions[side].Resources, check)
}

func checkCommands(id string, c *r53types.HealthCheckConfig) map[string]Command {
	update := "route53 update-health-check --health-check-id " + id + " "
	flag := func(name string, on *bool) Command {
		if aws.ToBool(on) {
			return Command{Make: update + "--" + name}
		}
		return Command{Make: update + "--no-" + name}
	}
	commands := map[string]Command{
		settingHeeds:                      {Make: strings.TrimSpace(update)},
		"insufficient data health status": {Make: update + "--insufficient-data-health-status " + string(c.InsufficientDataHealthStatus)},
		"resource path":                   {Make: update + "--resource-path " + shell(aws.ToString(c.ResourcePath))},
		"search string": {
			Make: update + "--search-string " + shell(aws.ToString(c.SearchString)), Remove: update + "--reset-elements SearchString",
		},
		"port":              {Make: update + "--port " + count(c.Port)},
		"failure threshold": {Make: update + "--failure-threshold " + count(c.FailureThreshold)},
		"inverted":          flag("inverted", c.Inverted), "disabled": flag("disabled", c.Disabled), "enable sni": flag("enable-sni", c.EnableSNI),
		"checkers": {Make: update + "--reset-elements Regions"},
	}
	if len(c.Regions) > 0 {
		var regions []string
		for _, r := range c.Regions {
			regions = append(regions, string(r))
		}
		commands["checkers"] = Command{Make: update + "--regions " + strings.Join(regions, " ")}
	}
	return commands
}

// describeForeign keeps a record that is not the stack's where it changes where users go, and notes the others.
func (n *naming) describeForeign(r r53types.ResourceRecordSet) {
	switch r.Type {
	case r53types.RRTypeSoa, r53types.RRTypeNs:
		if n.zone != "" && r.Type == r53types.RRTypeNs && !n.apex() {
			n.addForeign(r, "delegates the name away")
		}
	case r53types.RRTypeA:
		n.addForeign(r, "answers beside the pair")
	case r53types.RRTypeAaaa, r53types.RRTypeHttps, r53types.RRTypeSvcb, r53types.RRTypeCname:
		n.addForeign(r, "sends users by another way")
	default:
		n.notes = append(n.notes, Note{n.host, fmt.Sprintf("has a %s record that is not the stack's; it does not move users", r.Type)})
	}
}

// apex tells whether the name is its zone's own.
func (n *naming) apex() bool {
	return slices.ContainsFunc(n.records, func(r r53types.ResourceRecordSet) bool { return r.Type == r53types.RRTypeSoa })
}

func (n *naming) addForeign(r r53types.ResourceRecordSet, does string) {
	role := strings.TrimSuffix(aws.ToString(r.Name), ".") + " " + string(r.Type)
	if id := aws.ToString(r.SetIdentifier); id != "" {
		role += " " + id
	}
	n.foreign = append(n.foreign, Resource{
		Kind: "foreign record", Role: role, ID: n.zone, Settings: map[string]string{does: shown(r)},
		Commands: map[string]Command{"": {Remove: n.batch(change("DELETE", r))}},
	})
}

// shown writes what a record answers.
func shown(r r53types.ResourceRecordSet) string {
	if r.AliasTarget != nil {
		return "alias of " + plainName(aws.ToString(r.AliasTarget.DNSName))
	}
	var values []string
	for _, v := range r.ResourceRecords {
		values = append(values, aws.ToString(v.Value))
	}
	return list(values)
}

func change(action string, r r53types.ResourceRecordSet) any {
	return map[string]any{"Action": action, "ResourceRecordSet": plainRecord(r)}
}

// plainRecord is a record as the AWS CLI takes it: what is not set is left out.
func plainRecord(r r53types.ResourceRecordSet) any {
	var plain any
	b, _ := json.Marshal(r)
	_ = json.Unmarshal(b, &plain)
	return bare(plain)
}

func (n *naming) batch(changes ...any) string {
	b, _ := json.Marshal(map[string]any{"Changes": changes})
	return "route53 change-resource-record-sets --hosted-zone-id " + n.zone + " --change-batch " + shell(string(b))
}
