package adopted

import (
	"context"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// The settings of an Auto Scaling group that others made. Its desired capacity is left to scaling, or to them.
const (
	fleetMin    = "min"
	fleetMax    = "max"
	fleetGrace  = "grace"
	fleetProbes = "health check type"
)

func knowsFleet(name, value string) error {
	switch name {
	case fleetMin, fleetMax, fleetGrace:
		return wholeNumber(name, value)
	case fleetProbes:
		return nil
	}
	return fmt.Errorf("%s is no setting of Auto Scaling groups that can be held", name)
}

// readAdoptedFleet takes a group that is being deleted for gone.
func readAdoptedFleet(ctx context.Context, a *account.Account, name string) (map[string]string, error) {
	out, err := a.AutoScaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{name}})
	if err != nil || len(out.AutoScalingGroups) == 0 || out.AutoScalingGroups[0].Status != nil {
		return nil, err
	}
	g := out.AutoScalingGroups[0]
	return map[string]string{
		fleetMin: resource.Number(aws.ToInt32(g.MinSize)), fleetMax: resource.Number(aws.ToInt32(g.MaxSize)),
		fleetGrace: resource.Number(aws.ToInt32(g.HealthCheckGracePeriod)), fleetProbes: aws.ToString(g.HealthCheckType),
	}, nil
}

func writeAdoptedFleet(ctx context.Context, a *account.Account, name string, wanted, _ map[string]string) error {
	in := &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: &name}
	for setting, value := range wanted {
		n, _ := strconv.ParseInt(value, 10, 32) // knowsFleet has seen those that are numbers
		switch setting {
		case fleetMin:
			in.MinSize = aws.Int32(int32(n))
		case fleetMax:
			in.MaxSize = aws.Int32(int32(n))
		case fleetGrace:
			in.HealthCheckGracePeriod = aws.Int32(int32(n))
		case fleetProbes:
			in.HealthCheckType = aws.String(value)
		}
	}
	_, err := a.AutoScaling.UpdateAutoScalingGroup(ctx, in)
	return err
}
