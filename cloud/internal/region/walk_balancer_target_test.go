package region_test

import (
	"testing"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestProviderWalksBalancersAsTargets(t *testing.T) {
	runWalks(t, []walk{
		{
			resource: "aws_lb_target_group of type alb", gone: []string{"TargetGroupNotFound"},
			create: (*provider).createBalancerGroup, read: (*provider).readTargetGroup,
			update: func(p *provider, arn string) {
				roomtest.Must(p.ELB.ModifyTargetGroup(p.T.Context(), &elb.ModifyTargetGroupInput{
					TargetGroupArn: &arn, HealthCheckEnabled: new(true), HealthCheckIntervalSeconds: new(int32(10)), HealthCheckPath: new("/health"),
					HealthCheckPort: new("traffic-port"), HealthCheckProtocol: "HTTP", HealthCheckTimeoutSeconds: new(int32(6)), HealthyThresholdCount: new(int32(3)),
					UnhealthyThresholdCount: new(int32(3)), Matcher: &elbtypes.Matcher{HttpCode: new("200-399")},
				}))(p.T)
			},
			destroy: func(p *provider, arn string) {
				roomtest.Must(p.ELB.DeleteTargetGroup(p.T.Context(), &elb.DeleteTargetGroupInput{TargetGroupArn: &arn}))(p.T)
			},
		},
		{
			resource: "aws_lb_target_group_attachment of a load balancer", gone: []string{"TargetGroupNotFound"},
			create: (*provider).attachBalancer, read: (*provider).readAttachment,
			destroy: func(p *provider, group string) {
				roomtest.Must(p.ELB.DeregisterTargets(p.T.Context(), &elb.DeregisterTargetsInput{TargetGroupArn: &group, Targets: p.targets(group)}))(p.T)
			},
		},
	})
}

// createBalancerGroup sends no attributes: of this type the provider has none to change (targetGroupAttributes in target_group.go).
func (p *provider) createBalancerGroup() string {
	ctx := p.T.Context()
	_, err := p.ELB.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: []string{"front"}})
	p.refused(err, "TargetGroupNotFound")
	out := roomtest.Must(p.ELB.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: new("front"), Port: new(int32(80)), Protocol: "TCP", TargetType: "alb", VpcId: &p.vpc, Tags: elbTags(),
	}))(p.T)
	return *out.TargetGroups[0].TargetGroupArn
}

// attachBalancer names no port: the group's is meant.
func (p *provider) attachBalancer() string {
	ctx := p.T.Context()
	listeners := roomtest.Must(p.ELB.DescribeListeners(ctx, &elb.DescribeListenersInput{ListenerArns: []string{p.createListener()}}))(p.T)
	group := p.createBalancerGroup()
	roomtest.Must(p.ELB.RegisterTargets(ctx, &elb.RegisterTargetsInput{
		TargetGroupArn: &group, Targets: []elbtypes.TargetDescription{{Id: only(p, listeners.Listeners).LoadBalancerArn}}}))(p.T)
	return group
}
