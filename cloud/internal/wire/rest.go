package wire

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"
)

// restXMLCodec is REST-XML: the operation is the method and path, whose labels and query string carry
// members, and the body is XML (smithy.io, "AWS restXml protocol").
type restXMLCodec struct{}

func (restXMLCodec) speaks(*http.Request) bool { return true }

func (restXMLCodec) operation(s *Service, r *http.Request) (*operation, error) {
	if op := s.matchREST(r); op != nil {
		return op, nil
	}
	return nil, unknownAction(r.Method + " " + r.URL.Path)
}

func (restXMLCodec) decode(s *Service, op *operation, r *http.Request, in reflect.Value) error {
	inBody, err := s.decodeURL(op, r, in)
	if err != nil || !inBody {
		return err
	}
	return s.decodeBody(op, s.table.shape(op.input), r, in)
}

func (restXMLCodec) encode(s *Service, op *operation, w http.ResponseWriter, _ string, out reflect.Value) error {
	x := newXMLWriter(s, op.name)
	defer x.free()
	sh := s.table.shape(op.output)
	x.WriteString("<" + op.output + ` xmlns="` + s.namespace + `">`)
	if err := x.structure(sh, out); err != nil {
		return err
	}
	x.close(op.output)
	s.headers(w.Header(), sh, out)
	writeBody(w, s.bodyType(), op.success(), x.Bytes())
	return nil
}

// encodeError writes the form of most errors, and that of InvalidChangeBatch.
func (restXMLCodec) encodeError(s *Service, w http.ResponseWriter, _ *http.Request, requestID string, e *Error) {
	x := newXMLWriter(s, "")
	defer x.free()
	if len(e.Messages) == 0 {
		x.errorResponse(e, requestID)
	} else {
		x.WriteString("<" + e.Code + ` xmlns="` + s.namespace + `"><Messages>`)
		for _, m := range e.Messages {
			x.element("Message", m)
		}
		x.WriteString("</Messages>")
		x.element("RequestId", requestID)
		x.close(e.Code)
	}
	writeBody(w, s.bodyType(), e.HTTPStatus(), x.Bytes())
}

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

// matchREST finds the operation of a request, or nil, and keeps its labels as the request's path values. Paths match with or
// without a slash at their end, since AWS's own clients write both. Route 53's ids may have their kind before them:
// "/hostedzone/Z1".
func (s *Service) matchREST(r *http.Request) *operation {
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
		return nil
	}
	for name, value := range labels {
		r.SetPathValue(name, value)
	}
	return best.op
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

// decodeURL fills an input from path, query string and headers, and tells whether it has members in the body.
func (s *Service) decodeURL(op *operation, r *http.Request, in reflect.Value) (inBody bool, err error) {
	sh := s.table.shape(op.input)
	query := r.URL.Query()
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
			text = r.PathValue(name)
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
				return false, s.missing(name)
			}
			continue
		}
		if err := setMember(in.Field(i), text); err != nil {
			return false, s.invalid(name, text, err)
		}
	}
	return inBody, nil
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
		if text, err := s.scalar(&m, v); err == nil && text != "" {
			h.Set(m.locationName, text)
		}
	}
}
