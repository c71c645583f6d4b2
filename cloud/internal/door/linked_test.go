package door_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/understudy/understudy/cloud/internal/door"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// The first load balancer, and the first group that is made, each give their service its role before they are answered.
func TestFirstOfAServiceMakesItsRole(t *testing.T) {
	var refusal error
	mux := wire.NewMux(nil)
	wire.Handle(mux, wire.ELBv2, "CreateLoadBalancer", func(context.Context, *elb.CreateLoadBalancerInput) (*elb.CreateLoadBalancerOutput, error) {
		return &elb.CreateLoadBalancerOutput{}, refusal
	})
	wire.Handle(mux, wire.AutoScaling, "CreateAutoScalingGroup",
		func(context.Context, *autoscaling.CreateAutoScalingGroupInput) (*autoscaling.CreateAutoScalingGroupOutput, error) {
			return &autoscaling.CreateAutoScalingGroupOutput{}, refusal
		})
	e := open(t, func(c *door.Config) { c.Regions = door.Fixed{"eu-west-1"} })
	serveUnix(t, e.dir+"/eu-west-1", mux)
	cfg := e.good("eu-west-1")
	roles := func() (all string) {
		t.Helper()
		out, err := iam.NewFromConfig(cfg).ListRoles(t.Context(), &iam.ListRolesInput{PathPrefix: aws.String("/aws-service-role/")})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range out.Roles {
			all += *r.RoleName + " "
		}
		return all
	}
	make := func() error {
		_, balancer := elb.NewFromConfig(cfg).CreateLoadBalancer(t.Context(), &elb.CreateLoadBalancerInput{Name: aws.String("web")})
		_, group := autoscaling.NewFromConfig(cfg).CreateAutoScalingGroup(t.Context(), &autoscaling.CreateAutoScalingGroupInput{
			AutoScalingGroupName: aws.String("web"), MinSize: aws.Int32(1), MaxSize: aws.Int32(1),
		})
		return errors.Join(balancer, group)
	}
	refusal = wire.Errorf("ValidationError", "no")
	if err := make(); err == nil || roles() != "" {
		t.Errorf("what was refused made %q, %v", roles(), err)
	}
	refusal = nil
	for range 2 {
		if err := make(); err != nil || roles() != "AWSServiceRoleForAutoScaling AWSServiceRoleForElasticLoadBalancing " {
			t.Errorf("there are %q, %v", roles(), err)
		}
	}
}
