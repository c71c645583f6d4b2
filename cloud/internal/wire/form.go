package wire

import (
	"encoding/base64"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A query request is a flat form whose keys are paths: Filter.1.Value.2. It is first made into a tree, and
// then decoded by the type.

type formNode struct {
	value    string
	set      bool // the request has this very key
	used     bool
	children map[string]*formNode
}

func (n *formNode) child(name string) *formNode {
	if n == nil {
		return nil
	}
	return n.children[name]
}

// The limits of a request: far more than any client sends, and few enough to be decoded quickly.
const (
	maxFormDepth = 32
	maxListIndex = 10_000
)

func formTree(form url.Values) (*formNode, error) {
	root := &formNode{}
	for key, values := range form {
		if strings.Count(key, ".") > maxFormDepth {
			return nil, Errorf("MalformedQueryString", "The parameter %s is nested too deeply", key)
		}
		n := root
		for part := range strings.SplitSeq(key, ".") {
			if n.children == nil {
				n.children = map[string]*formNode{}
			}
			next := n.children[part]
			if next == nil {
				next = &formNode{}
				n.children[part] = next
			}
			n = next
		}
		if len(values) > 0 {
			n.value, n.set = values[0], true
		}
	}
	return root, nil
}

// unused returns the path of a key that nothing has read, or "".
func (n *formNode) unused(path string) string {
	if n.set && !n.used {
		return path
	}
	for _, name := range slices.Sorted(maps.Keys(n.children)) {
		sub := name
		if path != "" {
			sub = path + "." + name
		}
		if found := n.children[name].unused(sub); found != "" {
			return found
		}
	}
	return ""
}

type formDecoder struct{ s *Service }

// decodeForm fills an operation's input from a form.
func (s *Service) decodeForm(op *operation, form url.Values, in reflect.Value) error {
	form = maps.Clone(form)
	delete(form, "Action")
	delete(form, "Version")
	tree, err := formTree(form)
	if err != nil {
		return err
	}
	if err := (formDecoder{s}).structure(tree, s.table.shape(op.input), in, ""); err != nil {
		return err
	}
	if s.protocol == ec2Query {
		if name := tree.unused(""); name != "" && !strings.HasPrefix(name, "X-Amz-") {
			return Errorf("UnknownParameter", "The parameter %s is not recognized", name)
		}
	}
	return nil
}

func (d formDecoder) structure(n *formNode, sh *shape, v reflect.Value, path string) error {
	t := v.Type()
	for i := range t.NumField() {
		field := t.Field(i)
		if field.Anonymous || field.Name == "ResultMetadata" {
			continue
		}
		if field.PkgPath != "" { // the SDK fills it in by itself, and only with what the region that it is sent to knows
			if child := n.child(strings.ToUpper(field.Name[:1]) + field.Name[1:]); child != nil {
				child.used = true
			}
			continue
		}
		m := sh.member(field.Name, d.s.protocol)
		name := m.inputName(d.s.protocol)
		at := join(path, name)
		child := n.child(name)
		if child == nil {
			if m.required && !d.s.checksAll() {
				if d.s == EC2 && at == "InstanceId" && field.Type.Kind() == reflect.Slice {
					// What StartInstances, TerminateInstances and their like answer, unlike other calls.
					return Errorf("InvalidParameterCombination", "No instances specified")
				}
				return d.s.missing(at)
			}
			continue
		}
		if err := d.value(child, m, v.Field(i), at); err != nil {
			return err
		}
	}
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func (d formDecoder) value(n *formNode, m member, v reflect.Value, path string) error {
	switch v.Kind() {
	case reflect.Pointer:
		if v.Type() != timeType {
			v.Set(reflect.New(v.Type().Elem()))
			return d.value(n, m, v.Elem(), path)
		}
	case reflect.Struct:
		if v.Type() != timeType.Elem() {
			return d.structure(n, d.s.table.shape(m.shape), v, path)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			return d.list(n, m, v, path)
		}
	case reflect.Map:
		return d.mapping(n, m, v, path)
	}
	n.used = true
	if err := setScalar(v, n.value); err != nil {
		return d.s.invalid(path, n.value, err)
	}
	return nil
}

// list reads numbered elements. EC2's lists are always flat; others have a level "member" unless the
// model flattens them. An empty list is sent as a key with no value.
func (d formDecoder) list(n *formNode, m member, v reflect.Value, path string) error {
	sh := d.s.table.shape(m.shape)
	n.used = true
	if d.s.protocol != ec2Query && !sh.flattened && !m.flattened {
		name := sh.element.locationName
		if name == "" {
			name = "member"
		}
		if n = n.child(name); n == nil {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
			return nil
		}
		path = join(path, name)
	}
	indices, err := numbered(n, path)
	if err != nil {
		return err
	}
	v.Set(reflect.MakeSlice(v.Type(), len(indices), len(indices)))
	for i, index := range indices {
		key := strconv.Itoa(index)
		if err := d.value(n.children[key], sh.element, v.Index(i), join(path, key)); err != nil {
			return err
		}
	}
	return nil
}

func numbered(n *formNode, path string) ([]int, error) {
	var indices []int
	for key := range n.children {
		index, err := strconv.Atoi(key)
		if err != nil || index < 0 || index > maxListIndex || strconv.Itoa(index) != key {
			return nil, Errorf("InvalidParameterValue", "The parameter %s is not a valid list index", join(path, key))
		}
		indices = append(indices, index)
	}
	slices.Sort(indices)
	return indices, nil
}

func (d formDecoder) mapping(n *formNode, m member, v reflect.Value, path string) error {
	sh := d.s.table.shape(m.shape)
	n.used = true
	if !sh.flattened && !m.flattened {
		n = n.child("entry")
		path = join(path, "entry")
	}
	v.Set(reflect.MakeMap(v.Type()))
	if n == nil {
		return nil
	}
	indices, err := numbered(n, path)
	if err != nil {
		return err
	}
	for _, index := range indices {
		entry := n.children[strconv.Itoa(index)]
		key, value := entry.child(or(sh.keyName, "key")), entry.child(or(sh.element.locationName, "value"))
		if key == nil || value == nil {
			return d.s.missing(join(path, strconv.Itoa(index)))
		}
		key.used = true
		item := reflect.New(v.Type().Elem()).Elem()
		if err := d.value(value, sh.element, item, path); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(key.value).Convert(v.Type().Key()), item)
	}
	return nil
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

var (
	timeType   = reflect.TypeFor[*time.Time]()
	stringType = reflect.TypeFor[string]()
)

// setScalar parses text into a bool, number, string, blob or time.
func setScalar(v reflect.Value, text string) error {
	if v.Type() == timeType {
		t, err := parseTime(text)
		if err != nil {
			return err
		}
		v.Set(reflect.ValueOf(&t))
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		b, err := parseBool(text)
		if err != nil {
			return err
		}
		v.SetBool(b)
	case reflect.Int32, reflect.Int64, reflect.Int:
		i, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil {
			return err
		}
		v.SetInt(i)
	case reflect.Float32, reflect.Float64:
		f, err := strconv.ParseFloat(text, v.Type().Bits())
		if err != nil {
			return err
		}
		v.SetFloat(f)
	case reflect.Slice:
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return err
		}
		v.SetBytes(b)
	default:
		return &strconv.NumError{Func: "set", Num: v.Type().String(), Err: strconv.ErrSyntax}
	}
	return nil
}

func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	return false, strconv.ErrSyntax
}

// parseTime reads ISO 8601, which query clients send, and epoch seconds, which some do.
func parseTime(text string) (time.Time, error) {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		return time.UnixMilli(int64(seconds * 1000)).UTC(), nil
	}
	return time.Parse(time.RFC3339Nano, text)
}

// missing is each service's error for a required parameter that was not given.
func (s *Service) missing(name string) *Error {
	const null = "1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null"
	switch s.protocol {
	case ec2Query:
		return Errorf("MissingParameter", "The request must contain the parameter %s", name)
	case restXML:
		return Errorf("InvalidInput", "Invalid XML ; the element %s is missing", name)
	case restJSON, json10, json11:
		return Errorf("ValidationException", null, lowerFirst(name))
	}
	return Errorf("ValidationError", null, lowerFirst(name))
}

func (s *Service) invalid(name, value string, _ error) *Error {
	switch s.protocol {
	case ec2Query:
		return Errorf("InvalidParameterValue", "Value (%s) for parameter %s is invalid.", value, name)
	case restXML:
		return Errorf("InvalidInput", "Invalid XML ; '%s' is not a valid value for %s", value, name)
	case restJSON, json10, json11:
		return Errorf("ValidationException", "'%s' is not a valid value for %s", value, name)
	}
	return Errorf("MalformedInput", "'%s' is not a valid value for %s", value, name)
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
