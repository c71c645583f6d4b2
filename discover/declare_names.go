package discover

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// names describes the records, and the health checks of the one that is served from first.
func (d *Declared) names(s *Stack, pair Pair) {
	d.Values["domain"] = s.Zone.Name
	if record := strings.TrimSuffix(strings.TrimSuffix(s.Tree.Host, s.Zone.Name), "."); record != "" {
		d.Values["record"] = record
	}
	d.Values["failover.switch"] = string(understudy.SwitchNone)
	for _, n := range s.Tree.Names() {
		shared := d.routing(n, pair)
		for _, b := range n.Branches {
			r := b.Record
			switch {
			case shared && b.Balancers()[0] == pair.Balancers[0],
				r.Failover == r53types.ResourceRecordSetFailoverPrimary && slices.Contains(b.Balancers(), pair.Balancers[0]):
				d.checks(s, pair, r, n.beside(pair.Balancers[1]))
			case r.Failover == "" && len(n.Branches) > 1 && !shared:
				d.unsaid("the policy of the record %s %s %s: the declaration has one pair of records", n.Name, r.Type, aws.ToString(r.SetIdentifier))
			}
		}
	}
}

// beside returns the record set that leads to a load balancer.
func (n *Name) beside(balancer string) (r r53types.ResourceRecordSet) {
	if at := slices.IndexFunc(n.Branches, func(b Branch) bool { return slices.Contains(b.Balancers(), balancer) }); at >= 0 {
		return n.Branches[at].Record
	}
	return r
}

// routing describes a pair of records of which both regions have users, and tells whether the name has one: by weights or by latency.
func (d *Declared) routing(n *Name, pair Pair) bool {
	if len(n.Branches) != 2 {
		return false
	}
	weights, regions := map[understudy.Side]int{}, 0
	for i, side := range understudy.Sides {
		at := slices.IndexFunc(n.Branches, func(b Branch) bool { return b.End == Balancer && b.To == pair.Balancers[i] })
		if at < 0 || n.Branches[at].Record.Type != r53types.RRTypeA {
			return false
		}
		switch r := n.Branches[at].Record; {
		case r.Weight != nil && *r.Weight > 0:
			weights[side] = int(*r.Weight)
		case string(r.Region) == RegionOf(pair.Balancers[i]):
			regions++
		}
	}
	switch {
	case len(weights) == 2:
		d.Values["failover.routing"] = string(understudy.RoutingWeighted)
		for side, weight := range weights {
			d.Values["regions."+string(side)+".weight"] = weight
		}
	case regions == 2:
		d.Values["failover.routing"] = string(understudy.RoutingLatency)
	default:
		return false
	}
	return true
}

// ask is a health check as failover.check and failover.checks have them.
type ask struct {
	says map[string]any
	name string // by which it asks, where that is not the load balancer's own
	of   r53types.HealthCheck
}

// checks describes what the checkers ask the first region for. The second one's ask alike, or it is told.
func (d *Declared) checks(s *Stack, pair Pair, first, second r53types.ResourceRecordSet) {
	asked, switches := d.asks(s, first, pair.Balancers[0])
	others, more := d.asks(s, second, pair.Balancers[1])
	if switches+more > 0 {
		d.Values["failover.switch"] = string(understudy.SwitchStandby)
	}
	if len(asking(asked)) == 0 {
		return
	}
	d.askers(asking(asked))
	d.hostsOf(asked, others)
	d.needed(s, first, len(asked), switches)
	if !slices.EqualFunc(asked, others, func(a, b ask) bool { return reflect.DeepEqual(a.says, b.says) }) {
		d.unsaid("that the health checks of %s ask otherwise, or are others", RegionOf(pair.Balancers[1]))
	}
	main := max(0, slices.IndexFunc(asked, func(a ask) bool { return a.says["protocol"] != understudy.CheckTCP && !a.asksNothing() }))
	for key, value := range flat(asked[main].says) {
		d.Values["failover.check."+key] = value
	}
	var further []map[string]any
	for n, a := range asked {
		if n != main {
			further = append(further, a.says)
		}
	}
	if further != nil {
		d.Values["failover.checks"] = further
	}
}

// asks returns the health checks that a record set follows, and how many of them ask for the switch. Those of a stack of this program's
// are in the order of the declaration, and others as they stand.
func (d *Declared) asks(s *Stack, r r53types.ResourceRecordSet, balancer string) (all []ask, switches int) {
	for _, h := range s.Asked(r) {
		c := h.HealthCheckConfig
		if account.AsksSwitch(c) {
			switches++
			continue
		}
		if says, ok := s.Site(balancer).following(c); ok {
			all = append(all, ask{says: says, of: h})
			continue
		}
		protocol, _ := strings.CutSuffix(string(c.Type), "_STR_MATCH")
		if !slices.Contains([]string{understudy.CheckHTTP, understudy.CheckHTTPS, understudy.CheckTCP}, protocol) {
			d.unsaid("the health check %s of the type %s", aws.ToString(h.Id), c.Type)
			continue
		}
		if aws.ToBool(c.Inverted) || aws.ToBool(c.Disabled) {
			d.unsaid("that the health check %s is inverted or disabled", aws.ToString(h.Id))
		}
		a := ask{says: d.asking(c, protocol), of: h}
		switch name := PlainName(aws.ToString(c.FullyQualifiedDomainName)); {
		case name == "" && c.IPAddress != nil:
			d.unsaid("that the health check %s asks the address %s", aws.ToString(h.Id), *c.IPAddress)
		case name != balancer:
			a.name = name
		}
		all = append(all, a)
	}
	slices.SortStableFunc(all, func(a, b ask) int {
		further := func(h ask) string { // the first one's part does not begin so
			role := s.Roles[aws.ToString(h.of.Id)]
			if !strings.HasPrefix(role, "further-check-") {
				return ""
			}
			return role
		}
		return strings.Compare(further(a), further(b))
	})
	return all, switches
}

// asking says what one check asks for. What is so where nothing is said is left out.
func (d *Declared) asking(c *r53types.HealthCheckConfig, protocol string) map[string]any {
	says := map[string]any{}
	usual, entry := understudy.CheckHTTP, d.Values["listener.port"]
	if secure, ok := d.Values["https.port"]; ok {
		usual, entry = understudy.CheckHTTPS, secure
	}
	if protocol != usual {
		says["protocol"] = protocol
	}
	// The ports of HTTP and HTTPS where none is said (HealthCheckConfig, Port, in the Route 53 API Reference).
	port := map[string]int32{understudy.CheckHTTP: 80, understudy.CheckHTTPS: 443}[protocol]
	if n := int(cmp.Or(aws.ToInt32(c.Port), port)); any(n) != entry && n > 0 {
		says["port"] = n
	}
	if path := cmp.Or(aws.ToString(c.ResourcePath), "/"); protocol != understudy.CheckTCP && any(path) != cmp.Or(d.Values["service.health"], any("/")) {
		says["path"] = path
	}
	if match := aws.ToString(c.SearchString); match != "" {
		says["match"] = match
	}
	return says
}

// askers describes what all checks have alike.
func (d *Declared) askers(asked []ask) {
	c := asked[0].of.HealthCheckConfig
	d.Values["failover.interval"], d.Values["failover.threshold"] = int(aws.ToInt32(c.RequestInterval)), int(aws.ToInt32(c.FailureThreshold))
	if aws.ToBool(c.MeasureLatency) {
		d.Values["failover.check.latency"] = true
	}
	if every := len(r53types.HealthCheckRegion("").Values()); len(c.Regions) > 0 && len(c.Regions) < every {
		d.Values["failover.check.regions"] = regionTexts(c.Regions)
	}
	for _, a := range asked[1:] {
		o := a.of.HealthCheckConfig
		if aws.ToInt32(o.RequestInterval) != aws.ToInt32(c.RequestInterval) || aws.ToInt32(o.FailureThreshold) != aws.ToInt32(c.FailureThreshold) ||
			aws.ToBool(o.MeasureLatency) != aws.ToBool(c.MeasureLatency) || !slices.Equal(o.Regions, c.Regions) {
			d.unsaid("that the health check %s has another interval, threshold or other checkers than %s", aws.ToString(a.of.Id), aws.ToString(asked[0].of.Id))
		}
	}
}

// hostsOf describes by which names checks ask: those of both regions, or none.
func (d *Declared) hostsOf(asked, others []ask) {
	for n, a := range asked {
		switch {
		case a.name == "":
		case n < len(others) && others[n].name != "":
			a.says["host"] = map[string]any{string(understudy.Primary): a.name, string(understudy.Secondary): others[n].name}
			others[n].says["host"] = a.says["host"]
		default:
			d.unsaid("that the health check %s asks by the name %s", aws.ToString(a.of.Id), a.name)
		}
	}
}

// needed describes how many of several checks have to be healthy: those of the switch count beside them.
func (d *Declared) needed(s *Stack, r r53types.ResourceRecordSet, asked, switches int) {
	c := s.Checks[aws.ToString(r.HealthCheckId)].HealthCheckConfig
	if c == nil || c.Type != r53types.HealthCheckTypeCalculated || c.HealthThreshold == nil {
		return
	}
	switch n := int(*c.HealthThreshold) - switches; {
	case n == asked:
	case n > 0 && n < asked && asked+switches == len(c.ChildHealthChecks):
		d.Values["failover.healthy"] = n
	default:
		d.unsaid("that %d of %d health checks have to be healthy", *c.HealthThreshold, len(c.ChildHealthChecks))
	}
}

// flat returns the values of mappings by the paths of their keys.
func flat(values map[string]any) map[string]any {
	all := map[string]any{}
	for key, value := range values {
		if inner, ok := value.(map[string]any); ok {
			for below, v := range flat(inner) {
				all[key+"."+below] = v
			}
			continue
		}
		all[key] = value
	}
	return all
}

// nested is the other way round.
func nested(values map[string]any) map[string]any {
	all := map[string]any{}
	for _, path := range slices.Sorted(maps.Keys(values)) {
		at, keys := all, strings.Split(path, ".")
		for _, key := range keys[:len(keys)-1] {
			if at[key] == nil {
				at[key] = map[string]any{}
			}
			at = at[key].(map[string]any)
		}
		at[keys[len(keys)-1]] = values[path]
	}
	return all
}

func regionTexts(all []r53types.HealthCheckRegion) (texts []string) {
	for _, r := range all {
		texts = append(texts, string(r))
	}
	return texts
}
