package parity

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/account"
)

const (
	settingHealthy  = "has a healthy target"
	settingAttached = "the group's instances are registered"
)

func (c *canon) describeTargetGroups() {
	for _, g := range c.f.targetGroups {
		arn := aws.ToString(g.TargetGroupArn)
		settings := map[string]string{}
		c.generic(settings, g, "TargetGroupArn", "TargetGroupName", "LoadBalancerArns", "VpcId", "Matcher")
		if g.Matcher != nil {
			settings["matcher"] = aws.ToString(g.Matcher.HttpCode) + aws.ToString(g.Matcher.GrpcCode)
		}
		commands := targetGroupCommands(arn, g, settings)
		for _, a := range c.f.groupSettings[arn] {
			key, value := aws.ToString(a.Key), aws.ToString(a.Value)
			settings["attribute "+key] = value
			commands["attribute "+key] = Command{
				Make: "elbv2 modify-target-group-attributes --target-group-arn " + arn + " --attributes " + shell("Key="+key+",Value="+value),
			}
		}
		group := c.add("target group", arn, c.f.elbTags[arn], settings, commands)
		c.targets(group)
	}
}

func targetGroupCommands(arn string, g elbtypes.TargetGroup, settings map[string]string) map[string]Command {
	commands := map[string]Command{"": {Remove: "elbv2 delete-target-group --target-group-arn " + arn}}
	for setting, option := range map[string]string{
		"health check path": "health-check-path", "health check port": "health-check-port", "health check protocol": "health-check-protocol",
		"health check interval seconds": "health-check-interval-seconds", "health check timeout seconds": "health-check-timeout-seconds",
		"healthy threshold count": "healthy-threshold-count", "unhealthy threshold count": "unhealthy-threshold-count",
	} {
		commands[setting] = Command{Make: fmt.Sprintf("elbv2 modify-target-group --target-group-arn %s --%s %s", arn, option, shell(settings[setting]))}
	}
	if g.Matcher != nil {
		commands["matcher"] = Command{Make: "elbv2 modify-target-group --target-group-arn " + arn + " --matcher " + shell("HttpCode="+settings["matcher"])}
	}
	return commands
}

// targets tells which are registered by hand, whether all of the group's are, and whether any serves.
func (c *canon) targets(group *Resource) {
	healthy, passing, registered := false, "", map[string]bool{}
	members := c.memberOf(group.ID)
	for _, t := range c.f.targets[group.ID] {
		id, state := aws.ToString(t.Target.Id), t.TargetHealth.State
		registered[id] = state != elbtypes.TargetHealthStateEnumDraining
		switch state {
		case elbtypes.TargetHealthStateEnumHealthy:
			healthy = true
		case elbtypes.TargetHealthStateEnumInitial, elbtypes.TargetHealthStateEnumDraining:
			passing = "a target is " + string(state)
		}
		if slices.Contains(members, id) || c.ofFleet(id) || state == elbtypes.TargetHealthStateEnumDraining {
			continue
		}
		name := fmt.Sprintf("target %s port %s", c.meaning(id), count(t.Target.Port))
		group.Settings[name] = "registered"
		rest := "-targets --target-group-arn " + group.ID + " --targets " + shell(fmt.Sprintf("Id=%s,Port=%s", id, count(t.Target.Port)))
		group.Commands[name] = Command{Make: "elbv2 register" + rest, Remove: "elbv2 deregister" + rest}
	}
	group.Settings[settingHealthy] = fmt.Sprint(healthy)
	if !healthy && c.wantsNone(group.ID) {
		group.Settings[settingHealthy] = noneWanted
	}
	if passing != "" {
		group.Passing[settingHealthy] = passing
	}
	group.Settings[settingAttached] = "all"
	var lost []string
	for _, id := range members {
		if !registered[id] {
			lost = append(lost, "Id="+id)
		}
	}
	if len(lost) > 0 {
		group.Settings[settingAttached] = fmt.Sprintf("all but %d", len(lost))
		group.Commands[settingAttached] = Command{Heal: "elbv2 register-targets --target-group-arn " + group.ID + " --targets " + strings.Join(lost, " ")}
	}
}

// ofFleet tells whether an instance belongs to an Auto Scaling group, which sees to its registration.
func (c *canon) ofFleet(id string) bool {
	for _, i := range c.f.instances {
		if aws.ToString(i.InstanceId) == id {
			return fleetOf(i) != ""
		}
	}
	return false
}

func (c *canon) describeBalancers() {
	for _, b := range c.f.balancers {
		arn := aws.ToString(b.LoadBalancerArn)
		settings := map[string]string{"groups": c.meanings(slices.Clone(b.SecurityGroups)), "type": string(b.Type)}
		c.generic(settings, b, "LoadBalancerArn", "LoadBalancerName", "DNSName", "CanonicalHostedZoneId", "CreatedTime", "VpcId",
			"SecurityGroups", "AvailabilityZones", "State", "Type")
		commands := map[string]Command{
			"":       {Remove: "elbv2 delete-load-balancer --load-balancer-arn " + arn},
			"groups": {Make: "elbv2 set-security-groups --load-balancer-arn " + arn + " --security-groups " + strings.Join(b.SecurityGroups, " ")},
		}
		var subnets []string
		for _, z := range b.AvailabilityZones {
			subnets = append(subnets, aws.ToString(z.SubnetId))
		}
		settings["subnets"] = c.meanings(slices.Clone(subnets))
		commands["subnets"] = Command{Make: "elbv2 set-subnets --load-balancer-arn " + arn + " --subnets " + strings.Join(subnets, " ")}
		for _, a := range c.f.lbSettings[arn] {
			key, value := aws.ToString(a.Key), aws.ToString(a.Value)
			if ofLogOff(key, c.f.lbSettings[arn]) {
				continue
			}
			settings["attribute "+key] = value
			commands["attribute "+key] = Command{
				Make: "elbv2 modify-load-balancer-attributes --load-balancer-arn " + arn + " --attributes " + shell("Key="+key+",Value="+value),
			}
		}
		balancer := c.add("load balancer", arn, c.f.elbTags[arn], settings, commands)
		if b.State != nil {
			settings["state"] = string(b.State.Code)
			if b.State.Code == elbtypes.LoadBalancerStateEnumProvisioning {
				balancer.Passing[""] = "the load balancer is being provisioned"
			}
		}
		c.describeListeners(arn, balancer.Name())
	}
}

// ofLogOff tells whether an attribute says where a log goes that is turned off: it comes to nothing, whatever it is.
func ofLogOff(key string, all []elbtypes.LoadBalancerAttribute) bool {
	log, of, ok := strings.Cut(key, "_logs.s3.")
	return ok && of != "enabled" && !slices.ContainsFunc(all, func(a elbtypes.LoadBalancerAttribute) bool {
		return aws.ToString(a.Key) == log+"_logs.s3.enabled" && aws.ToString(a.Value) == "true"
	})
}

// switchListener is how the switch of a network load balancer is told of.
const switchListener = "a listener"

func (c *canon) describeListeners(balancer, name string) {
	listens := slices.ContainsFunc(c.f.listeners[balancer], account.IsSwitchListener)
	for _, l := range c.f.listeners[balancer] {
		arn := aws.ToString(l.ListenerArn)
		if account.IsSwitchListener(l) {
			continue // a setting of the one where users connect, as the rule of an application load balancer is
		}
		if c.roles[arn] == unnamed {
			c.rename("listener", arn, "port "+count(l.Port))
		}
		settings := map[string]string{
			"port":       count(l.Port),
			"protocol":   string(l.Protocol),
			"tls policy": orNone(aws.ToString(l.SslPolicy)),
			"default":    c.actions(l.DefaultActions),
		}
		if len(l.Certificates) > 0 {
			settings["certificate"] = c.certificate(aws.ToString(l.Certificates[0].CertificateArn))
		}
		if l.MutualAuthentication != nil && aws.ToString(l.MutualAuthentication.Mode) != "" {
			settings["mutual authentication"] = aws.ToString(l.MutualAuthentication.Mode)
		}
		if c.declared != nil {
			settings["switch"] = None // until it is found: one that neither side has is missed at the standby
		}
		if listens && c.roles[arn] == "listener" {
			settings["switch"] = switchListener
		}
		commands := map[string]Command{
			"":           {Remove: "elbv2 delete-listener --listener-arn " + arn},
			"tls policy": {Make: "elbv2 modify-listener --listener-arn " + arn + " --ssl-policy " + aws.ToString(l.SslPolicy)},
		}
		if len(l.AlpnPolicy) > 0 {
			settings["alpn policy"] = list(slices.Clone(l.AlpnPolicy))
		}
		for _, a := range c.f.forgets[arn] {
			key, value := aws.ToString(a.Key), aws.ToString(a.Value)
			settings["attribute "+key] = value
			commands["attribute "+key] = Command{Make: "elbv2 modify-listener-attributes --listener-arn " + arn + " --attributes " + shell("Key="+key+",Value="+value)}
		}
		for _, rule := range c.f.rules[arn] {
			if aws.ToBool(rule.IsDefault) {
				continue
			}
			setting := "rule " + aws.ToString(rule.Priority)
			if account.IsSwitchRule(rule) {
				settings["switch"] = "rule " + aws.ToString(rule.Priority)
				continue
			}
			settings[setting] = c.rule(rule)
			commands[setting] = Command{Remove: "elbv2 delete-rule --rule-arn " + aws.ToString(rule.RuleArn)}
		}
		c.add("listener", arn, c.f.elbTags[arn], settings, commands).Within = name
	}
}

// certificate tells whether a listener's is the declared one, which is another in each region. Where nothing is declared, they are of
// their regions, and cannot be compared.
func (c *canon) certificate(arn string) string {
	switch {
	case c.declared == nil:
		return "one of its region"
	case arn == c.declared.HTTPS.Certificates[c.side]:
		return declaredCertificate
	}
	return arn
}

const declaredCertificate = "as declared"

func (c *canon) rule(rule elbtypes.Rule) string {
	var conditions []string
	for _, one := range rule.Conditions {
		conditions = append(conditions, aws.ToString(one.Field)+" "+strings.Join(conditionValues(one), " or "))
	}
	return fmt.Sprintf("if %s: %s", list(conditions), c.actions(rule.Actions))
}

func conditionValues(c elbtypes.RuleCondition) []string {
	switch {
	case c.PathPatternConfig != nil:
		return c.PathPatternConfig.Values
	case c.HostHeaderConfig != nil:
		return c.HostHeaderConfig.Values
	case c.HttpRequestMethodConfig != nil:
		return c.HttpRequestMethodConfig.Values
	case c.SourceIpConfig != nil:
		return c.SourceIpConfig.Values
	case c.HttpHeaderConfig != nil:
		return append([]string{aws.ToString(c.HttpHeaderConfig.HttpHeaderName)}, c.HttpHeaderConfig.Values...)
	case c.QueryStringConfig != nil:
		var pairs []string
		for _, v := range c.QueryStringConfig.Values {
			pairs = append(pairs, aws.ToString(v.Key)+"="+aws.ToString(v.Value))
		}
		return pairs
	}
	return c.Values
}

func (c *canon) actions(actions []elbtypes.Action) string {
	var names []string
	for _, a := range actions {
		switch {
		case a.ForwardConfig != nil && len(a.ForwardConfig.TargetGroups) > 0:
			names = append(names, c.forward(a.ForwardConfig))
		case a.RedirectConfig != nil:
			to := a.RedirectConfig
			names = append(names, fmt.Sprintf("redirect %s to %s://%s:%s%s?%s", to.StatusCode,
				aws.ToString(to.Protocol), aws.ToString(to.Host), aws.ToString(to.Port), aws.ToString(to.Path), aws.ToString(to.Query)))
		case a.FixedResponseConfig != nil:
			names = append(names, fmt.Sprintf("answer %s %q", aws.ToString(a.FixedResponseConfig.StatusCode), aws.ToString(a.FixedResponseConfig.MessageBody)))
		default:
			names = append(names, fmt.Sprintf("%s to %s", a.Type, c.meaning(aws.ToString(a.TargetGroupArn))))
		}
	}
	return list(names)
}

// forward tells shares: one target group has all of it, whatever its weight.
func (c *canon) forward(f *elbtypes.ForwardActionConfig) string {
	if len(f.TargetGroups) == 1 {
		return "forward to " + c.meaning(aws.ToString(f.TargetGroups[0].TargetGroupArn))
	}
	var shares []string
	for _, g := range f.TargetGroups {
		shares = append(shares, fmt.Sprintf("%s with weight %s", c.meaning(aws.ToString(g.TargetGroupArn)), count(g.Weight)))
	}
	return "forward to " + list(shares)
}
