package parity

import (
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// unnamed is the role of what is nobody's part.
const unnamed = "(without a role)"

// partsOf lists, by kind, the roles that a declared stack may have in each region.
var partsOf = map[string][]string{
	"vpc":                {"vpc"},
	"subnet":             {"public-a", "public-b", "public-c", "private-a", "private-b", "private-c"},
	"internet gateway":   {"gateway"},
	"route table":        {"public-routes", "private-routes", "private-routes-b", "private-routes-c"},
	"nat gateway":        {"nat-a", "nat-b", "nat-c"},
	"vpc endpoint":       {"endpoint-s3", "endpoint-ssm", "endpoint-ssmmessages"},
	"security group":     {"public-facing", "internal", "hosts", "endpoints"},
	"image":              {"image"},
	"launch template":    {"template"},
	"instance":           understudy.HostRoles(),
	"target group":       {understudy.TargetGroupRole},
	"load balancer":      {"load-balancer"},
	"listener":           {"listener", "redirect"},
	"auto scaling group": {"fleet"},
	kindAlarm:            alarmRoles(),
}

// isPart tells whether a role is that of a part of a declared stack, or of one that it had.
func isPart(kind, role string) bool {
	return slices.Contains(partsOf[kind], role) || kind == "listener" && strings.HasPrefix(role, understudy.FurtherRole) ||
		kind == "target group" && strings.HasPrefix(role, understudy.TargetGroupRole+"-")
}

// claim is one thing that may play a part.
type claim struct {
	kind, id, name string // the name is AWS's, where it has one
	tags           map[string]string
	given          string // the role of what AWS makes with a VPC, or of a part of a network that is given
}

// nameAll finds out which part every thing plays. A tag decides; where it is lost, the tag Name or AWS's own name does, unless
// another has the part.
func (c *canon) nameAll() {
	claims := c.claims()
	taken := map[string]bool{}
	give := func(of claim, role string) {
		c.roles[of.id], c.names[of.id] = role, of.kind+" "+role
		taken[of.kind+" "+role] = true
	}
	for _, one := range claims {
		role := one.tags[account.TagRole]
		if role == "" || c.stack() != "" && one.tags[account.TagStack] != c.stack() {
			role = one.given
		}
		if role != "" {
			give(one, role)
		}
	}
	for _, one := range claims {
		if c.roles[one.id] != "" {
			continue
		}
		if role := c.infer(one); role != "" && (!taken[one.kind+" "+role] || c.stack() == "") {
			give(one, role)
			continue
		}
		c.roles[one.id], c.names[one.id] = unnamed, one.kind+" "+unnamed
	}
}

// infer reads a part from what names a thing beside the stack's tags.
func (c *canon) infer(one claim) string {
	if c.stack() == "" {
		return plain(c.Region, one.tags["Name"], one.name)
	}
	parts := partsOf[one.kind]
	if role := one.tags[account.TagRole]; isPart(one.kind, role) && one.tags[account.TagStack] == "" {
		return role
	}
	if role, ok := strings.CutPrefix(one.tags["Name"], c.stack()+" "); ok && isPart(one.kind, role) {
		return role
	}
	if one.kind == "listener" {
		return c.listenerAt(one.name)
	}
	name, further := understudy.CutGroupName(one.name)
	if further != "" && name == "understudy-"+c.stack() && one.kind == "target group" {
		return understudy.GroupRole(further)
	}
	name = "understudy-" + c.stack()
	if one.name == name && len(parts) == 1 {
		return parts[0]
	}
	if role, ok := strings.CutPrefix(one.name, name+"-"); ok && slices.Contains(parts, role) {
		return role
	}
	return ""
}

// listenerAt returns the part of the listener at a port.
func (c *canon) listenerAt(name string) string {
	_, port := c.declared.Entry()
	switch {
	case name == "port "+itoa(port):
		return "listener"
	case c.declared.HTTPS.Redirects() && name == "port "+itoa(c.declared.Listener.Port):
		return "redirect"
	}
	for _, further := range c.declared.Further {
		if name == "port "+itoa(further.Port) {
			return further.Role()
		}
	}
	return ""
}

// plain returns the first of some names without what tells two regions apart: the region in its spellings, and the words for
// the two sides.
func plain(region string, names ...string) string {
	for _, name := range names {
		name = strings.ToLower(name)
		for _, word := range append(spellings(region), sideWords...) {
			name = regexp.MustCompile(`(^|[-_ ./])`+regexp.QuoteMeta(word)+`($|[-_ ./])`).ReplaceAllString(name, "$1$2")
		}
		if name = strings.Trim(separators.ReplaceAllString(name, "-"), "-"); name != "" {
			return name
		}
	}
	return ""
}

var (
	separators = regexp.MustCompile(`[-_ ./]+`)
	sideWords  = []string{"primary", "secondary", "standby", "main", "dr", "failover"}
)

// spellings returns how people write a region: us-east-1, us_east_1, useast1, use1.
func spellings(region string) []string {
	parts := strings.Split(region, "-")
	short := parts[0]
	for _, p := range parts[1:] {
		short += p[:1]
	}
	return []string{region, strings.Join(parts, "_"), strings.Join(parts, ""), short}
}

// when returns a role on a condition.
func when(condition bool, role string) string {
	if condition {
		return role
	}
	return ""
}

// claims lists everything that has an id.
func (c *canon) claims() []claim {
	f := c.f
	all := []claim{{"vpc", aws.ToString(f.vpc.VpcId), "", account.OfEC2(f.vpc.Tags), f.given[aws.ToString(f.vpc.VpcId)]}}
	for _, s := range f.subnets {
		all = append(all, claim{"subnet", aws.ToString(s.SubnetId), "", account.OfEC2(s.Tags), f.given[aws.ToString(s.SubnetId)]})
	}
	for _, g := range f.gateways {
		all = append(all, claim{"internet gateway", aws.ToString(g.InternetGatewayId), "", account.OfEC2(g.Tags), ""})
	}
	for _, t := range f.tables {
		all = append(all, claim{"route table", aws.ToString(t.RouteTableId), "", account.OfEC2(t.Tags), when(account.IsMain(t), "main")})
	}
	for _, g := range f.groups {
		all = append(all, claim{"security group", aws.ToString(g.GroupId), aws.ToString(g.GroupName), account.OfEC2(g.Tags), when(account.IsDefault(g), "default")})
	}
	for _, a := range f.acls {
		all = append(all, claim{"network acl", aws.ToString(a.NetworkAclId), "", account.OfEC2(a.Tags), when(aws.ToBool(a.IsDefault), "default")})
	}
	for _, n := range f.nats {
		all = append(all, claim{"nat gateway", aws.ToString(n.NatGatewayId), "", account.OfEC2(n.Tags), ""})
	}
	for _, e := range f.endpoints {
		all = append(all, claim{"vpc endpoint", aws.ToString(e.VpcEndpointId), "", account.OfEC2(e.Tags), ""})
	}
	for _, i := range f.interfaces {
		all = append(all, claim{"network interface", aws.ToString(i.NetworkInterfaceId), "", account.OfEC2(i.TagSet), ""})
	}
	for _, i := range f.instances {
		if fleetOf(i) == "" {
			all = append(all, claim{"instance", aws.ToString(i.InstanceId), "", account.OfEC2(i.Tags), ""})
		}
	}
	for _, i := range f.images {
		all = append(all, claim{"image", aws.ToString(i.ImageId), aws.ToString(i.Name), account.OfEC2(i.Tags), ""})
	}
	for _, t := range f.templates {
		all = append(all, claim{"launch template", aws.ToString(t.LaunchTemplateId), aws.ToString(t.LaunchTemplateName), account.OfEC2(t.Tags), ""})
	}
	return append(all, c.balanceClaims()...)
}

func (c *canon) balanceClaims() []claim {
	var all []claim
	for _, g := range c.f.targetGroups {
		arn := aws.ToString(g.TargetGroupArn)
		all = append(all, claim{"target group", arn, aws.ToString(g.TargetGroupName), c.f.elbTags[arn], ""})
	}
	for _, b := range c.f.balancers {
		arn := aws.ToString(b.LoadBalancerArn)
		all = append(all, claim{"load balancer", arn, aws.ToString(b.LoadBalancerName), c.f.elbTags[arn], ""})
		for _, l := range c.f.listeners[arn] {
			if account.IsSwitchListener(l) {
				continue // of the setting of another (balance.go)
			}
			arn := aws.ToString(l.ListenerArn)
			all = append(all, claim{"listener", arn, "port " + count(l.Port), c.f.elbTags[arn], ""})
		}
	}
	for _, g := range c.f.fleets {
		all = append(all, claim{"auto scaling group", aws.ToString(g.AutoScalingGroupName), aws.ToString(g.AutoScalingGroupName), account.OfGroup(g.Tags), ""})
	}
	return all
}
