package cloudformation

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/export"
	"github.com/understudy/understudy/plan/blueprint"
)

const (
	imageParameter     = "ImageId"
	hostImageParameter = "HostImageId"
	rootParameter      = "RootDeviceName"
	bakingFile         = "image/user-data.sh"
)

// image is a parameter: CloudFormation has no resource that runs a script and takes an image of the result.
func (t *translation) image(s *export.Settings) {
	s.Told("digest", "tagged")
	if b := s.Optional("builder"); b != "" && b != "gone" {
		s.Refuse("a builder, %s", b)
	}
	baking, ok := s.Content.(blueprint.Baking)
	if !ok {
		s.Refuse("an image made of %T", s.Content)
	}
	t.files[bakingFile] = []byte(baking.Script)
	t.parameter(home(s.Piece), imageParameter, "AWS::EC2::Image::Id", s.Standing, "The image called "+s.Name+", in this region")
	t.say(s.ID, "an image cannot be baked by CloudFormation, and is a parameter of each region: the id of the image called %s. To make one, run %s as the user "+
		"data of an instance of the %s, and take the image when the script has ended", s.Name, bakingFile, baking.Base)
}

// hostImage is a parameter, too: CloudFormation looks nothing up.
func (t *translation) hostImage(s *export.Settings) {
	t.parameter(home(s.Piece), hostImageParameter, "AWS::EC2::Image::Id", s.Standing, "The image of "+s.Text("owner")+" called "+s.Text("name")+", in this region")
}

func (t *translation) targetGroup(s *export.Settings) {
	r := t.add(s, "AWS::ElasticLoadBalancingV2::TargetGroup")
	p := r.properties.set("Name", s.Name).set("VpcId", ref{Ref: s.Ref("vpc")}).set("Port", s.Number("port")).set("Protocol", s.Text("protocol"))
	if v := s.Optional("version"); v != "" {
		p.set("ProtocolVersion", v)
	}
	p.set("TargetType", s.Text("targets are"))
	p.set("HealthCheckProtocol", s.Text("check protocol")).set("HealthCheckPort", s.Text("check port"))
	if v := s.Optional("path"); v != "" {
		p.set("HealthCheckPath", v)
	}
	if v := s.Optional("matcher"); v != "" {
		p.set("Matcher", tree{{"HttpCode", v}})
	}
	p.set("HealthCheckIntervalSeconds", s.Number("interval")).set("HealthCheckTimeoutSeconds", s.Number("timeout")).
		set("HealthyThresholdCount", s.Number("healthy")).set("UnhealthyThresholdCount", s.Number("unhealthy"))
	s.Told("attributes", "deregistration delay")
	t.attributes(s, r, "TargetGroupAttributes")
	t.tagged(s, r, "Tags")
	r.identified(entry{"TargetGroupArn", own(s)})
}

// attributes are written as the API has them.
func (t *translation) attributes(s *export.Settings, r *logicalResource, property string) {
	attributes, ok := s.Content.(map[string]string)
	if !ok {
		s.Refuse("attributes of %T", s.Content)
	}
	var list []any
	for _, k := range slices.Sorted(maps.Keys(attributes)) {
		list = append(list, tree{{"Key", k}, {"Value", attributes[k]}})
	}
	if list != nil {
		r.properties.set(property, list)
	}
}

func (t *translation) balancer(s *export.Settings) {
	r := t.add(s, "AWS::ElasticLoadBalancingV2::LoadBalancer")
	r.properties.set("Name", s.Name).set("Type", s.Text("type")).set("Scheme", s.Text("scheme")).
		set("IpAddressType", s.Text("addresses")).set("Subnets", refs(s.Refs("subnets"))).set("SecurityGroups", refs(s.Refs("groups")))
	s.Is("state", string(elbtypes.LoadBalancerStateEnumActive))
	s.Told("attributes", "logs")
	t.attributes(s, r, "LoadBalancerAttributes")
	t.tagged(s, r, "Tags")
	r.identified(entry{"LoadBalancerArn", own(s)})
}

// listener has no tags of its own: its type has no such property.
func (t *translation) listener(s *export.Settings) {
	r := t.add(s, "AWS::ElasticLoadBalancingV2::Listener")
	r.properties.set("LoadBalancerArn", ref{Ref: s.Of[blueprint.KindBalancer]}).set("Port", s.Number("port")).set("Protocol", s.Text("protocol"))
	if policy := s.Optional("policy"); policy != "" {
		r.properties.set("SslPolicy", policy)
	}
	if arn := s.Optional("certificate"); arn != "" {
		r.properties.set("Certificates", []any{tree{{"CertificateArn", arn}}})
		s.Is("asks for client certificates", "no")
	}
	if s.Has("idle time") {
		r.properties.set("ListenerAttributes", []any{tree{{"Key", "tcp.idle_timeout.seconds"}, {"Value", s.Text("idle time")}}})
	}
	s.Told("forwards to", "tagged")
	actions, ok := s.Content.([]elbtypes.Action)
	if !ok {
		s.Refuse("actions of %T", s.Content)
	}
	r.properties.set("DefaultActions", t.actions(s, actions))
	r.identified(entry{"ListenerArn", own(s)})
	t.say("listeners and rules", "CloudFormation gives them no tags")
}

func (t *translation) actions(s *export.Settings, actions []elbtypes.Action) (list []any) {
	for _, a := range actions {
		list = append(list, t.structure(s, a))
	}
	return list
}

func (t *translation) template(s *export.Settings) {
	r := t.add(s, "AWS::EC2::LaunchTemplate")
	for _, f := range s.Piece.Settings {
		if f.Name != "tagged" {
			s.Told(f.Name) // all of it is told by what is sent
		}
	}
	s.Told("tagged")
	r.properties.set("LaunchTemplateName", s.Name).set("LaunchTemplateData", t.structure(s, s.Content)).
		set("TagSpecifications", []any{tree{{"ResourceType", "launch-template"}, {"Tags", tags(s)}}})
	r.identified(entry{"LaunchTemplateId", own(s)})
}

// latest is the version of a template that instances are of.
func latest(template blueprint.Ref) tree {
	return tree{{"LaunchTemplateId", ref{Ref: template}}, {"Version", ref{template, "LatestVersionNumber"}}}
}

func (t *translation) host(s *export.Settings) {
	r := t.add(s, "AWS::EC2::Instance")
	// By the template, or by what is said over it.
	s.Told("image", "type", "key", "user data", "launched with another", "metadata tokens", "detailed monitoring", "profile")
	s.Is("running", "yes")
	s.Is("termination protection", "no")
	s.Is("shutdown behavior", "stop")
	r.properties.set("LaunchTemplate", latest(s.Of[blueprint.KindTemplate])).set("SubnetId", ref{Ref: s.Ref("subnet")}).
		set("SecurityGroupIds", refs(s.Refs("groups")))
	over, ok := s.Content.(blueprint.LaunchedOver)
	if !ok {
		s.Refuse("a launch with %T", s.Content)
	}
	if image, ok := blueprint.ParseRef(over.Image); ok {
		r.properties.set("ImageId", ref{Ref: image})
	}
	for _, one := range []entry{{"InstanceType", over.Type}, {"KeyName", over.Key}, {"UserData", over.UserData}} {
		if one.value != "" {
			r.properties.set(one.name, one.value)
		}
	}
	t.tagged(s, r, "Tags")
	r.identified(entry{"InstanceId", own(s)})
}

func (t *translation) fleet(s *export.Settings) {
	r := t.add(s, "AWS::AutoScaling::AutoScalingGroup")
	least := s.Number("min")
	r.properties.set("AutoScalingGroupName", s.Name).set("MinSize", fmt.Sprint(least)).set("DesiredCapacity", s.Text("desired")).
		set("MaxSize", s.Text("max")).set("HealthCheckType", s.Text("health check")).set("HealthCheckGracePeriod", s.Number("grace")).
		set("VPCZoneIdentifier", refs(s.Refs("subnets"))).set("TargetGroupARNs", refs(s.Refs("target groups"))).
		set("LaunchTemplate", latest(s.Of[blueprint.KindTemplate]))
	s.Told("template version", "instances' version", "tagged")
	// As AWS makes a group, and CloudFormation's defaults are the same.
	s.Is("cooldown", "300")
	r.properties.set("TerminationPolicies", list(strings.Split(s.Text("termination policies"), ", then ")))
	if warmup, err := strconv.Atoi(s.Optional("warmup")); err == nil {
		r.properties.set("DefaultInstanceWarmup", warmup)
	}
	if life, err := strconv.Atoi(s.Optional("longest life of instances")); err == nil {
		r.properties.set("MaxInstanceLifetime", life)
	}
	if s.Yes("metrics") {
		r.properties.set("MetricsCollection", []any{tree{{"Granularity", "1Minute"}, {"Metrics", list(understudy.FleetMetrics)}}})
	}
	s.Is("protects new instances", "no")
	s.Is("capacity rebalance", "no")
	var all []any
	for _, k := range slices.Sorted(maps.Keys(s.Tags)) {
		all = append(all, tree{{"Key", k}, {"Value", s.Tags[k]}, {"PropagateAtLaunch", true}})
	}
	r.properties.set("Tags", all)
	// Instances are replaced one by one when the template changes. One more than the declared minimum must be allowed for that.
	policy := tree{{"AutoScalingRollingUpdate", tree{{"MinInstancesInService", max(0, min(least, t.most(s)-1))}, {"MaxBatchSize", 1}}}}
	if len(t.blueprint.Declaration.Fleet.Scheduled) > 0 { // what they have set is left alone by updates of other properties
		policy.set("AutoScalingScheduledAction", tree{{"IgnoreUnmodifiedGroupSizeProperties", true}})
	}
	r.more.set("UpdatePolicy", policy)
	if how := t.blueprint.Declaration.Fleet.Refresh; how.MinHealthy != 100 || how.MaxHealthy != 0 || how.WarmUp != 0 || len(how.Checkpoints) > 0 {
		t.say(s.ID, "fleet.refresh is not in the template: CloudFormation replaces instances by its own UpdatePolicy, one by one")
	}
	r.identified(entry{"AutoScalingGroupName", own(s)})
	t.say(s.ID, "the desired capacity is declared for the group's creation, and CloudFormation sets it at each update of the group; "+
		"take DesiredCapacity out of the template once the stack stands, if scaling or a person is to decide")
}

// most is the largest size of a fleet.
func (t *translation) most(s *export.Settings) (n int) {
	for _, f := range s.Piece.Settings {
		if f.Name == "max" {
			fmt.Sscan(f.Value, &n)
		}
	}
	return n
}

func (t *translation) tracking(s *export.Settings) {
	r := t.add(s, "AWS::AutoScaling::ScalingPolicy")
	metric := tree{{"PredefinedMetricType", s.Text("measures")}}
	if s.Text("of") != "" {
		metric.set("ResourceLabel", joined{ref{s.Of[blueprint.KindBalancer], "LoadBalancerFullName"}, "/",
			ref{s.Of[blueprint.KindTargetGroup], "TargetGroupFullName"}})
	}
	r.properties.set("AutoScalingGroupName", ref{Ref: s.Of[blueprint.KindFleet]}).set("PolicyType", s.Text("type")).
		set("TargetTrackingConfiguration", tree{
			{"PredefinedMetricSpecification", metric}, {"TargetValue", s.Number("target")}, {"DisableScaleIn", !s.Yes("scales in")},
		})
	s.Is("enabled", "yes")
	if s.Standing != "" {
		t.say(s.ID, "a scaling policy is named by CloudFormation, and the one that stands is not imported: delete it when the template has made its own")
	}
}

func (t *translation) scheduled(s *export.Settings) {
	r := t.add(s, "AWS::AutoScaling::ScheduledAction")
	s.Told("action")
	a, ok := s.Content.(understudy.Scheduled)
	if !ok {
		s.Refuse("a scheduled action of %T", s.Content)
	}
	r.properties.set("AutoScalingGroupName", ref{Ref: s.Of[blueprint.KindFleet]}).set("Recurrence", a.Recurrence)
	if a.Zone != "" {
		r.properties.set("TimeZone", a.Zone)
	}
	for _, one := range []struct {
		name string
		n    int
	}{{"MinSize", a.Min}, {"DesiredCapacity", a.Desired}, {"MaxSize", a.Max}} {
		if one.n != 0 {
			r.properties.set(one.name, one.n)
		}
	}
	if s.Standing != "" {
		t.say(s.ID, "a scheduled action is named by CloudFormation, and the one that stands is not imported: delete it when the template has made its own")
	}
}
