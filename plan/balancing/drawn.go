package balancing

import (
	"fmt"
	"maps"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/blueprint"
	"github.com/understudy/understudy/plan/resource"
)

func (t *TargetGroup) Refer(id blueprint.Ref) { t.ARN, t.Number = id.String(), max(1, t.Number) }

func (t *TargetGroup) Draw() blueprint.Piece {
	attributes := t.wants()
	maps.DeleteFunc(attributes, func(key, value string) bool { return targetDefaults[key] == value }) // AWS makes it so
	check, _ := t.how()
	attributes[delayAttribute] = resource.Number(check.DeregistrationDelay)
	return blueprint.Piece{Kind: blueprint.KindTargetGroup, Name: t.GroupName(), Tags: t.Mark(t.role()), Settings: t.Desired(), Content: attributes}
}

func (b *Balancer) Refer(id blueprint.Ref) {
	b.ARN, b.Number = id.String(), max(1, b.Number)
	b.DNSName, b.ZoneID = blueprint.Ref{Piece: id.Piece, Attribute: blueprint.DNSName}.String(), blueprint.Ref{Piece: id.Piece,
		Attribute: blueprint.AliasZone}.String()
}

func (b *Balancer) Draw() blueprint.Piece {
	attributes, tags := b.wants(), b.Mark("load-balancer")
	maps.DeleteFunc(attributes, func(key, value string) bool { return b.defaults()[key] == value }) // AWS makes it so
	maps.Copy(attributes, b.wantsOfLogs(nil))
	if kinds := b.declares(); kinds != "" {
		tags = tags.With(logsTag, kinds)
	}
	return blueprint.Piece{Kind: blueprint.KindBalancer, Name: b.BalancerName(), Tags: tags, Settings: b.Desired(), Content: attributes}
}

func (l *Listener) Refer(id blueprint.Ref) { l.arn = id.String() }

func (l *Listener) Draw() blueprint.Piece {
	kind := blueprint.KindListener
	if l.Switches {
		kind = blueprint.KindSwitch
	}
	return blueprint.Piece{Kind: kind, Tags: l.Mark(l.role()), Settings: l.Desired(),
		Of:      map[blueprint.Kind]blueprint.Ref{blueprint.KindBalancer: blueprint.RefOf(l.Balancer.ARN)},
		Content: l.actions()}
}

func (r *SwitchRule) Refer(id blueprint.Ref) { r.arn = id.String() }

func (r *SwitchRule) Draw() blueprint.Piece {
	side, text := r.idle()
	return blueprint.Piece{Kind: blueprint.KindRule, Tags: r.Mark(switchRole), Settings: r.Desired(),
		Of:      map[blueprint.Kind]blueprint.Ref{blueprint.KindListener: blueprint.RefOf(r.Listener.arn)},
		Content: blueprint.AnsweringRule{Priority: 1, Conditions: switchConditions(), Actions: switchActions(r.Side, side, text)}}
}

// Drawn returns a piece for each declared rule. Nothing refers to one.
func (r *Rules) Drawn(id string) (pieces []blueprint.Piece) {
	for i, d := range r.Listener.rules() {
		priority := understudy.FirstRule + i
		pieces = append(pieces, blueprint.Piece{
			ID: fmt.Sprintf("%s %d", id, priority), Side: r.Side, Kind: blueprint.KindDeclaredRule, Tags: r.Mark(ruleRole),
			Settings: []resource.Field{r.Tagged(ruleRole)}, Of: map[blueprint.Kind]blueprint.Ref{blueprint.KindListener: blueprint.RefOf(r.Listener.arn)},
			Needs:   []string{blueprint.RefOf(r.Listener.arn).Piece},
			Content: blueprint.AnsweringRule{Priority: priority, Conditions: conditionsOf(d), Actions: r.Listener.actionsOf(d.Action)},
		})
	}
	return pieces
}

// Standing returns the ARN of the rule that stands where one is to be, or nothing.
func (r *Rules) Standing(wanted blueprint.AnsweringRule) string {
	for _, p := range r.seen {
		if p.priority == wanted.Priority && p.meets == conditionsText(wanted.Conditions) {
			return p.arn
		}
	}
	return ""
}
