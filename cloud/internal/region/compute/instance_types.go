package compute

import (
	"context"
	_ "embed"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

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
	name           string
	vcpus, threads int32 // threads per core
	memory         int64 // MiB
	arch           ec2types.ArchitectureType
	interfaces     int32 // that an instance may have, at most
	addresses      int32 // addresses of an interface, at most: so many of IPv4, and so many of IPv6
	hypervisor     ec2types.InstanceTypeHypervisor
}

//go:embed instance_types.txt
var instanceTypeTable string

// instanceTypes are common types. The memory bounds what an instance takes of this machine (machine.Spec, docs/cloud.md);
// the rest only says what it is called. They are read at their first use, since every instance runs this program, too.
var instanceTypes = sync.OnceValues(func() (inOrder []instanceType, byName map[string]instanceType) {
	byName = map[string]instanceType{}
	for line := range strings.Lines(instanceTypeTable) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		var t instanceType
		_, err := fmt.Sscan(line, &t.name, &t.vcpus, &t.threads, &t.memory, &t.arch, &t.interfaces, &t.addresses, &t.hypervisor)
		if err != nil {
			panic("compute: instance_types.txt: " + line + ": " + err.Error())
		}
		inOrder = append(inOrder, t)
		byName[t.name] = t
	}
	return inOrder, byName
})

// burstable tells whether a type earns and spends CPU credits: those of the families t.
func (t instanceType) burstable() bool { return strings.HasPrefix(t.name, "t") }

// current tells whether a type is none of a previous generation's (https://aws.amazon.com/ec2/previous-generation/).
func (t instanceType) current() bool { return !strings.HasPrefix(t.name, "m1.") }

// defaultType is what a launch without a type gets: "Default: m1.small"
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html, in 2023).
const defaultType = ec2types.InstanceTypeM1Small

func findType(name string) (instanceType, bool) {
	_, byName := instanceTypes()
	t, ok := byName[name]
	return t, ok
}

// memoryOf returns a type's memory in bytes.
func memoryOf(name ec2types.InstanceType) int64 {
	t, _ := findType(string(name))
	return t.memory << 20
}

func missingType(name string) error {
	return wire.Errorf("InvalidInstanceType", "The following supplied instance types do not exist: [%s]", name)
}

// strategies are the placement groups that every type here may be in.
var strategies = []ec2types.PlacementGroupStrategy{"partition", "spread"}

func (t instanceType) show() ec2types.InstanceTypeInfo {
	nitro := t.hypervisor == ec2types.InstanceTypeHypervisorNitro
	ebs := &ec2types.EbsInfo{
		EbsOptimizedSupport: ec2types.EbsOptimizedSupportUnsupported, EncryptionSupport: ec2types.EbsEncryptionSupportSupported,
		NvmeSupport: ec2types.EbsNvmeSupportUnsupported,
	}
	ena := ec2types.EnaSupportUnsupported
	if nitro {
		ebs.EbsOptimizedSupport, ebs.NvmeSupport = ec2types.EbsOptimizedSupportDefault, ec2types.EbsNvmeSupportRequired
		ena = ec2types.EnaSupportRequired
	}
	placement := &ec2types.PlacementGroupInfo{SupportedStrategies: strategies}
	if !t.burstable() {
		placement.SupportedStrategies = slices.Concat([]ec2types.PlacementGroupStrategy{"cluster"}, strategies)
	}
	return ec2types.InstanceTypeInfo{
		InstanceType: ec2types.InstanceType(t.name), CurrentGeneration: new(t.current()), FreeTierEligible: new(strings.HasSuffix(t.name, ".micro")),
		BurstablePerformanceSupported: new(t.burstable()), Hypervisor: t.hypervisor, BareMetal: new(false), InstanceStorageSupported: new(false),
		AutoRecoverySupported: new(true), DedicatedHostsSupported: new(false), HibernationSupported: new(false),
		VCpuInfo:   &ec2types.VCpuInfo{DefaultVCpus: new(t.vcpus), DefaultCores: new(t.vcpus / t.threads), DefaultThreadsPerCore: new(t.threads)},
		MemoryInfo: &ec2types.MemoryInfo{SizeInMiB: new(t.memory)}, EbsInfo: ebs, PlacementGroupInfo: placement,
		ProcessorInfo:                &ec2types.ProcessorInfo{SupportedArchitectures: []ec2types.ArchitectureType{t.arch}},
		SupportedRootDeviceTypes:     []ec2types.RootDeviceType{ec2types.RootDeviceTypeEbs},
		SupportedUsageClasses:        []ec2types.UsageClassType{ec2types.UsageClassTypeOnDemand},
		SupportedVirtualizationTypes: []ec2types.VirtualizationType{ec2types.VirtualizationTypeHvm},
		NetworkInfo: &ec2types.NetworkInfo{
			MaximumNetworkInterfaces: new(t.interfaces), Ipv4AddressesPerInterface: new(t.addresses),
			Ipv6Supported: new(true), Ipv6AddressesPerInterface: new(t.addresses),
			EnaSupport: ena, EfaSupported: new(false), MaximumNetworkCards: new(int32(1)), DefaultNetworkCardIndex: new(int32(0)),
			NetworkCards: []ec2types.NetworkCardInfo{{NetworkCardIndex: new(int32(0)), MaximumNetworkInterfaces: new(t.interfaces)}},
		},
	}
}

// typeFields are the filters of DescribeInstanceTypes.
func typeFields() resource.Fields[instanceType] {
	text := func(f func(ec2types.InstanceTypeInfo) string) func(instanceType) []string {
		return resource.One(func(t instanceType) string { return f(t.show()) })
	}
	flag := func(f func(ec2types.InstanceTypeInfo) *bool) func(instanceType) []string {
		return resource.Boolean(func(t instanceType) bool { return room.Deref(f(t.show())) })
	}
	number := func(f func(instanceType) int32) func(instanceType) []string {
		return resource.One(func(t instanceType) string { return itoa(f(t)) })
	}
	type info = ec2types.InstanceTypeInfo
	return resource.Fields[instanceType]{
		"instance-type":                         resource.One(func(t instanceType) string { return t.name }),
		"auto-recovery-supported":               flag(func(i info) *bool { return i.AutoRecoverySupported }),
		"bare-metal":                            flag(func(i info) *bool { return i.BareMetal }),
		"burstable-performance-supported":       resource.Boolean(instanceType.burstable),
		"current-generation":                    flag(func(i info) *bool { return i.CurrentGeneration }),
		"dedicated-hosts-supported":             flag(func(i info) *bool { return i.DedicatedHostsSupported }),
		"ebs-info.ebs-optimized-support":        text(func(i info) string { return string(i.EbsInfo.EbsOptimizedSupport) }),
		"ebs-info.encryption-support":           text(func(i info) string { return string(i.EbsInfo.EncryptionSupport) }),
		"ebs-info.nvme-support":                 text(func(i info) string { return string(i.EbsInfo.NvmeSupport) }),
		"free-tier-eligible":                    flag(func(i info) *bool { return i.FreeTierEligible }),
		"hibernation-supported":                 flag(func(i info) *bool { return i.HibernationSupported }),
		"hypervisor":                            resource.One(func(t instanceType) string { return string(t.hypervisor) }),
		"instance-storage-supported":            flag(func(i info) *bool { return i.InstanceStorageSupported }),
		"memory-info.size-in-mib":               resource.One(func(t instanceType) string { return strconv.FormatInt(t.memory, 10) }),
		"network-info.efa-supported":            flag(func(i info) *bool { return i.NetworkInfo.EfaSupported }),
		"network-info.ena-support":              text(func(i info) string { return string(i.NetworkInfo.EnaSupport) }),
		"network-info.ipv6-supported":           flag(func(i info) *bool { return i.NetworkInfo.Ipv6Supported }),
		"processor-info.supported-architecture": resource.One(func(t instanceType) string { return string(t.arch) }),
		"supported-root-device-type":            resource.One(func(instanceType) string { return "ebs" }),
		"supported-usage-class":                 resource.One(func(instanceType) string { return "on-demand" }),
		"supported-virtualization-type":         resource.One(func(instanceType) string { return "hvm" }),
		"vcpu-info.default-cores":               number(func(t instanceType) int32 { return t.vcpus / t.threads }),
		"vcpu-info.default-threads-per-core":    number(func(t instanceType) int32 { return t.threads }),
		"vcpu-info.default-vcpus":               number(func(t instanceType) int32 { return t.vcpus }),

		"network-info.ipv4-addresses-per-interface": number(func(t instanceType) int32 { return t.addresses }),
		"network-info.maximum-network-interfaces":   number(func(t instanceType) int32 { return t.interfaces }),
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
		Fields: typeFields(),
	}
	all, _ := instanceTypes()
	types, next, err := l.List(r.Registry, all, ids, in.Filters, in.MaxResults, in.NextToken)
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
	types, _ := instanceTypes()
	for _, t := range types {
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
