package plan

import (
	"context"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/understudy/understudy/account"
)

const delayAttribute = "deregistration_delay.timeout_seconds"

// targetGroup is where a load balancer sends requests, with the health check that decides which targets get them.
type targetGroup struct {
	scope
	vpc  *vpc
	arn  string
	seen []Field
}

func (t *targetGroup) identity() string  { return t.arn }
func (t *targetGroup) actual() []Field   { return t.seen }
func (t *targetGroup) groupName() string { return "understudy-" + t.stack() }

func (t *targetGroup) desired() []Field {
	check := t.declared.Target
	return []Field{
		{Name: "port", Value: number(t.declared.Service.Port), Fixed: true},
		{Name: "path", Value: t.declared.Service.Health},
		{Name: "matcher", Value: check.Matcher},
		{Name: "interval", Value: number(check.Interval)},
		{Name: "timeout", Value: number(check.Timeout)},
		{Name: "healthy", Value: number(check.Healthy)},
		{Name: "unhealthy", Value: number(check.Unhealthy)},
		{Name: "deregistration delay", Value: number(check.DeregistrationDelay)},
	}
}

func (t *targetGroup) find(ctx context.Context) (bool, error) {
	out, err := t.ELB.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: []string{t.groupName()}})
	if account.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("describe target group: %w", err)
	}
	if len(out.TargetGroups) == 0 {
		return false, nil
	}
	found := out.TargetGroups[0]
	arn := aws.ToString(found.TargetGroupArn)
	if err := ours(ctx, t.scope, arn, t.mark("target-group")); err != nil {
		return false, err
	}
	t.arn = arn
	delay, err := t.delay(ctx)
	if err != nil {
		return false, err
	}
	t.seen = append(checkOf(found), Field{Name: "deregistration delay", Value: delay})
	return true, nil
}

func checkOf(t elbtypes.TargetGroup) []Field {
	var matcher string
	if t.Matcher != nil {
		matcher = aws.ToString(t.Matcher.HttpCode)
	}
	return []Field{
		{Name: "port", Value: number(aws.ToInt32(t.Port))},
		{Name: "path", Value: aws.ToString(t.HealthCheckPath)},
		{Name: "matcher", Value: matcher},
		{Name: "interval", Value: number(aws.ToInt32(t.HealthCheckIntervalSeconds))},
		{Name: "timeout", Value: number(aws.ToInt32(t.HealthCheckTimeoutSeconds))},
		{Name: "healthy", Value: number(aws.ToInt32(t.HealthyThresholdCount))},
		{Name: "unhealthy", Value: number(aws.ToInt32(t.UnhealthyThresholdCount))},
	}
}

func (t *targetGroup) delay(ctx context.Context) (string, error) {
	out, err := t.ELB.DescribeTargetGroupAttributes(ctx, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: &t.arn})
	if err != nil {
		return "", fmt.Errorf("describe attributes of %s: %w", t.arn, err)
	}
	for _, a := range out.Attributes {
		if aws.ToString(a.Key) == delayAttribute {
			return aws.ToString(a.Value), nil
		}
	}
	return "", nil
}

func (t *targetGroup) create(ctx context.Context) error {
	check := t.declared.Target
	out, err := t.ELB.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name:                       aws.String(t.groupName()),
		Protocol:                   elbtypes.ProtocolEnumHttp,
		Port:                       aws.Int32(int32(t.declared.Service.Port)),
		VpcId:                      &t.vpc.id,
		TargetType:                 elbtypes.TargetTypeEnumInstance,
		HealthCheckProtocol:        elbtypes.ProtocolEnumHttp,
		HealthCheckPath:            aws.String(t.declared.Service.Health),
		HealthCheckIntervalSeconds: aws.Int32(int32(check.Interval)),
		HealthCheckTimeoutSeconds:  aws.Int32(int32(check.Timeout)),
		HealthyThresholdCount:      aws.Int32(int32(check.Healthy)),
		UnhealthyThresholdCount:    aws.Int32(int32(check.Unhealthy)),
		Matcher:                    &elbtypes.Matcher{HttpCode: aws.String(check.Matcher)},
		Tags:                       t.mark("target-group").ELB(),
	})
	if err != nil {
		return fmt.Errorf("create target group: %w", err)
	}
	t.arn = aws.ToString(out.TargetGroups[0].TargetGroupArn)
	return t.setDelay(ctx)
}

func (t *targetGroup) change(ctx context.Context, differences []Difference) error {
	const delay = "deregistration delay"
	if differs(differences, delay) {
		if err := t.setDelay(ctx); err != nil || len(differences) == 1 {
			return err
		}
	}
	check := t.declared.Target
	_, err := t.ELB.ModifyTargetGroup(ctx, &elb.ModifyTargetGroupInput{
		TargetGroupArn:             &t.arn,
		HealthCheckPath:            aws.String(t.declared.Service.Health),
		HealthCheckIntervalSeconds: aws.Int32(int32(check.Interval)),
		HealthCheckTimeoutSeconds:  aws.Int32(int32(check.Timeout)),
		HealthyThresholdCount:      aws.Int32(int32(check.Healthy)),
		UnhealthyThresholdCount:    aws.Int32(int32(check.Unhealthy)),
		Matcher:                    &elbtypes.Matcher{HttpCode: aws.String(check.Matcher)},
	})
	if err != nil {
		return fmt.Errorf("change health check of %s: %w", t.arn, err)
	}
	return nil
}

func (t *targetGroup) setDelay(ctx context.Context) error {
	_, err := t.ELB.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{
		TargetGroupArn: &t.arn,
		Attributes: []elbtypes.TargetGroupAttribute{{
			Key: aws.String(delayAttribute), Value: aws.String(strconv.Itoa(t.declared.Target.DeregistrationDelay)),
		}},
	})
	if err != nil {
		return fmt.Errorf("set deregistration delay of %s: %w", t.arn, err)
	}
	return nil
}

func (t *targetGroup) remove(ctx context.Context) error {
	_, err := t.ELB.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &t.arn})
	if err != nil {
		return fmt.Errorf("delete %s: %w", t.arn, err)
	}
	return nil
}

var _ resource = (*targetGroup)(nil)
