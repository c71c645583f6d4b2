package balancing

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

func TestTargetGroupDiffers(t *testing.T) {
	g := &TargetGroup{Scope: resourcetest.Scope(t), VPC: &network.VPC{ID: "vpc-1"}}
	g.Seen = append(CheckOf(elbtypes.TargetGroup{
		VpcId: aws.String("vpc-1"), Protocol: "HTTP", ProtocolVersion: aws.String("HTTP1"),
		TargetType: "instance", HealthCheckProtocol: "HTTP", HealthCheckPort: aws.String("8080"),
		Port: aws.Int32(9090), HealthCheckPath: aws.String("/ok"), HealthCheckIntervalSeconds: aws.Int32(7),
		HealthCheckTimeoutSeconds: aws.Int32(3), HealthyThresholdCount: aws.Int32(4), UnhealthyThresholdCount: aws.Int32(2),
		Matcher: &elbtypes.Matcher{HttpCode: aws.String("200-204")},
	}), resource.Field{Name: "deregistration delay", Value: "300"}, resource.Field{Name: "attributes", Value: targetAttributes(map[string]string{
		"stickiness.enabled": "true", "slow_start.duration_seconds": "0", "of.tomorrow": "x",
	})}, g.Tagged("target-group"))
	resourcetest.Expect(t, g, "check port: traffic-port, not 8080", "unhealthy: 5, not 2", "deregistration delay: 6, not 300",
		"attributes: , not stickiness.enabled=true")
}

func TestListenerDiffers(t *testing.T) {
	l := &Listener{Scope: resourcetest.Scope(t), Group: &TargetGroup{ARN: "arn:tg"}}
	forward := elbtypes.Action{Type: "forward", TargetGroupArn: aws.String("arn:tg")}
	l.remember(elbtypes.Listener{Port: aws.Int32(81), Protocol: "HTTP", DefaultActions: []elbtypes.Action{forward}})
	l.seen = append(l.seen, resource.Field{Name: "other rules", Value: ""}, l.Tagged(listenerRole))
	resourcetest.Expect(t, l)
	l.remember(elbtypes.Listener{Port: aws.Int32(81), Protocol: "HTTP", DefaultActions: []elbtypes.Action{{Type: "fixed-response"}}})
	l.seen = append(l.seen, resource.Field{Name: "other rules", Value: "arn:rule"}, l.TaggedWith(listenerRole, nil))
	resourcetest.Expect(t, l, "forwards to: arn:tg, not fixed-response", "other rules: , not arn:rule", "tagged: yes, not no")
}
