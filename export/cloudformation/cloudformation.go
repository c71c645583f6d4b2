// Package cloudformation writes a stack as templates for CloudFormation: one for each region, one of the hosted zone and the checks, and one of
// the records.
package cloudformation

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/understudy/understudy/export"
	"github.com/understudy/understudy/plan/blueprint"
	"github.com/understudy/understudy/plan/resource"
)

// Write writes a blueprint. Where it knows what stands, it writes what CloudFormation imports it by too.
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
	t := &translation{blueprint: b, pieces: map[string]blueprint.Piece{}, of: map[string]*logicalResource{}, files: map[string][]byte{},
		templates: map[string]*template{}}
	for _, p := range b.Pieces {
		t.pieces[p.ID] = p
	}
	return t, language.Translate(t, b)
}

var language = export.Language[*translation]{Name: "CloudFormation", Kinds: map[blueprint.Kind]func(*translation, *export.Settings){
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

// translation is a blueprint on its way to templates.
type translation struct {
	blueprint *blueprint.Blueprint
	pieces    map[string]blueprint.Piece
	resources []*logicalResource
	of        map[string]*logicalResource // the first of each piece
	templates map[string]*template
	files     map[string][]byte
	remarks   []resource.Remark
}

// The templates beside those of the regions, which are called as their sides.
const (
	namesTemplate   = "dns"
	recordsTemplate = "records"
	rolesTemplate   = "roles"
)

// home is the template that a piece is in.
func home(p blueprint.Piece) string {
	switch p.Kind {
	case blueprint.KindZone, blueprint.KindCheck:
		return namesTemplate
	case blueprint.KindRecords:
		return recordsTemplate
	case blueprint.KindRole:
		return rolesTemplate
	}
	return string(p.Side)
}

// logicalResource is one resource of a template.
type logicalResource struct {
	piece      blueprint.Piece
	typ, id    string
	properties tree
	more       tree   // attributes beside the properties: UpdatePolicy, Condition
	policy     string // what becomes of it when it leaves its stack
	imported   []entry
}

// add begins the resource that a piece is.
func (t *translation) add(s *export.Settings, typ string) *logicalResource {
	side, name, _ := strings.Cut(s.ID, "/")
	if home(s.Piece) != side && side != "global" {
		name = side + " " + name
	}
	r := t.beside(s, typ, logical(name))
	if t.of[s.ID] == nil {
		t.of[s.ID] = r
	}
	return r
}

// beside adds another resource of the same piece.
func (t *translation) beside(s *export.Settings, typ, id string) *logicalResource {
	r := &logicalResource{piece: s.Piece, typ: typ, id: id, policy: "Delete"}
	t.resources = append(t.resources, r)
	return r
}

// logical makes a logical id of a name: letters and digits, each word with a capital.
func logical(name string) string {
	var b strings.Builder
	for word := range strings.FieldsFuncSeq(name, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// identified says by which properties CloudFormation finds the resource when it imports it, if the piece stands.
func (r *logicalResource) identified(by ...entry) { r.imported = by }

func (t *translation) say(piece, format string, args ...any) {
	remark := resource.Remark{Resource: piece, Text: fmt.Sprintf(format, args...)}
	if !slices.ContainsFunc(t.remarks, func(o resource.Remark) bool { return o.Text == remark.Text }) {
		t.remarks = append(t.remarks, remark)
	}
}
