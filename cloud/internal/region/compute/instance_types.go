package compute

import (
	"context"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/nets"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// architecture is the one architecture that this machine runs, as AWS calls it.
func architecture() ec2types.ArchitectureValues {
	if runtime.GOARCH == "arm64" {
		return ec2types.ArchitectureValuesArm64
	}
	return ec2types.ArchitectureValuesX8664
}

type instanceType struct {
	name      string
	vcpus     int32
	memory    int64 // MiB
	burstable bool
	arch      ec2types.ArchitectureType
}

// instanceTypes is a table of common types (https://aws.amazon.com/ec2/instance-types/). The memory
// bounds what an instance takes of this machine (machine.Spec, docs/cloud.md); the rest only says what it is called.
var instanceTypes = func() []instanceType {
	sizes := []struct {
		size   string
		vcpus  int32
		memory int64
	}{{"nano", 2, 512}, {"micro", 2, 1024}, {"small", 2, 2048}, {"medium", 2, 4096}, {"large", 2, 8192}, {"xlarge", 4, 16384}}
	var all []instanceType
	for _, family := range []string{"t3", "t3a", "t4g"} {
		arch := ec2types.ArchitectureTypeX8664
		if family == "t4g" {
			arch = ec2types.ArchitectureTypeArm64
		}
		for _, s := range sizes {
			all = append(all, instanceType{family + "." + s.size, s.vcpus, s.memory, true, arch})
		}
	}
	x86, arm := ec2types.ArchitectureTypeX8664, ec2types.ArchitectureTypeArm64
	return append(all,
		instanceType{"t2.micro", 1, 1024, true, x86}, instanceType{"t2.small", 1, 2048, true, x86},
		instanceType{"t2.medium", 2, 4096, true, x86}, instanceType{"t2.large", 2, 8192, true, x86},
		instanceType{"m5.large", 2, 8192, false, x86}, instanceType{"m5.xlarge", 4, 16384, false, x86},
		instanceType{"m6i.large", 2, 8192, false, x86}, instanceType{"c5.large", 2, 4096, false, x86},
		instanceType{"m6g.large", 2, 8192, false, arm}, instanceType{"c6g.large", 2, 4096, false, arm},
	)
}()

func findType(name string) (instanceType, bool) {
	at := slices.IndexFunc(instanceTypes, func(t instanceType) bool { return t.name == name })
	if at < 0 {
		return instanceType{}, false
	}
	return instanceTypes[at], true
}

// memoryOf returns a type's memory in bytes.
func memoryOf(name ec2types.InstanceType) int64 {
	t, _ := findType(string(name))
	return t.memory << 20
}

func missingType(name string) error {
	return wire.Errorf("InvalidInstanceType", "The following supplied instance types do not exist: [%s]", name)
}

func (t instanceType) show() ec2types.InstanceTypeInfo {
	hypervisor := ec2types.InstanceTypeHypervisorNitro
	if strings.HasPrefix(t.name, "t2.") {
		hypervisor = ec2types.InstanceTypeHypervisorXen
	}
	return ec2types.InstanceTypeInfo{
		InstanceType: ec2types.InstanceType(t.name), CurrentGeneration: new(true), FreeTierEligible: new(strings.HasSuffix(t.name, ".micro")),
		BurstablePerformanceSupported: new(t.burstable), Hypervisor: hypervisor, BareMetal: new(false),
		VCpuInfo:                 &ec2types.VCpuInfo{DefaultVCpus: new(t.vcpus)},
		MemoryInfo:               &ec2types.MemoryInfo{SizeInMiB: new(t.memory)},
		ProcessorInfo:            &ec2types.ProcessorInfo{SupportedArchitectures: []ec2types.ArchitectureType{t.arch}},
		SupportedRootDeviceTypes: []ec2types.RootDeviceType{ec2types.RootDeviceTypeEbs},
		SupportedUsageClasses:    []ec2types.UsageClassType{ec2types.UsageClassTypeOnDemand},
		NetworkInfo:              &ec2types.NetworkInfo{MaximumNetworkInterfaces: new(int32(1)), Ipv4AddressesPerInterface: new(int32(1)), Ipv6Supported: new(false)},
	}
}

// DescribeInstanceTypes lists the types instances may have.
func (r *Room) DescribeInstanceTypes(ctx context.Context, in *ec2.DescribeInstanceTypesInput) (*ec2.DescribeInstanceTypesOutput, error) {
	if err := room.Only(in, "Filters", "InstanceTypes", "MaxResults", "NextToken"); err != nil {
		return nil, err
	}
	var ids []string
	for _, t := range in.InstanceTypes {
		ids = append(ids, string(t))
	}
	l := resource.Listing[instanceType]{
		ID: func(t instanceType) string { return t.name }, Missing: missingType, Max: 100,
		Fields: resource.Fields[instanceType]{
			"instance-type":                         resource.One(func(t instanceType) string { return t.name }),
			"current-generation":                    resource.Boolean(func(instanceType) bool { return true }),
			"burstable-performance-supported":       resource.Boolean(func(t instanceType) bool { return t.burstable }),
			"processor-info.supported-architecture": resource.One(func(t instanceType) string { return string(t.arch) }),
			"vcpu-info.default-vcpus":               resource.One(func(t instanceType) string { return strconv.Itoa(int(t.vcpus)) }),
			"memory-info.size-in-mib":               resource.One(func(t instanceType) string { return strconv.FormatInt(t.memory, 10) }),
		},
	}
	types, next, err := l.List(r.Registry, slices.Clone(instanceTypes), ids, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeInstanceTypesOutput{NextToken: next}
	for _, t := range types {
		out.InstanceTypes = append(out.InstanceTypes, t.show())
	}
	return out, nil
}

// DescribeInstanceTypeOfferings tells where the types are to be had: in every zone.
func (r *Room) DescribeInstanceTypeOfferings(
	ctx context.Context,
	in *ec2.DescribeInstanceTypeOfferingsInput,
) (*ec2.DescribeInstanceTypeOfferingsOutput, error) {
	if err := room.Only(in, "Filters", "LocationType", "MaxResults", "NextToken"); err != nil {
		return nil, err
	}
	kind, places := in.LocationType, []string{r.Region}
	switch kind {
	case "":
		kind = ec2types.LocationTypeRegion
	case ec2types.LocationTypeRegion:
	case ec2types.LocationTypeAvailabilityZone:
		places = r.nets.Zones()
	case ec2types.LocationTypeAvailabilityZoneId:
		for i, z := range r.nets.Zones() {
			places = append(places[:i:i], nets.ZoneID(z))
		}
	default:
		return nil, wire.Errorf("InvalidParameterValue", "Value (%s) for parameter locationType is invalid.", kind)
	}
	type offering = ec2types.InstanceTypeOffering
	var all []offering
	for _, t := range instanceTypes {
		for _, p := range places {
			all = append(all, offering{InstanceType: ec2types.InstanceType(t.name), Location: new(p), LocationType: kind})
		}
	}
	l := resource.Listing[offering]{
		ID: func(o offering) string { return string(o.InstanceType) + "\x00" + *o.Location },
		Fields: resource.Fields[offering]{
			"instance-type": resource.One(func(o offering) string { return string(o.InstanceType) }),
			"location":      resource.One(func(o offering) string { return *o.Location }),
		},
	}
	rows, next, err := l.List(r.Registry, all, nil, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &ec2.DescribeInstanceTypeOfferingsOutput{InstanceTypeOfferings: rows, NextToken: next}, nil
}
