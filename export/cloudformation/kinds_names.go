package cloudformation

import (
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/export"
	"github.com/understudy/understudy/plan/blueprint"
)

const zoneParameter = "HostedZoneId"

// zone is a resource where the stack has made it or would, and a parameter where it is somebody else's. It stays when its stack goes, for the
// domain is delegated to it.
func (t *translation) zone(s *export.Settings) {
	comment := s.Text("comment")
	if s.Foreign {
		s.Told("tagged")
		return
	}
	r := t.add(s, "AWS::Route53::HostedZone")
	r.policy = "Retain"
	r.properties.set("Name", s.Name).set("HostedZoneConfig", tree{{"Comment", comment}})
	t.tagged(s, r, "HostedZoneTags")
	r.identified(entry{"Id", own(s)})
	if s.Standing == "" {
		t.say(s.ID, "is made. Where %s has a zone already, give its id to %s and leave it out of %s", s.Name, recordsTemplate, namesTemplate)
	}
}

func (t *translation) check(s *export.Settings) {
	c, ok := s.Content.(*types.HealthCheckConfig)
	if !ok {
		s.Refuse("a check of %T", s.Content)
		return
	}
	r := t.add(s, "AWS::Route53::HealthCheck")
	for _, f := range s.Piece.Settings {
		if f.Name != "tagged" {
			s.Told(f.Name) // all of it is told by what is sent
		}
	}
	r.properties.set("HealthCheckConfig", t.structure(s, c))
	if c.AlarmIdentifier != nil {
		t.say(s.ID, "follows an alarm of the region's template, by the settings that it had when the check was made or updated last: change the check, "+
			"too, when the alarm changes (aws route53 update-health-check --health-check-id ID)")
	}
	t.tagged(s, r, "HealthCheckTags")
	r.identified(entry{"HealthCheckId", own(s)})
}

func (t *translation) records(s *export.Settings) {
	for _, side := range understudy.Sides {
		of := func(name string) string { return string(side) + " " + name }
		r := t.add(s, "AWS::Route53::RecordSet")
		r.id = logical(string(side) + " record")
		r.properties.set("HostedZoneId", ref{Ref: s.Of[blueprint.KindZone]}).set("Name", s.Name).set("Type", s.Text(of("type"))).
			set("SetIdentifier", s.Text(of("set identifier"))).set("HealthCheckId", ref{Ref: s.Ref(of("health check"))}).
			set("AliasTarget", tree{{"DNSName", ref{Ref: s.Ref(of("alias"))}}, {"HostedZoneId", ref{Ref: s.Ref(of("alias zone"))}},
				{"EvaluateTargetHealth", s.Yes(of("target health"))}})
		routingPolicy(r, s, side)
	}
	if s.Standing != "" {
		t.say(s.ID, "records that stand are not imported: leave them, or delete them in the moment before the template makes its own")
	}
}

// routingPolicy writes by what Route 53 chooses a side's record.
func routingPolicy(r *logicalResource, s *export.Settings, side understudy.Side) {
	s.Text(string(side) + " role") // the content in words
	switch chosen := s.Content.(map[understudy.Side]*types.ResourceRecordSet)[side]; {
	case chosen.Weight != nil:
		r.properties.set("Weight", int(*chosen.Weight))
	case chosen.Region != "":
		r.properties.set("Region", string(chosen.Region))
	default:
		r.properties.set("Failover", string(chosen.Failover))
	}
}
