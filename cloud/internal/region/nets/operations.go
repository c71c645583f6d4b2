package nets

import (
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Operations registers the handlers.
func (r *Room) Operations(m *wire.Mux) {
	wire.Handle(m, wire.EC2, "AssociateRouteTable", r.AssociateRouteTable)
	wire.Handle(m, wire.EC2, "AttachInternetGateway", r.AttachInternetGateway)
	wire.Handle(m, wire.EC2, "AuthorizeSecurityGroupEgress", r.AuthorizeSecurityGroupEgress)
	wire.Handle(m, wire.EC2, "AuthorizeSecurityGroupIngress", r.AuthorizeSecurityGroupIngress)
	wire.Handle(m, wire.EC2, "CreateInternetGateway", r.CreateInternetGateway)
	wire.Handle(m, wire.EC2, "CreateRoute", r.CreateRoute)
	wire.Handle(m, wire.EC2, "CreateRouteTable", r.CreateRouteTable)
	wire.Handle(m, wire.EC2, "CreateSecurityGroup", r.CreateSecurityGroup)
	wire.Handle(m, wire.EC2, "CreateSubnet", r.CreateSubnet)
	wire.Handle(m, wire.EC2, "CreateVpc", r.CreateVpc)
	wire.Handle(m, wire.EC2, "DeleteInternetGateway", r.DeleteInternetGateway)
	wire.Handle(m, wire.EC2, "DeleteRoute", r.DeleteRoute)
	wire.Handle(m, wire.EC2, "DeleteRouteTable", r.DeleteRouteTable)
	wire.Handle(m, wire.EC2, "DeleteSecurityGroup", r.DeleteSecurityGroup)
	wire.Handle(m, wire.EC2, "DeleteSubnet", r.DeleteSubnet)
	wire.Handle(m, wire.EC2, "DeleteVpc", r.DeleteVpc)
	resource.Ask(m, "DescribeAddresses", r.DescribeAddresses)
	resource.Ask(m, "DescribeAvailabilityZones", r.DescribeAvailabilityZones)
	resource.Ask(m, "DescribeInternetGateways", r.DescribeInternetGateways)
	resource.Ask(m, "DescribeNetworkAcls", r.DescribeNetworkAcls)
	resource.Ask(m, "DescribeNetworkInterfaces", r.DescribeNetworkInterfaces)
	resource.Ask(m, "DescribeRouteTables", r.DescribeRouteTables)
	resource.Ask(m, "DescribeSecurityGroupRules", r.DescribeSecurityGroupRules)
	resource.Ask(m, "DescribeSecurityGroups", r.DescribeSecurityGroups)
	resource.Ask(m, "DescribeSubnets", r.DescribeSubnets)
	resource.Ask(m, "DescribeVpcAttribute", r.DescribeVpcAttribute)
	resource.Ask(m, "DescribeVpcs", r.DescribeVpcs)
	wire.Handle(m, wire.EC2, "DetachInternetGateway", r.DetachInternetGateway)
	wire.Handle(m, wire.EC2, "DisassociateRouteTable", r.DisassociateRouteTable)
	wire.Handle(m, wire.EC2, "ModifySubnetAttribute", r.ModifySubnetAttribute)
	wire.Handle(m, wire.EC2, "ModifyVpcAttribute", r.ModifyVpcAttribute)
	wire.Handle(m, wire.EC2, "ReplaceRoute", r.ReplaceRoute)
	wire.Handle(m, wire.EC2, "ReplaceRouteTableAssociation", r.ReplaceRouteTableAssociation)
	wire.Handle(m, wire.EC2, "RevokeSecurityGroupEgress", r.RevokeSecurityGroupEgress)
	wire.Handle(m, wire.EC2, "RevokeSecurityGroupIngress", r.RevokeSecurityGroupIngress)
}
