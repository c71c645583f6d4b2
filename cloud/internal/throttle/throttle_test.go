package throttle

import (
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// refused counts those of n calls at once that are refused.
func refused(b *Buckets, n int, c Call) (count int) {
	for range n {
		if !b.Allow(c) {
			count++
		}
	}
	return count
}

func form(text string) url.Values {
	values, _ := url.ParseQuery(text)
	return values
}

func TestCallsAboveTheRateAreRefused(t *testing.T) {
	ec2 := func(operation, parameters string) Call {
		return Call{Service: wire.EC2, Region: "us-east-1", Operation: operation, Form: form(parameters)}
	}
	for name, c := range map[string]struct {
		call   Call
		n      int
		atOnce int // refused
		pause  time.Duration
		later  int // refused of as many after the pause
	}{
		"route53":                {Call{Service: wire.Route53, Operation: "ListHostedZones"}, 12, 7, time.Second, 7},
		"read":                   {ec2("DescribeVpcs", ""), 130, 30, time.Second, 110},
		"change":                 {ec2("CreateVpc", ""), 60, 10, 2 * time.Second, 50},
		"listing of all":         {ec2("DescribeInstances", "Action=DescribeInstances&Version=x"), 60, 10, time.Second, 50},
		"listing with a filter":  {ec2("DescribeInstances", "Filter.1.Name=vpc-id"), 60, 0, time.Second, 0},
		"own size":               {ec2("RunInstances", "MaxCount=1"), 6, 1, time.Second, 4},
		"less than one a second": {ec2("CreateVpcEndpoint", ""), 5, 1, 4 * time.Second, 4},
		"instances":              {ec2("RunInstances", "MaxCount=400"), 3, 1, time.Second, 3},
		"many terminated":        {ec2("TerminateInstances", strings.Repeat("&InstanceId.1=i-1", 1)), 101, 1, time.Second, 96},
		"published by nobody":    {Call{Service: wire.AutoScaling, Operation: "DescribeAutoScalingGroups"}, 1000, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := New()
				if got := refused(b, c.n, c.call); got != c.atOnce {
					t.Errorf("%d of %d at once are refused, want %d", got, c.n, c.atOnce)
				}
				time.Sleep(c.pause)
				if got := refused(b, c.n, c.call); got != c.later {
					t.Errorf("%d of %d after %s are refused, want %d", got, c.n, c.pause, c.later)
				}
			})
		})
	}
}

func TestBucketsAreOfAnOperationAndARegion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New()
		one := Call{Service: wire.EC2, Region: "us-east-1", Operation: "CreateDefaultVpc"}
		other, elsewhere := one, one
		other.Operation, elsewhere.Region = "CreateDefaultSubnet", "us-west-2"
		if !b.Allow(one) || b.Allow(one) || !b.Allow(other) || !b.Allow(elsewhere) {
			t.Error("one bucket serves more than an operation of a region")
		}
	})
}

func TestWithoutBucketsNothingIsRefused(t *testing.T) {
	if n := refused(nil, 1000, Call{Service: wire.Route53}); n != 0 {
		t.Errorf("%d calls are refused", n)
	}
}
