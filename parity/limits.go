package parity

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

// quotas are read where the endpoint has them: a standby that may hold less than the primary serves fails when it is needed.
func (r *fetcher) quotas() []reading {
	return []reading{
		{"limits of Auto Scaling", r.optional("limits of Auto Scaling", r.readFleetLimits)},
		{"limits of load balancers", r.optional("limits of load balancers", r.readBalancerLimits)},
	}
}

func (r *fetcher) limit(name string, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.f.limits[name] = n
}

func (r *fetcher) readFleetLimits(ctx context.Context) error {
	out, err := r.AutoScaling.DescribeAccountLimits(ctx, &autoscaling.DescribeAccountLimitsInput{})
	if err == nil {
		r.limit("auto scaling groups", int(aws.ToInt32(out.MaxNumberOfAutoScalingGroups)))
	}
	return err
}

func (r *fetcher) readBalancerLimits(ctx context.Context) error {
	out, err := r.ELB.DescribeAccountLimits(ctx, &elb.DescribeAccountLimitsInput{})
	if err != nil {
		return err
	}
	for _, l := range out.Limits {
		switch name := aws.ToString(l.Name); name {
		case "application-load-balancers", "target-groups", "targets-per-application-load-balancer":
			var n int
			for _, digit := range aws.ToString(l.Max) {
				n = n*10 + int(digit-'0')
			}
			r.limit(name, n)
		}
	}
	return nil
}

func (c *canon) describeQuotas() {
	for name, n := range c.f.limits {
		c.out.Resources = append(c.out.Resources, Resource{Kind: "quota", Role: name, Given: true, Settings: map[string]string{settingLimit: itoa(n)}})
	}
}

const settingLimit = "limit"
