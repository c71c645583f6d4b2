//go:build linux

package cloudtest_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go"

	"github.com/understudy/understudy/cloud"
	"github.com/understudy/understudy/cloud/cloudtest"
)

func vpcs(ctx context.Context, c aws.Config) (int, error) {
	c.RetryMaxAttempts = 1
	out, err := ec2.NewFromConfig(c).DescribeVpcs(ctx, &ec2.DescribeVpcsInput{})
	if err != nil {
		return 0, err
	}
	return len(out.Vpcs), nil
}

func TestTwoRegionsInALine(t *testing.T) {
	var dir, endpoint string
	t.Run("while it runs", func(t *testing.T) {
		c := cloudtest.Start(t)
		dir, endpoint = c.Dir(), c.Endpoint()
		for _, region := range []string{"us-east-1", "us-west-2"} {
			if n, err := vpcs(t.Context(), c.Config(region)); err != nil || n != 1 { // the default one
				t.Errorf("%s: %d VPCs, %v", region, n, err)
			}
		}
		c.LoseRegion(t, "us-east-1")
		var refused smithy.APIError
		if _, err := vpcs(t.Context(), c.Config("us-east-1")); !errors.As(err, &refused) || refused.ErrorCode() != "ServiceUnavailable" {
			t.Errorf("the lost region says %v", err)
		}
		c.Setenv(t)
		fromEnvironment, err := config.LoadDefaultConfig(t.Context(), config.WithRegion("us-west-2"))
		if err != nil {
			t.Fatal(err)
		}
		if n, err := vpcs(t.Context(), fromEnvironment); err != nil || n != 1 {
			t.Errorf("by the environment: %d VPCs, %v", n, err)
		}
	})
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is left: %v", dir, err)
	}
	if resp, err := http.Get(endpoint); err == nil {
		resp.Body.Close()
		t.Error("it answers still")
	}
}

func TestOptionsAreTheCloudsOwn(t *testing.T) {
	c := cloudtest.Start(t, cloud.Options{Regions: []string{"eu-west-1"}, Speed: 10})
	if s := c.Status(); s.Speed != 10 || len(s.Regions) != 1 || s.Regions[0] != "eu-west-1" {
		t.Errorf("%+v", s)
	}
}
