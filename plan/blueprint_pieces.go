package plan

import (
	"fmt"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/blueprint"
	"github.com/understudy/understudy/plan/resource"
)

func (i *images) Refer(id blueprint.Ref) {
	i.id, i.root = id.String(), blueprint.Ref{Piece: id.Piece, Attribute: blueprint.RootDevice}.String()
}

func (i *images) drawn(settings []resource.Field) blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindImage, Name: i.imageName(), Tags: i.tags(), Settings: settings,
		Content: blueprint.Baking{Base: i.Declared.Origin(i.Side), Script: builderScript(i.Declared.Image, i.digest)}}
}

func (i *image) Draw() blueprint.Piece     { return i.drawn(i.Desired()) }
func (c *imageCopy) Draw() blueprint.Piece { return c.drawn(c.Desired()) }

func (t *targetGroup) Refer(id blueprint.Ref) { t.arn, t.number = id.String(), max(1, t.number) }
func (t *targetGroup) Draw() blueprint.Piece {
	attributes := t.wants()
	maps.DeleteFunc(attributes, func(key, value string) bool { return targetDefaults[key] == value }) // AWS makes it so
	check, _ := t.how()
	attributes[delayAttribute] = resource.Number(check.DeregistrationDelay)
	return blueprint.Piece{Kind: blueprint.KindTargetGroup, Name: t.groupName(), Tags: t.Mark(t.role()), Settings: t.Desired(), Content: attributes}
}

func (b *balancer) Refer(id blueprint.Ref) {
	b.arn, b.number = id.String(), max(1, b.number)
	b.dnsName, b.zoneID = blueprint.Ref{Piece: id.Piece, Attribute: blueprint.DNSName}.String(), blueprint.Ref{Piece: id.Piece,
		Attribute: blueprint.AliasZone}.String()
}
func (b *balancer) Draw() blueprint.Piece {
	attributes, tags := b.wants(), b.Mark("load-balancer")
	maps.DeleteFunc(attributes, func(key, value string) bool { return b.defaults()[key] == value }) // AWS makes it so
	maps.Copy(attributes, b.wantsOfLogs(nil))
	if kinds := b.declares(); kinds != "" {
		tags = tags.With(logsTag, kinds)
	}
	return blueprint.Piece{Kind: blueprint.KindBalancer, Name: b.balancerName(), Tags: tags, Settings: b.Desired(), Content: attributes}
}

func (l *listener) Refer(id blueprint.Ref) { l.arn = id.String() }
func (l *listener) Draw() blueprint.Piece {
	kind := blueprint.KindListener
	if l.switches {
		kind = blueprint.KindSwitch
	}
	return blueprint.Piece{Kind: kind, Tags: l.Mark(l.role()), Settings: l.Desired(),
		Of:      map[blueprint.Kind]blueprint.Ref{blueprint.KindBalancer: blueprint.RefOf(l.balancer.arn)},
		Content: l.actions()}
}

func (r *switchRule) Refer(id blueprint.Ref) { r.arn = id.String() }
func (r *switchRule) Draw() blueprint.Piece {
	side, text := r.idle()
	return blueprint.Piece{Kind: blueprint.KindRule, Tags: r.Mark(switchRole), Settings: r.Desired(),
		Of:      map[blueprint.Kind]blueprint.Ref{blueprint.KindListener: blueprint.RefOf(r.listener.arn)},
		Content: blueprint.AnsweringRule{Priority: 1, Conditions: switchConditions(), Actions: switchActions(r.Side, side, text)}}
}

// drawn returns a piece for each declared rule. Nothing refers to one.
func (r *rules) drawn(id string) (pieces []blueprint.Piece) {
	for i, d := range r.listener.rules() {
		priority := understudy.FirstRule + i
		pieces = append(pieces, blueprint.Piece{
			ID: fmt.Sprintf("%s %d", id, priority), Side: r.Side, Kind: blueprint.KindDeclaredRule, Tags: r.Mark(ruleRole),
			Settings: []resource.Field{r.Tagged(ruleRole)}, Of: map[blueprint.Kind]blueprint.Ref{blueprint.KindListener: blueprint.RefOf(r.listener.arn)},
			Needs:   []string{blueprint.RefOf(r.listener.arn).Piece},
			Content: blueprint.AnsweringRule{Priority: priority, Conditions: conditionsOf(d), Actions: r.listener.actionsOf(d.Action)},
		})
	}
	return pieces
}

// ruleNode returns the id of the node whose piece a rule is.
func ruleNode(piece string) string { return piece[:strings.LastIndexByte(piece, ' ')] }

// standing returns the ARN of the rule that stands where one is to be, or nothing.
func (r *rules) standing(wanted blueprint.AnsweringRule) string {
	for _, p := range r.seen {
		if p.priority == wanted.Priority && p.meets == conditionsText(wanted.Conditions) {
			return p.arn
		}
	}
	return ""
}

func (t *template) Refer(id blueprint.Ref) { t.id = id.String() }
func (t *template) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindTemplate, Name: t.NameOf("template"), Tags: t.Mark("template"), Settings: t.Desired(), Content: t.wanted()}
}

func (h *host) Refer(id blueprint.Ref) { h.id = id.String() }
func (h *host) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindHost, Tags: h.Mark(h.role), Settings: h.Desired(),
		Of: map[blueprint.Kind]blueprint.Ref{blueprint.KindTemplate: blueprint.RefOf(h.template.id)}, Content: h.over()}
}

func (i *hostImage) Refer(id blueprint.Ref) { i.id = id.String() }
func (i *hostImage) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindHostImage, Name: i.Declared.Hosts.Image.Name,
		Settings: append(i.Desired(), resource.Field{Name: "owner", Value: i.Declared.Hosts.Image.Owner})}
}

// Refer needs no id: the name of a fleet is known before it is made.
func (f *fleet) Refer(blueprint.Ref) {}
func (f *fleet) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindFleet, Name: f.fleetName(), Tags: f.Mark("fleet"), Settings: f.Desired(),
		Of: map[blueprint.Kind]blueprint.Ref{blueprint.KindTemplate: blueprint.RefOf(f.template.id)}}
}

func (t *tracking) Refer(blueprint.Ref) {}
func (t *tracking) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindTracking, Name: t.policyName(), Settings: t.Desired(), Of: map[blueprint.Kind]blueprint.Ref{
		blueprint.KindFleet: {Piece: string(t.Side) + "/fleet"}, blueprint.KindBalancer: blueprint.RefOf(t.balancer.arn),
		blueprint.KindTargetGroup: blueprint.RefOf(t.group.arn),
	}}
}

func (s *scheduled) Refer(blueprint.Ref) {}
func (s *scheduled) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindScheduled, Name: s.actionName(), Settings: s.Desired(), Content: s.action,
		Of: map[blueprint.Kind]blueprint.Ref{blueprint.KindFleet: {Piece: string(s.Side) + "/fleet"}}}
}

// Refer needs no id: nothing refers to an alarm but by its name.
func (a *alarm) Refer(blueprint.Ref) {}
func (a *alarm) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindAlarm, Name: a.alarmName(), Tags: a.Mark(a.role), Settings: a.Desired(), Content: a.put()}
}

func (z *zone) Refer(id blueprint.Ref) { z.id, z.made = id.String(), true }
func (z *zone) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindZone, Name: z.Declared.Domain, Tags: z.Mark("zone"),
		Settings: append(z.Desired(), resource.Field{Name: "comment", Value: "understudy: stack " + z.Stack()})}
}

func (c *check) Refer(id blueprint.Ref) { c.id = id.String() }
func (c *check) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindCheck, Tags: c.Mark(c.role()), Settings: c.Desired(), Content: c.wanted()}
}

func (c *ownCheck) Refer(id blueprint.Ref) { c.id = id.String() }
func (c *ownCheck) Draw() blueprint.Piece {
	p := blueprint.Piece{Kind: blueprint.KindCheck, Tags: c.Mark(c.name), Settings: c.Desired(), Content: c.wanted()}
	if c.follows != nil {
		p.Of = map[blueprint.Kind]blueprint.Ref{blueprint.KindAlarm: {Piece: c.follows.node}}
	}
	return p
}

// Refer needs no id: nothing refers to a record.
func (r *records) Refer(blueprint.Ref) {}
func (r *records) Draw() blueprint.Piece {
	chosen := map[understudy.Side]*route53types.ResourceRecordSet{}
	p := blueprint.Piece{Kind: blueprint.KindRecords, Name: r.Declared.Host(), Settings: r.Desired(),
		Of: map[blueprint.Kind]blueprint.Ref{blueprint.KindZone: blueprint.RefOf(r.zone.id)}, Content: chosen}
	for _, side := range understudy.Sides {
		chosen[side] = r.routed(side)
		p.Settings = append(p.Settings, resource.Field{Name: string(side) + " set identifier", Value: aws.ToString(r.wanted(side).SetIdentifier)},
			resource.Field{Name: string(side) + " type", Value: string(r.wanted(side).Type)})
	}
	return p
}

func (p *preset) undrawn()     {} // a template's default is its latest version, in whatever language
func (n *neighbours) undrawn() {} // what somebody else has in the VPC
