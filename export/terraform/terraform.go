// Package terraform writes a stack in HCL, for Terraform and OpenTofu: a module that is used once for each region, and above both the
// hosted zone, its records and their checks.
package terraform

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/export"
	"github.com/understudy/understudy/plan/blueprint"
	"github.com/understudy/understudy/plan/resource"
)

// Write writes a blueprint. Where it knows what stands, import blocks are written too.
func Write(b *blueprint.Blueprint) (*export.Result, error) {
	t, err := translated(b)
	if err != nil {
		return nil, err
	}
	if err := t.lay(); err != nil {
		return nil, err
	}
	return &export.Result{Files: t.files, Remarks: slices.Concat(b.Remarks, t.remarks)}, nil
}

// translated makes resources of all pieces.
func translated(b *blueprint.Blueprint) (*translation, error) {
	t := &translation{blueprint: b, pieces: map[string]blueprint.Piece{}, of: map[string]*resourceBlock{}, files: map[string][]byte{}}
	for _, p := range b.Pieces {
		t.pieces[p.ID] = p
	}
	return t, language.Translate(t, b)
}

var language = export.Language[*translation]{Name: "Terraform", Kinds: map[blueprint.Kind]func(*translation, *export.Settings){
	blueprint.KindVPC:          (*translation).vpc,
	blueprint.KindGivenVPC:     (*translation).givenVPC,
	blueprint.KindGivenSubnet:  (*translation).givenSubnet,
	blueprint.KindGateway:      (*translation).gateway,
	blueprint.KindSubnet:       (*translation).subnet,
	blueprint.KindRoutes:       (*translation).routes,
	blueprint.KindGroup:        (*translation).group,
	blueprint.KindAddress:      (*translation).address,
	blueprint.KindNAT:          (*translation).nat,
	blueprint.KindEndpoint:     (*translation).endpoint,
	blueprint.KindImage:        (*translation).image,
	blueprint.KindHostImage:    (*translation).hostImage,
	blueprint.KindUsedImage:    (*translation).usedImage,
	blueprint.KindTargetGroup:  (*translation).targetGroup,
	blueprint.KindBalancer:     (*translation).balancer,
	blueprint.KindListener:     (*translation).listener,
	blueprint.KindSwitch:       (*translation).switchListener,
	blueprint.KindRule:         (*translation).answeringRule,
	blueprint.KindDeclaredRule: (*translation).declaredRule,
	blueprint.KindRole:         (*translation).role,
	blueprint.KindTemplate:     (*translation).template,
	blueprint.KindHost:         (*translation).host,
	blueprint.KindFleet:        (*translation).fleet,
	blueprint.KindTracking:     (*translation).tracking,
	blueprint.KindScheduled:    (*translation).scheduled,
	blueprint.KindAlarm:        (*translation).alarm,
	blueprint.KindZone:         (*translation).zone,
	blueprint.KindCheck:        (*translation).check,
	blueprint.KindRecords:      (*translation).records,
}}

// worldwide are the kinds that are above both regions, even where each region has one.
var worldwide = []blueprint.Kind{blueprint.KindZone, blueprint.KindCheck, blueprint.KindRecords, blueprint.KindRole}

// attributes are how the resources of a kind are referred to; those of others by their id.
var identities = map[blueprint.Kind]string{
	blueprint.KindBalancer: "arn", blueprint.KindTargetGroup: "arn", blueprint.KindListener: "arn", blueprint.KindFleet: "name", blueprint.KindZone: "zone_id",
	blueprint.KindRole: "name",
}

// references are the attributes that a blueprint refers to, as Terraform calls them.
var references = map[string]string{blueprint.DNSName: "dns_name", blueprint.AliasZone: "zone_id", blueprint.RootDevice: "root_device_name"}

// translation is a blueprint on its way to HCL.
type translation struct {
	blueprint *blueprint.Blueprint
	pieces    map[string]blueprint.Piece
	resources []*resourceBlock
	of        map[string]*resourceBlock // the first of each piece
	files     map[string][]byte
	remarks   []resource.Remark

	apart     bool // the regions are no copies of one another: each has a module of its own
	variables []*variable
	outputs   []output
}

// resourceBlock is one resource or data source.
type resourceBlock struct {
	block
	piece      blueprint.Piece
	typ, label string
	data       bool
	file       string
	imported   value // by what Terraform imports it
}

func (r *resourceBlock) address() string {
	if r.data {
		return "data." + r.typ + "." + r.label
	}
	return r.typ + "." + r.label
}

// add begins the resource that a piece is. Of the piece's name, the label leaves out the words that its type says.
func (t *translation) add(s *export.Settings, typ, file, words string) *resourceBlock {
	_, name, _ := strings.Cut(s.ID, "/")
	r := &resourceBlock{piece: s.Piece, typ: typ, file: file, label: label(strings.Replace(name, words, "", 1), "main"),
		imported: ref{Ref: blueprint.Ref{Piece: s.ID}}}
	t.resources = append(t.resources, r)
	if t.of[s.ID] == nil {
		t.of[s.ID] = r
	}
	return r
}

// beside adds another resource of the same piece.
func (t *translation) beside(r *resourceBlock, typ, label string) *resourceBlock {
	other := &resourceBlock{piece: r.piece, typ: typ, file: r.file, label: label}
	t.resources = append(t.resources, other)
	return other
}

// label makes an identifier of a name.
func label(name, otherwise string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(c rune) bool { return !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9') })
	if len(words) == 0 {
		return otherwise
	}
	return strings.Join(words, "_")
}

func (t *translation) labelOf(r blueprint.Ref) string { return t.of[r.Piece].label }

// tags are those of the resource alone: what all have, the provider adds.
func (t *translation) tags(s *export.Settings, r *resourceBlock) {
	s.Told("tagged")
	r.set("tags", t.ownTags(s.Tags))
}

func (t *translation) ownTags(tags account.Tags) object {
	common, own := t.commonTags(), object{}
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		if _, ok := common[k]; !ok {
			own = append(own, entry{k, text(tags[k])})
		}
	}
	return own
}

// commonTags are on everything.
func (t *translation) commonTags() map[string]string {
	all := map[string]string{account.TagStack: t.blueprint.Declaration.Name}
	maps.Copy(all, t.blueprint.Declaration.Tags)
	return all
}

// ignores has Terraform leave arguments as they are.
func (t *translation) ignores(r *resourceBlock, why string, arguments ...string) {
	var l list
	for _, a := range arguments {
		l = append(l, verbatim(a))
	}
	r.within("lifecycle").remark("%s", why).set("ignore_changes", l)
}

// say adds a remark, once for both regions.
func (t *translation) say(piece, format string, args ...any) {
	remark := resource.Remark{Resource: piece, Text: fmt.Sprintf(format, args...)}
	_, name, _ := strings.Cut(piece, "/")
	if !slices.ContainsFunc(t.remarks, func(o resource.Remark) bool {
		_, other, _ := strings.Cut(o.Resource, "/")
		return other == name && o.Text == remark.Text
	}) {
		t.remarks = append(t.remarks, remark)
	}
}

// inModule tells whether a piece is in a module.
func (t *translation) inModule(p blueprint.Piece) bool {
	return !slices.Contains(worldwide, p.Kind) && (t.apart || t.twin(p, understudy.Primary) && t.twin(p, understudy.Secondary))
}

// twin tells whether a side has such a piece.
func (t *translation) twin(p blueprint.Piece, side understudy.Side) bool {
	_, name, _ := strings.Cut(p.ID, "/")
	return t.pieces[string(side)+"/"+name].Kind == p.Kind
}

// attribute returns Terraform's name for what a reference means.
func (t *translation) attribute(of blueprint.Ref, attribute string) string {
	if attribute != "" {
		return attribute
	}
	if name, ok := references[of.Attribute]; ok {
		return name
	}
	if name, ok := identities[t.pieces[of.Piece].Kind]; ok {
		return name
	}
	return "id"
}
