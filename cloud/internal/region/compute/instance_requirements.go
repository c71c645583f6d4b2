package compute

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// GetInstanceTypesFromInstanceRequirements tells which types here have the attributes that are asked for: processors, memory, and whether
// they are burstable, of bare metal or with disks of their own. Types with accelerators are none of those that there are.
func (r *Room) GetInstanceTypesFromInstanceRequirements(
	ctx context.Context, in *ec2.GetInstanceTypesFromInstanceRequirementsInput,
) (*ec2.GetInstanceTypesFromInstanceRequirementsOutput, error) {
	if err := room.Only(in, "ArchitectureTypes", "InstanceRequirements", "MaxResults", "NextToken", "VirtualizationTypes"); err != nil {
		return nil, err
	}
	if err := checkRequirements(in); err != nil {
		return nil, err
	}
	all, _ := instanceTypes()
	all = slices.DeleteFunc(slices.Clone(all), func(t instanceType) bool {
		return !slices.Contains(in.ArchitectureTypes, t.arch) || !slices.Contains(in.VirtualizationTypes, ec2types.VirtualizationTypeHvm) ||
			!t.meets(in.InstanceRequirements)
	})
	l := resource.Listing[instanceType]{ID: func(t instanceType) string { return t.name }, Missing: missingType, Min: 1}
	all, next, err := l.List(r.Registry, all, nil, nil, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.GetInstanceTypesFromInstanceRequirementsOutput{NextToken: next, InstanceTypes: []ec2types.InstanceTypeInfoFromInstanceRequirements{}}
	for _, t := range all {
		out.InstanceTypes = append(out.InstanceTypes, ec2types.InstanceTypeInfoFromInstanceRequirements{InstanceType: new(t.name)})
	}
	return out, nil
}

// checkRequirements checks that a request has what it must, and asks for nothing that cannot be told of the types.
func checkRequirements(in *ec2.GetInstanceTypesFromInstanceRequirementsInput) error {
	q := in.InstanceRequirements
	switch {
	case q == nil || q.VCpuCount == nil || q.VCpuCount.Min == nil:
		return wire.Errorf("MissingParameter", "The request must contain the parameter InstanceRequirements.VCpuCount.Min")
	case q.MemoryMiB == nil || q.MemoryMiB.Min == nil:
		return wire.Errorf("MissingParameter", "The request must contain the parameter InstanceRequirements.MemoryMiB.Min")
	case len(q.AllowedInstanceTypes) > 0 && len(q.ExcludedInstanceTypes) > 0:
		return wire.Errorf("InvalidParameterCombination", "AllowedInstanceTypes and ExcludedInstanceTypes cannot be specified together.")
	}
	return room.Only(q, "AcceleratorCount", "AllowedInstanceTypes", "BareMetal", "BurstablePerformance", "ExcludedInstanceTypes", "InstanceGenerations",
		"LocalStorage", "MemoryGiBPerVCpu", "MemoryMiB", "NetworkInterfaceCount", "VCpuCount")
}

// meets tells whether a type has what is required. What is not said of burstable types and bare metal leaves them out (EC2 API
// reference, InstanceRequirementsRequest).
func (t instanceType) meets(q *ec2types.InstanceRequirementsRequest) bool {
	named := func(patterns []string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { return resource.Matches(p, t.name) })
	}
	gib := float64(t.memory) / 1024 / float64(t.vcpus)
	switch {
	case !within(t.vcpus, q.VCpuCount.Min, q.VCpuCount.Max), !within(int32(t.memory), q.MemoryMiB.Min, q.MemoryMiB.Max):
	case len(q.AllowedInstanceTypes) > 0 && !named(q.AllowedInstanceTypes), named(q.ExcludedInstanceTypes):
	case !allowed(t.burstable(), string(q.BurstablePerformance), "excluded"):
	case !allowed(false, string(q.BareMetal), "excluded"), !allowed(false, string(q.LocalStorage), "included"):
	case len(q.InstanceGenerations) > 0 && !slices.Contains(q.InstanceGenerations, t.generation()):
	case q.AcceleratorCount != nil && room.Deref(q.AcceleratorCount.Min) > 0:
	case q.MemoryGiBPerVCpu != nil && !within(gib, q.MemoryGiBPerVCpu.Min, q.MemoryGiBPerVCpu.Max):
	case q.NetworkInterfaceCount != nil && !within(t.interfaces, q.NetworkInterfaceCount.Min, q.NetworkInterfaceCount.Max):
	default:
		return true
	}
	return false
}

// generation tells the previous generations from the current one.
func (t instanceType) generation() ec2types.InstanceGeneration {
	if t.current() {
		return ec2types.InstanceGenerationCurrent
	}
	return ec2types.InstanceGenerationPrevious
}

// within tells whether a number is between two, of which each may be missing.
func within[N int32 | float64](n N, least, most *N) bool {
	return (least == nil || n >= *least) && (most == nil || n <= *most)
}

// allowed tells whether a property is allowed to be so by included, required or excluded, one of which holds where nothing is said.
func allowed(has bool, word, otherwise string) bool {
	if word == "" {
		word = otherwise
	}
	return word == "included" || has == (word == "required")
}
