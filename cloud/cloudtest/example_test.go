//go:build linux

package cloudtest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/cloud/cloudtest"
)

// What docs/cloud.md shows.

func TestMain(m *testing.M) { cloudtest.Main(m) }

func TestService(t *testing.T) {
	c := cloudtest.Start(t) // us-east-1 and us-west-2, until the test ends
	west := ec2.NewFromConfig(c.Config("us-west-2"))
	if _, err := west.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}); err != nil {
		t.Error(err)
	}
	c.LoseRegion(t, "us-east-1") // an outage
	if _, err := west.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{}); err != nil {
		t.Error(err)
	}
}
