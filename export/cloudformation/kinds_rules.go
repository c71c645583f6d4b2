package cloudformation

import (
	"github.com/understudy/understudy/export"
	"github.com/understudy/understudy/plan/blueprint"
)

// declaredRule is a rule of the declaration.
func (t *translation) declaredRule(s *export.Settings) { t.listenerRule(s) }

// answeringRule is a rule of the tool's own.
func (t *translation) answeringRule(s *export.Settings) {
	t.listenerRule(s)
	s.Told("priority", "if", "answers")
	t.say(s.ID, "whoever moves the users by hand changes the answer, and an update of the rule by CloudFormation would move them back")
}

// switchListener is the listener by which a network load balancer says who is to serve.
func (t *translation) switchListener(s *export.Settings) {
	t.listener(s)
	t.say(s.ID, "whoever moves the users by hand changes the port, and an update of the listener by CloudFormation would move them back")
}

func (t *translation) listenerRule(s *export.Settings) {
	rule, ok := s.Content.(blueprint.AnsweringRule)
	if !ok {
		s.Refuse("a rule of %T", s.Content)
	}
	r := t.add(s, "AWS::ElasticLoadBalancingV2::ListenerRule")
	var conditions []any
	for _, c := range rule.Conditions {
		conditions = append(conditions, t.structure(s, c))
	}
	s.Told("tagged")
	r.properties.set("ListenerArn", ref{Ref: s.Of[blueprint.KindListener]}).set("Priority", rule.Priority).set("Conditions", conditions).
		set("Actions", t.actions(s, rule.Actions))
	r.identified(entry{"RuleArn", own(s)})
}
