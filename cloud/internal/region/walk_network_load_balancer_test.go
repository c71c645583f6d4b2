package region_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/authority"
	"github.com/understudy/understudy/cloud/internal/region"
	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestProviderWalksNetworkLoadBalancers(t *testing.T) {
	var z zone
	runWalks(t, []walk{
		{
			resource: "aws_lb", gone: []string{"LoadBalancerNotFound"},
			create: (*provider).createNetworkBalancer, read: (*provider).readBalancer, destroy: (*provider).destroyBalancer,
			update: func(p *provider, arn string) {
				p.setBalancer(arn, map[string]string{"load_balancing.cross_zone.enabled": "true"})
				roomtest.Must(p.ELB.SetSecurityGroups(p.T.Context(), &elb.SetSecurityGroupsInput{
					LoadBalancerArn: &arn, SecurityGroups: []string{p.SecurityGroup(p.vpc, "other")}}))(p.T)
				p.awaitBalancer(arn)
			},
		},
		{
			resource: "aws_lb with ip_address_type and subnet_mapping.ipv6_address", gone: []string{"LoadBalancerNotFound"},
			create: (*provider).createDualStackNetworkBalancer, read: (*provider).readBalancer, destroy: (*provider).destroyBalancer,
			update: func(p *provider, arn string) {
				roomtest.Must(p.ELB.SetIpAddressType(p.T.Context(), &elb.SetIpAddressTypeInput{LoadBalancerArn: &arn, IpAddressType: "ipv4"}))(p.T)
				p.awaitBalancer(arn)
			},
		},
		{
			resource: "aws_lb_target_group", gone: []string{"TargetGroupNotFound"},
			create: (*provider).createFlowGroup, read: (*provider).readTargetGroup,
			update: func(p *provider, arn string) {
				roomtest.Must(p.ELB.ModifyTargetGroup(p.T.Context(), &elb.ModifyTargetGroupInput{
					TargetGroupArn: &arn, HealthCheckEnabled: new(true), HealthCheckIntervalSeconds: new(int32(10)), HealthCheckPath: new("/health"),
					HealthCheckPort: new("8080"), HealthCheckProtocol: "HTTP", HealthCheckTimeoutSeconds: new(int32(6)), HealthyThresholdCount: new(int32(3)),
					UnhealthyThresholdCount: new(int32(3)), Matcher: &elbtypes.Matcher{HttpCode: new("200-399")},
				}))(p.T)
			},
			destroy: func(p *provider, arn string) {
				roomtest.Must(p.ELB.DeleteTargetGroup(p.T.Context(), &elb.DeleteTargetGroupInput{TargetGroupArn: &arn}))(p.T)
			},
		},
		{
			resource: "aws_lb_listener", gone: []string{"ListenerNotFound"},
			create: (*provider).createFlowListener, read: (*provider).readListener,
			update: func(p *provider, arn string) {
				roomtest.Must(p.ELB.ModifyListener(p.T.Context(), &elb.ModifyListenerInput{ListenerArn: &arn, Port: new(int32(8080)), Protocol: "TCP"}))(p.T)
				roomtest.Must(p.ELB.ModifyListenerAttributes(p.T.Context(), &elb.ModifyListenerAttributesInput{
					ListenerArn: &arn, Attributes: []elbtypes.ListenerAttribute{{Key: new("tcp.idle_timeout.seconds"), Value: new("600")}}}))(p.T)
			},
			destroy: func(p *provider, arn string) {
				roomtest.Must(p.ELB.DeleteListener(p.T.Context(), &elb.DeleteListenerInput{ListenerArn: &arn}))(p.T)
			},
		},
		{
			resource: "aws_lb_listener of TLS", gone: []string{"ListenerNotFound"},
			config: func(t *testing.T, c *region.Config) {
				c.Resolve, c.Issuer = z.resolve, roomtest.Must(authority.OpenIssuer(t.TempDir()))(t)
			},
			create: func(p *provider) string { return p.createFlowListenerOf("TLS", p.issueCertificate(&z)) }, read: (*provider).readTLSListener,
			update: func(p *provider, arn string) {
				roomtest.Must(p.ELB.ModifyListener(p.T.Context(), &elb.ModifyListenerInput{
					ListenerArn: &arn, Port: new(int32(443)), Protocol: "TLS", AlpnPolicy: []string{"HTTP2Preferred"}}))(p.T)
			},
			destroy: func(p *provider, arn string) {
				roomtest.Must(p.ELB.DeleteListener(p.T.Context(), &elb.DeleteListenerInput{ListenerArn: &arn}))(p.T)
			},
		},
	})
}

// createNetworkBalancer makes one with an Elastic IP address in its first zone.
func (p *provider) createNetworkBalancer() string {
	ctx := p.T.Context()
	p.Gateway(p.vpc)
	_, err := p.ELB.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Names: []string{"walk"}})
	p.refused(err, "LoadBalancerNotFound")
	address := roomtest.Must(p.AllocateAddress(ctx, &ec2.AllocateAddressInput{Domain: "vpc"}))(p.T)
	out := roomtest.Must(p.ELB.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
		Name: new("walk"), Type: "network", SecurityGroups: []string{p.SecurityGroup(p.vpc, "walk")}, Tags: elbTags(),
		SubnetMappings: []elbtypes.SubnetMapping{{SubnetId: &p.subnet, AllocationId: address.AllocationId}, {SubnetId: &p.other}},
	}))(p.T)
	arn := *out.LoadBalancers[0].LoadBalancerArn
	p.awaitBalancer(arn)
	p.setBalancer(arn, map[string]string{
		"access_logs.s3.enabled": "false", "deletion_protection.enabled": "false", "load_balancing.cross_zone.enabled": "false",
		"dns_record.client_routing_policy": "any_availability_zone", "zonal_shift.config.enabled": "false", "secondary_ips.auto_assigned.per_subnet": "0",
	})
	p.awaitBalancer(arn)
	shown := only(p, roomtest.Must(p.ELB.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{arn}}))(p.T).LoadBalancers)
	addresses := shown.AvailabilityZones[0].LoadBalancerAddresses
	if len(addresses) != 1 || *addresses[0].IpAddress != *address.PublicIp {
		p.T.Errorf("its addresses are %+v, not %s", addresses, *address.PublicIp)
	}
	_, err = p.ELB.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
		Name: new("second"), Type: "network", SubnetMappings: []elbtypes.SubnetMapping{{SubnetId: &p.subnet, AllocationId: address.AllocationId}}})
	roomtest.WantAPIError(p.T, err, "ResourceInUse")
	_, err = p.ReleaseAddress(ctx, &ec2.ReleaseAddressInput{AllocationId: address.AllocationId})
	roomtest.WantAPIError(p.T, err, "InvalidIPAddress.InUse")
	eni := only(p, roomtest.Must(p.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{
		Filters: regiontest.Where("association.allocation-id", *address.AllocationId)}))(p.T).NetworkInterfaces)
	if eni.InterfaceType != "network_load_balancer" || !*eni.RequesterManaged {
		p.T.Errorf("its interface is %+v", eni)
	}
	return arn
}

// createDualStackNetworkBalancer makes one with an IPv6 address that is configured in its first zone. The provider takes the zone's first
// address for all that its mapping says (flattenSubnetMappingsFromAvailabilityZones in load_balancer.go).
func (p *provider) createDualStackNetworkBalancer() string {
	ctx := p.T.Context()
	p.dualStack()
	p.Gateway(p.vpc)
	out := roomtest.Must(p.ELB.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
		Name: new("walk"), Type: "network", IpAddressType: "dualstack", Tags: elbTags(),
		SubnetMappings: []elbtypes.SubnetMapping{{SubnetId: &p.subnet, IPv6Address: new("2001:db8:100::77")}, {SubnetId: &p.other}},
	}))(p.T)
	arn := *out.LoadBalancers[0].LoadBalancerArn
	p.awaitBalancer(arn)
	p.setBalancer(arn, map[string]string{"dns_record.client_routing_policy": "any_availability_zone", "secondary_ips.auto_assigned.per_subnet": "0"})
	shown := only(p, roomtest.Must(p.ELB.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{arn}}))(p.T).LoadBalancers)
	if got := only(p, shown.AvailabilityZones[0].LoadBalancerAddresses); *got.IPv6Address != "2001:db8:100::77" || shown.IpAddressType != "dualstack" {
		p.T.Errorf("it is %+v", shown)
	}
	return arn
}

func (p *provider) createFlowGroup() string {
	ctx := p.T.Context()
	_, err := p.ELB.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: []string{"walk"}})
	p.refused(err, "TargetGroupNotFound")
	out := roomtest.Must(p.ELB.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: new("walk"), Port: new(int32(80)), Protocol: "TCP", TargetType: "instance", VpcId: &p.vpc, Tags: elbTags(),
	}))(p.T)
	arn := *out.TargetGroups[0].TargetGroupArn
	attributes := []elbtypes.TargetGroupAttribute{
		{Key: new("deregistration_delay.timeout_seconds"), Value: new("300")},
		{Key: new("deregistration_delay.connection_termination.enabled"), Value: new("false")},
		{Key: new("proxy_protocol_v2.enabled"), Value: new("false")}, {Key: new("stickiness.enabled"), Value: new("false")},
		{Key: new("stickiness.type"), Value: new("source_ip")},
	}
	roomtest.Must(p.ELB.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: &arn, Attributes: attributes}))(p.T)
	return arn
}

func (p *provider) createFlowListener() string { return p.createFlowListenerOf("TCP", "") }

func (p *provider) createFlowListenerOf(protocol elbtypes.ProtocolEnum, certificate string) string {
	balancer, group := p.createNetworkBalancer(), p.createFlowGroup()
	in := &elb.CreateListenerInput{
		LoadBalancerArn: &balancer, Port: new(int32(80)), Protocol: protocol, Tags: elbTags(),
		DefaultActions: []elbtypes.Action{{Type: "forward", Order: new(int32(1)), TargetGroupArn: &group}},
	}
	if certificate != "" {
		in.Certificates, in.SslPolicy = []elbtypes.Certificate{{CertificateArn: &certificate}}, new("ELBSecurityPolicy-TLS13-1-2-2021-06")
	}
	return *roomtest.Must(p.ELB.CreateListener(p.T.Context(), in))(p.T).Listeners[0].ListenerArn
}

// readTLSListener asks for no attributes: of a listener of TLS the provider does not.
func (p *provider) readTLSListener(arn string) (any, error) {
	out, err := p.ELB.DescribeListeners(p.T.Context(), &elb.DescribeListenersInput{ListenerArns: []string{arn}})
	if err != nil {
		return nil, err
	}
	l := only(p, out.Listeners)
	if len(l.Certificates) != 1 {
		p.T.Errorf("the provider takes the only certificate of %+v", l.Certificates)
	}
	return []any{l, p.elbTags(arn)}, nil
}
