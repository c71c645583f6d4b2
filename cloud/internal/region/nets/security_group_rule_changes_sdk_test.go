package nets_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// open lets a port of a group in from an address, and returns the rule's id.
func (d *desk) open(group string, port int32, from string) string {
	d.T.Helper()
	out := roomtest.Must(d.AuthorizeSecurityGroupIngress(d.T.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &group, IpPermissions: []ec2types.IpPermission{tcpTo(port, from)},
	}))(d.T)
	return *out.SecurityGroupRules[0].SecurityGroupRuleId
}

func TestRulesAreModifiedInTheirPlace(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, _ := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	group, peer := d.SecurityGroup(vpc, "web"), d.SecurityGroup(vpc, "peer")
	id, other := d.open(group, 80, "192.0.2.0/24"), d.open(group, 81, "192.0.2.0/24")
	modify := func(rule string, x ec2types.SecurityGroupRuleRequest) error {
		_, err := d.ModifySecurityGroupRules(ctx, &ec2.ModifySecurityGroupRulesInput{
			GroupId: &group, SecurityGroupRules: []ec2types.SecurityGroupRuleUpdate{{SecurityGroupRuleId: &rule, SecurityGroupRule: &x}},
		})
		return err
	}
	port := func(n int32) ec2types.SecurityGroupRuleRequest {
		return ec2types.SecurityGroupRuleRequest{IpProtocol: new("tcp"), FromPort: &n, ToPort: &n, CidrIpv4: new("192.0.2.0/24"), Description: new("new")}
	}
	if err := modify(id, port(8080)); err != nil {
		t.Fatal(err)
	}
	d.Reopen()
	rules := d.rules(&ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{id}})
	if x := rules[0]; *x.FromPort != 8080 || *x.CidrIpv4 != "192.0.2.0/24" || *x.Description != "new" || *x.IsEgress {
		t.Errorf("the rule is %+v", x)
	}
	if err := modify(id, ec2types.SecurityGroupRuleRequest{IpProtocol: new("-1"), ReferencedGroupId: &peer}); err != nil {
		t.Fatal(err)
	}
	rules = d.rules(&ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{id}})
	if x := rules[0]; x.CidrIpv4 != nil || x.ReferencedGroupInfo == nil || *x.ReferencedGroupInfo.GroupId != peer || *x.FromPort != -1 {
		t.Errorf("the rule is %+v", x)
	}
	two := port(1)
	two.ReferencedGroupId = &peer
	for code, err := range map[string]error{
		"InvalidPermission.Duplicate":          modify(id, port(81)),
		"InvalidSecurityGroupRuleId.NotFound":  modify("sgr-0123456789abcdef0", port(1)),
		"InvalidSecurityGroupRuleId.Malformed": modify("sgr-x", port(1)),
		"InvalidParameterCombination":          modify(other, two),
		"MissingParameter":                     modify(other, ec2types.SecurityGroupRuleRequest{IpProtocol: new("-1")}),
	} {
		roomtest.WantAPIError(t, err, code)
	}
}

func TestDescriptionsOfRulesAreUpdated(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, _ := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	group := d.SecurityGroup(vpc, "web")
	id := d.open(group, 80, "192.0.2.0/24")
	said := func() string {
		t.Helper()
		return aws.ToString(d.rules(&ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{id}})[0].Description)
	}
	changed := tcpTo(80, "192.0.2.0/24")
	changed.IpRanges[0].Description = new("by what it allows")
	out, err := d.UpdateSecurityGroupRuleDescriptionsIngress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{
		GroupId: &group, IpPermissions: []ec2types.IpPermission{changed},
	})
	if err != nil || !aws.ToBool(out.Return) || said() != "by what it allows" {
		t.Errorf("%v, %v: the rule says %q", out, err, said())
	}
	byID := []ec2types.SecurityGroupRuleDescription{{SecurityGroupRuleId: &id}}
	if _, err := d.UpdateSecurityGroupRuleDescriptionsIngress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{
		GroupId: &group, SecurityGroupRuleDescriptions: byID,
	}); err != nil || said() != "" {
		t.Errorf("%v: a description that was removed is %q", err, said())
	}
	egress := d.rules(&ec2.DescribeSecurityGroupRulesInput{Filters: regiontest.Where("group-id", group)})
	for _, x := range egress {
		if *x.IsEgress {
			_, err := d.UpdateSecurityGroupRuleDescriptionsEgress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsEgressInput{GroupId: &group,
				SecurityGroupRuleDescriptions: []ec2types.SecurityGroupRuleDescription{{SecurityGroupRuleId: x.SecurityGroupRuleId, Description: new("out")}}})
			if err != nil {
				t.Error(err)
			}
		}
	}
	_, err = d.UpdateSecurityGroupRuleDescriptionsEgress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsEgressInput{
		GroupId: &group, SecurityGroupRuleDescriptions: byID,
	})
	roomtest.WantAPIError(t, err, "InvalidSecurityGroupRuleId.NotFound") // it is of the other direction
	_, err = d.UpdateSecurityGroupRuleDescriptionsIngress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{GroupId: &group})
	roomtest.WantAPIError(t, err, "InvalidParameterCombination")
	_, err = d.UpdateSecurityGroupRuleDescriptionsIngress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{
		GroupId: &group, IpPermissions: []ec2types.IpPermission{tcpTo(99, "192.0.2.0/24")},
	})
	roomtest.WantAPIError(t, err, "InvalidPermission.NotFound")
}

func TestTextsOfGroupsAreOfAWSsCharacters(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, _ := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	const all = `aZ9. _-:/()#,@[]+=&;{}!$*`
	made := roomtest.Must(d.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: &vpc, GroupName: new(all), Description: new(all)}))(t)
	for _, bad := range []string{"naïve", `a"b`, "a\nb", "100%", strings.Repeat("x", 256)} {
		_, err := d.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: &vpc, GroupName: new("web"), Description: &bad})
		roomtest.WantAPIError(t, err, "InvalidParameterValue")
		_, err = d.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: &vpc, GroupName: &bad, Description: new("web")})
		roomtest.WantAPIError(t, err, "InvalidParameterValue")
		p := tcpTo(80, "192.0.2.0/24")
		p.IpRanges[0].Description = &bad
		_, err = d.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: made.GroupId, IpPermissions: []ec2types.IpPermission{p}})
		roomtest.WantAPIError(t, err, "InvalidParameterValue")
	}
}

func TestGroupsAreFoundByTheirRules(t *testing.T) {
	d := newDesk(t)
	vpc, _ := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	group, peer := d.SecurityGroup(vpc, "web"), d.SecurityGroup(vpc, "peer")
	from := []ec2types.IpPermission{
		{IpProtocol: new("udp"), FromPort: new(int32(53)), ToPort: new(int32(54)), UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &peer}}},
	}
	roomtest.Must(d.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &group, IpPermissions: from}))(t)
	roomtest.Must(d.AuthorizeSecurityGroupEgress(t.Context(), &ec2.AuthorizeSecurityGroupEgressInput{GroupId: &group, IpPermissions: from}))(t)
	for name, value := range map[string]string{
		"group-name": "peer", "group-id": peer, "user-id": "111122223333", "from-port": "53", "to-port": "54", "protocol": "udp", "prefix-list-id": "",
	} {
		for _, prefix := range []string{"ip-permission.", "egress.ip-permission."} {
			out := roomtest.Must(d.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{
				Filters: append(regiontest.Where(prefix+name, value), regiontest.Where("group-name", "web")...),
			}))(t)
			if want := value != ""; (len(out.SecurityGroups) == 1) != want {
				t.Errorf("%s %q: %d groups", prefix+name, value, len(out.SecurityGroups))
			}
		}
	}
	_, err := d.DescribeSecurityGroupRules(t.Context(), &ec2.DescribeSecurityGroupRulesInput{Filters: regiontest.Where("group-id", "")})
	roomtest.WantAPIError(t, err, "InvalidGroupId.Malformed")
	if out := roomtest.Must(d.DescribeSecurityGroupRules(t.Context(), &ec2.DescribeSecurityGroupRulesInput{
		Filters: regiontest.Where("group-id", "sg-0123456789abcdef0"),
	}))(t); len(out.SecurityGroupRules) != 0 {
		t.Errorf("rules of no group: %v", out.SecurityGroupRules)
	}
}
