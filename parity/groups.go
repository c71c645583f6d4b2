package parity

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/understudy/understudy/account"
)

// readGroups reads every group first, since their rules refer to one another.
func (r *reader) readGroups(ctx context.Context) error {
	var groups []ec2types.SecurityGroup
	pages := ec2.NewDescribeSecurityGroupsPaginator(r.c.EC2, &ec2.DescribeSecurityGroupsInput{Filters: r.ofVPC("vpc-id")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		groups = append(groups, page.SecurityGroups...)
	}
	for _, g := range groups {
		r.roles[aws.ToString(g.GroupId)] = "security group " + groupRole(g)
	}
	for _, g := range groups {
		settings := map[string]string{"description": aws.ToString(g.Description)}
		r.rules(settings, "ingress", "from", g.IpPermissions)
		r.rules(settings, "egress", "to", g.IpPermissionsEgress)
		r.keep(Resource{Kind: "security group", Role: groupRole(g), ID: aws.ToString(g.GroupId), Settings: settings, Given: account.IsDefault(g)})
	}
	return nil
}

// groupRole names the VPC's default group, which every VPC has, by its name.
func groupRole(g ec2types.SecurityGroup) string {
	if account.IsDefault(g) {
		return "default"
	}
	return role(g.Tags, unnamed)
}

// rules makes one setting of each rule, so that a finding names the rule.
func (r *reader) rules(settings map[string]string, direction, preposition string, permissions []ec2types.IpPermission) {
	for _, p := range permissions {
		var peers []string
		for _, v := range p.IpRanges {
			peers = append(peers, r.share(aws.ToString(v.CidrIp)))
		}
		for _, v := range p.Ipv6Ranges {
			peers = append(peers, aws.ToString(v.CidrIpv6))
		}
		for _, v := range p.PrefixListIds {
			peers = append(peers, r.meaning(aws.ToString(v.PrefixListId)))
		}
		for _, v := range p.UserIdGroupPairs {
			peers = append(peers, r.meaning(aws.ToString(v.GroupId)))
		}
		for _, peer := range peers {
			settings[fmt.Sprintf("%s %s %s %s", direction, ports(p), preposition, peer)] = "allowed"
		}
	}
}

func ports(p ec2types.IpPermission) string {
	protocol := aws.ToString(p.IpProtocol)
	if protocol == "-1" {
		return "everything"
	}
	from, to := aws.ToInt32(p.FromPort), aws.ToInt32(p.ToPort)
	if from == to {
		return fmt.Sprintf("%s %d", protocol, from)
	}
	return fmt.Sprintf("%s %d-%d", protocol, from, to)
}
