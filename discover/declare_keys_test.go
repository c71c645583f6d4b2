package discover

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// notYet are keys that are not read back, with what is written in their place.
var notYet = map[string]string{
	"regions.primary.egress":        "egress, and the secondary's where that has another",
	"regions.primary.instance.type": "instance.type, and the secondary's where that has another",
	"target.path":                   "service.health, and the paths of what asks for another",
}

// ours is a site of a stack of this program's that says all that a declaration can, as the APIs tell it. The generation of its parts is none
// of the declaration's.
func ours(t *testing.T, region, dns, cidr string) *Site {
	t.Helper()
	baked := understudy.Declaration{Image: understudy.Image{Install: "install nginx", Run: "serve &\n", WithEnvironment: true},
		Instance: understudy.Instance{UserData: "#cloud-config\npackages: []",
			Environment: understudy.Environment{"A": {Text: "1"}, "B": {Parameter: "/b"}}}, Hosts: understudy.Hosts{UserData: "echo host"}}
	s := served(region, dns, cidr)
	s.Balancer.LoadBalancerArn, s.Balancer.SecurityGroups = aws.String("lb"), []string{"sg-lb"}
	s.Balancer.AvailabilityZones = make([]elbtypes.AvailabilityZone, 3)
	maps.Copy(s.Attributes, map[string]string{"routing.http.drop_invalid_header_fields.enabled": "true", "routing.http.desync_mitigation_mode": "monitor",
		"deletion_protection.enabled": "true", "access_logs.s3.prefix": "a", "connection_logs.s3.enabled": "true", "connection_logs.s3.bucket": "c-" + region,
		"connection_logs.s3.prefix": "b"})
	s.own8443()
	s.Groups[0].Attributes["slow_start.duration_seconds"], s.Groups[0].Attributes[crossZone] = "30", "false"
	s.Groups[0].ProtocolVersion = aws.String("HTTP2")
	api := s.Groups[0]
	api.TargetGroupArn, api.TargetGroupName, api.Port = aws.String("tg-api"), aws.String("understudy2-hello-Tapi"), aws.Int32(8081)
	s.Groups = append([]Group{api}, s.Groups...)
	f := &s.Fleets[0]
	f.TargetGroupARNs, f.DefaultInstanceWarmup, f.TerminationPolicies = []string{"tg", "tg-api"}, aws.Int32(7), []string{"OldestInstance", "Default"}
	f.HealthCheckType, f.MaxInstanceLifetime = aws.String("EC2"), aws.Int32(604800)
	for _, m := range understudy.FleetMetrics {
		f.EnabledMetrics = append(f.EnabledMetrics, asgtypes.EnabledMetric{Metric: aws.String(m)})
	}
	s.Policies = append(s.Policies, policy("requests", asgtypes.MetricTypeALBRequestCountPerTarget, 1000))
	template := s.Templates[0].Version.LaunchTemplateData
	template.UserData = aws.String(base64.StdEncoding.EncodeToString([]byte(baked.UserData())))
	template.MetadataOptions.HttpTokens = ec2types.LaunchTemplateHttpTokensStateOptional
	template.Monitoring = &ec2types.LaunchTemplatesMonitoring{Enabled: aws.Bool(true)}
	template.BlockDeviceMappings[0].Ebs.Iops, template.BlockDeviceMappings[0].Ebs.Throughput = aws.Int32(4000), aws.Int32(200)
	s.Filters = []ec2types.SecurityGroup{
		{GroupId: aws.String("sg-lb"), IpPermissions: []ec2types.IpPermission{tcp(443, 443, "0.0.0.0/0"), tcp(80, 80, "0.0.0.0/0"),
			tcp(8443, 8443, "0.0.0.0/0"), tcp(8444, 8444, "0.0.0.0/0"), tcp(8445, 8445, "0.0.0.0/0"), tcp(22, 22, "192.0.2.0/24")},
			IpPermissionsEgress: []ec2types.IpPermission{out()}},
		{GroupId: aws.String("sg-fleet"), IpPermissions: []ec2types.IpPermission{tcp(3000, 3000, "sg-lb"), tcp(3001, 3001, "sg-lb"), tcp(8081, 8081, "sg-lb"),
			tcp(9000, 9010, "sg-lb")}, IpPermissionsEgress: []ec2types.IpPermission{tcp(443, 443, "0.0.0.0/0"), tcp(53, 53, "sg-lb")}},
	}
	s.VPC.Tags = []ec2types.Tag{{Key: aws.String(account.TagStack), Value: aws.String("hello")}}
	s.Detail = Detail{
		Tags: map[string]account.Tags{"lb": {account.TagStack: "hello", "team": "web", "Name": "hello"}, "l443": {account.TagRole: "listener"},
			"l80": {account.TagRole: "redirect"}, "l8443": {account.TagRole: "listener-8443"}, "tg": {account.TagRole: "target-group"},
			"tg-api": {account.TagRole: "target-group-api"}},
		Hosts: []Host{{ec2types.Instance{InstanceId: aws.String("i-1"), InstanceType: ec2types.InstanceTypeT3Nano, KeyName: aws.String("admin"),
			ImageId: aws.String("ami-host")}, baked.HostUserData()}},
		HostImages:  []ec2types.Image{{ImageId: aws.String("ami-host"), Name: aws.String("bastion-7")}},
		HostFilters: []ec2types.SecurityGroup{{GroupId: aws.String("sg-hosts"), IpPermissions: []ec2types.IpPermission{tcp(2222, 2222, "203.0.113.0/24")}}},
		Scheduled: []asgtypes.ScheduledUpdateGroupAction{
			{ScheduledActionName: aws.String("understudy-hello-leap"), Recurrence: aws.String("0 0 29 2 *"), TimeZone: aws.String("Europe/Berlin"),
				MinSize: aws.Int32(1), DesiredCapacity: aws.Int32(2), MaxSize: aws.Int32(3)},
			{ScheduledActionName: aws.String("understudy-hello-at-" + region), Recurrence: aws.String("1 0 29 2 *"), MaxSize: aws.Int32(9)}},
		Alarms: []cwtypes.MetricAlarm{
			{AlarmName: aws.String("understudy-hello-errors"), Threshold: aws.Float64(5), Period: aws.Int32(300), EvaluationPeriods: aws.Int32(2),
				AlarmActions: []string{"arn:aws:sns:" + region + ":123456789012:page"}},
			{AlarmName: aws.String("understudy-hello-response-time"), Threshold: aws.Float64(0.25), Period: aws.Int32(60), EvaluationPeriods: aws.Int32(3)},
			{AlarmName: aws.String("understudy-hello-fleet-size"), Threshold: aws.Float64(float64(aws.ToInt32(f.MinSize))), Period: aws.Int32(60),
				EvaluationPeriods: aws.Int32(3)},
			{AlarmName: aws.String("understudy-hello-of-others"), Threshold: aws.Float64(1)},
		},
		Role: &Role{Managed: []string{"arn:aws:iam::aws:policy/A"}, Own: map[string]string{"understudy": `{"Version": "2012-10-17"}`,
			"understudy-environment": "{}"}},
	}
	return s
}

// own8443 gives the listeners ARNs, and adds one at a further port.
func (s *Site) own8443() {
	s.Listeners[0].ListenerArn, s.Listeners[1].ListenerArn = aws.String("l80"), aws.String("l443")
	to := []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: aws.String("tg-api")}}
	rule := func(n, field string, action elbtypes.Action, values ...string) elbtypes.Rule {
		return elbtypes.Rule{Priority: &n, Conditions: []elbtypes.RuleCondition{{Field: &field, Values: values}}, Actions: []elbtypes.Action{action}}
	}
	send := elbtypes.Action{RedirectConfig: &elbtypes.RedirectActionConfig{StatusCode: elbtypes.RedirectActionStatusCodeEnumHttp301,
		Protocol: aws.String("HTTPS"), Host: aws.String("www.hello.test"), Port: aws.String("443"), Path: aws.String("/new"), Query: aws.String("a=b")}}
	fixed := elbtypes.Action{FixedResponseConfig: &elbtypes.FixedResponseActionConfig{StatusCode: aws.String("404"), ContentType: aws.String("text/html"),
		MessageBody: aws.String("gone")}}
	header := elbtypes.RuleCondition{Field: aws.String("http-header"), HttpHeaderConfig: &elbtypes.HttpHeaderConditionConfig{
		HttpHeaderName: aws.String("X-A"), Values: []string{"b"}}}
	all := []elbtypes.Rule{rule("1", "path-pattern", fixed, understudy.SwitchPath), rule("20", "path-pattern", to[0], "/api/*"),
		rule("21", "host-header", send, "old.hello.test"), rule("22", "http-request-method", fixed, "PUT"), rule("23", "source-ip", fixed, "192.0.2.0/24"),
		{Priority: aws.String("24"), Conditions: []elbtypes.RuleCondition{header}, Actions: to}}
	s.Listeners[1].Rules = append(s.Listeners[1].Rules, all...)
	secure := s.Listeners[1].Listener
	secure.ListenerArn, secure.Port, secure.DefaultActions = aws.String("l8443"), aws.Int32(8443), to
	s.Listeners = append(s.Listeners, Listener{Listener: secure, Rules: all})
	for port, action := range map[int32]elbtypes.Action{8444: send, 8445: fixed} {
		secure.ListenerArn, secure.Port, secure.DefaultActions = aws.String("l"), aws.Int32(port), []elbtypes.Action{action}
		s.Listeners = append(s.Listeners, Listener{Listener: secure})
	}
}

func tcp(from, to int32, peer string) ec2types.IpPermission {
	p := ec2types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: &from, ToPort: &to}
	if strings.HasPrefix(peer, "sg-") {
		p.UserIdGroupPairs = []ec2types.UserIdGroupPair{{GroupId: &peer}}
	} else {
		p.IpRanges = []ec2types.IpRange{{CidrIp: &peer}}
	}
	return p
}

func out() ec2types.IpPermission {
	return ec2types.IpPermission{IpProtocol: aws.String("-1"), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}
}

// hello is a stack of this program's, whose regions differ where a declaration lets them. Its checks are listed in an order of their own.
func hello(t *testing.T) *Stack {
	t.Helper()
	zone := Zone{"Z1", "hello.test"}
	first, second := alias("www.hello.test", east, primary), alias("www.hello.test", west, secondary)
	first.HealthCheckId, second.HealthCheckId = aws.String("all-east"), aws.String("all-west")
	s := &Stack{Zone: zone, Tree: Walk(zone, "www.hello.test", []r53types.ResourceRecordSet{first, second}), Checks: map[string]r53types.HealthCheck{},
		Roles: map[string]string{}, Sites: []*Site{ours(t, "us-east-1", east, "10.1.0.0/16"), ours(t, "us-west-2", west, "10.2.0.0/16")}}
	check := func(id, role string, c r53types.HealthCheckConfig) {
		s.Checks[id], s.Roles[id] = r53types.HealthCheck{Id: &id, HealthCheckConfig: &c}, role
	}
	for _, of := range []struct{ at, balancer string }{{"east", east}, {"west", west}} {
		ask := r53types.HealthCheckConfig{RequestInterval: aws.Int32(30), FailureThreshold: aws.Int32(2), MeasureLatency: aws.Bool(true),
			Regions: []r53types.HealthCheckRegion{"us-east-1", "us-west-1", "eu-west-1"}}
		one := func(kind r53types.HealthCheckType, name, path, match string, port int32) r53types.HealthCheckConfig {
			c := ask
			c.Type, c.FullyQualifiedDomainName, c.Port = kind, &name, &port
			if path != "" {
				c.ResourcePath = &path
			}
			if match != "" {
				c.SearchString = &match
			}
			return c
		}
		check("tcp-"+of.at, "further-check-1-primary", one(r53types.HealthCheckTypeTcp, of.balancer, "", "", 443))
		check("app-"+of.at, "check-primary", one(r53types.HealthCheckTypeHttpStrMatch, of.at+".hello.test", "/ready", "fine", 8080))
		check("more-"+of.at, "further-check-2-primary", one(r53types.HealthCheckTypeHttpsStrMatch, of.at+".more.test", "/more", "well", 8443))
		check("switch-"+of.at, "switch-check", one(r53types.HealthCheckTypeHttpsStrMatch, of.balancer, understudy.SwitchPath, "understudy", 443))
		region := map[string]r53types.CloudWatchRegion{"east": "us-east-1", "west": "us-west-2"}[of.at]
		check("alarm-"+of.at, "further-check-3-primary", r53types.HealthCheckConfig{Type: r53types.HealthCheckTypeCloudwatchMetric,
			AlarmIdentifier:              &r53types.AlarmIdentifier{Name: aws.String("understudy-hello-errors"), Region: region},
			InsufficientDataHealthStatus: r53types.InsufficientDataHealthStatusUnhealthy})
		check("all-"+of.at, "", r53types.HealthCheckConfig{Type: r53types.HealthCheckTypeCalculated, HealthThreshold: aws.Int32(3),
			ChildHealthChecks: []string{"alarm-" + of.at, "more-" + of.at, "switch-" + of.at, "app-" + of.at, "tcp-" + of.at}})
	}
	second2 := s.Sites[1]
	second2.Tables, second2.Fleets[0].MinSize, second2.Fleets[0].DesiredCapacity, second2.Fleets[0].MaxSize = nil, aws.Int32(1), aws.Int32(1), aws.Int32(2)
	return s
}

// What a stack of this program's has beside its health checks' order, its parts' generation and the switch is what was declared.
func TestAStackOfOursIsReadBack(t *testing.T) {
	d, err := hello(t).Declare()
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"name": "hello", "record": "www", "zones": 3, "tags": map[string]string{"team": "web"}, "egress": "nat-per-zone", "regions.secondary.egress": "none",
		"regions.secondary.fleet.min": 1, "regions.secondary.fleet.desired": 1, "regions.secondary.fleet.max": 2,
		"fleet.warm_up": 7, "fleet.max_lifetime": 604800,
		"fleet.termination_policies": []string{"OldestInstance", "Default"}, "fleet.health_check": "EC2", "fleet.metrics": true,
		"image.baked": false, "image.install": "install nginx", "image.run": "serve &\n",
		"instance.environment":     map[string]any{"A": "1", "B": map[string]any{"parameter": "/b"}},
		"instance.user_data":       "#cloud-config\npackages: []\n",
		"instance.profile.managed": []string{"arn:aws:iam::aws:policy/A"}, "instance.profile.policy": map[string]any{"Version": "2012-10-17"},
		"hosts.count": 1, "hosts.type": "t3.nano", "hosts.key": "admin", "hosts.user_data": "echo host\n",
		"hosts.image.name": "bastion-7", "hosts.image.owner": "self",
		"hosts.ingress":                  []map[string]any{{"protocol": "tcp", "ports": "2222", "from": "203.0.113.0/24"}},
		"security.public_facing.ingress": []map[string]any{{"protocol": "tcp", "ports": "22", "from": "192.0.2.0/24"}},
		"security.internal.ingress":      []map[string]any{{"protocol": "tcp", "ports": "9000-9010", "from": "public-facing"}},
		"security.internal.egress": []map[string]any{{"protocol": "tcp", "ports": "443", "to": "0.0.0.0/0"},
			{"protocol": "tcp", "ports": "53", "to": "public-facing"}},
		"fleet.scheduled": []map[string]any{{"name": "at-us-east-1", "recurrence": "1 0 29 2 *", "max": 9, "region": "primary"},
			{"name": "at-us-west-2", "recurrence": "1 0 29 2 *", "max": 9, "region": "secondary"},
			{"name": "leap", "recurrence": "0 0 29 2 *", "timezone": "Europe/Berlin", "min": 1, "desired": 2, "max": 3}},
		"failover.switch": "standby", "failover.healthy": 2, "failover.check.path": "/ready", "failover.check.protocol": "HTTP",
		"failover.check.port": 8080, "failover.check.host.primary": "east.hello.test", "failover.check.host.secondary": "west.hello.test",
		"failover.checks": []map[string]any{{"protocol": "TCP"}, {"path": "/more", "match": "well", "port": 8443,
			"host": map[string]any{"primary": "east.more.test", "secondary": "west.more.test"}}, {"alarm": "errors", "no_data": "unhealthy"}},
		"alarms.notify.primary": []string{"arn:aws:sns:us-east-1:123456789012:page"},
		"alarms.on": []map[string]any{{"alarm": "errors", "threshold": 5, "period": 300, "evaluation_periods": 2},
			{"alarm": "response-time", "threshold": 250}, {"alarm": "fleet-size"}},
		"service.port": 3000, "listener.port": 80, "https.port": 443,
	} {
		if diff := cmp.Diff(want, d.Values[key]); diff != "" {
			t.Errorf("%s: %s", key, diff)
		}
	}
	rules, _ := d.Values["rules"].([]map[string]any)
	listeners, _ := d.Values["listeners"].([]map[string]any)
	if len(rules) != 8 || len(listeners) != 3 || listeners[0]["forward"] != "api" || len(listeners[0]["rules"].([]map[string]any)) != 5 {
		t.Errorf("rules %v\nlisteners %v", rules, listeners)
	}
	if slices.ContainsFunc(d.Unsaid, func(u string) bool { return strings.Contains(u, "health check") || strings.Contains(u, "open to") }) {
		t.Errorf("told: %s", strings.Join(d.Unsaid, "\n"))
	}
}

func TestANetworkThatWasThereIsReadBackByItsIDs(t *testing.T) {
	s := hello(t)
	s.Sites[0].VPC.Tags = nil
	s.Sites[0].Balancer.AvailabilityZones = []elbtypes.AvailabilityZone{{SubnetId: aws.String("subnet-1")}, {SubnetId: aws.String("subnet-2")}}
	s.Sites[0].Fleets[0].VPCZoneIdentifier = aws.String("subnet-3,subnet-4")
	d, err := s.Declare()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"regions.primary.network.vpc": "vpc-1", "regions.primary.network.public": []string{"subnet-1", "subnet-2"},
		"regions.primary.network.private": []string{"subnet-3", "subnet-4"}, "regions.primary.cidr": nil, "regions.secondary.cidr": "10.2.0.0/16",
		"regions.secondary.network.vpc": nil}
	for key, value := range want {
		if diff := cmp.Diff(value, d.Values[key]); diff != "" {
			t.Errorf("%s: %s", key, diff)
		}
	}
	tells(t, d, "by what tags the network was found")
}

// Every key of the declaration is read back from what stands, or said not to be told, or known not to be read back yet.
func TestEveryKeyIsReadBackOrNamed(t *testing.T) {
	have, named := map[string]bool{}, append([]string{}, slices.Concat(notTold.Keys, bakedOf.Keys, selectedBy.Keys, networkBy.Keys)...)
	var note func(path string, value any)
	note = func(path string, value any) {
		have[path] = true
		switch v := value.(type) {
		case map[string]any:
			for key, inner := range v {
				note(path+"."+key, inner)
			}
		case []map[string]any:
			for _, one := range v {
				note(path+"[]", one)
			}
		}
	}
	weighing := func(n int64) func(*r53types.ResourceRecordSet) {
		return func(r *r53types.ResourceRecordSet) { r.Weight = &n }
	}
	weighted := pairOf(alias("www.shop.test", east, weighing(3)), alias("www.shop.test", west, weighing(1)))
	others := hello(t)
	others.Sites[0].Tables, others.Sites[0].Role = nil, nil
	others.Sites[1].Templates[0].Version.LaunchTemplateData.InstanceType = ec2types.InstanceTypeT3Nano
	others.Sites[1].Tables = served("", "", "").Tables
	flows := behindFlows(t)
	for n := range flows.Sites[0].Groups {
		g := &flows.Sites[0].Groups[n]
		g.HealthCheckProtocol = elbtypes.ProtocolEnumTcp
		g.Attributes = map[string]string{"deregistration_delay.connection_termination.enabled": "true", "preserve_client_ip.enabled": "false",
			"proxy_protocol_v2.enabled": "true", "stickiness.enabled": "true", "stickiness.type": "source_ip"}
	}
	for _, s := range []*Stack{hello(t), weighted, others, flows} {
		d, err := s.Declare()
		if err != nil {
			t.Fatal(err)
		}
		for path, value := range d.Values {
			note(path, value)
		}
	}
	isNamed := func(path string) bool {
		path = strings.TrimPrefix(path, "target_groups[].")
		_, later := notYet[path]
		return later || slices.ContainsFunc(named, func(n string) bool {
			return path == n || strings.HasPrefix(path, n+".") || strings.HasPrefix(path, n+"[]")
		})
	}
	var walk func([]*understudy.Key)
	walk = func(keys []*understudy.Key) {
		for _, k := range keys {
			switch {
			case k.Kind != understudy.Document && len(k.Keys) > 0 && !isNamed(k.Path):
				walk(k.Keys)
			case !have[k.Path] && !isNamed(k.Path):
				t.Errorf("%s is not read back, and in no list of what is not", k.Path)
			case have[k.Path] && notYet[k.Path] != "":
				t.Errorf("%s is read back", k.Path)
			}
		}
	}
	walk(understudy.Keys())
}
