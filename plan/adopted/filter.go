package adopted

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/network"
)

// The rules of a security group that others made.
const (
	ingressSetting = "ingress"
	egressSetting  = "egress"
	foreignPeer    = " of account " // a peer that only its owner's number tells, which is not held
)

func knowsRules(name, value string) error {
	if name != ingressSetting && name != egressSetting {
		return fmt.Errorf("%s is no setting of security groups: %s and %s are", name, ingressSetting, egressSetting)
	}
	_, err := parseRules(value)
	return err
}

// parseRules reads what rulesText has written.
func parseRules(text string) (rules []network.Rule, err error) {
	if text == "" {
		return nil, nil
	}
	for one := range strings.SplitSeq(text, ", ") {
		r, err := parseRule(one)
		if err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	return rules, nil
}

// parseRule reads a rule as String writes it.
func parseRule(text string) (network.Rule, error) {
	words := strings.Fields(text)
	var r network.Rule
	var from, to string
	switch {
	case len(words) == 2 && words[0] == "all":
		r = network.Rule{Protocol: "-1", Peer: words[1]}
		return r, fits(r, text)
	case len(words) == 6 && strings.HasPrefix(words[0], "icmp") && words[1] == "type" && words[3] == "code":
		from, to = words[2], words[4]
	case len(words) == 3 && ported(words[0]):
		var isRange bool
		if from, to, isRange = strings.Cut(words[1], "-"); !isRange {
			to = from
		}
	default:
		return r, fmt.Errorf("%q is no rule", text)
	}
	first, err := strconv.ParseInt(from, 10, 32)
	if err != nil {
		return r, fmt.Errorf("%q is no rule: %w", text, err)
	}
	last, err := strconv.ParseInt(to, 10, 32)
	if err != nil {
		return r, fmt.Errorf("%q is no rule: %w", text, err)
	}
	r = network.Rule{Protocol: words[0], From: int32(first), To: int32(last), Peer: words[len(words)-1]}
	return r, fits(r, text)
}

// ported tells whether rules of a protocol are written with ports: AWS has names for two such, and numbers for all (IpPermission in the Amazon
// EC2 API Reference).
func ported(protocol string) bool {
	_, err := strconv.ParseUint(protocol, 10, 8)
	return err == nil || protocol == "tcp" || protocol == "udp"
}

// fits tells whether a rule that was read is what the text says, all of it.
func fits(r network.Rule, text string) error {
	if r.String() != text {
		return fmt.Errorf("%q is no rule: is %q meant?", text, r)
	}
	return nil
}

func readAdoptedFilter(ctx context.Context, a *account.Account, id string) (map[string]string, error) {
	out, err := a.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{id}})
	if account.IsNotFound(err) || err == nil && len(out.SecurityGroups) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	g := out.SecurityGroups[0]
	return map[string]string{
		ingressSetting: network.RulesText(network.RulesOf(ofOwner(g.IpPermissions, aws.ToString(g.OwnerId)))),
		egressSetting:  network.RulesText(network.RulesOf(ofOwner(g.IpPermissionsEgress, aws.ToString(g.OwnerId)))),
	}, nil
}

// ofOwner marks the groups of other accounts: a rule is authorized with their account's number.
func ofOwner(permissions []ec2types.IpPermission, owner string) (all []ec2types.IpPermission) {
	for _, p := range permissions {
		pairs := p.UserIdGroupPairs
		p.UserIdGroupPairs = nil
		for _, pair := range pairs {
			if user := aws.ToString(pair.UserId); user != "" && user != owner {
				pair.GroupId = aws.String(aws.ToString(pair.GroupId) + foreignPeer + user)
			}
			p.UserIdGroupPairs = append(p.UserIdGroupPairs, pair)
		}
		all = append(all, p)
	}
	return all
}

func writeAdoptedFilter(ctx context.Context, a *account.Account, id string, wanted, seen map[string]string) error {
	for _, way := range []struct {
		setting string
		open    func(ctx context.Context, c *ec2.Client, id string, extra, missing []ec2types.IpPermission) error
	}{{ingressSetting, network.OpenIngress}, {egressSetting, network.OpenEgress}} {
		text, ok := wanted[way.setting]
		if !ok {
			continue
		}
		extra, missing, err := turned(text, seen[way.setting])
		if err != nil {
			return err
		}
		if err := way.open(ctx, a.EC2, id, extra, missing); err != nil {
			return err
		}
	}
	return nil
}

// turned returns the rules that are too many, and those that lack. An error is of a rule that was seen and cannot be revoked, too: nothing
// is done then.
func turned(wanted, seen string) (extra, missing []ec2types.IpPermission, err error) {
	to, err := parseRules(wanted)
	if err != nil {
		return nil, nil, err
	}
	from, err := parseRules(seen)
	if err != nil {
		return nil, nil, err
	}
	return network.Without(from, to), network.Without(to, from), nil
}
