package compute_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestInstanceTypesAreTold(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	name := func(i ec2types.InstanceTypeInfo) *string { return new(string(i.InstanceType)) }
	types := func(in *ec2.DescribeInstanceTypesInput) []ec2types.InstanceTypeInfo {
		t.Helper()
		out, err := d.DescribeInstanceTypes(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		return out.InstanceTypes
	}
	// https://aws.amazon.com/ec2/instance-types/: vCPUs and memory of some.
	for of, want := range map[ec2types.InstanceType]struct {
		vcpus  int32
		memory int64
		burst  bool
		arch   ec2types.ArchitectureType
	}{
		"t3.micro": {2, 1024, true, "x86_64"}, "t3.xlarge": {4, 16384, true, "x86_64"}, "t4g.small": {2, 2048, true, "arm64"}, "m5.large": {2, 8192, false, "x86_64"},
		"c7g.medium": {1, 2048, false, "arm64"}, "r6i.4xlarge": {16, 131072, false, "x86_64"}, "t2.xlarge": {4, 16384, true, "x86_64"},
	} {
		got := types(&ec2.DescribeInstanceTypesInput{InstanceTypes: []ec2types.InstanceType{of}})
		if len(got) != 1 || *got[0].VCpuInfo.DefaultVCpus != want.vcpus || *got[0].MemoryInfo.SizeInMiB != want.memory ||
			*got[0].BurstablePerformanceSupported != want.burst || got[0].ProcessorInfo.SupportedArchitectures[0] != want.arch {
			t.Errorf("%s: %+v, want %+v", of, got, want)
		}
	}
	// What Terraform's data source reads without a look whether it is there.
	for _, i := range types(&ec2.DescribeInstanceTypesInput{}) {
		if i.EbsInfo == nil || i.NetworkInfo == nil || i.PlacementGroupInfo == nil || i.ProcessorInfo == nil || *i.VCpuInfo.DefaultVCpus !=
			*i.VCpuInfo.DefaultCores**i.VCpuInfo.DefaultThreadsPerCore || *i.NetworkInfo.MaximumNetworkInterfaces < 2 {
			t.Errorf("%s: %+v", i.InstanceType, i)
		}
	}
	roomtest.WantSame(t, "by more", regiontest.IDsOf(types(&ec2.DescribeInstanceTypesInput{Filters: append(append(append(
		regiontest.Where("hypervisor", "xen"), regiontest.Where("vcpu-info.default-cores", "1")...), regiontest.Where("bare-metal", "false")...),
		regiontest.Where("network-info.maximum-network-interfaces", "2")...)}), name), "m1.small", "t2.micro", "t2.nano")
	small := types(&ec2.DescribeInstanceTypesInput{
		Filters: append(regiontest.Where("memory-info.size-in-mib", "2048"), regiontest.Where("processor-info.supported-architecture", "x86_64")...),
	})
	roomtest.WantSame(t, "by memory and architecture", regiontest.IDsOf(small, name), "c7a.medium", "t2.small", "t3.small", "t3a.small")
	all := regiontest.IDsOf(types(&ec2.DescribeInstanceTypesInput{}), name)
	var seen []string
	pages := ec2.NewDescribeInstanceTypesPaginator(d, &ec2.DescribeInstanceTypesInput{MaxResults: new(int32(10))})
	for n := 0; pages.HasMorePages(); n++ {
		out, err := pages.NextPage(ctx)
		if err != nil || n > len(all)/10 || len(out.InstanceTypes) > 10 {
			t.Fatalf("page %d: %v, %v", n, out, err)
		}
		seen = append(seen, regiontest.IDsOf(out.InstanceTypes, name)...)
	}
	roomtest.WantSame(t, "over the pages", seen, all...)
	for _, c := range []struct {
		code string
		in   ec2.DescribeInstanceTypesInput
	}{
		{"InvalidInstanceType", ec2.DescribeInstanceTypesInput{InstanceTypes: []ec2types.InstanceType{"t3.enormous"}}},
		{"InvalidParameterValue", ec2.DescribeInstanceTypesInput{MaxResults: new(int32(101))}}, // up to 100, unlike most of EC2
		{"InvalidParameterValue", ec2.DescribeInstanceTypesInput{MaxResults: new(int32(4))}},
		{"InvalidParameterValue", ec2.DescribeInstanceTypesInput{Filters: regiontest.Where("colour", "red")}},
	} {
		_, err := d.DescribeInstanceTypes(ctx, &c.in)
		roomtest.WantAPIError(t, err, c.code)
	}
}

func TestInstanceTypesAreOfferedInEveryZone(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	location := func(o ec2types.InstanceTypeOffering) *string { return o.Location }
	offered := func(in *ec2.DescribeInstanceTypeOfferingsInput) []ec2types.InstanceTypeOffering {
		t.Helper()
		out, err := d.DescribeInstanceTypeOfferings(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		return out.InstanceTypeOfferings
	}
	told, err := d.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{})
	if err != nil {
		t.Fatal(err)
	}
	ids := regiontest.IDsOf(told.AvailabilityZones, func(z ec2types.AvailabilityZone) *string { return z.ZoneId })
	micro := regiontest.Where("instance-type", "t3.micro")
	roomtest.WantSame(t, "by region", regiontest.IDsOf(offered(&ec2.DescribeInstanceTypeOfferingsInput{Filters: micro}), location), "us-east-1")
	zones := offered(&ec2.DescribeInstanceTypeOfferingsInput{Filters: micro, LocationType: "availability-zone"})
	roomtest.WantSame(t, "by zone", regiontest.IDsOf(zones, location), "us-east-1a", "us-east-1b", "us-east-1c")
	if zones[0].InstanceType != "t3.micro" || zones[0].LocationType != "availability-zone" {
		t.Errorf("offering %+v", zones[0])
	}
	roomtest.WantSame(t, "by zone id",
		regiontest.IDsOf(offered(&ec2.DescribeInstanceTypeOfferingsInput{Filters: micro, LocationType: "availability-zone-id"}), location), ids...)
	all := offered(&ec2.DescribeInstanceTypeOfferingsInput{LocationType: "availability-zone", Filters: regiontest.Where("location", "us-east-1b")})
	types, err := d.DescribeInstanceTypes(ctx, &ec2.DescribeInstanceTypesInput{})
	if err != nil || len(types.InstanceTypes) != len(all) {
		t.Errorf("%d types offered in one zone, of %v, %v", len(all), types, err)
	}
	n := 0
	paged := &ec2.DescribeInstanceTypeOfferingsInput{LocationType: "availability-zone", MaxResults: new(int32(10))}
	pages := ec2.NewDescribeInstanceTypeOfferingsPaginator(d, paged)
	seen := map[string]bool{}
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range out.InstanceTypeOfferings {
			seen[string(o.InstanceType)+aws.ToString(o.Location)] = true
			n++
		}
	}
	if n != 3*len(all) || len(seen) != n {
		t.Errorf("%d offerings over the pages, %d of them different, want %d", n, len(seen), 3*len(all))
	}
	_, err = d.DescribeInstanceTypeOfferings(ctx, &ec2.DescribeInstanceTypeOfferingsInput{LocationType: "planet"})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
}
