package nets_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func (d *desk) rules(in *ec2.DescribeSecurityGroupRulesInput) []ec2types.SecurityGroupRule {
	d.T.Helper()
	out, err := d.DescribeSecurityGroupRules(d.T.Context(), in)
	if err != nil {
		d.T.Fatal(err)
	}
	return out.SecurityGroupRules
}

func ruleID(x ec2types.SecurityGroupRule) *string { return x.SecurityGroupRuleId }

func tcpTo(port int32, cidrs ...string) ec2types.IpPermission {
	p := ec2types.IpPermission{IpProtocol: new("tcp"), FromPort: &port, ToPort: &port}
	for _, c := range cidrs {
		p.IpRanges = append(p.IpRanges, ec2types.IpRange{CidrIp: &c, Description: new("to " + c)})
	}
	return p
}

func TestEgressRulesAreAuthorizedAndRevoked(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, _ := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	group := d.SecurityGroup(vpc, "web")
	of := &ec2.DescribeSecurityGroupRulesInput{Filters: regiontest.Where("group-id", group)}
	// A new group lets everything out and nothing in.
	first := d.rules(of)
	if len(first) != 1 || !*first[0].IsEgress || *first[0].IpProtocol != "-1" || *first[0].CidrIpv4 != "0.0.0.0/0" || *first[0].FromPort != -1 {
		t.Fatalf("a new group's rules: %+v", first)
	}
	everything := []ec2types.IpPermission{{IpProtocol: new("-1"), IpRanges: []ec2types.IpRange{{CidrIp: new("0.0.0.0/0")}}}}
	_, err := d.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: &group, IpPermissions: everything})
	roomtest.WantAPIError(t, err, "InvalidPermission.Duplicate")
	gone, err := d.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: &group, IpPermissions: everything})
	if err != nil || !aws.ToBool(gone.Return) {
		t.Fatalf("RevokeSecurityGroupEgress: %+v, %v", gone, err)
	}
	_, err = d.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: &group, IpPermissions: everything})
	roomtest.WantAPIError(t, err, "InvalidPermission.NotFound")

	made, err := d.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{
		GroupId: &group, IpPermissions: []ec2types.IpPermission{tcpTo(443, "192.0.2.0/24", "198.51.100.7/32")},
		TagSpecifications: []ec2types.TagSpecification{{ResourceType: "security-group-rule", Tags: []ec2types.Tag{{Key: new("for"), Value: new("web")}}}},
	})
	if err != nil || !aws.ToBool(made.Return) || len(made.SecurityGroupRules) != 2 {
		t.Fatalf("AuthorizeSecurityGroupEgress: %+v, %v", made, err)
	}
	ids := regiontest.IDsOf(made.SecurityGroupRules, ruleID)
	d.Reopen()
	found := d.rules(of)
	roomtest.WantSame(t, "rules after the restart", regiontest.IDsOf(found, ruleID), ids...)
	for _, x := range found {
		if !*x.IsEgress || *x.FromPort != 443 || *x.ToPort != 443 || *x.Description != "to "+*x.CidrIpv4 || len(x.Tags) != 1 || *x.GroupId != group {
			t.Errorf("rule %+v", x)
		}
	}
	groups, err := d.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{group}})
	if err != nil || len(groups.SecurityGroups) != 1 || len(groups.SecurityGroups[0].IpPermissionsEgress) != 1 ||
		len(groups.SecurityGroups[0].IpPermissionsEgress[0].IpRanges) != 2 || len(groups.SecurityGroups[0].IpPermissions) != 0 {
		t.Errorf("the group shows %+v, %v", groups, err)
	}
	// One rule goes by its id.
	if _, err := d.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: &group, SecurityGroupRuleIds: ids[:1]}); err != nil {
		t.Fatal(err)
	}
	d.Reopen()
	roomtest.WantSame(t, "rules at the end", regiontest.IDsOf(d.rules(of), ruleID), ids[1])
}

func TestEgressRulesThatAreRefused(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, _ := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	group, missing := d.SecurityGroup(vpc, "web"), "sg-0123456789abcdef0"
	of := &ec2.DescribeSecurityGroupRulesInput{Filters: regiontest.Where("group-id", group)}
	before := regiontest.IDsOf(d.rules(of), ruleID)
	backwards := tcpTo(443, "192.0.2.0/24")
	backwards.ToPort = new(int32(80))
	for _, c := range []struct {
		code, group string
		permission  ec2types.IpPermission
	}{
		{"InvalidGroup.NotFound", missing, tcpTo(443, "192.0.2.0/24")},
		{"InvalidParameterValue", group, tcpTo(443, "192.0.2.0/33")},
		{"InvalidParameterValue", group, tcpTo(70000, "192.0.2.0/24")},
		{"InvalidParameterValue", group, backwards},
		{"InvalidGroup.NotFound", group, ec2types.IpPermission{IpProtocol: new("-1"), UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &missing}}}},
	} {
		_, err := d.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: &c.group, IpPermissions: []ec2types.IpPermission{c.permission}})
		roomtest.WantAPIError(t, err, c.code)
	}
	// Of several permissions, one that is refused refuses all.
	_, err := d.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{
		GroupId: &group, IpPermissions: []ec2types.IpPermission{tcpTo(443, "192.0.2.0/24"), tcpTo(443, "192.0.2.0/24")},
	})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	_, err = d.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{
		GroupId: &group, IpPermissions: []ec2types.IpPermission{tcpTo(443, "192.0.2.0/24")}, DryRun: new(true),
	})
	roomtest.WantAPIError(t, err, "DryRunOperation")
	_, err = d.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: &group, SecurityGroupRuleIds: []string{"sgr-0123456789abcdef0"}})
	roomtest.WantAPIError(t, err, "InvalidSecurityGroupRuleId.NotFound")
	_, err = d.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: &missing, SecurityGroupRuleIds: before})
	roomtest.WantAPIError(t, err, "InvalidGroup.NotFound")
	roomtest.WantSame(t, "rules after what was refused", regiontest.IDsOf(d.rules(of), ruleID), before...)
}

func TestSecurityGroupRulesAreFoundAndPaged(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, _ := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	group, other := d.SecurityGroup(vpc, "web"), d.SecurityGroup(vpc, "store")
	var permissions []ec2types.IpPermission
	for port := range int32(11) {
		permissions = append(permissions, tcpTo(8000+port, "192.0.2.0/24"))
	}
	made, err := d.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{
		GroupId: &group, IpPermissions: permissions,
		TagSpecifications: []ec2types.TagSpecification{{ResourceType: "security-group-rule", Tags: []ec2types.Tag{{Key: new("for"), Value: new("web")}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ids := regiontest.IDsOf(made.SecurityGroupRules, ruleID)
	var seen []string
	pages := ec2.NewDescribeSecurityGroupRulesPaginator(d, &ec2.DescribeSecurityGroupRulesInput{
		Filters: regiontest.Where("tag:for", "web"), MaxResults: new(int32(5)),
	})
	for n := 0; pages.HasMorePages(); n++ {
		out, err := pages.NextPage(ctx)
		if err != nil || n > 2 || len(out.SecurityGroupRules) > 5 {
			t.Fatalf("page %d: %v, %v", n, out, err)
		}
		seen = append(seen, regiontest.IDsOf(out.SecurityGroupRules, ruleID)...)
	}
	roomtest.WantSame(t, "rules over the pages", seen, ids...)
	roomtest.WantSame(t, "by id", regiontest.IDsOf(d.rules(&ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: ids[3:5]}), ruleID), ids[3:5]...)
	roomtest.WantSame(t, "by filter",
		regiontest.IDsOf(d.rules(&ec2.DescribeSecurityGroupRulesInput{Filters: regiontest.Where("security-group-rule-id", ids[0])}), ruleID), ids[0])
	if n := len(d.rules(&ec2.DescribeSecurityGroupRulesInput{Filters: regiontest.Where("group-id", other)})); n != 1 {
		t.Errorf("the other group has %d rules", n)
	}
	_, err = d.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{"sgr-0123456789abcdef0"}})
	roomtest.WantAPIError(t, err, "InvalidSecurityGroupRuleId.NotFound")
	for _, bad := range []*ec2.DescribeSecurityGroupRulesInput{
		{MaxResults: new(int32(4))}, {MaxResults: new(int32(1001))}, {NextToken: new("nonsense")}, {Filters: regiontest.Where("colour", "red")},
	} {
		_, err = d.DescribeSecurityGroupRules(ctx, bad)
		roomtest.WantAPIError(t, err, "InvalidParameterValue")
	}
}

// Scripts write TCP as well as tcp; both are one protocol.
func TestProtocolIsReadInAnyCase(t *testing.T) {
	d := newDesk(t)
	vpc, _ := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	group := d.SecurityGroup(vpc, "web")
	in := ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &group, IpProtocol: new("TCP"), FromPort: new(int32(80)), ToPort: new(int32(80)), CidrIp: new("0.0.0.0/0"),
	}
	out, err := d.AuthorizeSecurityGroupIngress(t.Context(), &in)
	if err != nil || *out.SecurityGroupRules[0].IpProtocol != "tcp" {
		t.Fatalf("%+v, %v", out, err)
	}
	in.IpProtocol = new("tcp")
	_, err = d.AuthorizeSecurityGroupIngress(t.Context(), &in)
	roomtest.WantAPIError(t, err, "InvalidPermission.Duplicate")
}
