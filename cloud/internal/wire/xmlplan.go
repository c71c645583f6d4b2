package wire

import "reflect"

// xmlPlan is how a structure is written: what type and table tell of its fields, which is asked once and not with each value.
type xmlPlan struct{ body, attributes []xmlField }

type xmlField struct {
	member
	index       int    // in the type
	name        string // of the element
	place       string // in emptyLists
	list        bool
	exceptional bool // emptyLists has it
}

type xmlKey struct {
	shape string
	of    reflect.Type
}

// xmlPlan returns the plan of a shape whose values have a type.
func (s *Service) xmlPlan(sh *shape, t reflect.Type) *xmlPlan {
	key := xmlKey{sh.name, t}
	if p, ok := s.table.plans.Load(key); ok {
		return p.(*xmlPlan)
	}
	p := &xmlPlan{}
	for i := range t.NumField() {
		field := t.Field(i)
		if field.PkgPath != "" || field.Anonymous || field.Name == "ResultMetadata" {
			continue
		}
		m := sh.member(field.Name, s.protocol)
		f := xmlField{member: m, index: i, name: m.xmlName(), place: sh.name + "." + m.name, list: list(field.Type)}
		f.exceptional = s.isException(f.place)
		switch {
		case m.attribute:
			p.attributes = append(p.attributes, f)
		case m.location == "":
			p.body = append(p.body, f)
		}
	}
	s.table.plans.Store(key, p)
	return p
}
