package region_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestProviderWalksVPCs(t *testing.T) {
	runWalks(t, []walk{
		{
			resource: "aws_vpc", create: (*provider).createVPC, read: (*provider).readVPC, destroy: (*provider).deleteVPC,
			update: func(p *provider, id string) {
				for _, in := range []*ec2.ModifyVpcAttributeInput{
					{VpcId: &id, EnableDnsHostnames: truth(true)}, {VpcId: &id, EnableNetworkAddressUsageMetrics: truth(true)},
				} {
					roomtest.Must(p.ModifyVpcAttribute(p.T.Context(), in))(p.T)
				}
				p.setTag(id, "Name", "changed")
			},
			gone: []string{"InvalidVpcID.NotFound"},
		},
		{
			resource: "aws_default_vpc", read: (*provider).readVPC,
			create: func(p *provider) string {
				out := roomtest.Must(p.DescribeVpcs(p.T.Context(), &ec2.DescribeVpcsInput{Filters: regiontest.Where("isDefault", "true")}))(p.T)
				return *only(p, out.Vpcs).VpcId
			},
			update: func(p *provider, id string) { p.setTag(id, "Name", "default") },
		},
	})
}

func truth(v bool) *ec2types.AttributeBooleanValue { return &ec2types.AttributeBooleanValue{Value: &v} }

// tagged are the tags of a create call.
func tagged(of ec2types.ResourceType) []ec2types.TagSpecification {
	return []ec2types.TagSpecification{{ResourceType: of, Tags: []ec2types.Tag{{Key: new("Name"), Value: new("walk")}, {Key: new("empty"), Value: new("")}}}}
}

// setTag changes tags as the provider does: what is no more goes first, with its value.
func (p *provider) setTag(id, key, value string) {
	p.T.Helper()
	roomtest.Must(p.DeleteTags(p.T.Context(), &ec2.DeleteTagsInput{Resources: []string{id}, Tags: []ec2types.Tag{{Key: new("empty"), Value: new("")}}}))(p.T)
	roomtest.Must(p.CreateTags(p.T.Context(), &ec2.CreateTagsInput{Resources: []string{id}, Tags: []ec2types.Tag{{Key: &key, Value: &value}}}))(p.T)
}

func (p *provider) createVPC() string {
	out := roomtest.Must(p.CreateVpc(p.T.Context(), &ec2.CreateVpcInput{
		CidrBlock: new("10.0.0.0/16"), InstanceTenancy: ec2types.TenancyDefault, AmazonProvidedIpv6CidrBlock: new(false),
		TagSpecifications: tagged(ec2types.ResourceTypeVpc),
	}))(p.T)
	return *out.Vpc.VpcId
}

// vpcState is what the provider keeps of a VPC.
type vpcState struct {
	VPC                            ec2types.Vpc
	Hostnames, Support, Metrics    bool
	ACL, MainTable, Group, Default string
}

func (p *provider) readVPC(id string) (any, error) {
	ctx := p.T.Context()
	out, err := p.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{id}})
	if err != nil {
		return nil, err
	}
	s := vpcState{VPC: there(p, "the VPC", only(p, out.Vpcs))}
	for _, a := range s.VPC.CidrBlockAssociationSet {
		there(p, "CidrBlockState", a.CidrBlockState)
	}
	for name, into := range map[ec2types.VpcAttributeName]*bool{
		"enableDnsHostnames": &s.Hostnames, "enableDnsSupport": &s.Support, "enableNetworkAddressUsageMetrics": &s.Metrics,
	} {
		*into = p.vpcAttribute(id, name)
	}
	of := regiontest.Where("vpc-id", id)
	acls := roomtest.Must(p.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: append(regiontest.Where("default", "true"), of...)}))(p.T)
	s.ACL = *there(p, "the default ACL", only(p, acls.NetworkAcls)).NetworkAclId
	tables := roomtest.Must(p.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: append(regiontest.Where("association.main", "true"), of...)}))(p.T)
	s.MainTable = *there(p, "the main table", only(p, tables.RouteTables)).RouteTableId
	groups := roomtest.Must(p.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
		Filters: append(regiontest.Where("group-name", "default"), of...),
	}))(p.T)
	s.Group = *there(p, "the default group", only(p, groups.SecurityGroups)).GroupId
	return s, nil
}

func (p *provider) vpcAttribute(id string, name ec2types.VpcAttributeName) bool {
	out := roomtest.Must(p.DescribeVpcAttribute(p.T.Context(), &ec2.DescribeVpcAttributeInput{VpcId: &id, Attribute: name}))(p.T)
	for _, v := range []*ec2types.AttributeBooleanValue{out.EnableDnsHostnames, out.EnableDnsSupport, out.EnableNetworkAddressUsageMetrics} {
		if v != nil {
			return there(p, string(name), v.Value)
		}
	}
	p.T.Fatalf("%s is not in %+v", name, out)
	return false
}

// deleteVPC meets a dependency first, for which the provider looks and tries again.
func (p *provider) deleteVPC(id string) {
	ctx := p.T.Context()
	group := p.SecurityGroup(id, "in-the-way")
	_, err := p.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &id})
	roomtest.WantAPIError(p.T, err, "DependencyViolation")
	if !strings.Contains(err.Error(), id) {
		p.T.Errorf("%v does not name the VPC", err)
	}
	roomtest.Must(p.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &group}))(p.T)
	roomtest.Must(p.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &id}))(p.T)
}
