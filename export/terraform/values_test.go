package terraform

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/export"
	"github.com/understudy/understudy/plan/blueprint"
)

// The values that Terraform computes are those of the declaration.
func TestValuesAreTheDeclarations(t *testing.T) {
	written(t, func(t *testing.T, b *blueprint.Blueprint, r *export.Result) {
		all, d := parsed(t, r), b.Declaration
		_, port := d.Entry()
		target, failover := d.Target, d.Failover
		for argument, want := range map[string]any{
			"aws_lb_target_group.main port":                             d.Service.Port,
			"aws_lb_target_group.main protocol":                         target.Protocol,
			"aws_lb_target_group.main protocol_version":                 target.Version,
			"aws_lb_target_group.main deregistration_delay":             target.DeregistrationDelay,
			"aws_lb_target_group.main health_check.path":                target.Path,
			"aws_lb_target_group.main health_check.interval":            target.Interval,
			"aws_lb_target_group.main health_check.timeout":             target.Timeout,
			"aws_lb_target_group.main health_check.healthy_threshold":   target.Healthy,
			"aws_lb_target_group.main health_check.unhealthy_threshold": target.Unhealthy,
			"aws_lb_target_group.main health_check.matcher":             target.Matcher,
			"aws_lb_target_group.main health_check.protocol":            target.CheckProtocol,
			"aws_lb.main load_balancer_type":                            string(d.Balancer.Kind),
			"aws_lb_listener.main port":                                 port,
			"aws_autoscaling_group.main min_size":                       d.Fleet.Min,
			"aws_autoscaling_group.main desired_capacity":               d.Fleet.Desired,
			"aws_autoscaling_group.main max_size":                       d.Fleet.Max,
			"aws_autoscaling_group.main health_check_grace_period":      d.Fleet.Grace,
			"aws_launch_template.main metadata_options.http_tokens":     string(d.Instance.Metadata),
			"aws_route53_health_check.primary request_interval":         failover.Interval,
			"aws_route53_health_check.primary failure_threshold":        failover.Threshold,
			"aws_route53_health_check.secondary resource_path":          failover.Check.Path,
			"aws_route53_health_check.primary port":                     port,
			"aws_route53_record.primary name":                           d.Host(),
			"aws_route53_record.secondary alias.evaluate_target_health": true,
		} {
			if want == "" {
				want = "nothing" // what a network load balancer does not have
			}
			if got := evaluated(t, all, d, argument); got != fmt.Sprint(want) {
				t.Errorf("%s is %s, not %v", argument, got, want)
			}
		}
		for _, side := range understudy.Sides {
			region := map[string]*folder{string(side): all[sourceOf(all, string(side))]}
			if got := evaluated(t, region, d, "aws_launch_template.main instance_type"); got != d.InstanceType(side) {
				t.Errorf("the %s's instances are %s, not %s", side, got, d.InstanceType(side))
			}
		}
		policiesAreTheDeclarations(t, all, d)
		if policy := d.ParametersPolicy(); policy != "" {
			if got := evaluated(t, all, d, "aws_iam_role_policy.understudy_environment policy"); got != policy {
				t.Errorf("instances may read parameters by %s, not %s", got, policy)
			}
		}
		if failover.Switch == understudy.SwitchStandby {
			means := map[string]any{
				"aws_route53_health_check.switch invert_healthcheck":            true,
				"aws_route53_health_check.switch resource_path":                 understudy.SwitchPath,
				"aws_route53_health_check.calculated type":                      "CALCULATED",
				"aws_route53_health_check.calculated child_health_threshold":    failover.Needed() + failover.SwitchChecks(),
				"aws_lb_listener_rule.switch action.fixed_response.status_code": 503,
			}
			if d.SwitchListens() {
				delete(means, "aws_route53_health_check.switch resource_path")
				delete(means, "aws_lb_listener_rule.switch action.fixed_response.status_code")
				means["aws_route53_health_check.switch type"] = "TCP"
				means["aws_route53_health_check.switch port"] = understudy.SwitchPort
				means["aws_lb_listener.switch port"] = understudy.SwitchIdlePort
				means["aws_lb_listener.switch protocol"] = d.Target.Protocol
			}
			for argument, want := range means {
				if got := evaluated(t, all, d, argument); got != fmt.Sprint(want) {
					t.Errorf("%s is %s, not %v", argument, got, want)
				}
			}
		}
		flowsAreTheDeclarations(t, all, d)
		subnetsAreTheDeclarations(t, all, d)
	})
}

// flowsAreTheDeclarations: what of a network load balancer is not as AWS makes it.
func flowsAreTheDeclarations(t *testing.T, all map[string]*folder, d *understudy.Declaration) {
	t.Helper()
	if d.Balancer.Kind != understudy.KindNetwork {
		return
	}
	told := func(set bool, want any) string {
		if !set {
			return "nothing"
		}
		return fmt.Sprint(want)
	}
	for argument, want := range map[string]string{
		"aws_lb.main enable_cross_zone_load_balancing":    told(d.Balancer.CrossZone, true),
		"aws_lb_listener.main tcp_idle_timeout_seconds":   fmt.Sprint(d.Balancer.IdleTimeout),
		"aws_lb_target_group.main preserve_client_ip":     told(!d.Target.PreserveClientIP, false),
		"aws_lb_target_group.main connection_termination": told(d.Target.ConnectionTermination, true),
	} {
		if got := evaluated(t, all, d, argument); got != want {
			t.Errorf("%s is %s, not %s", argument, got, want)
		}
	}
}

// policiesAreTheDeclarations: by what Route 53 chooses a record.
func policiesAreTheDeclarations(t *testing.T, all map[string]*folder, d *understudy.Declaration) {
	t.Helper()
	for _, side := range understudy.Sides {
		argument, want := "failover_routing_policy.type", strings.ToUpper(string(side))
		switch d.Failover.Routing {
		case understudy.RoutingWeighted:
			argument, want = "weighted_routing_policy.weight", fmt.Sprint(d.Regions[side].Weight)
		case understudy.RoutingLatency:
			argument, want = "latency_routing_policy.region", d.Regions[side].Name
		}
		if got := evaluated(t, all, d, "aws_route53_record."+string(side)+" "+argument); got != want {
			t.Errorf("the %s's %s is %s, not %s", side, argument, got, want)
		}
	}
}

// subnetsAreTheDeclarations computes each subnet's network as Terraform does.
func subnetsAreTheDeclarations(t *testing.T, all map[string]*folder, d *understudy.Declaration) {
	t.Helper()
	if d.Regions[understudy.Primary].Given() {
		givenIsTheDeclarations(t, all, d)
		return
	}
	want, got := map[string]string{}, map[string]string{}
	for _, s := range d.Regions[understudy.Primary].Subnets() {
		name := "aws_subnet." + strings.ReplaceAll(s.Name, "-", "_")
		want[name], got[name] = s.CIDR.String(), evaluated(t, all, d, name+" cidr_block")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("subnets (-want +got)\n%s", diff)
	}
}

// givenIsTheDeclarations: a network of somebody else's is looked up by its id or its tags.
func givenIsTheDeclarations(t *testing.T, all map[string]*folder, d *understudy.Declaration) {
	t.Helper()
	given := d.Regions[understudy.Primary].Network
	if ids := given.VPC.IDs; len(ids) > 0 {
		var found []string
		for _, f := range all {
			for _, b := range f.blocks {
				for _, argument := range []string{"id", "vpc_main_id"} {
					if a := b.Body.Attributes[argument]; a != nil {
						found = append(found, literalOf(a))
					}
				}
			}
		}
		if !slices.Contains(found, ids[0]) {
			t.Errorf("the VPC is %s, not %s", found, ids[0])
		}
		return
	}
	for _, f := range all {
		for _, b := range f.blocks {
			if slices.Contains([]string{"data.aws_vpc.main", "data.aws_subnets.public_a_and_others"}, addressOf(b)) && b.Body.Attributes["tags"] == nil {
				t.Errorf("%s is looked up without its tags", addressOf(b))
			}
		}
	}
}

// evaluated returns the value of an argument, written as its resource, a space, and its name within it, in the primary.
func evaluated(t *testing.T, all map[string]*folder, d *understudy.Declaration, argument string) string {
	t.Helper()
	address, name, _ := strings.Cut(argument, " ")
	for _, f := range all {
		for _, b := range f.blocks {
			if addressOf(b) != address {
				continue
			}
			body, path := b.Body, strings.Split(name, ".")
			for _, inner := range path[:len(path)-1] {
				body = innerOf(body, inner)
				if body == nil {
					return "nowhere"
				}
			}
			a := body.Attributes[path[len(path)-1]]
			if a == nil {
				return "nothing"
			}
			v, diags := a.Expr.Value(scopeOf(d))
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			return plainly(v)
		}
	}
	return "nowhere"
}

func innerOf(body *hclsyntax.Body, name string) *hclsyntax.Body {
	for _, b := range body.Blocks {
		if b.Type == name {
			return b.Body
		}
	}
	return nil
}

func plainly(v cty.Value) string {
	switch v.Type() {
	case cty.String:
		return v.AsString()
	case cty.Number:
		return v.AsBigFloat().Text('f', -1)
	case cty.Bool:
		return fmt.Sprint(v.True())
	}
	return v.GoString()
}

// scopeOf has what the values of the primary refer to, with cidrsubnet as Terraform has it.
func scopeOf(d *understudy.Declaration) *hcl.EvalContext {
	cidr := cty.StringVal(d.Regions[understudy.Primary].CIDR.String())
	return &hcl.EvalContext{
		Variables: map[string]cty.Value{"aws_vpc": cty.ObjectVal(map[string]cty.Value{"main": cty.ObjectVal(map[string]cty.Value{"cidr_block": cidr})})},
		Functions: map[string]function.Function{"cidrsubnet": cidrsubnet},
	}
}

var cidrsubnet = function.New(&function.Spec{
	Params: []function.Parameter{{Type: cty.String}, {Type: cty.Number}, {Type: cty.Number}},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		whole, err := netip.ParsePrefix(args[0].AsString())
		if err != nil {
			return cty.NilVal, err
		}
		bits, _ := args[1].AsBigFloat().Int64()
		n, _ := args[2].AsBigFloat().Int64()
		a := whole.Addr().As4()
		v := uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])
		v |= uint32(n) << (32 - uint32(whole.Bits()) - uint32(bits))
		part := netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
		return cty.StringVal(netip.PrefixFrom(part, whole.Bits()+int(bits)).String()), nil
	},
})
