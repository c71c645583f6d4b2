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
		Attributes: map[string]string{"idle_timeout.timeout_seconds": "120", "routing.http2.enabled": "false", "access_logs.s3.enabled": "true",
			"access_logs.s3.bucket": "logs", "client_keep_alive.seconds": "600"},
		Listeners: []Listener{
			{Listener: elbtypes.Listener{Port: aws.Int32(80), Protocol: elbtypes.ProtocolEnumHttp, DefaultActions: toHTTPS}},
			{Listener: elbtypes.Listener{Port: aws.Int32(443), Protocol: elbtypes.ProtocolEnumHttps, DefaultActions: forward,
				SslPolicy: aws.String("ELBSecurityPolicy-2016-08"), Certificates: []elbtypes.Certificate{{CertificateArn: aws.String("arn:" + region)}}},
				Rules: rulesOfShop()},
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
		Policies: []asgtypes.ScalingPolicy{policy("cpu", asgtypes.MetricTypeASGAverageCPUUtilization, 50),
			policy("bytes", asgtypes.MetricTypeASGAverageNetworkIn, 1000)},
		Templates: []Template{{Version: ec2types.LaunchTemplateVersion{LaunchTemplateData: &ec2types.ResponseLaunchTemplateData{
			InstanceType: ec2types.InstanceTypeM5Large, KeyName: aws.String("ops"), UserData: &data,
			IamInstanceProfile: &ec2types.LaunchTemplateIamInstanceProfileSpecification{Arn: aws.String("arn:aws:iam::1:instance-profile/team/web")},
			BlockDeviceMappings: []ec2types.LaunchTemplateBlockDeviceMapping{
				{DeviceName: aws.String("/dev/xvda"), Ebs: &ec2types.LaunchTemplateEbsBlockDevice{VolumeSize: aws.Int32(20), VolumeType: ec2types.VolumeTypeGp3,
					Encrypted: aws.Bool(true), KmsKeyId: aws.String("k-1")}},
				{DeviceName: aws.String("/dev/sdf"), Ebs: &ec2types.LaunchTemplateEbsBlockDevice{}}},
			MetadataOptions: &ec2types.LaunchTemplateInstanceMetadataOptions{HttpTokens: ec2types.LaunchTemplateHttpTokensStateRequired,
				HttpPutResponseHopLimit: aws.Int32(2)}}}}},
		Images: []ec2types.Image{{Name: aws.String("shop-" + region), RootDeviceName: aws.String("/dev/xvda")}},
		VPC:    ec2types.Vpc{VpcId: aws.String("vpc-1"), CidrBlock: &cidr},
		Tables: []ec2types.RouteTable{{Routes: []ec2types.Route{{NatGatewayId: aws.String("nat-1")}}},
			{Routes: []ec2types.Route{{NatGatewayId: aws.String("nat-2")}}}},
	}
}

func policy(name string, measure asgtypes.MetricType, target float64) asgtypes.ScalingPolicy {
	return asgtypes.ScalingPolicy{PolicyName: &name, AutoScalingGroupName: aws.String("f"), TargetTrackingConfiguration: &asgtypes.TargetTrackingConfiguration{
		PredefinedMetricSpecification: &asgtypes.PredefinedMetricSpecification{PredefinedMetricType: measure}, TargetValue: &target}}
}

// rulesOfShop are listed in an order that is not that of their priorities. Two have no key.
func rulesOfShop() []elbtypes.Rule {
	path := func(values ...string) elbtypes.RuleCondition {
		return elbtypes.RuleCondition{Field: aws.String("path-pattern"), PathPatternConfig: &elbtypes.PathPatternConditionConfig{Values: values}}
	}
	forward := func(arn string) []elbtypes.Action {
		return []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &arn}}
	}
	return []elbtypes.Rule{
		{Priority: aws.String("10"), Conditions: []elbtypes.RuleCondition{path("/old/*")}, Actions: []elbtypes.Action{{
			RedirectConfig: &elbtypes.RedirectActionConfig{
				StatusCode: elbtypes.RedirectActionStatusCodeEnumHttp302, Protocol: aws.String("#{protocol}"), Host: aws.String("old.shop.test"),
				Port: aws.String("8443"), Path: aws.String("/#{path}"), Query: aws.String("#{query}")}}}},
		{Priority: aws.String("9"), Conditions: []elbtypes.RuleCondition{path("/up"), {Field: aws.String("http-header"),
			HttpHeaderConfig: &elbtypes.HttpHeaderConditionConfig{HttpHeaderName: aws.String("X-A"), Values: []string{"b"}}}}, Actions: forward("tg")},
		{Priority: aws.String("7"), Conditions: []elbtypes.RuleCondition{path("/beta")}, Actions: forward("another")},
		{Priority: aws.String("8"), Conditions: []elbtypes.RuleCondition{{Field: aws.String("query-string"),
			QueryStringConfig: &elbtypes.QueryStringConditionConfig{}}}, Actions: forward("tg")},
		{Priority: aws.String("11"), Conditions: []elbtypes.RuleCondition{{Field: aws.String("host-header"), Values: []string{"no.shop.test"}}},
			Actions: []elbtypes.Action{{FixedResponseConfig: &elbtypes.FixedResponseActionConfig{StatusCode: aws.String("404"), MessageBody: aws.String("gone")}}}},
	}
}

func TestWhatStandsThereIsDeclared(t *testing.T) {
	checked := alias("www.shop.test", east, primary)
	checked.HealthCheckId = aws.String("c-0")
	standby := alias("www.shop.test", west, secondary)
	standby.HealthCheckId = checked.HealthCheckId
	records := []r53types.ResourceRecordSet{checked, standby}
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
		"fleet.track.cpu": 50, "instance.hop_limit": 2, "instance.profile.name": "web", "instance.volume.size": 20, "instance.volume.type": "gp3",
		"instance.volume.encrypted": true, "balancer.idle_timeout": 120, "balancer.http2": false,
		"balancer.access_logs.primary": "logs", "balancer.access_logs.secondary": "logs",
		"rules": []map[string]any{
			{"path": []string{"/up"}, "header": map[string]any{"name": "X-A", "values": []string{"b"}}},
			{"path": []string{"/old/*"}, "redirect": map[string]any{"status": 302, "host": "old.shop.test", "port": 8443}},
			{"host": []string{"no.shop.test"}, "fixed": map[string]any{"status": 404, "body": "gone"}},
		},
		"image.base.owners": []string{"self"}, "image.base.names": []string{"shop-us-east-1", "shop-us-west-2"}, "image.run": "#!/bin/sh\nserve &\n",
	}
	if diff := cmp.Diff(want, d.Values); diff != "" {
		t.Error(diff)
	}
	for _, what := range []string{"the rule 7 of the listener at port 443", "the health check c-1 of the type CLOUDWATCH_METRIC",
		"the rule 8 of the listener at port 443", "the scaling policy bytes of f", "the launch template's volume /dev/sdf", "with the key k-1",
		"client_keep_alive.seconds: 600"} {
		tells(t, d, what)
	}
	if slices.ContainsFunc(d.Unsaid, func(u string) bool { return strings.Contains(u, "us-west-2") }) {
		t.Errorf("regions that are the same are told apart:\n%s", strings.Join(d.Unsaid, "\n"))
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

func tells(t *testing.T, d *Declared, what string) {
	t.Helper()
	if !slices.ContainsFunc(d.Unsaid, func(u string) bool { return strings.Contains(u, what) }) {
		t.Errorf("not told: %s, in\n%s", what, strings.Join(d.Unsaid, "\n"))
	}
}

// pairOf is what stands behind two records, each of which leads to a region.
func pairOf(first, second r53types.ResourceRecordSet) *Stack {
	tree := Walk(shop, "www.shop.test", []r53types.ResourceRecordSet{first, second})
	return &Stack{Zone: shop, Tree: tree, Sites: []*Site{served("us-east-1", east, "10.1.0.0/16"), served("us-west-2", west, "10.2.0.0/16")}}
}

func TestWhatTheSecondRegionHasOtherwiseIsDeclaredOrTold(t *testing.T) {
	s := pairOf(alias("www.shop.test", east, primary), alias("www.shop.test", west, secondary))
	other := s.Sites[1]
	other.Fleets[0].DesiredCapacity, other.Fleets[0].MinSize = aws.Int32(1), aws.Int32(1)
	other.Templates[0].Version.LaunchTemplateData.InstanceType = ec2types.InstanceTypeT3Micro
	other.Templates[0].Version.LaunchTemplateData.UserData = aws.String(base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\nserve -b &\n")))
	other.Tables, other.Policies = nil, nil
	other.ACLs = []ec2types.NetworkAcl{{NetworkAclId: aws.String("acl-1")}}
	d, err := s.Declare()
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{"regions.secondary.fleet.min": 1, "regions.secondary.fleet.desired": 1, "regions.secondary.fleet.max": nil,
		"regions.secondary.egress": "none", "instance.type": "m5.large", "regions.secondary.instance.type": "t3.micro", "fleet.desired": 3} {
		if d.Values[key] != want {
			t.Errorf("%s is %v, want %v", key, d.Values[key], want)
		}
	}
	for _, what := range []string{"image.run is otherwise in us-west-2: another text",
		"fleet.track.cpu is otherwise in us-west-2: nothing is said there", "in us-west-2, the network ACL acl-1"} {
		tells(t, d, what)
	}
}

func TestRegionsThatShareTheUsersAreDeclared(t *testing.T) {
	weighing := func(weight int64) func(*r53types.ResourceRecordSet) {
		return func(r *r53types.ResourceRecordSet) { r.Weight, r.HealthCheckId = &weight, aws.String("c") }
	}
	near := func(region string) func(*r53types.ResourceRecordSet) {
		return func(r *r53types.ResourceRecordSet) { r.Region = r53types.ResourceRecordSetRegion(region) }
	}
	s := pairOf(alias("www.shop.test", east, weighing(3)), alias("www.shop.test", west, weighing(1)))
	s.Checks = map[string]r53types.HealthCheck{"c": {Id: aws.String("c"), HealthCheckConfig: &r53types.HealthCheckConfig{
		Type: r53types.HealthCheckTypeHttps, Port: aws.Int32(8443), RequestInterval: aws.Int32(30), FailureThreshold: aws.Int32(2),
		MeasureLatency: aws.Bool(true), Regions: []r53types.HealthCheckRegion{"us-east-1", "us-west-1", "eu-west-1"}}}}
	d, err := s.Declare()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"failover.routing": "weighted", "regions.primary.weight": 3, "regions.secondary.weight": 1, "failover.interval": 30,
		"failover.check.latency": true, "failover.check.port": 8443, "failover.check.path": "/"}
	for key, value := range want {
		if d.Values[key] != value {
			t.Errorf("%s is %v, want %v", key, d.Values[key], value)
		}
	}
	if diff := cmp.Diff([]string{"us-east-1", "us-west-1", "eu-west-1"}, d.Values["failover.check.regions"]); diff != "" {
		t.Error(diff)
	}
	if d, err = pairOf(alias("www.shop.test", east, near("us-east-1")), alias("www.shop.test", west, near("us-west-2"))).Declare(); err != nil ||
		d.Values["failover.routing"] != "latency" {
		t.Errorf("by latency: %v, %v", d.Values["failover.routing"], err)
	}
	if d, err = pairOf(alias("www.shop.test", east, weighing(1)), alias("www.shop.test", west, near("us-west-2"))).Declare(); err != nil ||
		d.Values["failover.routing"] != nil {
		t.Errorf("by two policies: %v, %v", d.Values["failover.routing"], err)
	}
}

func TestOneRegionIsNotDeclared(t *testing.T) {
	s := &Stack{Zone: shop, Tree: Walk(shop, "www.shop.test", []r53types.ResourceRecordSet{alias("www.shop.test", east)})}
	if _, err := s.Declare(); err == nil || !strings.Contains(err.Error(), "no two regions") {
		t.Errorf("error %v", err)
	}
}
