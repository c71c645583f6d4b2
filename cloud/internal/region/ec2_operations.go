package region

import (
	"context"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Operations registers every handler of the region.
func (r *Region) Operations(m *wire.Mux) {
	r.ec2Operations(m)
	r.serviceOperations(m)
}

// ec2Operations registers EC2's handlers, one line each.
func (r *Region) ec2Operations(m *wire.Mux) {
	wire.Handle(m, wire.EC2, "AssociateRouteTable", r.AssociateRouteTable)
	wire.Handle(m, wire.EC2, "AttachInternetGateway", r.AttachInternetGateway)
	wire.Handle(m, wire.EC2, "AuthorizeSecurityGroupEgress", r.AuthorizeSecurityGroupEgress)
	wire.Handle(m, wire.EC2, "AuthorizeSecurityGroupIngress", r.AuthorizeSecurityGroupIngress)
	wire.Handle(m, wire.EC2, "CopyImage", r.CopyImage)
	wire.Handle(m, wire.EC2, "CreateImage", r.CreateImage)
	wire.Handle(m, wire.EC2, "CreateInternetGateway", r.CreateInternetGateway)
	wire.Handle(m, wire.EC2, "CreateLaunchTemplate", r.CreateLaunchTemplate)
	wire.Handle(m, wire.EC2, "CreateLaunchTemplateVersion", r.CreateLaunchTemplateVersion)
	wire.Handle(m, wire.EC2, "CreateRoute", r.CreateRoute)
	wire.Handle(m, wire.EC2, "CreateRouteTable", r.CreateRouteTable)
	wire.Handle(m, wire.EC2, "CreateSecurityGroup", r.CreateSecurityGroup)
	wire.Handle(m, wire.EC2, "CreateSubnet", r.CreateSubnet)
	wire.Handle(m, wire.EC2, "CreateTags", r.CreateTags)
	wire.Handle(m, wire.EC2, "CreateVpc", r.CreateVpc)
	wire.Handle(m, wire.EC2, "DeleteInternetGateway", r.DeleteInternetGateway)
	wire.Handle(m, wire.EC2, "DeleteLaunchTemplate", r.DeleteLaunchTemplate)
	wire.Handle(m, wire.EC2, "DeleteLaunchTemplateVersions", r.DeleteLaunchTemplateVersions)
	wire.Handle(m, wire.EC2, "DeleteRoute", r.DeleteRoute)
	wire.Handle(m, wire.EC2, "DeleteRouteTable", r.DeleteRouteTable)
	wire.Handle(m, wire.EC2, "DeleteSecurityGroup", r.DeleteSecurityGroup)
	wire.Handle(m, wire.EC2, "DeleteSnapshot", r.DeleteSnapshot)
	wire.Handle(m, wire.EC2, "DeleteSubnet", r.DeleteSubnet)
	wire.Handle(m, wire.EC2, "DeleteTags", r.DeleteTags)
	wire.Handle(m, wire.EC2, "DeleteVpc", r.DeleteVpc)
	wire.Handle(m, wire.EC2, "DeregisterImage", r.DeregisterImage)
	ask(m, "DescribeAccountAttributes", r.DescribeAccountAttributes)
	ask(m, "DescribeAddresses", r.DescribeAddresses)
	ask(m, "DescribeAvailabilityZones", r.DescribeAvailabilityZones)
	ask(m, "DescribeImages", r.DescribeImages)
	ask(m, "DescribeInstanceAttribute", r.DescribeInstanceAttribute)
	ask(m, "DescribeInstanceStatus", r.DescribeInstanceStatus)
	ask(m, "DescribeInstanceTypeOfferings", r.DescribeInstanceTypeOfferings)
	ask(m, "DescribeInstanceTypes", r.DescribeInstanceTypes)
	ask(m, "DescribeInstances", r.DescribeInstances)
	ask(m, "DescribeInternetGateways", r.DescribeInternetGateways)
	ask(m, "DescribeLaunchTemplateVersions", r.DescribeLaunchTemplateVersions)
	ask(m, "DescribeLaunchTemplates", r.DescribeLaunchTemplates)
	ask(m, "DescribeNetworkAcls", r.DescribeNetworkAcls)
	ask(m, "DescribeNetworkInterfaces", r.DescribeNetworkInterfaces)
	ask(m, "DescribeRegions", r.DescribeRegions)
	ask(m, "DescribeRouteTables", r.DescribeRouteTables)
	ask(m, "DescribeSecurityGroupRules", r.DescribeSecurityGroupRules)
	ask(m, "DescribeSecurityGroups", r.DescribeSecurityGroups)
	ask(m, "DescribeSnapshots", r.DescribeSnapshots)
	ask(m, "DescribeSubnets", r.DescribeSubnets)
	ask(m, "DescribeTags", r.DescribeTags)
	ask(m, "DescribeVolumes", r.DescribeVolumes)
	ask(m, "DescribeVpcAttribute", r.DescribeVpcAttribute)
	ask(m, "DescribeVpcs", r.DescribeVpcs)
	wire.Handle(m, wire.EC2, "DetachInternetGateway", r.DetachInternetGateway)
	wire.Handle(m, wire.EC2, "DisassociateRouteTable", r.DisassociateRouteTable)
	ask(m, "GetConsoleOutput", r.GetConsoleOutput)
	wire.Handle(m, wire.EC2, "ModifyInstanceAttribute", r.ModifyInstanceAttribute)
	wire.Handle(m, wire.EC2, "ModifyLaunchTemplate", r.ModifyLaunchTemplate)
	wire.Handle(m, wire.EC2, "ModifySubnetAttribute", r.ModifySubnetAttribute)
	wire.Handle(m, wire.EC2, "ModifyVpcAttribute", r.ModifyVpcAttribute)
	wire.Handle(m, wire.EC2, "RebootInstances", r.RebootInstances)
	wire.Handle(m, wire.EC2, "ReplaceRoute", r.ReplaceRoute)
	wire.Handle(m, wire.EC2, "ReplaceRouteTableAssociation", r.ReplaceRouteTableAssociation)
	wire.Handle(m, wire.EC2, "RevokeSecurityGroupEgress", r.RevokeSecurityGroupEgress)
	wire.Handle(m, wire.EC2, "RevokeSecurityGroupIngress", r.RevokeSecurityGroupIngress)
	wire.Handle(m, wire.EC2, "RunInstances", r.RunInstances)
	wire.Handle(m, wire.EC2, "StartInstances", r.StartInstances)
	wire.Handle(m, wire.EC2, "StopInstances", r.StopInstances)
	wire.Handle(m, wire.EC2, "TerminateInstances", r.TerminateInstances)
}

// ask registers a handler that changes nothing: to DryRun it answers whether the question would have been
// answered. A handler that changes something asks dryRun itself, within the transaction that it would commit.
func ask[In, Out any](m *wire.Mux, op string, h func(context.Context, *In) (*Out, error)) {
	wire.Handle(m, wire.EC2, op, func(ctx context.Context, in *In) (*Out, error) {
		out, err := h(ctx, in)
		if err == nil {
			err = room.DryRun(in)
		}
		if err != nil {
			return nil, err
		}
		return out, nil
	})
}
