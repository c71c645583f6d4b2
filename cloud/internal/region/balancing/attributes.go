package balancing

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// attribute is a setting's default and what it may be; where allowed is nil, the default alone is done here.
type attribute struct {
	fallback string
	allowed  func(string) bool
}

func between(low, high int) func(string) bool {
	return func(s string) bool {
		n, err := strconv.Atoi(s)
		return err == nil && low <= n && n <= high
	}
}

func either(values ...string) func(string) bool {
	return func(s string) bool { return slices.Contains(values, s) }
}

func orEmpty(f func(string) bool) func(string) bool {
	return func(s string) bool { return s == "" || f(s) }
}

func orZero(f func(string) bool) func(string) bool {
	return func(s string) bool { return s == "0" || f(s) }
}

func orOff(f func(string) bool) func(string) bool {
	return func(s string) bool { return s == "off" || f(s) }
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
var loadBalancerAttributes = map[string]attribute{
	"deletion_protection.enabled":                              {fallback: "false", allowed: either("true", "false")},
	"idle_timeout.timeout_seconds":                             {fallback: "60", allowed: between(1, 4000)},
	"access_logs.s3.enabled":                                   {fallback: "false", allowed: either("true", "false")},
	"access_logs.s3.bucket":                                    {fallback: "", allowed: orEmpty(isBucket)},
	"access_logs.s3.prefix":                                    {fallback: "", allowed: isLogPrefix},
	"connection_logs.s3.enabled":                               {fallback: "false", allowed: either("true", "false")},
	"connection_logs.s3.bucket":                                {fallback: "", allowed: orEmpty(isBucket)},
	"connection_logs.s3.prefix":                                {fallback: "", allowed: isLogPrefix},
	"health_check_logs.s3.enabled":                             {fallback: "false", allowed: either("true", "false")},
	"health_check_logs.s3.bucket":                              {fallback: "", allowed: orEmpty(isBucket)},
	"health_check_logs.s3.prefix":                              {fallback: "", allowed: isLogPrefix},
	noInternetAccess:                                           {fallback: "false", allowed: either("true", "false")},
	"client_keep_alive.seconds":                                {fallback: "3600", allowed: between(60, 604800)},
	"load_balancing.cross_zone.enabled":                        {fallback: "true"},
	"routing.http.desync_mitigation_mode":                      {fallback: "defensive", allowed: either("monitor", "defensive", "strictest")},
	"routing.http.drop_invalid_header_fields.enabled":          {fallback: "false", allowed: either("true", "false")},
	"routing.http.preserve_host_header.enabled":                {fallback: "false", allowed: either("true", "false")},
	"routing.http.x_amzn_tls_version_and_cipher_suite.enabled": {fallback: "false", allowed: either("true", "false")},
	"routing.http.xff_client_port.enabled":                     {fallback: "false", allowed: either("true", "false")},
	"routing.http.xff_header_processing.mode":                  {fallback: "append", allowed: either("append", "preserve", "remove")},
	"routing.http2.enabled":                                    {fallback: "true", allowed: either("true", "false")},
	"waf.fail_open.enabled":                                    {fallback: "false", allowed: either("true", "false")}, // there is no web ACL to fail
	zonalShift:                                                 {fallback: "false", allowed: either("true", "false")},
}

// cookieName tells whether an application's cookie may have a name: none of the load balancer's own, and one of RFC 6265, 4.1.1.
func cookieName(s string) bool {
	for _, own := range []string{"AWSALB", "AWSALBAPP", "AWSALBTG"} {
		if strings.HasPrefix(s, own) {
			return false
		}
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r) })
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
var targetGroupAttributes = map[string]attribute{
	"deregistration_delay.timeout_seconds": {fallback: "300", allowed: between(0, 3600)},
	"load_balancing.algorithm.type": {
		fallback: "round_robin", allowed: either("round_robin", "least_outstanding_requests", "weighted_random"),
	},
	anomalyMitigation:                        {fallback: "off", allowed: either("on", "off")},
	crossZone:                                crossZoneOfGroup,
	"slow_start.duration_seconds":            {fallback: "0", allowed: orZero(between(30, 900))},
	"stickiness.enabled":                     {fallback: "false", allowed: either("true", "false")},
	"stickiness.type":                        {fallback: "lb_cookie", allowed: either("lb_cookie", "app_cookie")},
	"stickiness.lb_cookie.duration_seconds":  {fallback: "86400", allowed: between(1, longestStickiness)},
	"stickiness.app_cookie.duration_seconds": {fallback: "86400", allowed: between(1, 604800)},
	"stickiness.app_cookie.cookie_name":      {fallback: "", allowed: cookieName},
	"target_group_health.dns_failover.minimum_healthy_targets.count":                 {fallback: "1", allowed: orOff(between(1, 1000))},
	"target_group_health.dns_failover.minimum_healthy_targets.percentage":            {fallback: "off", allowed: orOff(between(1, 100))},
	"target_group_health.unhealthy_state_routing.minimum_healthy_targets.count":      {fallback: "1", allowed: between(1, 1000)},
	"target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": {fallback: "off", allowed: orOff(between(1, 100))},
}

// attributeOf returns a setting, or its default.
func attributeOf(known map[string]attribute, set map[string]string, key string) string {
	if v, ok := set[key]; ok {
		return v
	}
	return known[key].fallback
}

// changeAttribute returns the settings of a thing with one changed. Clients look for these words where they send keys that
// an endpoint may be too old for.
func changeAttribute(thing string, known map[string]attribute, set map[string]string, key, value *string) (map[string]string, error) {
	a, ok := known[room.Deref(key)]
	if !ok {
		return nil, invalid("%s attribute key '%s' is not recognized", thing, room.Deref(key))
	}
	if a.allowed == nil && room.Deref(value) != a.fallback {
		return nil, invalid("The value '%s' of attribute '%s' is not supported here; only '%s' is", room.Deref(value), *key, a.fallback)
	}
	if a.allowed != nil && !a.allowed(room.Deref(value)) {
		return nil, invalid("'%s' is not a valid value for attribute '%s'", room.Deref(value), *key)
	}
	set = maps.Clone(set)
	if set == nil {
		set = map[string]string{}
	}
	set[*key] = room.Deref(value)
	return set, nil
}

func showLoadBalancerAttributes(row loadBalancerRow) (out []elbtypes.LoadBalancerAttribute) {
	for _, k := range slices.Sorted(maps.Keys(row.attributes())) {
		if k == noInternetAccess && !row.dualStack() {
			continue
		}
		out = append(out, elbtypes.LoadBalancerAttribute{Key: new(k), Value: new(row.attribute(k))})
	}
	return out
}

// DescribeLoadBalancerAttributes lists every setting of a load balancer.
func (r *Room) DescribeLoadBalancerAttributes(
	ctx context.Context,
	in *elb.DescribeLoadBalancerAttributesInput,
) (*elb.DescribeLoadBalancerAttributesOutput, error) {
	if err := room.Only(in, "LoadBalancerArn"); err != nil {
		return nil, err
	}
	if err := r.requireARN(balancerARN, "LoadBalancerArn", in.LoadBalancerArn); err != nil {
		return nil, err
	}
	row, ok := r.loadBalancers.Get(*in.LoadBalancerArn)
	if !ok {
		return nil, missingLoadBalancer()
	}
	return &elb.DescribeLoadBalancerAttributesOutput{Attributes: showLoadBalancerAttributes(row)}, nil
}

// ModifyLoadBalancerAttributes changes settings, all or none.
func (r *Room) ModifyLoadBalancerAttributes(ctx context.Context, in *elb.ModifyLoadBalancerAttributesInput) (*elb.ModifyLoadBalancerAttributesOutput, error) {
	if err := room.Only(in, "Attributes", "LoadBalancerArn"); err != nil {
		return nil, err
	}
	var row loadBalancerRow
	moved := false
	err := r.changeLoadBalancer(in.LoadBalancerArn, func(tx *store.Tx, b *loadBalancerRow) (err error) {
		old := *b
		for _, a := range in.Attributes {
			if room.Deref(a.Key) == noInternetAccess && !b.dualStack() { // seen in https://github.com/aws/aws-cdk/issues/30247
				return invalid("Load balancer attribute key '%s' is not supported on load balancers with IP address type '%s'", *a.Key, b.addressType())
			}
			if err := b.checkAttribute(room.Deref(a.Key)); err != nil {
				return err
			}
			if b.Attributes, err = changeAttribute("Load balancer", b.attributes(), b.Attributes, a.Key, a.Value); err != nil {
				return err
			}
		}
		if err := r.checkShiftable(tx, b); err != nil {
			return err
		}
		row, moved = *b, b.reach() != old.reach()
		if err := r.setReach(tx, row); err != nil {
			return err
		}
		return r.tryLogs(old, row)
	})
	if err == nil && moved {
		err = r.sync(row.VPC)
	}
	if err != nil {
		return nil, err
	}
	return &elb.ModifyLoadBalancerAttributesOutput{Attributes: showLoadBalancerAttributes(row)}, nil
}

func showTargetGroupAttributes(row targetGroupRow) (out []elbtypes.TargetGroupAttribute) {
	known := row.attributes()
	for _, k := range slices.Sorted(maps.Keys(known)) {
		out = append(out, elbtypes.TargetGroupAttribute{Key: new(k), Value: new(attributeOf(known, row.Attributes, k))})
	}
	return out
}

// DescribeTargetGroupAttributes lists every setting of a target group.
func (r *Room) DescribeTargetGroupAttributes(
	ctx context.Context,
	in *elb.DescribeTargetGroupAttributesInput,
) (*elb.DescribeTargetGroupAttributesOutput, error) {
	if err := room.Only(in, "TargetGroupArn"); err != nil {
		return nil, err
	}
	if err := r.requireARN(groupARN, "TargetGroupArn", in.TargetGroupArn); err != nil {
		return nil, err
	}
	row, ok := r.targetGroups.Get(*in.TargetGroupArn)
	if !ok {
		return nil, missingTargetGroup()
	}
	return &elb.DescribeTargetGroupAttributesOutput{Attributes: showTargetGroupAttributes(row)}, nil
}

// ModifyTargetGroupAttributes changes settings, all or none.
func (r *Room) ModifyTargetGroupAttributes(ctx context.Context, in *elb.ModifyTargetGroupAttributesInput) (*elb.ModifyTargetGroupAttributesOutput, error) {
	if err := room.Only(in, "Attributes", "TargetGroupArn"); err != nil {
		return nil, err
	}
	var row targetGroupRow
	err := r.changeTargetGroup(in.TargetGroupArn, func(tx *store.Tx, g *targetGroupRow) (err error) {
		for _, a := range in.Attributes {
			if err := g.checkChangeable(room.Deref(a.Key)); err != nil {
				return err
			}
			if err := g.checkStickiness(room.Deref(a.Key), room.Deref(a.Value)); err != nil {
				return err
			}
			if g.Attributes, err = changeAttribute("Target group", g.attributes(), g.Attributes, a.Key, a.Value); err != nil {
				return err
			}
		}
		row = *g
		if err := g.checkAttributes(); err != nil {
			return err
		}
		user, _ := r.loadBalancers.GetTx(tx, r.groupUsers(tx)[g.ARN])
		return user.checkShiftsWith(*g)
	})
	if err != nil {
		return nil, err
	}
	return &elb.ModifyTargetGroupAttributesOutput{Attributes: showTargetGroupAttributes(row)}, nil
}

// DescribeCapacityReservation tells of a load balancer that has none reserved: nothing reserves any here.
func (r *Room) DescribeCapacityReservation(
	ctx context.Context,
	in *elb.DescribeCapacityReservationInput,
) (*elb.DescribeCapacityReservationOutput, error) {
	if err := room.Only(in, "LoadBalancerArn"); err != nil {
		return nil, err
	}
	if err := r.requireARN(balancerARN, "LoadBalancerArn", in.LoadBalancerArn); err != nil {
		return nil, err
	}
	if _, ok := r.loadBalancers.Get(*in.LoadBalancerArn); !ok {
		return nil, missingLoadBalancer()
	}
	return &elb.DescribeCapacityReservationOutput{}, nil
}
