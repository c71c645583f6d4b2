package plan

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// rule is one rule of a security group: one protocol, one range of ports, one peer.
type rule struct {
	protocol string // tcp, udp, icmp, a number, or -1 for all
	from, to int32  // ports, or ICMP type and code; 0 where the protocol is all
	peer     string // a network, or the id of a security group or prefix list
}

// String renders a rule for people; equal rules are equal texts.
func (r rule) String() string {
	switch {
	case r.protocol == "-1":
		return "all " + r.peer
	case strings.HasPrefix(r.protocol, "icmp"):
		return fmt.Sprintf("%s type %d code %d %s", r.protocol, r.from, r.to, r.peer)
	case r.from == r.to:
		return fmt.Sprintf("%s %d %s", r.protocol, r.from, r.peer)
	}
	return fmt.Sprintf("%s %d-%d %s", r.protocol, r.from, r.to, r.peer)
}

// permission returns the rule as EC2 takes it.
func (r rule) permission() ec2types.IpPermission {
	p := ec2types.IpPermission{IpProtocol: aws.String(r.protocol)}
	if r.protocol != "-1" {
		p.FromPort, p.ToPort = aws.Int32(r.from), aws.Int32(r.to)
	}
	switch {
	case strings.HasPrefix(r.peer, "sg-"):
		p.UserIdGroupPairs = []ec2types.UserIdGroupPair{{GroupId: aws.String(r.peer)}}
	case strings.HasPrefix(r.peer, "pl-"):
		p.PrefixListIds = []ec2types.PrefixListId{{PrefixListId: aws.String(r.peer)}}
	case strings.Contains(r.peer, ":"):
		p.Ipv6Ranges = []ec2types.Ipv6Range{{CidrIpv6: aws.String(r.peer)}}
	default:
		p.IpRanges = []ec2types.IpRange{{CidrIp: aws.String(r.peer)}}
	}
	return p
}

// rulesOf makes rules from EC2's permissions, each of which has the peers of several rules.
func rulesOf(permissions []ec2types.IpPermission) []rule {
	var rules []rule
	for _, p := range permissions {
		r := rule{protocol: aws.ToString(p.IpProtocol), from: aws.ToInt32(p.FromPort), to: aws.ToInt32(p.ToPort)}
		if r.protocol == "-1" {
			r.from, r.to = 0, 0
		}
		for _, peer := range account.Peers(p) {
			r.peer = peer
			rules = append(rules, r)
		}
	}
	return rules
}

// without returns the rules that are not among others, as EC2 takes them.
func without(rules, others []rule) []ec2types.IpPermission {
	var permissions []ec2types.IpPermission
	for _, r := range rules {
		if !slices.Contains(others, r) {
			permissions = append(permissions, r.permission())
		}
	}
	return permissions
}

// rulesText renders a set of rules.
func rulesText(rules []rule) string {
	var texts []string
	for _, r := range rules {
		texts = append(texts, r.String())
	}
	return resource.Set(texts...)
}

// openIngress changes what a security group lets in.
func openIngress(ctx context.Context, c *ec2.Client, id string, extra, missing []ec2types.IpPermission) error {
	return openRules("ingress of "+id, extra, missing, func(p []ec2types.IpPermission) error {
		_, err := c.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &id, IpPermissions: p})
		return err
	}, func(p []ec2types.IpPermission) error {
		_, err := c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &id, IpPermissions: p})
		return err
	})
}

// openEgress changes what a security group lets out.
func openEgress(ctx context.Context, c *ec2.Client, id string, extra, missing []ec2types.IpPermission) error {
	return openRules("egress of "+id, extra, missing, func(p []ec2types.IpPermission) error {
		_, err := c.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: &id, IpPermissions: p})
		return err
	}, func(p []ec2types.IpPermission) error {
		_, err := c.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: &id, IpPermissions: p})
		return err
	})
}

// openRules revokes before it authorizes: between the two calls fewer packets pass than should, never more. What another run has done already is
// no error.
func openRules(what string, extra, missing []ec2types.IpPermission, revoke, authorize func([]ec2types.IpPermission) error) error {
	if len(extra) > 0 {
		if err := revoke(extra); err != nil && !account.IsCode(err, "InvalidPermission.NotFound") {
			return fmt.Errorf("revoke %s: %w", what, err)
		}
	}
	if len(missing) > 0 {
		if err := authorize(missing); err != nil && !account.IsCode(err, "InvalidPermission.Duplicate") {
			return fmt.Errorf("authorize %s: %w", what, err)
		}
	}
	return nil
}
