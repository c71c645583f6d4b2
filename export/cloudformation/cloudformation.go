// Package cloudformation writes a stack as templates for CloudFormation: one for each region, one of the hosted zone and the checks, and one of
// the records.
package cloudformation

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/understudy/understudy/export"
	"github.com/understudy/understudy/plan"
	"github.com/understudy/understudy/plan/resource"
)

// Write writes a blueprint. Where it knows what stands, it writes what CloudFormation imports it by too.
func Write(b *plan.Blueprint) (*export.Result, error) {
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
func translated(b *plan.Blueprint) (*translation, error) {
	t := &translation{blueprint: b, pieces: map[string]plan.Piece{}, of: map[string]*logicalResource{}, files: map[string][]byte{},
		templates: map[string]*template{}}
	for _, p := range b.Pieces {
		t.pieces[p.ID] = p
	}
	return t, language.Translate(t, b)
}

var language = export.Language[*translation]{Name: "CloudFormation", Kinds: map[plan.Kind]func(*translation, *export.Settings){
	plan.KindVPC:          (*translation).vpc,
	plan.KindGivenVPC:     (*translation).givenVPC,
	plan.KindGivenSubnet:  (*translation).givenSubnet,
	plan.KindGateway:      (*translation).gateway,
	plan.KindSubnet:       (*translation).subnet,
	plan.KindRoutes:       (*translation).routes,
	plan.KindGroup:        (*translation).group,
	plan.KindAddress:      (*translation).address,
	plan.KindNAT:          (*translation).nat,
	plan.KindEndpoint:     (*translation).endpoint,
	plan.KindImage:        (*translation).image,
	plan.KindHostImage:    (*translation).hostImage,
	plan.KindUsedImage:    (*translation).usedImage,
	plan.KindTargetGroup:  (*translation).targetGroup,
	plan.KindBalancer:     (*translation).balancer,
	plan.KindListener:     (*translation).listener,
	plan.KindSwitch:       (*translation).switchListener,
	plan.KindRule:         (*translation).answeringRule,
	plan.KindDeclaredRule: (*translation).declaredRule,
	plan.KindRole:         (*translation).role,
	plan.KindTemplate:     (*translation).template,
	plan.KindHost:         (*translation).host,
	plan.KindFleet:        (*translation).fleet,
	plan.KindTracking:     (*translation).tracking,
	plan.KindScheduled:    (*translation).scheduled,
	plan.KindAlarm:        (*translation).alarm,
	plan.KindZone:         (*translation).zone,
	plan.KindCheck:        (*translation).check,
	plan.KindRecords:      (*translation).records,
}}

// translation is a blueprint on its way to templates.
type translation struct {
	blueprint *plan.Blueprint
	pieces    map[string]plan.Piece
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
func home(p plan.Piece) string {
	switch p.Kind {
	case plan.KindZone, plan.KindCheck:
		return namesTemplate
	case plan.KindRecords:
		return recordsTemplate
	case plan.KindRole:
		return rolesTemplate
	}
	return string(p.Side)
}

// logicalResource is one resource of a template.
type logicalResource struct {
	piece      plan.Piece
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
