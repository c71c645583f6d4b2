package discover

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
)

// Declared is what a declaration says of a stack.
type Declared struct {
	Values map[string]any // by the paths of keys
	Unsaid []string       // what no key says, or what another value was written for
}

// Declare describes a stack as a declaration does: the first pair of regions. Of what these have otherwise than each other, and the
// declaration has for both, it has the primary's and tells the secondary's.
func (s *Stack) Declare() (*Declared, error) {
	pairs := s.Tree.Pairs()
	if len(pairs) == 0 {
		return nil, fmt.Errorf("%s leads to no two regions", s.Tree.Host)
	}
	first, second := s.Site(pairs[0].Balancers[0]), s.Site(pairs[0].Balancers[1])
	d := described(first)
	d.otherwise(second, described(second))
	d.certificates(first, second)
	d.image(first, second)
	d.names(s, pairs[0])
	for side, site := range map[understudy.Side]*Site{understudy.Primary: first, understudy.Secondary: second} {
		d.Values["regions."+string(side)+".name"] = site.Region
		d.Values["regions."+string(side)+".cidr"] = aws.ToString(site.VPC.CidrBlock)
	}
	for _, p := range pairs[1:] {
		d.unsaid("the load balancers %s and %s, of another pair", p.Balancers[0], p.Balancers[1])
	}
	slices.Sort(d.Unsaid)
	return d, nil
}

// described says of one region what a declaration says of both.
func described(site *Site) *Declared {
	d := &Declared{Values: map[string]any{}}
	d.balancer(site)
	d.listeners(site)
	d.targets(site)
	d.machines(site)
	d.network(site)
	return d
}

func (d *Declared) unsaid(format string, args ...any) {
	d.Unsaid = append(d.Unsaid, fmt.Sprintf(format, args...))
}

// names describes the records, and the health check of the one that is served from first.
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
			case shared && b.Balancers()[0] == pair.Balancers[0]:
				d.check(s, r)
			case r.Failover == "" && len(n.Branches) > 1 && !shared:
				d.unsaid("the policy of the record %s %s %s: the declaration has one pair of records", n.Name, r.Type, aws.ToString(r.SetIdentifier))
			case r.Failover == r53types.ResourceRecordSetFailoverPrimary && slices.Contains(b.Balancers(), pair.Balancers[0]):
				d.check(s, r)
			}
		}
	}
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

func (d *Declared) check(s *Stack, r r53types.ResourceRecordSet) {
	for _, h := range s.Asked(r) {
		c := h.HealthCheckConfig
		switch c.Type {
		case r53types.HealthCheckTypeHttp, r53types.HealthCheckTypeHttps, r53types.HealthCheckTypeHttpStrMatch, r53types.HealthCheckTypeHttpsStrMatch:
		default:
			d.unsaid("the health check %s of the type %s", aws.ToString(h.Id), c.Type)
			continue
		}
		d.Values["failover.interval"], d.Values["failover.threshold"] = int(aws.ToInt32(c.RequestInterval)), int(aws.ToInt32(c.FailureThreshold))
		if path := aws.ToString(c.ResourcePath); path != "" {
			d.Values["failover.check.path"] = path
		}
		if match := aws.ToString(c.SearchString); match != "" {
			d.Values["failover.check.match"] = match
		}
		if aws.ToBool(c.MeasureLatency) {
			d.Values["failover.check.latency"] = true
		}
		if every := len(r53types.HealthCheckRegion("").Values()); len(c.Regions) > 0 && len(c.Regions) < every {
			d.Values["failover.check.regions"] = regionTexts(c.Regions)
		}
		entry := cmp.Or(d.Values["https.port"], d.Values["listener.port"])
		if port := int(aws.ToInt32(c.Port)); port != 0 && any(port) != entry {
			d.unsaid("that the health check %s asks the port %d, and not that where users connect", aws.ToString(h.Id), port)
		}
		if aws.ToBool(c.Inverted) || aws.ToBool(c.Disabled) {
			d.unsaid("that the health check %s is inverted or disabled", aws.ToString(h.Id))
		}
		return
	}
}

func regionTexts(all []r53types.HealthCheckRegion) (texts []string) {
	for _, r := range all {
		texts = append(texts, string(r))
	}
	return texts
}

// listeners describes where users connect. Those that only send users on to HTTPS are the redirect.
func (d *Declared) listeners(site *Site) {
	plain, secure := 0, 0
	for _, l := range site.Listeners {
		port := int(aws.ToInt32(l.Port))
		redirect := len(l.DefaultActions) == 1 && l.DefaultActions[0].RedirectConfig != nil
		switch {
		case l.Protocol == elbtypes.ProtocolEnumHttps && secure == 0:
			secure = port
			d.Values["https.port"], d.Values["https.policy"] = port, aws.ToString(l.SslPolicy)
		case redirect && plain == 0:
			plain = port
			if l.DefaultActions[0].RedirectConfig.StatusCode == elbtypes.RedirectActionStatusCodeEnumHttp302 {
				d.Values["https.redirect"] = string(understudy.RedirectTemporary)
			}
			d.Values["listener.port"] = port
		case l.Protocol != elbtypes.ProtocolEnumHttps && plain == 0:
			plain = port
			d.Values["listener.port"] = port
		default:
			d.unsaid("the listener at port %d", port)
		}
	}
	if secure > 0 && plain == 0 {
		d.Values["https.redirect"] = string(understudy.RedirectNone)
	}
	entry := cmp.Or(secure, plain)
	for _, l := range site.Listeners {
		d.rules(site, l, int(aws.ToInt32(l.Port)) == entry)
	}
}

// certificates describes those of the first listener of each region that has any.
func (d *Declared) certificates(first, second *Site) {
	for side, site := range map[understudy.Side]*Site{understudy.Primary: first, understudy.Secondary: second} {
		at := slices.IndexFunc(site.Listeners, func(l Listener) bool { return l.Protocol == elbtypes.ProtocolEnumHttps })
		if at < 0 {
			continue
		}
		for _, c := range site.Listeners[at].Certificates {
			d.Values["https.certificates."+string(side)] = aws.ToString(c.CertificateArn)
		}
	}
}

// targets describes the first target group, with its health check.
func (d *Declared) targets(site *Site) {
	for n, g := range site.Groups {
		if n > 0 {
			d.unsaid("the target group %s", aws.ToString(g.TargetGroupName))
			continue
		}
		d.Values["service.port"], d.Values["service.health"] = int(aws.ToInt32(g.Port)), aws.ToString(g.HealthCheckPath)
		if g.HealthCheckPath == nil {
			delete(d.Values, "service.health")
		}
		if check := aws.ToString(g.HealthCheckPort); check != "traffic-port" {
			d.Values["target.port"] = number(check)
		}
		d.Values["target.interval"], d.Values["target.timeout"] = int(aws.ToInt32(g.HealthCheckIntervalSeconds)), int(aws.ToInt32(g.HealthCheckTimeoutSeconds))
		d.Values["target.healthy"], d.Values["target.unhealthy"] = int(aws.ToInt32(g.HealthyThresholdCount)), int(aws.ToInt32(g.UnhealthyThresholdCount))
		if g.Matcher != nil && aws.ToString(g.Matcher.HttpCode) != "" {
			d.Values["target.matcher"] = *g.Matcher.HttpCode
		}
		for attribute, key := range map[string]string{
			"deregistration_delay.timeout_seconds": "target.deregistration_delay", "load_balancing.algorithm.type": "target.algorithm",
			"slow_start.duration_seconds": "target.slow_start",
		} {
			if value, ok := g.Attributes[attribute]; ok {
				d.Values[key] = number(value)
			}
		}
		if g.Attributes["load_balancing.cross_zone.enabled"] == "false" {
			d.Values["balancer.cross_zone"] = false
		}
		d.stickiness(g.Attributes)
		switch g.Protocol {
		case elbtypes.ProtocolEnumHttp, elbtypes.ProtocolEnumHttps:
			d.Values["target.protocol"] = string(g.Protocol)
		default:
			d.unsaid("that the protocol of the targets is %s", g.Protocol)
		}
		if g.ProtocolVersion != nil {
			d.Values["target.version"] = *g.ProtocolVersion
		}
	}
}

// stickiness describes how long clients stay with their target: by the load balancer's cookie, or by the application's.
func (d *Declared) stickiness(attributes map[string]string) {
	if attributes["stickiness.enabled"] != "true" {
		return
	}
	switch kind := attributes["stickiness.type"]; kind {
	case "lb_cookie":
		d.Values["target.stickiness.duration"] = number(attributes["stickiness.lb_cookie.duration_seconds"])
	case "app_cookie":
		d.Values["target.stickiness.duration"] = number(attributes["stickiness.app_cookie.duration_seconds"])
		d.Values["target.stickiness.cookie"] = attributes["stickiness.app_cookie.cookie_name"]
	default:
		d.unsaid("that clients stay with their target by %s", kind)
	}
}

// number is a text's whole number, or the text.
func number(text string) any {
	n := 0
	if _, err := fmt.Sscanf(text, "%d", &n); err == nil && fmt.Sprint(n) == text {
		return n
	}
	return text
}

// network tells what of the network a declaration does not say: it has four subnets, and two security groups with one port each.
func (d *Declared) network(site *Site) {
	d.unsaid("the subnets' sizes and places: the declaration divides regions.*.cidr into two public and two private ones")
	rules := 0
	for _, g := range site.Filters {
		rules += len(g.IpPermissions)
	}
	if rules > 2 {
		d.unsaid("all but two of the %d rules of the security groups", rules)
	}
	if len(site.Filters) > 0 && len(site.Filters) != 2 {
		d.unsaid("that there are %d security groups, and not two", len(site.Filters))
	}
	for _, a := range site.ACLs {
		if !aws.ToBool(a.IsDefault) {
			d.unsaid("the network ACL %s", aws.ToString(a.NetworkAclId))
		}
	}
	gateways := map[string]bool{}
	for _, t := range site.Tables {
		for _, r := range t.Routes {
			if r.NatGatewayId != nil {
				gateways[*r.NatGatewayId] = true
			}
		}
	}
	switch {
	case len(gateways) == 1:
		d.Values["egress"] = "nat"
	case len(gateways) > 1:
		d.Values["egress"] = "nat-per-zone"
	}
}
