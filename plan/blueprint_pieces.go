package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/blueprint"
	"github.com/understudy/understudy/plan/resource"
)

func (v *vpc) refer(id blueprint.Ref) { v.id = id.String() }
func (v *vpc) draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindVPC, Tags: v.Mark("vpc"), Settings: v.Desired()}
}

// A given network is drawn as what finds it.
func (g *givenVPC) draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindGivenVPC, Content: g.Place().Network.VPC}
}

func (s *givenSubnet) draw() blueprint.Piece {
	of := s.Place().Network.Private
	if s.Public {
		of = s.Place().Network.Public
	}
	return blueprint.Piece{Kind: blueprint.KindGivenSubnet, Content: of, Of: map[blueprint.Kind]blueprint.Ref{blueprint.KindVPC: blueprint.RefOf(s.vpc.id)},
		Settings: []resource.Field{{Name: "zone", Value: resource.Number(s.Zone)}}}
}

func (g *gateway) refer(id blueprint.Ref) { g.id = id.String() }
func (g *gateway) draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindGateway, Tags: g.Mark("gateway"), Settings: g.Desired()}
}

func (s *subnet) refer(id blueprint.Ref) { s.id = id.String() }
func (s *subnet) draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindSubnet, Tags: s.Mark(s.Name), Settings: append(s.Desired(),
		resource.Field{Name: "zone", Value: resource.Number(s.Zone)}),
		Of: map[blueprint.Kind]blueprint.Ref{blueprint.KindVPC: blueprint.RefOf(s.vpc.id)}}
}

func (r *routes) refer(id blueprint.Ref) { r.id = id.String() }
func (r *routes) draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindRoutes, Tags: r.Mark(r.role), Settings: r.Desired(),
		Of: map[blueprint.Kind]blueprint.Ref{blueprint.KindVPC: blueprint.RefOf(r.vpc.id)}}
}

func (a *address) refer(id blueprint.Ref) { a.id = id.String() }
func (a *address) draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindAddress, Tags: a.Mark(a.role), Settings: a.Desired()}
}

func (n *nat) refer(id blueprint.Ref) { n.id = id.String() }
func (n *nat) draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindNAT, Tags: n.Mark(n.role), Settings: n.Desired()}
}

func (e *endpoint) refer(id blueprint.Ref) { e.id = id.String() }
func (e *endpoint) draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindEndpoint, Name: e.of.Service, Tags: e.Mark(e.of.Role()),
		Of:       map[blueprint.Kind]blueprint.Ref{blueprint.KindVPC: blueprint.RefOf(e.vpc.id)},
		Settings: append(e.Desired(), resource.Field{Name: "service", Value: e.service()})}
}

func rulesDrawn(rules []rule) (all []blueprint.Rule) {
	for _, r := range rules {
		all = append(all, blueprint.Rule{Protocol: r.protocol, From: int(r.from), To: int(r.to), Peer: r.peer})
	}
	return all
}

func (g *group) refer(id blueprint.Ref) { g.id = id.String() }
func (g *group) draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindGroup, Name: g.NameOf(g.role), Tags: g.Mark(g.role),
		Settings: append(g.Desired(), resource.Field{Name: "description",
			Value: g.purpose}),
		Of: map[blueprint.Kind]blueprint.Ref{blueprint.KindVPC: blueprint.RefOf(g.vpc.id)}, Content: blueprint.Rules{In: rulesDrawn(g.wantsIn()),
			Out: rulesDrawn(g.wantsOut())}}
}

func (i *images) refer(id blueprint.Ref) {
	i.id, i.root = id.String(), blueprint.Ref{Piece: id.Piece, Attribute: blueprint.RootDevice}.String()
}

func (i *images) drawn(settings []resource.Field) blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindImage, Name: i.imageName(), Tags: i.tags(), Settings: settings,
		Content: blueprint.Baking{Base: i.Declared.Origin(i.Side), Script: builderScript(i.Declared.Image, i.digest)}}
}

func (i *image) draw() blueprint.Piece     { return i.drawn(i.Desired()) }
func (c *imageCopy) draw() blueprint.Piece { return c.drawn(c.Desired()) }

func (t *targetGroup) refer(id blueprint.Ref) { t.arn, t.number = id.String(), max(1, t.number) }
func (t *targetGroup) draw() blueprint.Piece {
	attributes := t.wants()
	maps.DeleteFunc(attributes, func(key, value string) bool { return targetDefaults[key] == value }) // AWS makes it so
	check, _ := t.how()
	attributes[delayAttribute] = resource.Number(check.DeregistrationDelay)
	return blueprint.Piece{Kind: blueprint.KindTargetGroup, Name: t.groupName(), Tags: t.Mark(t.role()), Settings: t.Desired(), Content: attributes}
}

func (b *balancer) refer(id blueprint.Ref) {
	b.arn, b.number = id.String(), max(1, b.number)
	b.dnsName, b.zoneID = blueprint.Ref{Piece: id.Piece, Attribute: blueprint.DNSName}.String(), blueprint.Ref{Piece: id.Piece,
		Attribute: blueprint.AliasZone}.String()
}
func (b *balancer) draw() blueprint.Piece {
	attributes, tags := b.wants(), b.Mark("load-balancer")
	maps.DeleteFunc(attributes, func(key, value string) bool { return b.defaults()[key] == value }) // AWS makes it so
	maps.Copy(attributes, b.wantsOfLogs(nil))
	if kinds := b.declares(); kinds != "" {
		tags = tags.With(logsTag, kinds)
	}
	return blueprint.Piece{Kind: blueprint.KindBalancer, Name: b.balancerName(), Tags: tags, Settings: b.Desired(), Content: attributes}
}

func (l *listener) refer(id blueprint.Ref) { l.arn = id.String() }
func (l *listener) draw() blueprint.Piece {
	kind := blueprint.KindListener
	if l.switches {
		kind = blueprint.KindSwitch
	}
	return blueprint.Piece{Kind: kind, Tags: l.Mark(l.role()), Settings: l.Desired(),
		Of:      map[blueprint.Kind]blueprint.Ref{blueprint.KindBalancer: blueprint.RefOf(l.balancer.arn)},
		Content: l.actions()}
}

func (r *switchRule) refer(id blueprint.Ref) { r.arn = id.String() }
func (r *switchRule) draw() blueprint.Piece {
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

// refer makes the profile's name a reference too, by which instances wait for it.
func (r *role) refer(id blueprint.Ref) { r.drawnAs = id.String() }
func (r *role) draw() blueprint.Piece {
	p := r.Declared.Instance.Profile
	inline := slices.DeleteFunc([]blueprint.InlinePolicy{{Name: ownPolicy, Document: p.Policy},
		{Name: environmentPolicy, Document: r.Declared.ParametersPolicy()}},
		func(p blueprint.InlinePolicy) bool { return p.Document == "" })
	return blueprint.Piece{Kind: blueprint.KindRole, Name: r.Declared.RoleName(), Tags: r.Mark(roleRole), Settings: r.Desired(),
		Content: blueprint.InstanceRole{Description: r.purpose(), Trust: r.trust(), Managed: p.Managed, Inline: inline, ProfileTags: r.Mark(profileRole)}}
}

func (t *template) refer(id blueprint.Ref) { t.id = id.String() }
func (t *template) draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindTemplate, Name: t.NameOf("template"), Tags: t.Mark("template"), Settings: t.Desired(), Content: t.wanted()}
}

func (h *host) refer(id blueprint.Ref) { h.id = id.String() }
func (h *host) draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindHost, Tags: h.Mark(h.role), Settings: h.Desired(),
		Of: map[blueprint.Kind]blueprint.Ref{blueprint.KindTemplate: blueprint.RefOf(h.template.id)}, Content: h.over()}
}

func (i *hostImage) refer(id blueprint.Ref) { i.id = id.String() }
func (i *hostImage) draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindHostImage, Name: i.Declared.Hosts.Image.Name,
		Settings: append(i.Desired(), resource.Field{Name: "owner", Value: i.Declared.Hosts.Image.Owner})}
}

// refer needs no id: the name of a fleet is known before it is made.
func (f *fleet) refer(blueprint.Ref) {}
func (f *fleet) draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindFleet, Name: f.fleetName(), Tags: f.Mark("fleet"), Settings: f.Desired(),
		Of: map[blueprint.Kind]blueprint.Ref{blueprint.KindTemplate: blueprint.RefOf(f.template.id)}}
}

func (t *tracking) refer(blueprint.Ref) {}
func (t *tracking) draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindTracking, Name: t.policyName(), Settings: t.Desired(), Of: map[blueprint.Kind]blueprint.Ref{
		blueprint.KindFleet: {Piece: string(t.Side) + "/fleet"}, blueprint.KindBalancer: blueprint.RefOf(t.balancer.arn),
		blueprint.KindTargetGroup: blueprint.RefOf(t.group.arn),
	}}
}

func (s *scheduled) refer(blueprint.Ref) {}
func (s *scheduled) draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindScheduled, Name: s.actionName(), Settings: s.Desired(), Content: s.action,
		Of: map[blueprint.Kind]blueprint.Ref{blueprint.KindFleet: {Piece: string(s.Side) + "/fleet"}}}
}

// refer needs no id: nothing refers to an alarm but by its name.
func (a *alarm) refer(blueprint.Ref) {}
func (a *alarm) draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindAlarm, Name: a.alarmName(), Tags: a.Mark(a.role), Settings: a.Desired(), Content: a.put()}
}

func (z *zone) refer(id blueprint.Ref) { z.id, z.made = id.String(), true }
func (z *zone) draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindZone, Name: z.Declared.Domain, Tags: z.Mark("zone"),
		Settings: append(z.Desired(), resource.Field{Name: "comment", Value: "understudy: stack " + z.Stack()})}
}

func (c *check) refer(id blueprint.Ref) { c.id = id.String() }
func (c *check) draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindCheck, Tags: c.Mark(c.role()), Settings: c.Desired(), Content: c.wanted()}
}

func (c *ownCheck) refer(id blueprint.Ref) { c.id = id.String() }
func (c *ownCheck) draw() blueprint.Piece {
	p := blueprint.Piece{Kind: blueprint.KindCheck, Tags: c.Mark(c.name), Settings: c.Desired(), Content: c.wanted()}
	if c.follows != nil {
		p.Of = map[blueprint.Kind]blueprint.Ref{blueprint.KindAlarm: {Piece: c.follows.node}}
	}
	return p
}

// refer needs no id: nothing refers to a record.
func (r *records) refer(blueprint.Ref) {}
func (r *records) draw() blueprint.Piece {
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
