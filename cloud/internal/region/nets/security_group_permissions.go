package nets

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// newRules takes permissions apart into rules, one for each range or group.
func (r *Room) newRules(tx *store.Tx, g groupRow, egress bool, permissions []ec2types.IpPermission) ([]ruleRow, error) {
	var rules []ruleRow
	for _, p := range permissions {
		base, err := newRule(p, egress)
		if err != nil {
			return nil, err
		}
		before := len(rules)
		for _, x := range p.IpRanges {
			rule, bits, ok := base, room.Deref(x.CidrIp), false
			if rule.CIDR, ok = canonical(bits, true); !ok {
				return nil, wire.Errorf("InvalidParameterValue", "CIDR block %s is malformed", bits)
			}
			rule.Description = room.Deref(x.Description)
			rules = append(rules, rule)
		}
		for _, x := range p.Ipv6Ranges {
			rule, bits, ok := base, room.Deref(x.CidrIpv6), false
			if rule.CIDR6, ok = canonical(bits, false); !ok {
				return nil, wire.Errorf("InvalidParameterValue", "CIDR block %s is malformed", bits)
			}
			rule.Description = room.Deref(x.Description)
			rules = append(rules, rule)
		}
		for _, x := range p.UserIdGroupPairs {
			rule := base
			if err := r.nameGroup(tx, g, x, &rule); err != nil {
				return nil, err
			}
			rule.Description = room.Deref(x.Description)
			rules = append(rules, rule)
		}
		for _, x := range p.PrefixListIds {
			rule := base
			if _, ok := r.prefixList(tx, room.Deref(x.PrefixListId)); !ok {
				return nil, missingPrefixList(room.Deref(x.PrefixListId))
			}
			rule.List, rule.Description = *x.PrefixListId, room.Deref(x.Description)
			rules = append(rules, rule)
		}
		if len(rules) == before {
			return nil, wire.Errorf("MissingParameter", "The request must contain a source or destination: IpRanges, Ipv6Ranges, PrefixListIds or UserIdGroupPairs")
		}
	}
	for _, x := range rules {
		if err := checkRuleDescription(&x.Description); err != nil {
			return nil, err
		}
	}
	return rules, nil
}

func newRule(p ec2types.IpPermission, egress bool) (ruleRow, error) {
	rule := ruleRow{Egress: egress, From: -1, To: -1}
	if err := resource.Required("ipProtocol", p.IpProtocol); err != nil {
		return rule, err
	}
	protocol, ok := protocols[strings.ToLower(*p.IpProtocol)] // AWS takes names in any case
	if !ok {
		return rule, wire.Errorf("InvalidPermission.Malformed", "Unsupported IP protocol \"%s\" - supported: [tcp, udp, icmp, icmpv6, -1]", *p.IpProtocol)
	}
	rule.Protocol = protocol
	if protocol == "-1" {
		return rule, nil // ports given with all protocols mean nothing, as on AWS
	}
	if p.FromPort == nil || p.ToPort == nil {
		if protocol == "icmpv6" {
			return rule, nil
		}
		return rule, wire.Errorf("InvalidParameterValue", "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
	}
	rule.From, rule.To = *p.FromPort, *p.ToPort
	if protocol == "tcp" || protocol == "udp" {
		switch {
		case rule.From == -1 && rule.To == -1:
			rule.From, rule.To = 0, 65535
		case rule.From < 0 || rule.From > 65535:
			return rule, wire.Errorf("InvalidParameterValue", "Invalid value '%d' for fromPort. Must be between 0 and 65535.", rule.From)
		case rule.To < 0 || rule.To > 65535:
			return rule, wire.Errorf("InvalidParameterValue", "Invalid value '%d' for toPort. Must be between 0 and 65535.", rule.To)
		case rule.From > rule.To:
			return rule, wire.Errorf("InvalidParameterValue", "Invalid TCP/UDP port range (%d,%d)", rule.From, rule.To)
		}
	} else if rule.From < -1 || rule.From > 255 || rule.To < -1 || rule.To > 255 {
		return rule, wire.Errorf("InvalidParameterValue", "ICMP code (%d) out of range", rule.To)
	}
	return rule, nil
}

func canonical(cidr string, v4 bool) (string, bool) {
	p, err := netip.ParsePrefix(cidr)
	if err != nil || p.Addr().Is4() != v4 {
		return "", false
	}
	return p.Masked().String(), true
}

// nameGroup makes a group the source or destination of a rule: one of the same VPC, or of a peer in this region to which a
// connection is active (https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html).
func (r *Room) nameGroup(tx *store.Tx, g groupRow, pair ec2types.UserIdGroupPair, rule *ruleRow) error {
	err := room.Only(pair, "GroupId", "GroupName", "UserId", "VpcId", "Description", "PeeringStatus", "VpcPeeringConnectionId")
	if err != nil {
		return err
	}
	if id := room.Deref(pair.UserId); id != "" && id != r.Account {
		return wire.Errorf("UnsupportedOperation", "Groups of other accounts (UserId %s) are not supported here.", id)
	}
	rule.Group = room.Deref(pair.GroupId)
	if name := room.Deref(pair.GroupName); name != "" && rule.Group == "" {
		if rule.Group, err = r.GroupNamed(tx, name); err != nil {
			return err
		}
	}
	if at := slices.IndexFunc(g.Rules, func(x ruleRow) bool { return x.Peering != "" && x.Group == rule.Group }); at >= 0 {
		rule.PeerVPC, rule.Peering = g.Rules[at].PeerVPC, g.Rules[at].Peering
		return nil // a stale rule can still be named, to revoke it
	}
	named, ok := r.groups.GetTx(tx, rule.Group)
	if !ok {
		return missingGroup(rule.Group)
	}
	if named.VPC == g.VPC {
		return nil
	}
	for _, row := range r.peerings.AllTx(tx) {
		if row.State == peeringActive && row.between(g.VPC, named.VPC) && cmp.Or(room.Deref(pair.VpcPeeringConnectionId), row.ID) == row.ID {
			rule.PeerVPC, rule.Peering = named.VPC, row.ID
			return nil
		}
	}
	return wire.Errorf("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")
}

// legacy turns the single-rule form of the Authorize and Revoke calls into a permission.
func legacy(protocol *string, from, to *int32, cidr *string) []ec2types.IpPermission {
	if protocol == nil && cidr == nil {
		return nil
	}
	p := ec2types.IpPermission{IpProtocol: protocol, FromPort: from, ToPort: to}
	if cidr != nil {
		p.IpRanges = []ec2types.IpRange{{CidrIp: cidr}}
	}
	return []ec2types.IpPermission{p}
}

// fromNamed is the form that lets in all that comes from a group of the default VPC: every port of TCP and UDP, and ICMP
// (EC2 API reference, AuthorizeSecurityGroupIngress, parameter SourceSecurityGroupName).
func fromNamed(name *string) (all []ec2types.IpPermission) {
	if name == nil {
		return nil
	}
	for _, p := range []struct {
		protocol string
		from, to int32
	}{{"tcp", 0, 65535}, {"udp", 0, 65535}, {"icmp", -1, -1}} {
		all = append(all, ec2types.IpPermission{
			IpProtocol: &p.protocol, FromPort: &p.from, ToPort: &p.to, UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupName: name}},
		})
	}
	return all
}
