package nets

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

var (
	aclKind = kinds.Add(resource.Kind[*Room]{
		Prefix: "acl", Tagged: ec2types.ResourceTypeNetworkAcl, Missing: missingACL,
		Exists: resource.SomeOf(func(r *Room) *store.Table[VPC] { return r.vpcs }, func(v VPC, id string) bool { return v.ACL == id }),
	})
	aclAssociationKind = kinds.Add(resource.Kind[*Room]{Prefix: "aclassoc"})
)

func missingACL(id string) error {
	return wire.Errorf("InvalidNetworkAclID.NotFound", "The networkAcl ID '%s' does not exist", id)
}

// DescribeNetworkAcls lists each VPC's default network ACL, which allows everything.
func (r *Room) DescribeNetworkAcls(ctx context.Context, in *ec2.DescribeNetworkAclsInput) (*ec2.DescribeNetworkAclsOutput, error) {
	if err := room.Only(in, "Filters", "MaxResults", "NetworkAclIds", "NextToken"); err != nil {
		return nil, err
	}
	subnets := func(v VPC) (ids []string) {
		for _, s := range r.subnets.All() {
			if s.VPC == v.ID {
				ids = append(ids, s.ID)
			}
		}
		return ids
	}
	l := resource.Listing[VPC]{
		ID: func(v VPC) string { return v.ACL }, Missing: missingACL,
		Fields: resource.Fields[VPC]{
			"network-acl-id": resource.One(func(v VPC) string { return v.ACL }), "vpc-id": resource.One(func(v VPC) string { return v.ID }),
			"default": resource.Boolean(func(VPC) bool { return true }), "association.subnet-id": subnets,
			"owner-id": resource.One(func(VPC) string { return r.Account }),
		},
	}
	rows, next, err := l.List(r.Registry, r.vpcs.All(), in.NetworkAclIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeNetworkAclsOutput{NextToken: next}
	for _, v := range rows {
		acl := ec2types.NetworkAcl{NetworkAclId: new(v.ACL), VpcId: new(v.ID), IsDefault: new(true), OwnerId: new(r.Account), Tags: room.Listed(r.Tags(v.ACL))}
		acl.Associations = []ec2types.NetworkAclAssociation{}
		for _, egress := range []bool{true, false} {
			entry := ec2types.NetworkAclEntry{CidrBlock: new("0.0.0.0/0"), Egress: new(egress), Protocol: new("-1")}
			entry.RuleAction, entry.RuleNumber = ec2types.RuleActionAllow, new(int32(100))
			acl.Entries = append(acl.Entries, entry)
			entry.RuleAction, entry.RuleNumber = ec2types.RuleActionDeny, new(int32(32767))
			acl.Entries = append(acl.Entries, entry)
		}
		for _, s := range r.subnets.All() {
			if s.VPC == v.ID {
				acl.Associations = append(acl.Associations, ec2types.NetworkAclAssociation{
					NetworkAclAssociationId: new(s.ACLAssociation), NetworkAclId: new(v.ACL), SubnetId: new(s.ID),
				})
			}
		}
		out.NetworkAcls = append(out.NetworkAcls, acl)
	}
	return out, nil
}
