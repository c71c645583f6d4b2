package terraform

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/export"
	"github.com/understudy/understudy/plan/blueprint"
)

const serviceFile = "service.tf"

// image is looked up: Terraform has no resource that runs a script and takes an image of the result.
func (t *translation) image(s *export.Settings) {
	s.Told("digest", "tagged")
	if b := s.Optional("builder"); b != "" && b != "gone" {
		s.Refuse("a builder, %s", b)
	}
	r := t.add(s, "aws_ami", serviceFile, "image")
	r.data = true
	r.set("most_recent", truth(true))
	r.set("owners", list{text("self")})
	r.within("filter").set("name", text("name")).set("values", list{text(s.Name)})
	baking, ok := s.Content.(blueprint.Baking)
	if !ok {
		s.Refuse("an image made of %T", s.Content)
	}
	t.files[bakingFile] = []byte(baking.Script)
	t.say(s.ID, "an image cannot be baked by Terraform, and is looked up by its name, %s, in each region. To make one, run %s as the user data of an "+
		"instance of the %s, and take the image when the script has ended",
		s.Name, bakingFile, baking.Base)
}

const bakingFile = "image/user-data.sh"

// hostImage is looked up, too: it is somebody else's.
func (t *translation) hostImage(s *export.Settings) {
	r := t.add(s, "aws_ami", serviceFile, "image")
	r.data = true
	r.set("most_recent", truth(true))
	r.set("owners", list{text(s.Text("owner"))})
	r.within("filter").set("name", text("name")).set("values", list{text(s.Text("name"))})
}

func (t *translation) targetGroup(s *export.Settings) {
	r := t.add(s, "aws_lb_target_group", serviceFile, "target group")
	r.set("name", text(s.Name))
	r.set("vpc_id", ref{Ref: s.Ref("vpc")})
	r.set("port", num(s.Number("port")))
	r.set("protocol", text(s.Text("protocol")))
	if v := s.Optional("version"); v != "" {
		r.set("protocol_version", text(v))
	}
	r.set("target_type", text(s.Text("targets are")))
	s.Told("attributes", "deregistration delay")
	t.attributes(s, r)
	h := r.within("health_check")
	h.set("protocol", text(s.Text("check protocol"))).set("port", text(s.Text("check port")))
	for _, one := range []struct{ setting, argument string }{{"path", "path"}, {"matcher", "matcher"}} {
		if v := s.Optional(one.setting); v != "" {
			h.set(one.argument, text(v))
		}
	}
	h.set("interval", num(s.Number("interval"))).set("timeout", num(s.Number("timeout")))
	h.set("healthy_threshold", num(s.Number("healthy"))).set("unhealthy_threshold", num(s.Number("unhealthy")))
	t.tags(s, r)
}

// attributeNames are the arguments of aws_lb_target_group and of aws_lb that set attributes of the API's, and the block that they stand in.
var attributeNames = map[string]struct{ block, argument string }{
	"deletion_protection.enabled":                              {"", "enable_deletion_protection"},
	"idle_timeout.timeout_seconds":                             {"", "idle_timeout"},
	"client_keep_alive.seconds":                                {"", "client_keep_alive"},
	"routing.http2.enabled":                                    {"", "enable_http2"},
	"routing.http.drop_invalid_header_fields.enabled":          {"", "drop_invalid_header_fields"},
	"routing.http.desync_mitigation_mode":                      {"", "desync_mitigation_mode"},
	"routing.http.preserve_host_header.enabled":                {"", "preserve_host_header"},
	"routing.http.x_amzn_tls_version_and_cipher_suite.enabled": {"", "enable_tls_version_and_cipher_suite_headers"},
	"routing.http.xff_client_port.enabled":                     {"", "enable_xff_client_port"},
	"routing.http.xff_header_processing.mode":                  {"", "xff_header_processing_mode"},
	"waf.fail_open.enabled":                                    {"", "enable_waf_fail_open"},
	"access_logs.s3.enabled":                                   {"access_logs", "enabled"},
	"access_logs.s3.bucket":                                    {"access_logs", "bucket"},
	"access_logs.s3.prefix":                                    {"access_logs", "prefix"},
	"connection_logs.s3.enabled":                               {"connection_logs", "enabled"},
	"connection_logs.s3.bucket":                                {"connection_logs", "bucket"},
	"connection_logs.s3.prefix":                                {"connection_logs", "prefix"},

	"deregistration_delay.timeout_seconds":        {"", "deregistration_delay"},
	"slow_start.duration_seconds":                 {"", "slow_start"},
	"load_balancing.algorithm.type":               {"", "load_balancing_algorithm_type"},
	"load_balancing.algorithm.anomaly_mitigation": {"", "load_balancing_anomaly_mitigation"},
	crossZone:                    {"", "load_balancing_cross_zone_enabled"}, // of aws_lb it has another name
	"preserve_client_ip.enabled": {"", "preserve_client_ip"},
	"proxy_protocol_v2.enabled":  {"", "proxy_protocol_v2"},
	"deregistration_delay.connection_termination.enabled": {"", "connection_termination"},
	"stickiness.enabled":                     {"stickiness", "enabled"},
	"stickiness.type":                        {"stickiness", "type"},
	"stickiness.lb_cookie.duration_seconds":  {"stickiness", "cookie_duration"},
	"stickiness.app_cookie.duration_seconds": {"stickiness", "cookie_duration"},
	"stickiness.app_cookie.cookie_name":      {"stickiness", "cookie_name"},
}

func (t *translation) attributes(s *export.Settings, r *resourceBlock) {
	attributes, ok := s.Content.(map[string]string)
	if !ok {
		s.Refuse("attributes of %T", s.Content)
	}
	blocks := map[string]*block{"": &r.block}
	keys := slices.SortedFunc(maps.Keys(attributes), func(a, b string) int { // those of a block after the others
		return strings.Compare(attributeNames[a].block+" "+a, attributeNames[b].block+" "+b)
	})
	for _, key := range keys {
		name, ok := attributeNames[key]
		if key == crossZone && s.Piece.Kind == blueprint.KindBalancer {
			name.argument = "enable_cross_zone_load_balancing"
		}
		if !ok {
			s.Refuse("the attribute %s=%s", key, attributes[key])
			continue
		}
		if blocks[name.block] == nil {
			blocks[name.block] = r.within(name.block)
		}
		blocks[name.block].set(name.argument, scalar(attributes[key]))
	}
}

const crossZone = "load_balancing.cross_zone.enabled"

// scalar writes what a string means where it means a number or a truth.
func scalar(s string) value {
	if n, err := strconv.Atoi(s); err == nil && strconv.Itoa(n) == s {
		return num(n)
	}
	if s == "true" || s == "false" {
		return truth(s == "true")
	}
	return text(s)
}

func (t *translation) balancer(s *export.Settings) {
	r := t.add(s, "aws_lb", serviceFile, "load balancer")
	r.set("name", text(s.Name))
	r.set("load_balancer_type", text(s.Text("type")))
	switch scheme := s.Text("scheme"); elbtypes.LoadBalancerSchemeEnum(scheme) {
	case elbtypes.LoadBalancerSchemeEnumInternetFacing, elbtypes.LoadBalancerSchemeEnumInternal:
		r.set("internal", truth(scheme == string(elbtypes.LoadBalancerSchemeEnumInternal)))
	default:
		s.Refuse("the scheme %s", scheme)
	}
	r.set("ip_address_type", text(s.Text("addresses")))
	r.set("subnets", refs(s.Refs("subnets")))
	r.set("security_groups", refs(s.Refs("groups")))
	s.Is("state", string(elbtypes.LoadBalancerStateEnumActive))
	s.Told("attributes", "logs")
	t.attributes(s, r)
	t.tags(s, r)
}

func (t *translation) listener(s *export.Settings) { t.listenerIn(serviceFile, s) }

func (t *translation) listenerIn(file string, s *export.Settings) *resourceBlock {
	r := t.add(s, "aws_lb_listener", file, "listener")
	r.set("load_balancer_arn", ref{Ref: s.Of[blueprint.KindBalancer]})
	r.set("port", num(s.Number("port")))
	r.set("protocol", text(s.Text("protocol")))
	if policy := s.Optional("policy"); policy != "" {
		r.set("ssl_policy", text(policy))
	}
	if arn := s.Optional("certificate"); arn != "" {
		r.set("certificate_arn", text(arn))
		s.Is("asks for client certificates", "no")
	}
	if s.Has("idle time") {
		r.set("tcp_idle_timeout_seconds", num(s.Number("idle time")))
	}
	s.Told("forwards to")
	actions, ok := s.Content.([]elbtypes.Action)
	if !ok {
		s.Refuse("actions of %T", s.Content)
	}
	for _, a := range actions {
		t.action(s, r.within("default_action"), a)
	}
	t.tags(s, r)
	return r
}

// action writes a forward as the provider reads it back: of a listener in both of its spellings, of a rule in the block alone. Of one that is
// imported it knows both; what is declared in another way it wants to change (flattenLbForwardAction in internal/service/elbv2 of its source). The
// block gives a target group the weight 1, and those behind a network load balancer may have none: there it is left out.
func (t *translation) action(s *export.Settings, b *block, a elbtypes.Action) {
	b.set("type", text(string(a.Type)))
	switch a.Type {
	case elbtypes.ActionTypeEnumForward:
		group, ok := blueprint.ParseRef(aws.ToString(a.TargetGroupArn))
		if !ok || a.ForwardConfig != nil {
			s.Refuse("a forward to several target groups")
		}
		rule := s.Piece.Kind == blueprint.KindRule || s.Piece.Kind == blueprint.KindDeclaredRule
		flows := t.blueprint.Declaration.Balancer.Kind == understudy.KindNetwork
		if !rule {
			b.set("target_group_arn", ref{Ref: group})
		}
		if !flows {
			b.within("forward").within("target_group").set("arn", ref{Ref: group})
		}
	case elbtypes.ActionTypeEnumRedirect:
		c := a.RedirectConfig
		in := b.within("redirect").set("status_code", text(string(c.StatusCode)))
		for _, one := range []struct {
			name  string
			value *string
		}{{"protocol", c.Protocol}, {"host", c.Host}, {"port", c.Port}, {"path", c.Path}, {"query", c.Query}} {
			if one.value != nil {
				in.set(one.name, text(*one.value))
			}
		}
	case elbtypes.ActionTypeEnumFixedResponse:
		c := a.FixedResponseConfig
		b.within("fixed_response").set("status_code", text(aws.ToString(c.StatusCode))).set("content_type", text(aws.ToString(c.ContentType))).
			set("message_body", text(aws.ToString(c.MessageBody)))
	default:
		s.Refuse("an action of the type %s", a.Type)
	}
}

func (t *translation) template(s *export.Settings) {
	r := t.add(s, "aws_launch_template", serviceFile, "launch template")
	r.set("name", text(s.Name))
	r.set("update_default_version", truth(true))
	for _, f := range s.Piece.Settings {
		if f.Name != "tagged" {
			s.Told(f.Name) // all of it is told by what is sent
		}
	}
	t.structure(s, &r.block, s.Content, map[string]string{"SecurityGroupIds": "vpc_security_group_ids"})
	t.tags(s, r)
}

func (t *translation) host(s *export.Settings) {
	r := t.add(s, "aws_instance", serviceFile, "")
	template := s.Of[blueprint.KindTemplate]
	r.within("launch_template").set("id", ref{Ref: template}).set("version", ref{template, "latest_version"})
	// By the template, or by what is said over it.
	s.Told("image", "type", "key", "user data", "launched with another", "metadata tokens", "detailed monitoring", "profile")
	over, ok := s.Content.(blueprint.LaunchedOver)
	if !ok {
		s.Refuse("a launch with %T", s.Content)
	}
	if image, ok := blueprint.ParseRef(over.Image); ok {
		r.set("ami", ref{Ref: image})
	}
	for _, one := range []struct{ argument, value string }{
		{"instance_type", over.Type}, {"key_name", over.Key}, {"user_data", t.hostUserData(s)},
	} {
		if one.value != "" {
			r.set(one.argument, text(one.value))
		}
	}
	r.set("subnet_id", ref{Ref: s.Ref("subnet")})
	r.set("vpc_security_group_ids", refs(s.Refs("groups")))
	s.Is("running", "yes")
	s.Is("termination protection", "no")
	s.Is("shutdown behavior", "stop")
	t.tags(s, r)
}

// hostUserData is said of each host, as text, also where it is the template's. The provider knows a sum of what an instance has: where nothing is said
// it plans the sum of that sum, and where user_data_base64 is, it stops the instance to write the same once more.
func (t *translation) hostUserData(s *export.Settings) string {
	said := t.blueprint.Declaration.HostUserData()
	if !utf8.ValidString(said) {
		s.Refuse("user data that is no text")
	}
	return said
}

func (t *translation) fleet(s *export.Settings) {
	r := t.add(s, "aws_autoscaling_group", serviceFile, "fleet")
	r.set("name", text(s.Name))
	r.set("min_size", num(s.Number("min"))).set("desired_capacity", num(s.Number("desired"))).set("max_size", num(s.Number("max")))
	r.set("health_check_type", text(s.Text("health check"))).set("health_check_grace_period", num(s.Number("grace")))
	r.set("vpc_zone_identifier", refs(s.Refs("subnets")))
	r.set("target_group_arns", refs(s.Refs("target groups")))
	template := s.Of[blueprint.KindTemplate]
	r.within("launch_template").set("id", ref{Ref: template}).set("version", ref{template, "latest_version"})
	refresh := r.within("instance_refresh").set("strategy", text("Rolling"))
	t.preferences(refresh.within("preferences"))
	s.Told("template version", "instances' version")
	// As AWS makes a group, and Terraform's defaults are the same.
	s.Is("cooldown", "300")
	if policies := s.Text("termination policies"); policies != termination { // the provider reads AWS's default as none
		r.set("termination_policies", texts(strings.Split(policies, ", then ")))
	}
	if warmup := s.Optional("warmup"); warmup != "" {
		r.set("default_instance_warmup", scalar(warmup))
	}
	if life := s.Optional("longest life of instances"); life != "" {
		r.set("max_instance_lifetime", scalar(life))
	}
	if s.Yes("metrics") {
		r.set("metrics_granularity", text("1Minute")).set("enabled_metrics", texts(understudy.FleetMetrics))
	}
	s.Is("protects new instances", "no")
	s.Is("capacity rebalance", "no")
	s.Told("tagged")
	for _, k := range slices.Sorted(maps.Keys(s.Tags)) { // the provider's default tags do not reach a group
		r.within("tag").set("key", text(k)).set("value", text(s.Tags[k])).set("propagate_at_launch", truth(true))
	}
	if len(t.blueprint.Declaration.Fleet.Scheduled) > 0 {
		t.ignores(r, "Declared for the group's creation: scheduled actions, scaling or a person decide since.", "desired_capacity", "min_size", "max_size")
		return
	}
	t.ignores(r, "Declared for the group's creation: scaling or a person decides since.", "desired_capacity")
}

func (t *translation) tracking(s *export.Settings) {
	r := t.add(s, "aws_autoscaling_policy", serviceFile, "scaling policy")
	r.set("name", text(s.Name))
	r.set("autoscaling_group_name", ref{Ref: s.Of[blueprint.KindFleet]})
	r.set("policy_type", text(s.Text("type")))
	s.Is("enabled", "yes")
	c := r.within("target_tracking_configuration").set("target_value", num(s.Number("target"))).set("disable_scale_in", truth(!s.Yes("scales in")))
	m := c.within("predefined_metric_specification").set("predefined_metric_type", text(s.Text("measures")))
	if s.Text("of") != "" {
		m.set("resource_label", joined{ref{s.Of[blueprint.KindBalancer], "arn_suffix"}, text("/"), ref{s.Of[blueprint.KindTargetGroup], "arn_suffix"}})
	}
	r.imported = joined{ref{Ref: s.Of[blueprint.KindFleet]}, text("/" + s.Name)}
}

// scheduled leaves what an action does not set by -1, in place of the provider's 0.
func (t *translation) scheduled(s *export.Settings) {
	r := t.add(s, "aws_autoscaling_schedule", serviceFile, "scheduled action")
	s.Told("action")
	a, ok := s.Content.(understudy.Scheduled)
	if !ok {
		s.Refuse("a scheduled action of %T", s.Content)
	}
	r.set("scheduled_action_name", text(s.Name)).set("autoscaling_group_name", ref{Ref: s.Of[blueprint.KindFleet]}).set("recurrence", text(a.Recurrence))
	if a.Zone != "" {
		r.set("time_zone", text(a.Zone))
	}
	r.set("min_size", num(cmp.Or(a.Min, -1))).set("desired_capacity", num(cmp.Or(a.Desired, -1))).set("max_size", num(cmp.Or(a.Max, -1)))
	r.imported = joined{ref{Ref: s.Of[blueprint.KindFleet]}, text("/" + s.Name)}
}

// termination is how AWS chooses who ends, where a group says nothing of it.
const termination = "Default"

// preferences are those with which `up` begins an instance refresh.
func (t *translation) preferences(b *block) {
	r := t.blueprint.Declaration.Fleet.Refresh
	b.set("min_healthy_percentage", num(r.MinHealthy)).set("skip_matching", truth(true)).set("auto_rollback", truth(true))
	if r.MaxHealthy != 0 {
		b.set("max_healthy_percentage", num(r.MaxHealthy))
	}
	if r.WarmUp != 0 {
		b.set("instance_warmup", num(r.WarmUp))
	}
	if len(r.Checkpoints) > 0 {
		var at list
		for _, percent := range r.Checkpoints {
			at = append(at, num(percent))
		}
		b.set("checkpoint_percentages", at).set("checkpoint_delay", num(r.CheckpointDelay))
	}
}
