package terraform

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/export"
	"github.com/understudy/understudy/plan/blueprint"
)

// declaredRule is a rule of the declaration, which Terraform keeps as it is.
func (t *translation) declaredRule(s *export.Settings) { t.listenerRule(s, serviceFile) }

// answeringRule is a rule of the tool's own.
func (t *translation) answeringRule(s *export.Settings) {
	r := t.listenerRule(s, switchFile)
	s.Told("priority", "if", "answers")
	t.ignores(r, "Whoever moves the users by hand changes the answer, and Terraform must not move them back.", "action")
}

// switchListener is the listener by which a network load balancer says who is to serve.
func (t *translation) switchListener(s *export.Settings) {
	r := t.listenerIn(switchFile, s)
	t.ignores(r, "Whoever moves the users by hand changes the port, and Terraform must not move them back.", "port", "tags", "tags_all")
}

func (t *translation) listenerRule(s *export.Settings, file string) *resourceBlock {
	rule, ok := s.Content.(blueprint.AnsweringRule)
	if !ok {
		s.Refuse("a rule of %T", s.Content)
	}
	r := t.add(s, "aws_lb_listener_rule", file, "")
	r.set("listener_arn", ref{Ref: s.Of[blueprint.KindListener]})
	r.set("priority", num(rule.Priority))
	for _, c := range rule.Conditions {
		t.condition(s, r.within("condition"), c)
	}
	for _, a := range rule.Actions {
		t.action(s, r.within("action"), a)
	}
	t.tags(s, r)
	return r
}

func (t *translation) condition(s *export.Settings, b *block, c elbtypes.RuleCondition) {
	switch {
	case c.PathPatternConfig != nil:
		b.within("path_pattern").set("values", texts(c.PathPatternConfig.Values))
	case c.HostHeaderConfig != nil:
		b.within("host_header").set("values", texts(c.HostHeaderConfig.Values))
	case c.HttpRequestMethodConfig != nil:
		b.within("http_request_method").set("values", texts(c.HttpRequestMethodConfig.Values))
	case c.SourceIpConfig != nil:
		b.within("source_ip").set("values", texts(c.SourceIpConfig.Values))
	case c.HttpHeaderConfig != nil:
		h := c.HttpHeaderConfig
		b.within("http_header").set("http_header_name", text(aws.ToString(h.HttpHeaderName))).set("values", texts(h.Values))
	default:
		s.Refuse("a condition on %s", aws.ToString(c.Field))
	}
}
