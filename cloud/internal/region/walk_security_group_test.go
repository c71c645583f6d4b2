package region_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestProviderWalksSecurityGroups(t *testing.T) {
	groupGone := []string{"InvalidGroup.NotFound", "InvalidSecurityGroupID.NotFound"}
	runWalks(t, []walk{
		{
			resource: "aws_security_group", create: (*provider).createGroup, read: (*provider).readGroup, gone: groupGone,
			update: func(p *provider, id string) {
				p.revoke(id, web(nil))
				p.authorize(id, web(new("from the VPC")), ec2types.IpPermission{IpProtocol: new("-1"), UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &id}}})
			},
			destroy: func(p *provider, id string) {
				in := &ec2.DescribeNetworkInterfacesInput{Filters: regiontest.Where("group-id", id)}
				roomtest.Must(p.DescribeNetworkInterfaces(p.T.Context(), in))(p.T)
				roomtest.Must(p.DeleteSecurityGroup(p.T.Context(), &ec2.DeleteSecurityGroupInput{GroupId: &id}))(p.T)
			},
		},
		{
			resource: "aws_default_security_group", create: (*provider).emptyDefaultGroup, read: (*provider).readGroup,
			update: func(p *provider, id string) { p.authorize(id, web(nil)) },
		},
		{
			resource: "aws_security_group_rule", create: func(p *provider) string { return p.createGroup() }, read: (*provider).readGroupRules,
			update: func(p *provider, id string) {
				roomtest.Must(p.UpdateSecurityGroupRuleDescriptionsIngress(p.T.Context(), &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{
					GroupId: &id, IpPermissions: []ec2types.IpPermission{web(new("changed"))},
				}))(p.T)
			},
		},
		{
			resource: "aws_vpc_security_group_ingress_rule", create: (*provider).createRule, read: (*provider).readRule,
			update: func(p *provider, id string) {
				rule := roomtest.Must(p.DescribeSecurityGroupRules(p.T.Context(), &ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{id}}))(p.T)
				roomtest.Must(p.ModifySecurityGroupRules(p.T.Context(), &ec2.ModifySecurityGroupRulesInput{
					GroupId: rule.SecurityGroupRules[0].GroupId,
					SecurityGroupRules: []ec2types.SecurityGroupRuleUpdate{{SecurityGroupRuleId: &id, SecurityGroupRule: &ec2types.SecurityGroupRuleRequest{
						IpProtocol: new("tcp"), FromPort: new(int32(443)), ToPort: new(int32(443)), CidrIpv4: new("10.20.0.0/16"),
					}}},
				}))(p.T)
			},
			destroy: func(p *provider, id string) {
				rule := roomtest.Must(p.DescribeSecurityGroupRules(p.T.Context(), &ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{id}}))(p.T)
				roomtest.Must(p.RevokeSecurityGroupIngress(p.T.Context(), &ec2.RevokeSecurityGroupIngressInput{
					GroupId: rule.SecurityGroupRules[0].GroupId, SecurityGroupRuleIds: []string{id},
				}))(p.T)
			},
			gone: []string{"InvalidSecurityGroupRuleId.NotFound", "InvalidGroup.NotFound"},
		},
	})
}

// web is a rule of a configuration, as it is authorized and revoked.
func web(description *string) ec2types.IpPermission {
	return ec2types.IpPermission{
		IpProtocol: new("tcp"), FromPort: new(int32(80)), ToPort: new(int32(80)),
		IpRanges: []ec2types.IpRange{{CidrIp: new("10.20.0.0/16"), Description: description}},
	}
}

func (p *provider) authorize(id string, permissions ...ec2types.IpPermission) []ec2types.SecurityGroupRule {
	p.T.Helper()
	return roomtest.Must(p.AuthorizeSecurityGroupIngress(p.T.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &id, IpPermissions: permissions,
	}))(p.T).SecurityGroupRules
}

func (p *provider) revoke(id string, permissions ...ec2types.IpPermission) {
	p.T.Helper()
	roomtest.Must(p.RevokeSecurityGroupIngress(p.T.Context(), &ec2.RevokeSecurityGroupIngressInput{GroupId: &id, IpPermissions: permissions}))(p.T)
}

// createGroup takes the rule away that lets everything out, of both IP versions: the provider gives ports, and forgives that there
// is none for IPv6.
func (p *provider) createGroup() string {
	ctx := p.T.Context()
	made := roomtest.Must(p.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		GroupName: new("walk"), Description: new("Managed by Terraform"), VpcId: &p.vpc, TagSpecifications: tagged("security-group"),
	}))(p.T)
	all := ec2types.IpPermission{IpProtocol: new("-1"), FromPort: new(int32(0)), ToPort: new(int32(0))}
	all.IpRanges = []ec2types.IpRange{{CidrIp: new("0.0.0.0/0")}}
	roomtest.Must(p.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: made.GroupId, IpPermissions: []ec2types.IpPermission{all}}))(p.T)
	all.IpRanges, all.Ipv6Ranges = nil, []ec2types.Ipv6Range{{CidrIpv6: new("::/0")}}
	_, err := p.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: made.GroupId, IpPermissions: []ec2types.IpPermission{all}})
	roomtest.WantAPIError(p.T, err, "InvalidPermission.NotFound")
	p.authorize(*made.GroupId, web(nil))
	return *made.GroupId
}

func (p *provider) readGroup(id string) (any, error) {
	out, err := p.DescribeSecurityGroups(p.T.Context(), &ec2.DescribeSecurityGroupsInput{GroupIds: []string{id}})
	if err != nil {
		return nil, err
	}
	return there(p, "the group", only(p, out.SecurityGroups)), nil
}

// emptyDefaultGroup revokes all rules by their ids, of the group and of those that name it.
func (p *provider) emptyDefaultGroup() string {
	ctx := p.T.Context()
	groups := roomtest.Must(p.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
		Filters: append(regiontest.Where("group-name", "default"), regiontest.Where("vpc-id", p.vpc)...),
	}))(p.T)
	id := *there(p, "the group", only(p, groups.SecurityGroups)).GroupId
	rules := roomtest.Must(p.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{Filters: regiontest.Where("group-id", id)}))(p.T)
	for _, x := range rules.SecurityGroupRules {
		ids := []string{*x.SecurityGroupRuleId}
		if *x.IsEgress {
			roomtest.Must(p.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: &id, SecurityGroupRuleIds: ids}))(p.T)
		} else {
			roomtest.Must(p.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &id, SecurityGroupRuleIds: ids}))(p.T)
		}
	}
	return id
}

func (p *provider) readGroupRules(id string) (any, error) {
	out, err := p.DescribeSecurityGroupRules(p.T.Context(), &ec2.DescribeSecurityGroupRulesInput{Filters: regiontest.Where("group-id", id)})
	if err != nil {
		return nil, err
	}
	return out.SecurityGroupRules, nil
}

func (p *provider) createRule() string {
	out := roomtest.Must(p.AuthorizeSecurityGroupIngress(p.T.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: new(p.SecurityGroup(p.vpc, "walk")), IpPermissions: []ec2types.IpPermission{web(nil)}, TagSpecifications: tagged("security-group-rule"),
	}))(p.T)
	return there(p, "the rule's id", there(p, "the rule", only(p, out.SecurityGroupRules)).SecurityGroupRuleId)
}

func (p *provider) readRule(id string) (any, error) {
	out, err := p.DescribeSecurityGroupRules(p.T.Context(), &ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{id}})
	if err != nil {
		return nil, err
	}
	rule := there(p, "the rule", only(p, out.SecurityGroupRules))
	there(p, "IsEgress", rule.IsEgress)
	return rule, nil
}
