package compute

import (
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Operations registers the handlers.
func (r *Room) Operations(m *wire.Mux) {
	wire.Handle(m, wire.EC2, "CopyImage", r.CopyImage)
	wire.Handle(m, wire.EC2, "CreateImage", r.CreateImage)
	wire.Handle(m, wire.EC2, "CreateKeyPair", r.CreateKeyPair)
	wire.Handle(m, wire.EC2, "CreateLaunchTemplate", r.CreateLaunchTemplate)
	wire.Handle(m, wire.EC2, "CreateLaunchTemplateVersion", r.CreateLaunchTemplateVersion)
	wire.Handle(m, wire.EC2, "DeleteKeyPair", r.DeleteKeyPair)
	wire.Handle(m, wire.EC2, "DeleteLaunchTemplate", r.DeleteLaunchTemplate)
	wire.Handle(m, wire.EC2, "DeleteLaunchTemplateVersions", r.DeleteLaunchTemplateVersions)
	wire.Handle(m, wire.EC2, "DeleteSnapshot", r.DeleteSnapshot)
	wire.Handle(m, wire.EC2, "DeregisterImage", r.DeregisterImage)
	resource.Ask(m, "DescribeImages", r.DescribeImages)
	resource.Ask(m, "DescribeInstanceAttribute", r.DescribeInstanceAttribute)
	resource.Ask(m, "DescribeInstanceCreditSpecifications", r.DescribeInstanceCreditSpecifications)
	resource.Ask(m, "DescribeInstanceStatus", r.DescribeInstanceStatus)
	resource.Ask(m, "DescribeInstanceTypeOfferings", r.DescribeInstanceTypeOfferings)
	resource.Ask(m, "DescribeInstanceTypes", r.DescribeInstanceTypes)
	resource.Ask(m, "DescribeInstances", r.DescribeInstances)
	resource.Ask(m, "DescribeKeyPairs", r.DescribeKeyPairs)
	resource.Ask(m, "DescribeLaunchTemplateVersions", r.DescribeLaunchTemplateVersions)
	resource.Ask(m, "DescribeLaunchTemplates", r.DescribeLaunchTemplates)
	resource.Ask(m, "DescribeSnapshots", r.DescribeSnapshots)
	resource.Ask(m, "DescribeVolumes", r.DescribeVolumes)
	resource.Ask(m, "GetConsoleOutput", r.GetConsoleOutput)
	wire.Handle(m, wire.EC2, "ImportKeyPair", r.ImportKeyPair)
	wire.Handle(m, wire.EC2, "ModifyInstanceAttribute", r.ModifyInstanceAttribute)
	wire.Handle(m, wire.EC2, "ModifyInstanceCreditSpecification", r.ModifyInstanceCreditSpecification)
	wire.Handle(m, wire.EC2, "ModifyInstanceMetadataOptions", r.ModifyInstanceMetadataOptions)
	wire.Handle(m, wire.EC2, "ModifyLaunchTemplate", r.ModifyLaunchTemplate)
	wire.Handle(m, wire.EC2, "MonitorInstances", r.MonitorInstances)
	wire.Handle(m, wire.EC2, "RebootInstances", r.RebootInstances)
	wire.Handle(m, wire.EC2, "ResetInstanceAttribute", r.ResetInstanceAttribute)
	wire.Handle(m, wire.EC2, "RunInstances", r.RunInstances)
	wire.Handle(m, wire.EC2, "StartInstances", r.StartInstances)
	wire.Handle(m, wire.EC2, "StopInstances", r.StopInstances)
	wire.Handle(m, wire.EC2, "TerminateInstances", r.TerminateInstances)
	wire.Handle(m, wire.EC2, "UnmonitorInstances", r.UnmonitorInstances)
}
