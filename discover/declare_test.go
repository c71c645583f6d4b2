package discover

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// served is a site with a fleet behind HTTPS, and a listener that sends users on to it.
func served(region, dns, cidr string) *Site {
	forward := []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: aws.String("tg")}}
	toHTTPS := []elbtypes.Action{{RedirectConfig: &elbtypes.RedirectActionConfig{StatusCode: elbtypes.RedirectActionStatusCodeEnumHttp302}}}
	data := base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\nserve &\n"))
	return &Site{
		Account:  &account.Account{Region: region},
		Balancer: elbtypes.LoadBalancer{DNSName: &dns, Type: elbtypes.LoadBalancerTypeEnumApplication},
		Listeners: []Listener{
			{elbtypes.Listener{Port: aws.Int32(80), Protocol: elbtypes.ProtocolEnumHttp, DefaultActions: toHTTPS}, nil},
			{elbtypes.Listener{Port: aws.Int32(443), Protocol: elbtypes.ProtocolEnumHttps, DefaultActions: forward,
				SslPolicy: aws.String("ELBSecurityPolicy-2016-08"), Certificates: []elbtypes.Certificate{{CertificateArn: aws.String("arn:" + region)}}},
				[]elbtypes.Rule{{Priority: aws.String("7")}}},
		},
		Groups: []Group{{TargetGroup: elbtypes.TargetGroup{TargetGroupArn: aws.String("tg"), Port: aws.Int32(3000), Protocol: elbtypes.ProtocolEnumHttp,
			HealthCheckPath: aws.String("/up"), HealthCheckPort: aws.String("3001"), HealthCheckIntervalSeconds: aws.Int32(15),
			HealthCheckTimeoutSeconds: aws.Int32(5), HealthyThresholdCount: aws.Int32(3), UnhealthyThresholdCount: aws.Int32(4),
			Matcher: &elbtypes.Matcher{HttpCode: aws.String("200-299")}},
			Attributes: map[string]string{"deregistration_delay.timeout_seconds": "30", "load_balancing.algorithm.type": "least_outstanding_requests",
				"stickiness.enabled": "true", "stickiness.type": "app_cookie", "stickiness.app_cookie.duration_seconds": "600",
				"stickiness.app_cookie.cookie_name": "cart"}}},
		Fleets: []asgtypes.AutoScalingGroup{{AutoScalingGroupName: aws.String("f"), MinSize: aws.Int32(2), DesiredCapacity: aws.Int32(3), MaxSize: aws.Int32(6),
			HealthCheckGracePeriod: aws.Int32(90)}},
		Templates: []Template{{Version: ec2types.LaunchTemplateVersion{LaunchTemplateData: &ec2types.ResponseLaunchTemplateData{
			InstanceType: ec2types.InstanceTypeM5Large, KeyName: aws.String("ops"), UserData: &data,
			MetadataOptions: &ec2types.LaunchTemplateInstanceMetadataOptions{HttpTokens: ec2types.LaunchTemplateHttpTokensStateRequired}}}}},
		Images: []ec2types.Image{{Name: aws.String("shop-" + region)}},
		VPC:    ec2types.Vpc{VpcId: aws.String("vpc-1"), CidrBlock: &cidr},
		Tables: []ec2types.RouteTable{{Routes: []ec2types.Route{{NatGatewayId: aws.String("nat-1")}}},
			{Routes: []ec2types.Route{{NatGatewayId: aws.String("nat-2")}}}},
	}
}

func TestWhatStandsThereIsDeclared(t *testing.T) {
	checked := alias("www.shop.test", east, primary)
	checked.HealthCheckId = aws.String("c-0")
	records := []r53types.ResourceRecordSet{checked, alias("www.shop.test", west, secondary)}
	s := &Stack{Zone: shop, Tree: Walk(shop, "www.shop.test", records), Checks: map[string]r53types.HealthCheck{
		"c-0": {HealthCheckConfig: &r53types.HealthCheckConfig{Type: r53types.HealthCheckTypeCalculated, ChildHealthChecks: []string{"c-1", "c-2"}}},
		"c-1": {Id: aws.String("c-1"), HealthCheckConfig: &r53types.HealthCheckConfig{Type: r53types.HealthCheckTypeCloudwatchMetric}},
		"c-2": {HealthCheckConfig: &r53types.HealthCheckConfig{Type: r53types.HealthCheckTypeHttpsStrMatch, ResourcePath: aws.String("/deep"),
			SearchString: aws.String("fine"), RequestInterval: aws.Int32(10), FailureThreshold: aws.Int32(2)}},
	}, Sites: []*Site{served("us-east-1", east, "10.1.0.0/16"), served("us-west-2", west, "10.2.0.0/16")}}
	d, err := s.Declare()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"domain": "shop.test", "record": "www", "egress": "nat-per-zone", "failover.switch": "none",
		"regions.primary.name": "us-east-1", "regions.primary.cidr": "10.1.0.0/16",
		"regions.secondary.name": "us-west-2", "regions.secondary.cidr": "10.2.0.0/16",
		"failover.interval": 10, "failover.threshold": 2, "failover.check.path": "/deep", "failover.check.match": "fine",
		"listener.port": 80, "https.port": 443, "https.policy": "ELBSecurityPolicy-2016-08", "https.redirect": "temporary",
		"https.certificates.primary": "arn:us-east-1", "https.certificates.secondary": "arn:us-west-2",
		"service.port": 3000, "service.health": "/up", "target.interval": 15, "target.timeout": 5, "target.healthy": 3, "target.unhealthy": 4,
		"target.matcher": "200-299", "target.deregistration_delay": 30, "target.algorithm": "least_outstanding_requests",
		"target.port": 3001, "target.protocol": "HTTP", "target.stickiness.duration": 600, "target.stickiness.cookie": "cart",
		"fleet.min": 2, "fleet.desired": 3, "fleet.max": 6, "fleet.grace": 90, "instance.type": "m5.large", "instance.key": "ops",
		"image.base.owners": []string{"self"}, "image.base.names": []string{"shop-us-east-1", "shop-us-west-2"}, "image.run": "#!/bin/sh\nserve &\n",
	}
	if diff := cmp.Diff(want, d.Values); diff != "" {
		t.Error(diff)
	}
	for _, what := range []string{"the rule 7 of the listener at port 443", "the health check c-1 of the type CLOUDWATCH_METRIC", "scaling policies"} {
		if !slices.ContainsFunc(d.Unsaid, func(u string) bool { return strings.Contains(u, what) }) {
			t.Errorf("not told: %s, in\n%s", what, strings.Join(d.Unsaid, "\n"))
		}
	}
	known := map[string]bool{}
	var list func([]*understudy.Key)
	list = func(keys []*understudy.Key) {
		for _, k := range keys {
			known[k.Path] = true
			list(k.Keys)
		}
	}
	list(understudy.Keys())
	for path := range d.Values {
		if !known[path] {
			t.Errorf("no declaration has the key %s", path)
		}
	}
}

func TestOneRegionIsNotDeclared(t *testing.T) {
	s := &Stack{Zone: shop, Tree: Walk(shop, "www.shop.test", []r53types.ResourceRecordSet{alias("www.shop.test", east)})}
	if _, err := s.Declare(); err == nil || !strings.Contains(err.Error(), "no two regions") {
		t.Errorf("error %v", err)
	}
}
