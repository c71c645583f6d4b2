package terraform

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/export"
	"github.com/understudy/understudy/plan/blueprint"
)

const (
	namesFile  = "dns.tf"
	switchFile = "switch.tf"
)

// zone is a resource where the stack has made it or would, and looked up where it is somebody else's.
func (t *translation) zone(s *export.Settings) {
	r := t.add(s, "aws_route53_zone", namesFile, "zone")
	r.set("name", text(s.Name))
	comment := s.Text("comment")
	if s.Foreign {
		r.data = true
		r.set("private_zone", truth(false))
		s.Told("tagged")
		return
	}
	r.set("comment", text(comment))
	t.tags(s, r)
	if s.Standing == "" {
		t.say(s.ID, "is made. Where %s has a zone already, use a data source in its place", s.Name)
	}
}

// checkNames are the arguments of aws_route53_health_check that are not called as the API has them.
var checkNames = map[string]string{
	"FullyQualifiedDomainName": "fqdn", "IPAddress": "ip_address", "ChildHealthChecks": "child_healthchecks",
	"HealthThreshold": "child_health_threshold", "Inverted": "invert_healthcheck", "EnableSNI": "enable_sni",
}

func (t *translation) check(s *export.Settings) {
	c, ok := s.Content.(*types.HealthCheckConfig)
	if !ok {
		s.Refuse("a check of %T", s.Content)
		return
	}
	file := namesFile
	if c.Type == types.HealthCheckTypeCalculated || c.Inverted != nil {
		file = switchFile
	}
	r := t.add(s, "aws_route53_health_check", file, "")
	r.label = checkLabel(s.Piece)
	for _, f := range s.Piece.Settings {
		if f.Name != "tagged" && f.Name != followsBy {
			s.Told(f.Name) // all of it is told by what is sent
		}
	}
	if c.AlarmIdentifier != nil {
		c = t.followed(s, &r.block, *c)
	}
	t.structure(s, &r.block, c, checkNames)
	t.tags(s, r)
}

// followsBy is the setting that tells by what an alarm is followed.
const followsBy = "by"

// followed writes which alarm a check follows, and by what it is to be updated: Route 53 knows the settings that the alarm had when the check was
// updated last. It returns what is left to write.
func (t *translation) followed(s *export.Settings, b *block, c types.HealthCheckConfig) *types.HealthCheckConfig {
	alarm := s.Of[blueprint.KindAlarm]
	b.set("cloudwatch_alarm_name", ref{alarm, "alarm_name"}).set("cloudwatch_alarm_region", text(string(c.AlarmIdentifier.Region)))
	triggers := object{{"by", text(s.Text(followsBy))}}
	if sent, ok := t.pieces[alarm.Piece].Content.(*cloudwatch.PutMetricAlarmInput); ok {
		for _, d := range sent.Dimensions {
			triggers = append(triggers, entry{aws.ToString(d.Name), t.dimension(aws.ToString(d.Value))})
		}
	}
	b.set("triggers", triggers)
	c.AlarmIdentifier = nil
	return &c
}

// ownSides are whose the checks are that are there in any case; where both regions serve, there is one more of each.
var ownSides = map[string]understudy.Side{"switch": understudy.Secondary, "calculated": understudy.Primary}

// checkLabel names a region's check after its side, and others after what they are.
func checkLabel(p blueprint.Piece) string {
	_, name, _ := strings.Cut(p.ID, "/")
	l := label(strings.TrimSuffix(strings.TrimSuffix(name, "check"), "health "), string(p.Side))
	own, ok := ownSides[l]
	if ok && own != p.Side || !ok && l != string(p.Side) { // the further ones are there for each
		l += "_" + string(p.Side)
	}
	return l
}

// records are a resource for each side.
func (t *translation) records(s *export.Settings) {
	zone := s.Of[blueprint.KindZone]
	for _, side := range understudy.Sides {
		of := func(name string) string { return string(side) + " " + name }
		r := t.add(s, "aws_route53_record", namesFile, "")
		r.label = string(side)
		r.set("zone_id", ref{Ref: zone})
		r.set("name", text(s.Name))
		kind, id := s.Text(of("type")), s.Text(of("set identifier"))
		r.set("type", text(kind))
		r.set("set_identifier", text(id))
		r.set("health_check_id", ref{Ref: s.Ref(of("health check"))})
		routingPolicy(&r.block, s, side)
		name, in := s.Ref(of("alias")), s.Ref(of("alias zone"))
		r.within("alias").set("name", ref{Ref: name}).set("zone_id", ref{Ref: in}).set("evaluate_target_health", truth(s.Yes(of("target health"))))
		r.imported = joined{ref{Ref: zone}, text("_" + s.Name + "_" + kind + "_" + id)}
	}
}

// routingPolicy writes by what Route 53 chooses a side's record.
func routingPolicy(r *block, s *export.Settings, side understudy.Side) {
	s.Text(string(side) + " role") // the content in words
	switch chosen := s.Content.(map[understudy.Side]*types.ResourceRecordSet)[side]; {
	case chosen.Weight != nil:
		r.within("weighted_routing_policy").set("weight", num(int(*chosen.Weight)))
	case chosen.Region != "":
		r.within("latency_routing_policy").set("region", text(string(chosen.Region)))
	default:
		r.within("failover_routing_policy").set("type", text(string(chosen.Failover)))
	}
}
