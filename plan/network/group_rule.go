package network

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

// Rule is one rule of a security group: one protocol, one range of ports, one peer.
type Rule struct {
	Protocol string // tcp, udp, icmp, a number, or -1 for all
	From, To int32  // ports, or ICMP type and code; 0 where the protocol is all
	Peer     string // a network, or the id of a security group or prefix list
}

// String renders a rule for people; equal rules are equal texts.
func (r Rule) String() string {
	switch {
	case r.Protocol == "-1":
		return "all " + r.Peer
	case strings.HasPrefix(r.Protocol, "icmp"):
		return fmt.Sprintf("%s type %d code %d %s", r.Protocol, r.From, r.To, r.Peer)
	case r.From == r.To:
		return fmt.Sprintf("%s %d %s", r.Protocol, r.From, r.Peer)
	}
	return fmt.Sprintf("%s %d-%d %s", r.Protocol, r.From, r.To, r.Peer)
}

// Permission returns the rule as EC2 takes it.
func (r Rule) Permission() ec2types.IpPermission {
	p := ec2types.IpPermission{IpProtocol: aws.String(r.Protocol)}
	if r.Protocol != "-1" {
		p.FromPort, p.ToPort = aws.Int32(r.From), aws.Int32(r.To)
	}
	switch {
	case strings.HasPrefix(r.Peer, "sg-"):
		p.UserIdGroupPairs = []ec2types.UserIdGroupPair{{GroupId: aws.String(r.Peer)}}
	case strings.HasPrefix(r.Peer, "pl-"):
		p.PrefixListIds = []ec2types.PrefixListId{{PrefixListId: aws.String(r.Peer)}}
	case strings.Contains(r.Peer, ":"):
		p.Ipv6Ranges = []ec2types.Ipv6Range{{CidrIpv6: aws.String(r.Peer)}}
	default:
		p.IpRanges = []ec2types.IpRange{{CidrIp: aws.String(r.Peer)}}
	}
	return p
}

// RulesOf makes rules from EC2's permissions, each of which has the peers of several rules.
func RulesOf(permissions []ec2types.IpPermission) []Rule {
	var rules []Rule
	for _, p := range permissions {
		r := Rule{Protocol: aws.ToString(p.IpProtocol), From: aws.ToInt32(p.FromPort), To: aws.ToInt32(p.ToPort)}
		if r.Protocol == "-1" {
			r.From, r.To = 0, 0
		}
		for _, peer := range account.Peers(p) {
			r.Peer = peer
			rules = append(rules, r)
		}
	}
	return rules
}

// Without returns the rules that are not among others, as EC2 takes them.
func Without(rules, others []Rule) []ec2types.IpPermission {
	var permissions []ec2types.IpPermission
	for _, r := range rules {
		if !slices.Contains(others, r) {
			permissions = append(permissions, r.Permission())
		}
	}
	return permissions
}

// RulesText renders a set of rules.
func RulesText(rules []Rule) string {
	var texts []string
	for _, r := range rules {
		texts = append(texts, r.String())
	}
	return resource.Set(texts...)
}

// OpenIngress changes what a security group lets in.
func OpenIngress(ctx context.Context, c *ec2.Client, id string, extra, missing []ec2types.IpPermission) error {
	return openRules("ingress of "+id, extra, missing, func(p []ec2types.IpPermission) error {
		_, err := c.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &id, IpPermissions: p})
		return err
	}, func(p []ec2types.IpPermission) error {
		_, err := c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &id, IpPermissions: p})
		return err
	})
}

// OpenEgress changes what a security group lets out.
func OpenEgress(ctx context.Context, c *ec2.Client, id string, extra, missing []ec2types.IpPermission) error {
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
