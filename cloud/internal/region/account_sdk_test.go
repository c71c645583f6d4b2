package region

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func TestAccountAttributesAreTold(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	all, err := d.DescribeAccountAttributes(ctx, &ec2.DescribeAccountAttributesInput{})
	if err != nil {
		t.Fatal(err)
	}
	// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAccountAttributes.html names these.
	wantSame(t, "attributes", idsOf(all.AccountAttributes, func(a ec2types.AccountAttribute) *string { return a.AttributeName }),
		"default-vpc", "max-elastic-ips", "max-instances", "supported-platforms", "vpc-max-elastic-ips", "vpc-max-security-groups-per-interface")
	one, err := d.DescribeAccountAttributes(ctx, &ec2.DescribeAccountAttributesInput{AttributeNames: []ec2types.AccountAttributeName{"default-vpc"}})
	if err != nil || len(one.AccountAttributes) != 1 || *one.AccountAttributes[0].AttributeValues[0].AttributeValue != "none" {
		t.Errorf("default-vpc: %+v, %v", one, err)
	}
	_, err = d.DescribeAccountAttributes(ctx, &ec2.DescribeAccountAttributesInput{AttributeNames: []ec2types.AccountAttributeName{"colour"}})
	wantAPIError(t, err, "InvalidParameterValue")
}

func TestNoAddressIsAllocated(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.vpc("10.0.0.0/16", "10.0.1.0/24", true)
	id := d.run(subnet, 1)[0]
	// The public address of an instance is no Elastic IP address.
	for _, in := range []*ec2.DescribeAddressesInput{{}, {Filters: where("instance-id", id)}, {Filters: where("tag:role", "web")}} {
		out, err := d.DescribeAddresses(ctx, in)
		if err != nil || len(out.Addresses) != 0 {
			t.Errorf("addresses %+v, %v", out, err)
		}
	}
	for code, in := range map[string]ec2.DescribeAddressesInput{
		"InvalidAllocationID.NotFound": {AllocationIds: []string{"eipalloc-0123456789abcdef0"}},
		"InvalidAddress.NotFound":      {PublicIps: []string{"192.0.2.1"}},
		"InvalidParameterValue":        {Filters: where("colour", "red")},
	} {
		_, err := d.DescribeAddresses(ctx, &in)
		wantAPIError(t, err, code)
	}
}

func TestAvailabilityZonesAreTold(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	name := func(z ec2types.AvailabilityZone) *string { return z.ZoneName }
	zones := func(in *ec2.DescribeAvailabilityZonesInput) []ec2types.AvailabilityZone {
		t.Helper()
		out, err := d.DescribeAvailabilityZones(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		return out.AvailabilityZones
	}
	all := zones(&ec2.DescribeAvailabilityZonesInput{})
	wantSame(t, "zones", idsOf(all, name), "us-east-1a", "us-east-1b", "us-east-1c")
	ids := map[string]bool{}
	for _, z := range all {
		ids[*z.ZoneId] = true
		if z.State != "available" || *z.RegionName != "us-east-1" || *z.ZoneType != "availability-zone" || z.OptInStatus != "opt-in-not-required" ||
			!strings.HasPrefix(*z.ZoneId, "use1-az") {
			t.Errorf("zone %+v", z)
		}
	}
	if len(ids) != 3 {
		t.Errorf("zone ids %v", ids)
	}
	wantSame(t, "by name", idsOf(zones(&ec2.DescribeAvailabilityZonesInput{ZoneNames: []string{"us-east-1b"}}), name), "us-east-1b")
	wantSame(t, "by id", idsOf(zones(&ec2.DescribeAvailabilityZonesInput{ZoneIds: []string{*all[2].ZoneId}}), name), *all[2].ZoneName)
	wantSame(t, "by filter", idsOf(zones(&ec2.DescribeAvailabilityZonesInput{Filters: where("zone-name", "*a", "*c")}), name), "us-east-1a", "us-east-1c")
	wantSame(t, "by state", idsOf(zones(&ec2.DescribeAvailabilityZonesInput{Filters: where("state", "impaired")}), name))
	for _, in := range []*ec2.DescribeAvailabilityZonesInput{
		{ZoneNames: []string{"us-east-1a", "us-east-1z"}}, {ZoneIds: []string{"use1-az99"}}, {Filters: where("colour", "red")},
	} {
		_, err := d.DescribeAvailabilityZones(ctx, in)
		wantAPIError(t, err, "InvalidParameterValue")
	}
}

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
	} {
		got := types(&ec2.DescribeInstanceTypesInput{InstanceTypes: []ec2types.InstanceType{of}})
		if len(got) != 1 || *got[0].VCpuInfo.DefaultVCpus != want.vcpus || *got[0].MemoryInfo.SizeInMiB != want.memory ||
			*got[0].BurstablePerformanceSupported != want.burst || got[0].ProcessorInfo.SupportedArchitectures[0] != want.arch {
			t.Errorf("%s: %+v, want %+v", of, got, want)
		}
	}
	small := types(&ec2.DescribeInstanceTypesInput{
		Filters: append(where("memory-info.size-in-mib", "2048"), where("processor-info.supported-architecture", "x86_64")...),
	})
	wantSame(t, "by memory and architecture", idsOf(small, name), "t2.small", "t3.small", "t3a.small")
	all := idsOf(types(&ec2.DescribeInstanceTypesInput{}), name)
	var seen []string
	pages := ec2.NewDescribeInstanceTypesPaginator(d, &ec2.DescribeInstanceTypesInput{MaxResults: new(int32(10))})
	for n := 0; pages.HasMorePages(); n++ {
		out, err := pages.NextPage(ctx)
		if err != nil || n > len(all)/10 || len(out.InstanceTypes) > 10 {
			t.Fatalf("page %d: %v, %v", n, out, err)
		}
		seen = append(seen, idsOf(out.InstanceTypes, name)...)
	}
	wantSame(t, "over the pages", seen, all...)
	for _, c := range []struct {
		code string
		in   ec2.DescribeInstanceTypesInput
	}{
		{"InvalidInstanceType", ec2.DescribeInstanceTypesInput{InstanceTypes: []ec2types.InstanceType{"t3.enormous"}}},
		{"InvalidParameterValue", ec2.DescribeInstanceTypesInput{MaxResults: new(int32(101))}}, // up to 100, unlike most of EC2
		{"InvalidParameterValue", ec2.DescribeInstanceTypesInput{MaxResults: new(int32(4))}},
		{"InvalidParameterValue", ec2.DescribeInstanceTypesInput{Filters: where("colour", "red")}},
	} {
		_, err := d.DescribeInstanceTypes(ctx, &c.in)
		wantAPIError(t, err, c.code)
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
	ids := idsOf(told.AvailabilityZones, func(z ec2types.AvailabilityZone) *string { return z.ZoneId })
	micro := where("instance-type", "t3.micro")
	wantSame(t, "by region", idsOf(offered(&ec2.DescribeInstanceTypeOfferingsInput{Filters: micro}), location), "us-east-1")
	zones := offered(&ec2.DescribeInstanceTypeOfferingsInput{Filters: micro, LocationType: "availability-zone"})
	wantSame(t, "by zone", idsOf(zones, location), "us-east-1a", "us-east-1b", "us-east-1c")
	if zones[0].InstanceType != "t3.micro" || zones[0].LocationType != "availability-zone" {
		t.Errorf("offering %+v", zones[0])
	}
	wantSame(t, "by zone id", idsOf(offered(&ec2.DescribeInstanceTypeOfferingsInput{Filters: micro, LocationType: "availability-zone-id"}), location), ids...)
	all := offered(&ec2.DescribeInstanceTypeOfferingsInput{LocationType: "availability-zone", Filters: where("location", "us-east-1b")})
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
	wantAPIError(t, err, "InvalidParameterValue")
}
