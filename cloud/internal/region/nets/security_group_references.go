package nets

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// DescribeSecurityGroupReferences tells "the VPCs on the other side of a VPC peering connection" whose groups' rules name the groups
// that are asked for (EC2 API reference, DescribeSecurityGroupReferences). What names them over a connection that has ended is stale.
func (r *Room) DescribeSecurityGroupReferences(
	ctx context.Context, in *ec2.DescribeSecurityGroupReferencesInput,
) (*ec2.DescribeSecurityGroupReferencesOutput, error) {
	if err := room.Only(in, "GroupId"); err != nil {
		return nil, err
	}
	if len(in.GroupId) == 0 {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter groupId")
	}
	out := &ec2.DescribeSecurityGroupReferencesOutput{SecurityGroupReferenceSet: []ec2types.SecurityGroupReference{}}
	for _, id := range in.GroupId {
		if _, err := room.Find(nil, r.groups, id, missingGroup); err != nil {
			return nil, err
		}
		seen := map[[2]string]bool{} // VPC and connection
		for _, g := range r.groups.All() {
			for _, rule := range g.Rules {
				at := [2]string{g.VPC, rule.Peering}
				if rule.Group != id || rule.Peering == "" || r.stale(rule) || seen[at] {
					continue
				}
				seen[at] = true
				out.SecurityGroupReferenceSet = append(out.SecurityGroupReferenceSet, ec2types.SecurityGroupReference{
					GroupId: new(id), ReferencingVpcId: new(g.VPC), VpcPeeringConnectionId: new(rule.Peering),
				})
			}
		}
	}
	return out, nil
}

// stale tells whether a rule names a group of a peer that has been deleted, or to which the connection has
// (https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html).
func (r *Room) stale(rule ruleRow) bool {
	if rule.Peering == "" {
		return false
	}
	_, ok := r.groups.Get(rule.Group)
	row, known := r.peerings.Get(rule.Peering)
	return !ok || !known || !row.open()
}

// DescribeStaleSecurityGroups tells a VPC's groups that have stale rules, and those rules.
func (r *Room) DescribeStaleSecurityGroups(
	ctx context.Context, in *ec2.DescribeStaleSecurityGroupsInput,
) (*ec2.DescribeStaleSecurityGroupsOutput, error) {
	if err := room.Only(in, "MaxResults", "NextToken", "VpcId"); err != nil {
		return nil, err
	}
	if err := resource.Required("vpcId", in.VpcId); err != nil {
		return nil, err
	}
	if _, err := room.Find(nil, r.vpcs, *in.VpcId, missingVPC); err != nil {
		return nil, err
	}
	rows := slices.DeleteFunc(r.groups.All(), func(g groupRow) bool { return g.VPC != *in.VpcId || !slices.ContainsFunc(g.Rules, r.stale) })
	l := resource.Listing[groupRow]{ID: func(g groupRow) string { return g.ID }, Missing: missingGroup, Max: 255}
	rows, next, err := l.List(r.Registry, rows, nil, nil, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeStaleSecurityGroupsOutput{NextToken: next, StaleSecurityGroupSet: []ec2types.StaleSecurityGroup{}}
	for _, g := range rows {
		out.StaleSecurityGroupSet = append(out.StaleSecurityGroupSet, r.showStale(g))
	}
	return out, nil
}

// showStale shows a group as one of which only the stale rules are there.
func (r *Room) showStale(g groupRow) ec2types.StaleSecurityGroup {
	g.Rules = slices.DeleteFunc(slices.Clone(g.Rules), func(rule ruleRow) bool { return !r.stale(rule) })
	shown := r.showGroup(g)
	return ec2types.StaleSecurityGroup{
		GroupId: shown.GroupId, GroupName: shown.GroupName, Description: shown.Description, VpcId: shown.VpcId,
		StaleIpPermissions: stalePermissions(shown.IpPermissions), StaleIpPermissionsEgress: stalePermissions(shown.IpPermissionsEgress),
	}
}

func stalePermissions(all []ec2types.IpPermission) []ec2types.StaleIpPermission {
	out := []ec2types.StaleIpPermission{}
	for _, p := range all {
		out = append(out, ec2types.StaleIpPermission{FromPort: p.FromPort, ToPort: p.ToPort, IpProtocol: p.IpProtocol, UserIdGroupPairs: p.UserIdGroupPairs})
	}
	return out
}

// GetSecurityGroupsForVpc tells the groups that a VPC's interfaces can have: its own, since groups are associated with no other here.
func (r *Room) GetSecurityGroupsForVpc(ctx context.Context, in *ec2.GetSecurityGroupsForVpcInput) (*ec2.GetSecurityGroupsForVpcOutput, error) {
	if err := room.Only(in, "Filters", "MaxResults", "NextToken", "VpcId"); err != nil {
		return nil, err
	}
	if err := resource.Required("vpcId", in.VpcId); err != nil {
		return nil, err
	}
	if _, err := room.Find(nil, r.vpcs, *in.VpcId, missingVPC); err != nil {
		return nil, err
	}
	l := resource.Listing[groupRow]{ID: func(g groupRow) string { return g.ID }, Missing: missingGroup, Fields: resource.Fields[groupRow]{
		"group-id": resource.One(func(g groupRow) string { return g.ID }), "group-name": resource.One(func(g groupRow) string { return g.Name }),
		"description": resource.One(func(g groupRow) string { return g.Description }), "owner-id": resource.One(func(groupRow) string { return r.Account }),
		"primary-vpc-id": resource.One(func(g groupRow) string { return g.VPC }),
	}}
	rows := slices.DeleteFunc(r.groups.All(), func(g groupRow) bool { return g.VPC != *in.VpcId })
	rows, next, err := l.List(r.Registry, rows, nil, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.GetSecurityGroupsForVpcOutput{NextToken: next, SecurityGroupForVpcs: []ec2types.SecurityGroupForVpc{}}
	for _, g := range rows {
		out.SecurityGroupForVpcs = append(out.SecurityGroupForVpcs, ec2types.SecurityGroupForVpc{
			GroupId: new(g.ID), GroupName: new(g.Name), Description: new(g.Description), OwnerId: new(r.Account), PrimaryVpcId: new(g.VPC), Tags: r.Tags(g.ID),
		})
	}
	return out, nil
}
