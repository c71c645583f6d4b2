package parity

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/understudy/understudy/account"
)

func (c *canon) describeGroups() {
	for _, g := range c.f.groups {
		id := aws.ToString(g.GroupId)
		settings := map[string]string{"description": aws.ToString(g.Description)}
		commands := map[string]Command{"": {Remove: "ec2 delete-security-group --group-id " + id}}
		c.rules(settings, commands, id, "ingress", "from", g.IpPermissions)
		c.rules(settings, commands, id, "egress", "to", g.IpPermissionsEgress)
		group := c.add("security group", id, account.OfEC2(g.Tags), settings, commands)
		group.Given = account.IsDefault(g)
	}
}

// rules makes one setting of each rule, so that a finding names the rule.
func (c *canon) rules(settings map[string]string, commands map[string]Command, group, direction, preposition string, permissions []ec2types.IpPermission) {
	put := func(p ec2types.IpPermission, peer, ranges string) {
		name := fmt.Sprintf("%s %s %s %s", direction, ports(p), preposition, peer)
		settings[name] = "allowed"
		rest := fmt.Sprintf("-security-group-%s --group-id %s --ip-permissions %s", direction, group, shell(permission(p)+ranges))
		commands[name] = Command{Make: "ec2 authorize" + rest, Remove: "ec2 revoke" + rest}
	}
	for _, p := range permissions {
		for _, v := range p.IpRanges {
			put(p, c.share(aws.ToString(v.CidrIp)), ",IpRanges=[{CidrIp="+aws.ToString(v.CidrIp)+"}]")
		}
		for _, v := range p.Ipv6Ranges {
			put(p, aws.ToString(v.CidrIpv6), ",Ipv6Ranges=[{CidrIpv6="+aws.ToString(v.CidrIpv6)+"}]")
		}
		for _, v := range p.PrefixListIds {
			put(p, c.meaning(aws.ToString(v.PrefixListId)), ",PrefixListIds=[{PrefixListId="+aws.ToString(v.PrefixListId)+"}]")
		}
		for _, v := range p.UserIdGroupPairs {
			put(p, c.meaning(aws.ToString(v.GroupId)), ",UserIdGroupPairs=[{GroupId="+aws.ToString(v.GroupId)+"}]")
		}
	}
}

// permission is a rule without its peers in the AWS CLI's shorthand.
func permission(p ec2types.IpPermission) string {
	text := "IpProtocol=" + aws.ToString(p.IpProtocol)
	if p.FromPort != nil {
		text += fmt.Sprintf(",FromPort=%d", *p.FromPort)
	}
	if p.ToPort != nil {
		text += fmt.Sprintf(",ToPort=%d", *p.ToPort)
	}
	return text
}

func ports(p ec2types.IpPermission) string {
	protocol := aws.ToString(p.IpProtocol)
	if protocol == "-1" {
		return "everything"
	}
	from, to := aws.ToInt32(p.FromPort), aws.ToInt32(p.ToPort)
	if protocol == "icmp" || protocol == "icmpv6" {
		return icmp(protocol, from, to)
	}
	if from == to {
		return fmt.Sprintf("%s %d", protocol, from)
	}
	return strings.Join([]string{protocol, fmt.Sprintf("%d-%d", from, to)}, " ")
}

// icmp names what a rule lets pass: where other protocols have their ports, it has a type and a code, each -1 for all (IpPermission in the
// EC2 API Reference).
func icmp(protocol string, kind, code int32) string {
	switch {
	case kind < 0:
		return protocol
	case code < 0:
		return fmt.Sprintf("%s type %d", protocol, kind)
	}
	return fmt.Sprintf("%s type %d code %d", protocol, kind, code)
}
