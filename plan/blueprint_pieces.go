package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// How each kind of resource is drawn: what is its id in others' settings, and what it is.

// refOf reads a resource's id, which a blueprint has given it.
func refOf(id string) Ref {
	r, _ := ParseRef(id)
	return r
}

func (v *vpc) refer(id Ref) { v.id = id.String() }
func (v *vpc) draw() Piece {
	return Piece{Kind: KindVPC, Tags: v.Mark("vpc"), Settings: v.Desired()}
}

// A given network is drawn as what finds it.
func (g *givenVPC) draw() Piece {
	return Piece{Kind: KindGivenVPC, Content: g.Place().Network.VPC}
}

func (s *givenSubnet) draw() Piece {
	of := s.Place().Network.Private
	if s.Public {
		of = s.Place().Network.Public
	}
	return Piece{Kind: KindGivenSubnet, Content: of, Of: map[Kind]Ref{KindVPC: refOf(s.vpc.id)},
		Settings: []resource.Field{{Name: "zone", Value: resource.Number(s.Zone)}}}
}

func (g *gateway) refer(id Ref) { g.id = id.String() }
func (g *gateway) draw() Piece {
	return Piece{Kind: KindGateway, Tags: g.Mark("gateway"), Settings: g.Desired()}
}

func (s *subnet) refer(id Ref) { s.id = id.String() }
func (s *subnet) draw() Piece {
	return Piece{Kind: KindSubnet, Tags: s.Mark(s.Name), Settings: append(s.Desired(), resource.Field{Name: "zone", Value: resource.Number(s.Zone)}),
		Of: map[Kind]Ref{KindVPC: refOf(s.vpc.id)}}
}

func (r *routes) refer(id Ref) { r.id = id.String() }
func (r *routes) draw() Piece {
	return Piece{Kind: KindRoutes, Tags: r.Mark(r.role), Settings: r.Desired(), Of: map[Kind]Ref{KindVPC: refOf(r.vpc.id)}}
}

func (a *address) refer(id Ref) { a.id = id.String() }
func (a *address) draw() Piece {
	return Piece{Kind: KindAddress, Tags: a.Mark(a.role), Settings: a.Desired()}
}

func (n *nat) refer(id Ref) { n.id = id.String() }
func (n *nat) draw() Piece {
	return Piece{Kind: KindNAT, Tags: n.Mark(n.role), Settings: n.Desired()}
}

func (e *endpoint) refer(id Ref) { e.id = id.String() }
func (e *endpoint) draw() Piece {
	return Piece{Kind: KindEndpoint, Name: e.of.Service, Tags: e.Mark(e.of.Role()), Of: map[Kind]Ref{KindVPC: refOf(e.vpc.id)},
		Settings: append(e.Desired(), resource.Field{Name: "service", Value: e.service()})}
}

// Rules are the rules of a security group.
type Rules struct{ In, Out []Rule }

// Rule is one of them. The peer is a network or a reference; a protocol of -1 is all of them.
type Rule struct {
	Protocol string
	From, To int
	Peer     string
}

func rulesDrawn(rules []rule) (all []Rule) {
	for _, r := range rules {
		all = append(all, Rule{r.protocol, int(r.from), int(r.to), r.peer})
	}
	return all
}

func (g *group) refer(id Ref) { g.id = id.String() }
func (g *group) draw() Piece {
	return Piece{Kind: KindGroup, Name: g.NameOf(g.role), Tags: g.Mark(g.role), Settings: append(g.Desired(), resource.Field{Name: "description",
		Value: g.purpose}),
		Of: map[Kind]Ref{KindVPC: refOf(g.vpc.id)}, Content: Rules{rulesDrawn(g.wantsIn()), rulesDrawn(g.wantsOut())}}
}

// Baking is how an image is made: an instance of the base runs the script as its user data, and the image is taken of it when the script has
// ended well.
type Baking struct {
	Base   understudy.Origin
	Script string
}

func (i *images) refer(id Ref) {
	i.id, i.root = id.String(), Ref{id.Piece, RootDevice}.String()
}

func (i *images) drawn(settings []resource.Field) Piece {
	return Piece{Kind: KindImage, Name: i.imageName(), Tags: i.tags(), Settings: settings,
		Content: Baking{i.Declared.Origin(i.Side), builderScript(i.Declared.Image, i.digest)}}
}

func (i *image) draw() Piece     { return i.drawn(i.Desired()) }
func (c *imageCopy) draw() Piece { return c.drawn(c.Desired()) }

func (t *targetGroup) refer(id Ref) { t.arn, t.number = id.String(), max(1, t.number) }
func (t *targetGroup) draw() Piece {
	attributes := t.wants()
	maps.DeleteFunc(attributes, func(key, value string) bool { return targetDefaults[key] == value }) // AWS makes it so
	check, _ := t.how()
	attributes[delayAttribute] = resource.Number(check.DeregistrationDelay)
	return Piece{Kind: KindTargetGroup, Name: t.groupName(), Tags: t.Mark(t.role()), Settings: t.Desired(), Content: attributes}
}

func (b *balancer) refer(id Ref) {
	b.arn, b.number = id.String(), max(1, b.number)
	b.dnsName, b.zoneID = Ref{id.Piece, DNSName}.String(), Ref{id.Piece, AliasZone}.String()
}
func (b *balancer) draw() Piece {
	attributes, tags := b.wants(), b.Mark("load-balancer")
	maps.DeleteFunc(attributes, func(key, value string) bool { return b.defaults()[key] == value }) // AWS makes it so
	maps.Copy(attributes, b.wantsOfLogs(nil))
	if kinds := b.declares(); kinds != "" {
		tags = tags.With(logsTag, kinds)
	}
	return Piece{Kind: KindBalancer, Name: b.balancerName(), Tags: tags, Settings: b.Desired(), Content: attributes}
}

func (l *listener) refer(id Ref) { l.arn = id.String() }
func (l *listener) draw() Piece {
	kind := KindListener
	if l.switches {
		kind = KindSwitch
	}
	return Piece{Kind: kind, Tags: l.Mark(l.role()), Settings: l.Desired(), Of: map[Kind]Ref{KindBalancer: refOf(l.balancer.arn)},
		Content: l.actions()}
}

// AnsweringRule is a listener's rule.
type AnsweringRule struct {
	Priority   int
	Conditions []elbtypes.RuleCondition
	Actions    []elbtypes.Action
}

func (r *switchRule) refer(id Ref) { r.arn = id.String() }
func (r *switchRule) draw() Piece {
	side, text := r.idle()
	return Piece{Kind: KindRule, Tags: r.Mark(switchRole), Settings: r.Desired(), Of: map[Kind]Ref{KindListener: refOf(r.listener.arn)},
		Content: AnsweringRule{1, switchConditions(), switchActions(r.Side, side, text)}}
}

// drawn returns a piece for each declared rule. Nothing refers to one.
func (r *rules) drawn(id string) (pieces []Piece) {
	for i, d := range r.listener.rules() {
		priority := understudy.FirstRule + i
		pieces = append(pieces, Piece{
			ID: fmt.Sprintf("%s %d", id, priority), Side: r.Side, Kind: KindDeclaredRule, Tags: r.Mark(ruleRole),
			Settings: []resource.Field{r.Tagged(ruleRole)}, Of: map[Kind]Ref{KindListener: refOf(r.listener.arn)}, Needs: []string{refOf(r.listener.arn).Piece},
			Content: AnsweringRule{priority, conditionsOf(d), r.listener.actionsOf(d.Action)},
		})
	}
	return pieces
}

// ruleNode returns the id of the node whose piece a rule is.
func ruleNode(piece string) string { return piece[:strings.LastIndexByte(piece, ' ')] }

// standing returns the ARN of the rule that stands where one is to be, or nothing.
func (r *rules) standing(wanted AnsweringRule) string {
	for _, p := range r.seen {
		if p.priority == wanted.Priority && p.meets == conditionsText(wanted.Conditions) {
			return p.arn
		}
	}
	return ""
}

// InstanceRole is what the instances' role is made of, and the tags of the instance profile that carries it.
type InstanceRole struct {
	Description, Trust string
	Managed            []string
	Inline             []InlinePolicy
	ProfileTags        account.Tags
}

// InlinePolicy is a policy of the role's own, as JSON.
type InlinePolicy struct{ Name, Document string }

// refer makes the profile's name a reference too, by which instances wait for it.
func (r *role) refer(id Ref) { r.drawnAs = id.String() }
func (r *role) draw() Piece {
	p := r.Declared.Instance.Profile
	inline := slices.DeleteFunc([]InlinePolicy{{ownPolicy, p.Policy}, {environmentPolicy, r.Declared.ParametersPolicy()}},
		func(p InlinePolicy) bool { return p.Document == "" })
	return Piece{Kind: KindRole, Name: r.Declared.RoleName(), Tags: r.Mark(roleRole), Settings: r.Desired(),
		Content: InstanceRole{r.purpose(), r.trust(), p.Managed, inline, r.Mark(profileRole)}}
}

func (t *template) refer(id Ref) { t.id = id.String() }
func (t *template) draw() Piece {
	return Piece{Kind: KindTemplate, Name: t.NameOf("template"), Tags: t.Mark("template"), Settings: t.Desired(), Content: t.wanted()}
}

func (h *host) refer(id Ref) { h.id = id.String() }
func (h *host) draw() Piece {
	return Piece{Kind: KindHost, Tags: h.Mark(h.role), Settings: h.Desired(), Of: map[Kind]Ref{KindTemplate: refOf(h.template.id)}, Content: h.over()}
}

func (i *hostImage) refer(id Ref) { i.id = id.String() }
func (i *hostImage) draw() Piece {
	return Piece{Kind: KindHostImage, Name: i.Declared.Hosts.Image.Name,
		Settings: append(i.Desired(), resource.Field{Name: "owner", Value: i.Declared.Hosts.Image.Owner})}
}

// refer needs no id: the name of a fleet is known before it is made.
func (f *fleet) refer(Ref) {}
func (f *fleet) draw() Piece {
	return Piece{Kind: KindFleet, Name: f.fleetName(), Tags: f.Mark("fleet"), Settings: f.Desired(), Of: map[Kind]Ref{KindTemplate: refOf(f.template.id)}}
}

func (t *tracking) refer(Ref) {}
func (t *tracking) draw() Piece {
	return Piece{Kind: KindTracking, Name: t.policyName(), Settings: t.Desired(), Of: map[Kind]Ref{
		KindFleet: {Piece: string(t.Side) + "/fleet"}, KindBalancer: refOf(t.balancer.arn), KindTargetGroup: refOf(t.group.arn),
	}}
}

func (s *scheduled) refer(Ref) {}
func (s *scheduled) draw() Piece {
	return Piece{Kind: KindScheduled, Name: s.actionName(), Settings: s.Desired(), Content: s.action,
		Of: map[Kind]Ref{KindFleet: {Piece: string(s.Side) + "/fleet"}}}
}

// refer needs no id: nothing refers to an alarm but by its name.
func (a *alarm) refer(Ref) {}
func (a *alarm) draw() Piece {
	return Piece{Kind: KindAlarm, Name: a.alarmName(), Tags: a.Mark(a.role), Settings: a.Desired(), Content: a.put()}
}

func (z *zone) refer(id Ref) { z.id, z.made = id.String(), true }
func (z *zone) draw() Piece {
	return Piece{Kind: KindZone, Name: z.Declared.Domain, Tags: z.Mark("zone"),
		Settings: append(z.Desired(), resource.Field{Name: "comment", Value: "understudy: stack " + z.Stack()})}
}

func (c *check) refer(id Ref) { c.id = id.String() }
func (c *check) draw() Piece {
	return Piece{Kind: KindCheck, Tags: c.Mark(c.role()), Settings: c.Desired(), Content: c.wanted()}
}

func (c *ownCheck) refer(id Ref) { c.id = id.String() }
func (c *ownCheck) draw() Piece {
	p := Piece{Kind: KindCheck, Tags: c.Mark(c.name), Settings: c.Desired(), Content: c.wanted()}
	if c.follows != nil {
		p.Of = map[Kind]Ref{KindAlarm: {Piece: c.follows.node}}
	}
	return p
}

// refer needs no id: nothing refers to a record.
func (r *records) refer(Ref) {}
func (r *records) draw() Piece {
	chosen := map[understudy.Side]*route53types.ResourceRecordSet{}
	p := Piece{Kind: KindRecords, Name: r.Declared.Host(), Settings: r.Desired(), Of: map[Kind]Ref{KindZone: refOf(r.zone.id)}, Content: chosen}
	for _, side := range understudy.Sides {
		chosen[side] = r.routed(side)
		p.Settings = append(p.Settings, resource.Field{Name: string(side) + " set identifier", Value: aws.ToString(r.wanted(side).SetIdentifier)},
			resource.Field{Name: string(side) + " type", Value: string(r.wanted(side).Type)})
	}
	return p
}

func (p *preset) undrawn()     {} // a template's default is its latest version, in whatever language
func (n *neighbours) undrawn() {} // what somebody else has in the VPC
