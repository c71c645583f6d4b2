package wire

import (
	"encoding/xml"
	"errors"
	"io"
	"reflect"
	"strings"
)

// xmlNode is an element of a request's body.
type xmlNode struct {
	name       string
	text       string
	attributes []xml.Attr
	children   []*xmlNode
}

const maxXMLDepth = 32

// parseXML reads one document. Namespaces are dropped: clients disagree about them.
func parseXML(r io.Reader) (*xmlNode, error) {
	d := xml.NewDecoder(r)
	var stack []*xmlNode
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil, io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			n := &xmlNode{name: t.Name.Local, attributes: t.Attr}
			if len(stack) == maxXMLDepth {
				return nil, errors.New("nested too deeply")
			}
			if len(stack) > 0 {
				parent := stack[len(stack)-1]
				parent.children = append(parent.children, n)
			}
			stack = append(stack, n)
		case xml.EndElement:
			n := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if len(stack) == 0 {
				return n, nil
			}
		case xml.CharData:
			if len(stack) > 0 {
				stack[len(stack)-1].text += string(t)
			}
		}
	}
}

func (n *xmlNode) child(name string) *xmlNode {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// decodeXML fills the members of a structure that are in the body.
func (s *Service) decodeXML(n *xmlNode, sh *shape, v reflect.Value) error {
	known := map[string]bool{}
	t := v.Type()
	for i := range t.NumField() {
		field := t.Field(i)
		if field.PkgPath != "" || field.Anonymous {
			continue
		}
		m := sh.member(field.Name, s.protocol)
		if m.location != "" {
			continue
		}
		name := m.xmlName()
		known[name] = true
		c := n.child(name)
		if c == nil {
			if m.required {
				return s.missing(name)
			}
			continue
		}
		if err := s.decodeXMLValue(n, c, m, v.Field(i)); err != nil {
			return err
		}
	}
	for _, c := range n.children {
		if !known[c.name] {
			return Errorf("InvalidInput", "Invalid XML ; Invalid content was found starting with element '%s'", c.name)
		}
	}
	return nil
}

func (s *Service) decodeXMLValue(parent, n *xmlNode, m member, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer:
		if v.Type() != timeType {
			v.Set(reflect.New(v.Type().Elem()))
			return s.decodeXMLValue(parent, n, m, v.Elem())
		}
	case reflect.Struct:
		return s.decodeXML(n, s.table.shape(m.shape), v)
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			return s.decodeXMLList(parent, n, m, v)
		}
	}
	text := n.text
	if v.Kind() != reflect.String {
		text = strings.TrimSpace(text)
	}
	if err := setScalar(v, text); err != nil {
		return s.invalid(n.name, text, err)
	}
	return nil
}

func (s *Service) decodeXMLList(parent, n *xmlNode, m member, v reflect.Value) error {
	sh := s.table.shape(m.shape)
	items := n.children
	if sh.flattened || m.flattened {
		items = nil
		for _, c := range parent.children {
			if c.name == n.name {
				items = append(items, c)
			}
		}
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		if err := s.decodeXMLValue(n, item, sh.element, v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}
