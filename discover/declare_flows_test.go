package discover

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/account"
)

// behindFlows is the shop behind network load balancers, with TLS, a further port of TCP, and a switch.
func behindFlows(t *testing.T) *Stack {
	t.Helper()
	s := hello(t)
	of := func(group string) []elbtypes.Action {
		return []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: aws.String(group)}}
	}
	for n, at := range []string{"east", "west"} {
		site := s.Sites[n]
		site.Balancer.Type, site.Balancer.SecurityGroups = elbtypes.LoadBalancerTypeEnumNetwork, []string{"sg-lb"}
		site.Attributes = map[string]string{
			crossZone: "false", "deletion_protection.enabled": "true", "dns_record.client_routing_policy": "partial_availability_zone_affinity",
		}
		site.Filters = []ec2types.SecurityGroup{{GroupId: aws.String("sg-lb"), IpPermissionsEgress: []ec2types.IpPermission{
			{IpProtocol: aws.String("-1"), IpRanges: []ec2types.IpRange{{CidrIp: aws.String(anywhere)}}}}}}
		for _, port := range []int32{443, 8081, 7411} {
			site.Filters[0].IpPermissions = append(site.Filters[0].IpPermissions, ec2types.IpPermission{IpProtocol: aws.String("tcp"),
				FromPort: aws.Int32(port), ToPort: aws.Int32(port), IpRanges: []ec2types.IpRange{{CidrIp: aws.String(anywhere)}}})
		}
		listener := func(arn string, port int32, protocol elbtypes.ProtocolEnum, group, idle string) Listener {
			l := elbtypes.Listener{ListenerArn: &arn, Port: &port, Protocol: protocol, DefaultActions: of(group)}
			if protocol == elbtypes.ProtocolEnumTls {
				l.SslPolicy, l.Certificates = aws.String("ELBSecurityPolicy-2016-08"), []elbtypes.Certificate{{CertificateArn: aws.String("arn:" + at)}}
			}
			return Listener{Listener: l, Idle: idle}
		}
		site.Listeners = []Listener{listener("plain", 8081, elbtypes.ProtocolEnumTcp, "tg-plain", "61"), listener("entry", 443, elbtypes.ProtocolEnumTls, "tg", ""),
			listener("switch", 7412, elbtypes.ProtocolEnumTls, "tg", "")}
		site.Tags = map[string]account.Tags{}
		for arn, role := range map[string]string{
			"plain": "listener-8081", "entry": "listener", "switch": "switch", "tg-plain": "target-group-plain", "tg": "target-group",
		} {
			site.Tags[arn] = account.Tags{account.TagStack: "shop", account.TagRole: role}
		}
		site.Groups = []Group{
			{TargetGroup: elbtypes.TargetGroup{TargetGroupArn: aws.String("tg"), Port: aws.Int32(8443), Protocol: elbtypes.ProtocolEnumTls,
				HealthCheckProtocol: elbtypes.ProtocolEnumTcp}, Attributes: map[string]string{"preserve_client_ip.enabled": "false", "proxy_protocol_v2.enabled": "true"}},
			{TargetGroup: elbtypes.TargetGroup{TargetGroupArn: aws.String("tg-plain"), Port: aws.Int32(8081), Protocol: elbtypes.ProtocolEnumTcp,
				HealthCheckProtocol: elbtypes.ProtocolEnumHttp}, Attributes: map[string]string{"deregistration_delay.connection_termination.enabled": "true",
				"preserve_client_ip.enabled": "true", "stickiness.enabled": "true", "stickiness.type": "source_ip"}}}
	}
	for id, h := range s.Checks {
		if aws.ToString(h.HealthCheckConfig.SearchString) == "understudy" { // that of the rule
			h.HealthCheckConfig.Type, h.HealthCheckConfig.Port, h.HealthCheckConfig.ResourcePath = r53types.HealthCheckTypeTcp, aws.Int32(7411), nil
			s.Checks[id] = h
		}
	}
	return s
}

// What stands behind network load balancers is described by the keys of these.
func TestNetworkLoadBalancersAreDescribed(t *testing.T) {
	d, err := behindFlows(t).Declare()
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"balancer.kind": "network", "balancer.cross_zone": false, "balancer.deletion_protection": true, "balancer.idle_timeout": 61,
		"https.port": 443, "https.certificates.secondary": "arn:west", "target.protocol": "TLS", "target.check_protocol": "TCP",
		"target.preserve_client_ip": false, "target.proxy_protocol": true, "target.connection_termination": nil, "failover.switch": "standby",
		"listeners": []map[string]any{{"port": 8081, "forward": "plain"}}, "security.public_facing.ingress": nil,
	} {
		if diff := cmp.Diff(want, d.Values[key]); diff != "" {
			t.Errorf("%s: %s", key, diff)
		}
	}
	groups, _ := d.Values["target_groups"].([]map[string]any)
	if len(groups) != 1 {
		t.Fatalf("%v", d.Values["target_groups"])
	}
	plain, _ := groups[0]["target"].(map[string]any)
	for key, want := range map[string]any{
		"protocol": "TCP", "check_protocol": nil, "connection_termination": true, "stickiness": map[string]any{"source_ip": true},
	} {
		if diff := cmp.Diff(want, plain[key]); diff != "" {
			t.Errorf("%s: %s", key, diff)
		}
	}
	tells(t, d, "dns_record.client_routing_policy: partial_availability_zone_affinity")
}

// A group before an application load balancer is told of by that one's name, where a declaration and adopting have no more to say.
func TestABalancerBehindABalancerIsNamed(t *testing.T) {
	s := behindFlows(t)
	for n, region := range []string{"us-east-1", "us-west-2"} {
		arn := "arn:aws:elasticloadbalancing:" + region + ":1:loadbalancer/app/inner/50dc6c495c0c9188"
		g := &s.Sites[n].Groups[1]
		g.TargetType, g.TargetGroupName = elbtypes.TargetTypeEnumAlb, aws.String("plain")
		g.Targets = []elbtypes.TargetHealthDescription{{Target: &elbtypes.TargetDescription{Id: &arn}}}
	}
	d, err := s.Declare()
	if err != nil {
		t.Fatal(err)
	}
	tells(t, d, "that the target of plain is the application load balancer inner, and all behind that")
	h, err := s.Hold()
	if err != nil {
		t.Fatal(err)
	}
	tells(t, &Declared{Unsaid: h.Unsaid}, "in "+s.Sites[1].Region+": the application load balancer inner, to which that target group leads, and all behind it")
}
