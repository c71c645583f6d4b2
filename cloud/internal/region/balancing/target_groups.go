package balancing

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

const trafficPort = "traffic-port"

// orDefault returns what a pointer points to, or a default.
func orDefault[T any](p *T, fallback T) T {
	if p == nil {
		return fallback
	}
	return *p
}

// readTargetGroup reads a request with the defaults of its protocols.
func readTargetGroup(in *elb.CreateTargetGroupInput) targetGroupRow {
	check := checkProtocolOf(in)
	timeout, path, matcher := checkDefaults(in.Protocol, check)
	row := targetGroupRow{
		Name: room.Deref(in.Name), VPC: room.Deref(in.VpcId), Type: cmp.Or(in.TargetType, elbtypes.TargetTypeEnumInstance), Port: room.Deref(in.Port),
		IPAddressType: in.IpAddressType, Protocol: in.Protocol, CheckProtocol: check,
		CheckPort: orDefault(in.HealthCheckPort, trafficPort), Path: cmp.Or(room.Deref(in.HealthCheckPath), path),
		Interval: orDefault(in.HealthCheckIntervalSeconds, 30), Timeout: orDefault(in.HealthCheckTimeoutSeconds, timeout),
		Healthy: orDefault(in.HealthyThresholdCount, 5), Unhealthy: orDefault(in.UnhealthyThresholdCount, 2), Matcher: matcher,
		Version: balancer.Version(room.Deref(in.ProtocolVersion)),
	}
	if row.version() == balancer.GRPC {
		row.Path, row.Matcher = orDefault(in.HealthCheckPath, "/AWS.ALB/healthcheck"), "12"
	}
	return row
}

func isHTTP(p elbtypes.ProtocolEnum) bool {
	return p == elbtypes.ProtocolEnumHttp || p == elbtypes.ProtocolEnumHttps
}

func (row targetGroupRow) protocol() elbtypes.ProtocolEnum {
	return cmp.Or(row.Protocol, elbtypes.ProtocolEnumHttp)
}

func (row targetGroupRow) checkProtocol() elbtypes.ProtocolEnum {
	return cmp.Or(row.CheckProtocol, elbtypes.ProtocolEnumHttp)
}

func checkNewTargetGroup(in *elb.CreateTargetGroupInput) error {
	if err := required("Name", in.Name); err != nil {
		return err
	}
	if err := checkGroupName(*in.Name); err != nil {
		return err
	}
	if err := checkTargetType(in); err != nil {
		return err
	}
	switch {
	case *in.Port < 1 || *in.Port > 65535:
		return invalid("Port '%d' must be between 1 and 65535", *in.Port)
	case !isHTTP(in.Protocol) && !isFlow(in.Protocol):
		return wire.Errorf("InvalidConfigurationRequest", "Target groups with Protocol '%s' are not supported here", in.Protocol)
	case isHTTP(in.Protocol) && !slices.Contains([]string{"", "HTTP1", "HTTP2", "GRPC"}, room.Deref(in.ProtocolVersion)): // clients send an empty one for none
		return invalid("Protocol version '%s' must be one of 'HTTP1, HTTP2, GRPC'", *in.ProtocolVersion)
	case in.HealthCheckEnabled != nil && !*in.HealthCheckEnabled:
		return wire.Errorf("InvalidConfigurationRequest", "Health check enabled must be true for target groups with target type 'instance' or 'ip'")
	}
	if err := checkCheckProtocol(in.Protocol, in.HealthCheckProtocol); err != nil {
		return err
	}
	if err := checkBalancerGroup(in); err != nil {
		return err
	}
	if isFlow(in.Protocol) {
		if err := checkFlowGroup(in); err != nil {
			return err
		}
	}
	return room.Only(in, "Name", "HealthCheckEnabled", "HealthCheckIntervalSeconds", "HealthCheckPath", "HealthCheckPort", "HealthCheckProtocol",
		"HealthCheckTimeoutSeconds", "HealthyThresholdCount", "IpAddressType", "Matcher", "Port", "Protocol", "ProtocolVersion", "Tags",
		"TargetType", "UnhealthyThresholdCount", "VpcId")
}

// checkTargetType refuses types of targets that there are not here, and what is missing for a type, or is not for it: seen of protocol and
// port in https://github.com/aws/aws-cdk/issues/12514; the others are as in the tests of https://github.com/getmoto/moto.
func checkTargetType(in *elb.CreateTargetGroupInput) error {
	given := []struct {
		name string
		here bool
	}{{"protocol", in.Protocol != ""}, {"port", in.Port != nil}, {"VPC ID", room.Deref(in.VpcId) != ""}}
	for _, x := range given {
		switch lambda := in.TargetType == elbtypes.TargetTypeEnumLambda; {
		case lambda && x.here:
			return invalid("%s cannot be specified for target groups with target type 'lambda'", strings.ToUpper(x.name[:1])+x.name[1:])
		case !lambda && !x.here:
			return invalid("A %s must be specified", x.name)
		}
	}
	switch in.TargetType {
	case "", elbtypes.TargetTypeEnumInstance, elbtypes.TargetTypeEnumIp, elbtypes.TargetTypeEnumAlb:
		return nil
	}
	return wire.Errorf("InvalidConfigurationRequest", "TargetType '%s' is not supported here", in.TargetType)
}

// checkHealthCheck refuses settings out of the ranges of
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html.
func (row targetGroupRow) checkHealthCheck() error {
	port, err := strconv.Atoi(row.CheckPort)
	switch {
	case row.CheckPort != trafficPort && (err != nil || port < 1 || port > 65535):
		return invalid("Health check port '%s' must be '%s' or between 1 and 65535", row.CheckPort, trafficPort)
	case isHTTP(row.checkProtocol()) && (!strings.HasPrefix(row.Path, "/") || len(row.Path) > 1024 || strings.ContainsAny(row.Path, " \t\r\n")):
		return invalid("Health check path '%s' must begin with '/' and have up to 1024 characters", row.Path)
	case row.Interval < 5 || row.Interval > 300:
		return invalid("Health check interval must be between 5 and 300 seconds")
	case row.Timeout < 2 || row.Timeout > 120:
		return invalid("Health check timeout must be between 2 and 120 seconds")
	case row.flow() && row.Timeout > row.Interval: // both are 10 s for many
		return invalid("Health check timeout '%d' must not be greater than the interval '%d'", row.Timeout, row.Interval)
	case !row.flow() && row.Timeout >= row.Interval:
		return invalid("Health check timeout '%d' must be smaller than the interval '%d'", row.Timeout, row.Interval)
	case row.Healthy < 2 || row.Healthy > 10 || row.Unhealthy < 2 || row.Unhealthy > 10:
		return invalid("Health check thresholds must be between 2 and 10")
	}
	return row.checkMatcher()
}

// CreateTargetGroup makes a group of targets.
func (r *Room) CreateTargetGroup(ctx context.Context, in *elb.CreateTargetGroupInput) (*elb.CreateTargetGroupOutput, error) {
	if err := checkNewTargetGroup(in); err != nil {
		return nil, err
	}
	row := readTargetGroup(in)
	if err := row.match(in.Matcher); err != nil {
		return nil, err
	}
	if err := row.checkHealthCheck(); err != nil {
		return nil, err
	}
	var err error
	if row.Tags, err = mergeTags(nil, in.Tags); err != nil {
		return nil, err
	}
	err = r.Update(func(tx *store.Tx) error {
		if _, ok := r.network.VPC(tx, row.VPC); !ok {
			return invalid("The VPC ID '%s' is not found", row.VPC)
		}
		for _, old := range r.targetGroups.AllTx(tx) {
			if old.Name != row.Name {
				continue
			}
			if !old.sameSettings(row) {
				return wire.Errorf("DuplicateTargetGroupName", "A target group with the same name '%s' exists, but with different settings", row.Name)
			}
			row = old
			return nil
		}
		if len(r.targetGroups.AllTx(tx)) >= r.Quota(groupsPerRegion) {
			return wire.Errorf("TooManyTargetGroups", "You have reached the maximum number of target groups")
		}
		row.ARN = r.ARN("elasticloadbalancing", "targetgroup/"+row.Name+"/"+room.NewSerial(16))
		return r.targetGroups.Put(tx, row.ARN, row)
	})
	if err != nil {
		return nil, err
	}
	return &elb.CreateTargetGroupOutput{TargetGroups: []elbtypes.TargetGroup{r.showTargetGroup(row)}}, nil
}

func (row targetGroupRow) sameSettings(x targetGroupRow) bool {
	return row.VPC == x.VPC && row.Type == x.Type && row.Port == x.Port && row.protocol() == x.protocol() && row.checkProtocol() == x.checkProtocol() &&
		row.addressType() == x.addressType() && row.CheckPort == x.CheckPort && row.Path == x.Path &&
		row.Interval == x.Interval && row.Timeout == x.Timeout && row.Healthy == x.Healthy && row.Unhealthy == x.Unhealthy &&
		row.Matcher == x.Matcher && row.version() == x.version() && maps.Equal(row.Tags, x.Tags)
}

func (r *Room) showTargetGroup(row targetGroupRow) elbtypes.TargetGroup {
	out := elbtypes.TargetGroup{
		TargetGroupArn: new(row.ARN), TargetGroupName: new(row.Name), VpcId: new(row.VPC), TargetType: row.Type, Port: new(row.Port),
		Protocol: row.protocol(), IpAddressType: row.addressType(),
		HealthCheckEnabled: new(true), HealthCheckProtocol: row.checkProtocol(), HealthCheckPort: new(row.CheckPort),
		HealthCheckIntervalSeconds: new(row.Interval), HealthCheckTimeoutSeconds: new(row.Timeout), HealthyThresholdCount: new(row.Healthy),
		UnhealthyThresholdCount: new(row.Unhealthy), LoadBalancerArns: []string{},
	}
	if !row.flow() {
		out.ProtocolVersion = new(string(row.version()))
	}
	if isHTTP(row.checkProtocol()) {
		out.HealthCheckPath, out.Matcher = new(row.Path), row.matcher()
	}
	if b, ok := r.groupUser(row.ARN); ok {
		out.LoadBalancerArns = []string{b}
	}
	return out
}

// DescribeTargetGroups lists target groups, in the order of their ARNs.
func (r *Room) DescribeTargetGroups(ctx context.Context, in *elb.DescribeTargetGroupsInput) (*elb.DescribeTargetGroupsOutput, error) {
	if err := room.Only(in, "LoadBalancerArn", "Marker", "Names", "PageSize", "TargetGroupArns"); err != nil {
		return nil, err
	}
	ways := 0
	for _, given := range []bool{len(in.Names) > 0, len(in.TargetGroupArns) > 0, in.LoadBalancerArn != nil} {
		if given {
			ways++
		}
	}
	if ways > 1 {
		return nil, invalid("Only one of target group names, target group ARNs and a load balancer ARN may be specified")
	}
	if err := r.checkARNs(groupARN, in.TargetGroupArns...); err != nil {
		return nil, err
	}
	rows, err := selected(r.targetGroups.All(), in.TargetGroupArns, func(g targetGroupRow) string { return g.ARN }, missingTargetGroup)
	if err != nil {
		return nil, err
	}
	if rows, err = selected(rows, in.Names, func(g targetGroupRow) string { return g.Name }, missingTargetGroup); err != nil {
		return nil, err
	}
	if in.LoadBalancerArn != nil {
		if err := r.checkARNs(balancerARN, *in.LoadBalancerArn); err != nil {
			return nil, err
		}
		if _, ok := r.loadBalancers.Get(*in.LoadBalancerArn); !ok {
			return nil, missingLoadBalancer()
		}
		used := r.groupsOf(*in.LoadBalancerArn)
		rows = slices.DeleteFunc(rows, func(g targetGroupRow) bool { return !slices.Contains(used, g.ARN) })
	}
	rows, next, err := page(rows, func(g targetGroupRow) string { return g.ARN }, in.PageSize, in.Marker)
	if err != nil {
		return nil, err
	}
	out := &elb.DescribeTargetGroupsOutput{NextMarker: next}
	for _, row := range rows {
		out.TargetGroups = append(out.TargetGroups, r.showTargetGroup(row))
	}
	return out, nil
}
