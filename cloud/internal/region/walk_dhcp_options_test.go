package region_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestProviderWalksDHCPOptions(t *testing.T) {
	runWalks(t, []walk{
		{
			resource: "aws_vpc_dhcp_options", gone: []string{"InvalidDhcpOptionID.NotFound", "InvalidDhcpOptionsID.NotFound"},
			create: (*provider).createDHCPOptions, read: (*provider).readDHCPOptions,
			update: func(p *provider, id string) { p.setTag(id, "Name", "changed") }, destroy: (*provider).destroyDHCPOptions,
		},
		{
			resource: "aws_vpc_dhcp_options_association",
			create: func(p *provider) string {
				id := p.createDHCPOptions()
				roomtest.Must(p.AssociateDhcpOptions(p.T.Context(), &ec2.AssociateDhcpOptionsInput{DhcpOptionsId: &id, VpcId: &p.vpc}))(p.T)
				return id
			},
			read: func(p *provider, id string) (any, error) {
				vpcs := p.vpcsOf(id)
				if len(vpcs) == 0 {
					return nil, nil
				}
				return vpcs, nil
			},
			destroy: func(p *provider, id string) {
				roomtest.Must(p.AssociateDhcpOptions(p.T.Context(), &ec2.AssociateDhcpOptionsInput{DhcpOptionsId: new("default"), VpcId: &p.vpc}))(p.T)
			},
		},
	})
}

func (p *provider) createDHCPOptions() string {
	out := roomtest.Must(p.CreateDhcpOptions(p.T.Context(), &ec2.CreateDhcpOptionsInput{
		DhcpConfigurations: []ec2types.NewDhcpConfiguration{
			{Key: new("domain-name"), Values: []string{"walk.example"}}, {Key: new("domain-name-servers"), Values: []string{"AmazonProvidedDNS"}},
		}, TagSpecifications: tagged("dhcp-options"),
	}))(p.T)
	return *out.DhcpOptions.DhcpOptionsId
}

func (p *provider) readDHCPOptions(id string) (any, error) {
	out, err := p.DescribeDhcpOptions(p.T.Context(), &ec2.DescribeDhcpOptionsInput{DhcpOptionsIds: []string{id}})
	if err != nil {
		return nil, err
	}
	set := there(p, "the set", only(p, out.DhcpOptions))
	there(p, "OwnerId", set.OwnerId)
	return set, nil
}

func (p *provider) vpcsOf(set string) []string {
	out := roomtest.Must(p.DescribeVpcs(p.T.Context(), &ec2.DescribeVpcsInput{Filters: regiontest.Where("dhcp-options-id", set)}))(p.T)
	return regiontest.IDsOf(out.Vpcs, func(v ec2types.Vpc) *string { return v.VpcId })
}

// destroyDHCPOptions gives the VPCs of a set the default one first.
func (p *provider) destroyDHCPOptions(id string) {
	for _, vpc := range p.vpcsOf(id) {
		roomtest.Must(p.AssociateDhcpOptions(p.T.Context(), &ec2.AssociateDhcpOptionsInput{DhcpOptionsId: new("default"), VpcId: &vpc}))(p.T)
	}
	roomtest.Must(p.DeleteDhcpOptions(p.T.Context(), &ec2.DeleteDhcpOptionsInput{DhcpOptionsId: &id}))(p.T)
}
