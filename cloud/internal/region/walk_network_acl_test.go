package region_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestProviderWalksNetworkACLs(t *testing.T) {
	runWalks(t, []walk{{
		resource: "aws_network_acl", create: (*provider).createACL, read: (*provider).readACL, gone: []string{"InvalidNetworkAclID.NotFound"},
		update: func(p *provider, id string) { p.setTag(id, "Name", "changed") },
		destroy: func(p *provider, id string) {
			out := roomtest.Must(p.DescribeNetworkAcls(p.T.Context(), &ec2.DescribeNetworkAclsInput{
				Filters: append(regiontest.Where("default", "true"), regiontest.Where("vpc-id", p.vpc)...),
			}))(p.T)
			p.govern(p.subnet, *there(p, "the default ACL", only(p, out.NetworkAcls)).NetworkAclId)
			roomtest.Must(p.DeleteNetworkAcl(p.T.Context(), &ec2.DeleteNetworkAclInput{NetworkAclId: &id}))(p.T)
		},
	}})
}

// govern puts a subnet under an ACL: by the id of the association that it has.
func (p *provider) govern(subnet, acl string) {
	out := roomtest.Must(p.DescribeNetworkAcls(p.T.Context(), &ec2.DescribeNetworkAclsInput{Filters: regiontest.Where("association.subnet-id", subnet)}))(p.T)
	all := there(p, "the subnet's ACL", only(p, out.NetworkAcls)).Associations
	at := slices.IndexFunc(all, func(a ec2types.NetworkAclAssociation) bool { return *a.SubnetId == subnet })
	roomtest.Must(p.ReplaceNetworkAclAssociation(p.T.Context(), &ec2.ReplaceNetworkAclAssociationInput{
		AssociationId: all[at].NetworkAclAssociationId, NetworkAclId: &acl,
	}))(p.T)
}

func (p *provider) createACL() string {
	out := roomtest.Must(p.CreateNetworkAcl(p.T.Context(), &ec2.CreateNetworkAclInput{
		VpcId: &p.vpc, ClientToken: new("terraform-1"), TagSpecifications: tagged("network-acl"),
	}))(p.T)
	id := out.NetworkAcl.NetworkAclId
	roomtest.Must(p.CreateNetworkAclEntry(p.T.Context(), &ec2.CreateNetworkAclEntryInput{
		NetworkAclId: id, RuleNumber: new(int32(100)), Protocol: new("6"), RuleAction: "allow", Egress: new(false), CidrBlock: new("0.0.0.0/0"),
		PortRange: &ec2types.PortRange{From: new(int32(80)), To: new(int32(80))},
	}))(p.T)
	p.govern(p.subnet, *id)
	return *id
}

func (p *provider) readACL(id string) (any, error) {
	out, err := p.DescribeNetworkAcls(p.T.Context(), &ec2.DescribeNetworkAclsInput{NetworkAclIds: []string{id}})
	if err != nil {
		return nil, err
	}
	acl := there(p, "the ACL", only(p, out.NetworkAcls))
	for _, e := range acl.Entries {
		there(p, "RuleNumber", e.RuleNumber)
	}
	return acl, nil
}
