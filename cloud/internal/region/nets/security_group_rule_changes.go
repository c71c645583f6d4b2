package nets

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// ModifySecurityGroupRules replaces what rules allow; their ids, tags and directions stay
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySecurityGroupRules.html).
func (r *Room) ModifySecurityGroupRules(ctx context.Context, in *ec2.ModifySecurityGroupRulesInput) (*ec2.ModifySecurityGroupRulesOutput, error) {
	if err := room.Only(in, "GroupId", "SecurityGroupRules"); err != nil {
		return nil, err
	}
	if len(in.SecurityGroupRules) == 0 {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter SecurityGroupRule")
	}
	err := r.changeGroup(in.GroupId, in, func(tx *store.Tx, g *groupRow) error {
		for _, x := range in.SecurityGroupRules {
			at, err := g.find(x.SecurityGroupRuleId)
			if err != nil {
				return err
			}
			rule, err := r.replacement(tx, *g, g.Rules[at], x.SecurityGroupRule)
			if err != nil {
				return err
			}
			g.Rules[at] = rule
		}
		return g.checkDistinct()
	})
	if err != nil {
		return nil, err
	}
	return &ec2.ModifySecurityGroupRulesOutput{Return: new(true)}, nil
}

// find returns a rule's place in its group.
func (g groupRow) find(id *string) (int, error) {
	if err := resource.Required("SecurityGroupRuleId", id); err != nil {
		return 0, err
	}
	at := slices.IndexFunc(g.Rules, func(x ruleRow) bool { return x.ID == *id })
	if at < 0 {
		return 0, missingRule(*id)
	}
	return at, nil
}

// checkDistinct refuses a group in which two rules allow the same.
func (g groupRow) checkDistinct() error {
	for i, x := range g.Rules {
		if slices.ContainsFunc(g.Rules[:i], x.same) {
			return wire.Errorf("InvalidPermission.Duplicate", "the specified rule \"%s\" already exists", x)
		}
	}
	return nil
}

// replacement is what a request makes of a rule.
func (r *Room) replacement(tx *store.Tx, g groupRow, rule ruleRow, x *ec2types.SecurityGroupRuleRequest) (ruleRow, error) {
	if x == nil {
		return rule, wire.Errorf("MissingParameter", "The request must contain the parameter SecurityGroupRule")
	}
	p := ec2types.IpPermission{IpProtocol: x.IpProtocol, FromPort: x.FromPort, ToPort: x.ToPort}
	if x.CidrIpv4 != nil {
		p.IpRanges = []ec2types.IpRange{{CidrIp: x.CidrIpv4, Description: x.Description}}
	}
	if x.CidrIpv6 != nil {
		p.Ipv6Ranges = []ec2types.Ipv6Range{{CidrIpv6: x.CidrIpv6, Description: x.Description}}
	}
	if x.PrefixListId != nil {
		p.PrefixListIds = []ec2types.PrefixListId{{PrefixListId: x.PrefixListId, Description: x.Description}}
	}
	if x.ReferencedGroupId != nil {
		p.UserIdGroupPairs = []ec2types.UserIdGroupPair{{GroupId: x.ReferencedGroupId, Description: x.Description}}
	}
	if n := len(p.IpRanges) + len(p.Ipv6Ranges) + len(p.PrefixListIds) + len(p.UserIdGroupPairs); n > 1 {
		return rule, wire.Errorf("InvalidParameterCombination", "A rule has one of CidrIpv4, CidrIpv6, PrefixListId and ReferencedGroupId.")
	}
	made, err := r.newRules(tx, g, rule.Egress, []ec2types.IpPermission{p})
	if err != nil {
		return rule, err
	}
	made[0].ID = rule.ID
	return made[0], nil
}

// describe changes the descriptions of a group's rules of one direction, which ids name, or what they allow.
func (r *Room) describe(
	id *string, in any, egress bool, permissions []ec2types.IpPermission, described []ec2types.SecurityGroupRuleDescription,
) error {
	if (len(permissions) == 0) == (len(described) == 0) {
		return wire.Errorf("InvalidParameterCombination", "Either ipPermissions or securityGroupRuleDescriptions must be specified, but not both.")
	}
	return r.changeGroup(id, in, func(tx *store.Tx, g *groupRow) error {
		named, err := r.newRules(tx, *g, egress, permissions)
		if err != nil {
			return err
		}
		for _, x := range named {
			at := slices.IndexFunc(g.Rules, x.same)
			if at < 0 {
				return wire.Errorf("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
			}
			g.Rules[at].Description = x.Description
		}
		for _, x := range described {
			at, err := g.find(x.SecurityGroupRuleId)
			if err != nil {
				return err
			}
			if g.Rules[at].Egress != egress {
				return missingRule(g.Rules[at].ID)
			}
			if err := checkRuleDescription(x.Description); err != nil {
				return err
			}
			g.Rules[at].Description = room.Deref(x.Description)
		}
		return nil
	})
}

// UpdateSecurityGroupRuleDescriptionsIngress changes or removes descriptions of rules that let traffic in.
func (r *Room) UpdateSecurityGroupRuleDescriptionsIngress(
	ctx context.Context, in *ec2.UpdateSecurityGroupRuleDescriptionsIngressInput,
) (*ec2.UpdateSecurityGroupRuleDescriptionsIngressOutput, error) {
	if err := room.Only(in, "GroupId", "GroupName", "IpPermissions", "SecurityGroupRuleDescriptions"); err != nil {
		return nil, err
	}
	id, err := r.groupOf(in.GroupId, in.GroupName)
	if err != nil {
		return nil, err
	}
	if err := r.describe(id, in, false, in.IpPermissions, in.SecurityGroupRuleDescriptions); err != nil {
		return nil, err
	}
	return &ec2.UpdateSecurityGroupRuleDescriptionsIngressOutput{Return: new(true)}, nil
}

// UpdateSecurityGroupRuleDescriptionsEgress changes or removes descriptions of rules that let traffic out.
func (r *Room) UpdateSecurityGroupRuleDescriptionsEgress(
	ctx context.Context, in *ec2.UpdateSecurityGroupRuleDescriptionsEgressInput,
) (*ec2.UpdateSecurityGroupRuleDescriptionsEgressOutput, error) {
	if err := room.Only(in, "GroupId", "GroupName", "IpPermissions", "SecurityGroupRuleDescriptions"); err != nil {
		return nil, err
	}
	id, err := r.groupOf(in.GroupId, in.GroupName)
	if err != nil {
		return nil, err
	}
	if err := r.describe(id, in, true, in.IpPermissions, in.SecurityGroupRuleDescriptions); err != nil {
		return nil, err
	}
	return &ec2.UpdateSecurityGroupRuleDescriptionsEgressOutput{Return: new(true)}, nil
}
