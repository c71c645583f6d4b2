package discover

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
)

// Declared is what a declaration says of a stack.
type Declared struct {
	Values map[string]any // by the paths of keys
	Unsaid []string       // what no key says, or what another value was written for
}

// Declare describes a stack as a declaration does: the first pair of regions, and of what these have otherwise than each other, the
// primary's.
func (s *Stack) Declare() (*Declared, error) {
	pairs := s.Tree.Pairs()
	if len(pairs) == 0 {
		return nil, fmt.Errorf("%s leads to no two regions", s.Tree.Host)
	}
	first, second := s.Site(pairs[0].Balancers[0]), s.Site(pairs[0].Balancers[1])
	d := &Declared{Values: map[string]any{}}
	d.names(s, pairs[0])
	for side, site := range map[understudy.Side]*Site{understudy.Primary: first, understudy.Secondary: second} {
		d.Values["regions."+string(side)+".name"] = site.Region
		d.Values["regions."+string(side)+".cidr"] = aws.ToString(site.VPC.CidrBlock)
	}
	for _, p := range pairs[1:] {
		d.unsaid("the load balancers %s and %s, of another pair", p.Balancers[0], p.Balancers[1])
	}
	d.listeners(first, second)
	d.targets(first)
	d.machines(first, second)
	d.network(first)
	slices.Sort(d.Unsaid)
	return d, nil
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
		for _, b := range n.Branches {
			r := b.Record
			if r.Failover == "" && len(n.Branches) > 1 {
				d.unsaid("the policy of the record %s %s %s: the declaration has a failover pair", n.Name, r.Type, aws.ToString(r.SetIdentifier))
			}
			if r.Failover == r53types.ResourceRecordSetFailoverPrimary && slices.Contains(b.Balancers(), pair.Balancers[0]) {
				d.check(s, r)
			}
		}
	}
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
		return
	}
}

// listeners describes where users connect. Those that only send users on to HTTPS are the redirect.
func (d *Declared) listeners(first, second *Site) {
	if t := first.Balancer.Type; t != elbtypes.LoadBalancerTypeEnumApplication {
		d.unsaid("that the load balancers are of the type %s: the declaration has application load balancers", t)
	}
	plain, secure := 0, 0
	for _, l := range first.Listeners {
		port := int(aws.ToInt32(l.Port))
		redirect := len(l.DefaultActions) == 1 && l.DefaultActions[0].RedirectConfig != nil
		switch {
		case l.Protocol == elbtypes.ProtocolEnumHttps && secure == 0:
			secure = port
			d.secure(l, second, port)
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
		for _, r := range l.Rules {
			d.unsaid("the rule %s of the listener at port %d", aws.ToString(r.Priority), port)
		}
	}
	if secure > 0 && plain == 0 {
		d.Values["https.redirect"] = string(understudy.RedirectNone)
	}
}

func (d *Declared) secure(l Listener, second *Site, port int) {
	d.Values["https.port"], d.Values["https.policy"] = port, aws.ToString(l.SslPolicy)
	for _, c := range l.Certificates {
		d.Values["https.certificates.primary"] = aws.ToString(c.CertificateArn)
	}
	for _, other := range second.Listeners {
		if other.Protocol == elbtypes.ProtocolEnumHttps && aws.ToInt32(other.Port) == int32(port) {
			for _, c := range other.Certificates {
				d.Values["https.certificates.secondary"] = aws.ToString(c.CertificateArn)
			}
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

// machines describes the first fleet and what it launches.
func (d *Declared) machines(first, second *Site) {
	for _, m := range first.Machines {
		d.unsaid("the instance %s, which is registered by hand", aws.ToString(m.InstanceId))
	}
	for n, g := range first.Fleets {
		if n > 0 {
			d.unsaid("the Auto Scaling group %s", aws.ToString(g.AutoScalingGroupName))
			continue
		}
		d.Values["fleet.min"], d.Values["fleet.max"] = int(aws.ToInt32(g.MinSize)), int(aws.ToInt32(g.MaxSize))
		d.Values["fleet.desired"], d.Values["fleet.grace"] = int(aws.ToInt32(g.DesiredCapacity)), int(aws.ToInt32(g.HealthCheckGracePeriod))
		d.unsaid("scaling policies and scheduled actions of %s, which were not looked at", aws.ToString(g.AutoScalingGroupName))
		if g.MixedInstancesPolicy != nil {
			d.unsaid("the mixed instances policy of %s", aws.ToString(g.AutoScalingGroupName))
		}
	}
	d.image(first, second)
	if len(first.Templates) == 0 || first.Templates[0].Version.LaunchTemplateData == nil {
		d.unsaid("what the instances are of: no Auto Scaling group has a launch template")
		return
	}
	d.template(first.Templates[0].Version.LaunchTemplateData)
}

func (d *Declared) template(t *ec2types.ResponseLaunchTemplateData) {
	d.Values["instance.type"] = string(t.InstanceType)
	if t.InstanceType == "" {
		delete(d.Values, "instance.type")
	}
	if key := aws.ToString(t.KeyName); key != "" {
		d.Values["instance.key"] = key
	}
	if t.Monitoring != nil && aws.ToBool(t.Monitoring.Enabled) {
		d.Values["instance.monitoring"] = string(understudy.MonitoringDetailed)
	}
	if t.MetadataOptions == nil || t.MetadataOptions.HttpTokens != ec2types.LaunchTemplateHttpTokensStateRequired {
		d.Values["instance.metadata"] = string(understudy.MetadataOptional)
	}
	if t.IamInstanceProfile != nil {
		d.unsaid("the instance profile %s%s", aws.ToString(t.IamInstanceProfile.Name), aws.ToString(t.IamInstanceProfile.Arn))
	}
	if len(t.BlockDeviceMappings) > 0 {
		d.unsaid("the launch template's volumes: see instance.volume")
	}
	data, err := base64.StdEncoding.DecodeString(aws.ToString(t.UserData))
	if script := string(data); err == nil && strings.HasPrefix(script, "#!") {
		d.Values["image.run"] = script
		d.unsaid("that the user data runs once, on the first boot: image.run has it, and runs at every boot")
	} else if script != "" {
		d.unsaid("the user data, which is no script")
	}
}

// image describes what the fleets' instances are of, by names that both regions have.
func (d *Declared) image(first, second *Site) {
	var owners, names []string
	for _, site := range []*Site{first, second} {
		if len(site.Images) > 0 {
			i := site.Images[0]
			owner := aws.ToString(i.ImageOwnerAlias)
			if owner == "" {
				owner = "self"
			}
			owners, names = append(owners, owner), append(names, aws.ToString(i.Name))
		}
	}
	if owners, names = unique(owners), unique(names); len(names) > 0 {
		d.Values["image.base.owners"], d.Values["image.base.names"] = owners, names
	}
}

// network tells what of the network a declaration does not say: it has four subnets, and two security groups with one port each.
func (d *Declared) network(site *Site) {
	d.unsaid("the subnets' sizes and places in %s: the declaration divides regions.*.cidr into two public and two private ones", aws.ToString(site.VPC.VpcId))
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
