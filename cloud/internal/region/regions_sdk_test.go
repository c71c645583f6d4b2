package region_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestAccountAttributesAreTold(t *testing.T) {
	d := regiontest.New(t)
	ctx := t.Context()
	all, err := d.DescribeAccountAttributes(ctx, &ec2.DescribeAccountAttributesInput{})
	if err != nil {
		t.Fatal(err)
	}
	// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAccountAttributes.html names these.
	roomtest.WantSame(t, "attributes", regiontest.IDsOf(all.AccountAttributes, func(a ec2types.AccountAttribute) *string { return a.AttributeName }),
		"default-vpc", "max-elastic-ips", "max-instances", "supported-platforms", "vpc-max-elastic-ips", "vpc-max-security-groups-per-interface")
	one, err := d.DescribeAccountAttributes(ctx, &ec2.DescribeAccountAttributesInput{AttributeNames: []ec2types.AccountAttributeName{"default-vpc"}})
	if err != nil || len(one.AccountAttributes) != 1 || *one.AccountAttributes[0].AttributeValues[0].AttributeValue != "none" {
		t.Errorf("default-vpc: %+v, %v", one, err)
	}
	most := roomtest.Must(d.DescribeAccountAttributes(ctx, &ec2.DescribeAccountAttributesInput{
		AttributeNames: []ec2types.AccountAttributeName{"max-elastic-ips"},
	}))(t)
	if got := *most.AccountAttributes[0].AttributeValues[0].AttributeValue; got != "5" {
		t.Errorf("max-elastic-ips is %s, and the quota 5", got)
	}
	vpc := roomtest.Must(d.CreateDefaultVpc(ctx, &ec2.CreateDefaultVpcInput{}))(t).Vpc
	one, err = d.DescribeAccountAttributes(ctx, &ec2.DescribeAccountAttributesInput{AttributeNames: []ec2types.AccountAttributeName{"default-vpc"}})
	if err != nil || *one.AccountAttributes[0].AttributeValues[0].AttributeValue != *vpc.VpcId {
		t.Errorf("default-vpc with one: %+v, %v", one, err)
	}
	_, err = d.DescribeAccountAttributes(ctx, &ec2.DescribeAccountAttributesInput{AttributeNames: []ec2types.AccountAttributeName{"colour"}})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
}

func TestRegionsOfTheCloudAreTold(t *testing.T) {
	east := regiontest.New(t)
	ctx := t.Context()
	west, _ := east.Peer()
	name := func(r ec2types.Region) *string { return r.RegionName }
	for _, c := range []struct {
		in   ec2.DescribeRegionsInput
		want []string
	}{
		{ec2.DescribeRegionsInput{}, []string{"us-east-1", "us-west-2"}},
		{ec2.DescribeRegionsInput{RegionNames: []string{"us-east-1"}}, []string{"us-east-1"}},
		{ec2.DescribeRegionsInput{Filters: regiontest.Where("region-name", "us-w*")}, []string{"us-west-2"}},
		{ec2.DescribeRegionsInput{Filters: regiontest.Where("endpoint", "ec2.us-east-1.amazonaws.com")}, []string{"us-east-1"}},
		{ec2.DescribeRegionsInput{AllRegions: new(true), Filters: regiontest.Where("opt-in-status", "opt-in-not-required", "opted-in")},
			[]string{"us-east-1", "us-west-2"}},
		{ec2.DescribeRegionsInput{AllRegions: new(true), Filters: regiontest.Where("region-name", "us-*")},
			[]string{"us-east-1", "us-east-2", "us-west-1", "us-west-2"}},
		{ec2.DescribeRegionsInput{RegionNames: []string{"ap-southeast-7"}}, []string{"ap-southeast-7"}},
	} {
		out, err := west.DescribeRegions(ctx, &c.in)
		if err != nil {
			t.Fatal(err)
		}
		roomtest.WantSame(t, "regions", regiontest.IDsOf(out.Regions, name), c.want...)
		for _, r := range out.Regions {
			status := "not-opted-in"
			if *r.RegionName == "us-east-1" || *r.RegionName == "us-west-2" {
				status = "opt-in-not-required"
			}
			if *r.OptInStatus != status || *r.Endpoint != "ec2."+*r.RegionName+".amazonaws.com" {
				t.Errorf("region %+v", r)
			}
		}
	}
	for _, in := range []*ec2.DescribeRegionsInput{{RegionNames: []string{"eu-west-9"}}, {Filters: regiontest.Where("colour", "red")}} {
		_, err := west.DescribeRegions(ctx, in)
		roomtest.WantAPIError(t, err, "InvalidParameterValue")
	}
}
