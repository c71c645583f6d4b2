package adopted

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
)

// attributeSetting begins the names of settings that are attributes of Elastic Load Balancing. One without a value is not held: AWS takes no
// empty bucket back.
const attributeSetting = "attribute "

func knowsAttribute(name, _ string) error {
	if !strings.HasPrefix(name, attributeSetting) {
		return fmt.Errorf("%s is no setting of load balancers: those begin with %q", name, attributeSetting)
	}
	return nil
}

// holdAttributes adds those that have a value to the settings to hold.
func holdAttributes(settings, attributes map[string]string) {
	for key, value := range attributes {
		if value != "" {
			settings[attributeSetting+key] = value
		}
	}
}

func readAdoptedBalancer(ctx context.Context, a *account.Account, arn string) (map[string]string, error) {
	attributes, err := a.BalancerAttributes(ctx, arn)
	if account.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	settings := map[string]string{}
	holdAttributes(settings, attributes)
	return settings, nil
}

func writeAdoptedBalancer(ctx context.Context, a *account.Account, arn string, wanted, _ map[string]string) error {
	in := &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: &arn}
	for name, value := range wanted {
		in.Attributes = append(in.Attributes, elbtypes.LoadBalancerAttribute{
			Key: aws.String(strings.TrimPrefix(name, attributeSetting)), Value: aws.String(value),
		})
	}
	_, err := a.ELB.ModifyLoadBalancerAttributes(ctx, in)
	return err
}

// probeSettings put a health check's settings into the call that changes them.
var probeSettings = map[string]func(in *elb.ModifyTargetGroupInput, value string, number int32){
	"check protocol": func(in *elb.ModifyTargetGroupInput, value string, _ int32) {
		in.HealthCheckProtocol = elbtypes.ProtocolEnum(value)
	},
	"check port": func(in *elb.ModifyTargetGroupInput, value string, _ int32) { in.HealthCheckPort = &value },
	"path":       func(in *elb.ModifyTargetGroupInput, value string, _ int32) { in.HealthCheckPath = &value },
	"matcher": func(in *elb.ModifyTargetGroupInput, value string, _ int32) {
		in.Matcher = &elbtypes.Matcher{HttpCode: &value}
	},
	"interval":  func(in *elb.ModifyTargetGroupInput, _ string, n int32) { in.HealthCheckIntervalSeconds = &n },
	"timeout":   func(in *elb.ModifyTargetGroupInput, _ string, n int32) { in.HealthCheckTimeoutSeconds = &n },
	"healthy":   func(in *elb.ModifyTargetGroupInput, _ string, n int32) { in.HealthyThresholdCount = &n },
	"unhealthy": func(in *elb.ModifyTargetGroupInput, _ string, n int32) { in.UnhealthyThresholdCount = &n },
}

func knowsTargetGroup(name, value string) error {
	if strings.HasPrefix(name, attributeSetting) {
		return nil
	}
	if probeSettings[name] == nil {
		return fmt.Errorf("%s is no setting of target groups that can be held", name)
	}
	switch name {
	case "interval", "timeout", "healthy", "unhealthy":
		return wholeNumber(name, value)
	}
	return nil
}

func wholeNumber(name, value string) error {
	if _, err := strconv.ParseInt(value, 10, 32); err != nil {
		return fmt.Errorf("%s: found %q; allowed: a whole number", name, value)
	}
	return nil
}

func readAdoptedTargetGroup(ctx context.Context, a *account.Account, arn string) (map[string]string, error) {
	out, err := a.ELB.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{TargetGroupArns: []string{arn}})
	if account.IsNotFound(err) || err == nil && len(out.TargetGroups) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	settings := map[string]string{}
	for _, f := range balancing.CheckOf(out.TargetGroups[0]) {
		if probeSettings[f.Name] != nil && f.Value != "" {
			settings[f.Name] = f.Value
		}
	}
	attributes, err := a.TargetGroupAttributes(ctx, arn)
	holdAttributes(settings, attributes)
	return settings, err
}

func writeAdoptedTargetGroup(ctx context.Context, a *account.Account, arn string, wanted, _ map[string]string) error {
	probe, attributes := &elb.ModifyTargetGroupInput{TargetGroupArn: &arn}, &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: &arn}
	probes := 0
	for name, value := range wanted {
		if key, ok := strings.CutPrefix(name, attributeSetting); ok {
			attributes.Attributes = append(attributes.Attributes, elbtypes.TargetGroupAttribute{Key: aws.String(key), Value: aws.String(value)})
			continue
		}
		number, _ := strconv.ParseInt(value, 10, 32) // knowsTargetGroup has seen those that are numbers
		probeSettings[name](probe, value, int32(number))
		probes++
	}
	if probes > 0 {
		if _, err := a.ELB.ModifyTargetGroup(ctx, probe); err != nil {
			return err
		}
	}
	if len(attributes.Attributes) == 0 {
		return nil
	}
	_, err := a.ELB.ModifyTargetGroupAttributes(ctx, attributes)
	return err
}
