package wire

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"
)

// route matches one REST operation.
type route struct {
	op       *operation
	segments []string // "{Id}" where a label stands
	query    url.Values
}

// routes are a REST service's, made once.
func (t *table) routes() []route {
	t.routesOnce.Do(func() { t.rest = t.parseRoutes() })
	return t.rest
}

func (t *table) parseRoutes() []route {
	var all []route
	for _, name := range t.operations() {
		op := t.operation(name)
		path, query, _ := strings.Cut(op.uri, "?")
		fixed, _ := url.ParseQuery(query)
		all = append(all, route{op: op, segments: strings.Split(strings.Trim(path, "/"), "/"), query: fixed})
	}
	return all
}

// matchREST finds the operation of a request and its labels. Paths match with or without a slash at
// their end, as AWS's own clients write both; Route 53's ids may come with their kind in front,
// "/hostedzone/Z1".
func (s *Service) matchREST(r *http.Request) (*operation, map[string]string) {
	segments := strings.Split(strings.Trim(r.URL.EscapedPath(), "/"), "/")
	var best *route
	var labels map[string]string
	for _, candidate := range s.table.routes() {
		found, ok := candidate.match(s, r, segments)
		if ok && (best == nil || len(candidate.query) > len(best.query) || literals(candidate) > literals(*best)) {
			best, labels = &candidate, found
		}
	}
	if best == nil {
		return nil, nil
	}
	return best.op, labels
}

func literals(r route) int {
	n := 0
	for _, s := range r.segments {
		if !strings.HasPrefix(s, "{") {
			n++
		}
	}
	return n
}

func (rt route) match(s *Service, r *http.Request, segments []string) (map[string]string, bool) {
	if rt.op.method != r.Method || len(segments) != len(rt.segments) {
		return nil, false
	}
	query := r.URL.Query()
	for k := range rt.query {
		if !query.Has(k) {
			return nil, false
		}
	}
	labels := map[string]string{}
	for i, want := range rt.segments {
		if strings.HasPrefix(want, "{") {
			value, err := url.PathUnescape(segments[i])
			if err != nil || value == "" {
				return nil, false
			}
			if s.protocol == restXML {
				value = value[strings.LastIndexByte(value, '/')+1:]
			}
			labels[strings.Trim(want, "{}+")] = value
		} else if want != segments[i] {
			return nil, false
		}
	}
	return labels, true
}

// decodeREST fills an input from path, query string, headers and body.
func (s *Service) decodeREST(op *operation, labels map[string]string, r *http.Request, in reflect.Value) error {
	sh := s.table.shape(op.input)
	query := r.URL.Query()
	inBody := false
	for i := range in.NumField() {
		field := in.Type().Field(i)
		if field.PkgPath != "" || field.Anonymous {
			continue
		}
		m := sh.member(field.Name, s.protocol)
		name := m.xmlName()
		var text string
		switch m.location {
		case "uri":
			text = labels[name]
		case "querystring":
			text = query.Get(name)
		case "header":
			text = r.Header.Get(name)
		default:
			inBody = true
			continue
		}
		if values := query[name]; m.location == "querystring" && in.Field(i).Kind() == reflect.Slice && len(values) > 0 {
			in.Field(i).Set(reflect.ValueOf(values)) // only lists of strings travel so
			continue
		}
		if text == "" {
			if m.required {
				return s.missing(name)
			}
			continue
		}
		if err := setMember(in.Field(i), text); err != nil {
			return s.invalid(name, text, err)
		}
	}
	if !inBody {
		return nil
	}
	if s.protocol == restJSON {
		return s.decodeJSON(sh, r.Body, in)
	}
	return s.decodeBody(op, sh, r, in)
}

func setMember(v reflect.Value, text string) error {
	if v.Kind() == reflect.Pointer && v.Type() != timeType {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	return setScalar(v, text)
}

func (s *Service) decodeBody(op *operation, sh *shape, r *http.Request, in reflect.Value) error {
	root, err := parseXML(r.Body)
	if err != nil {
		if r.ContentLength == 0 && !hasRequired(sh) {
			return nil
		}
		return Errorf("InvalidInput", "Invalid XML ; %v", err)
	}
	if op.inputRoot != "" && root.name != op.inputRoot {
		return Errorf("InvalidInput", "Invalid XML ; found element '%s', want '%s'", root.name, op.inputRoot)
	}
	return s.decodeXML(root, sh, in)
}

func hasRequired(sh *shape) bool {
	for _, m := range sh.members {
		if m.required && m.location == "" {
			return true
		}
	}
	return false
}

// headers writes the members of an output that travel in headers.
func (s *Service) headers(h http.Header, sh *shape, out reflect.Value) {
	for i := range out.NumField() {
		m, ok := sh.members[out.Type().Field(i).Name]
		if !ok || m.location != "header" {
			continue
		}
		v := out.Field(i)
		if v.Kind() == reflect.Pointer && v.IsNil() {
			continue
		}
		if v.Type() != timeType {
			v = reflect.Indirect(v)
		}
		if text, err := s.scalar(m, v); err == nil && text != "" {
			h.Set(m.locationName, text)
		}
	}
}
