package wire

import (
	"errors"
	"net/http"
	"net/url"
	"reflect"
)

// queryCodec is AWS query: parameters in a form, answers in XML (smithy.io, "AWS query protocol").
type queryCodec struct{}

// ec2Codec is EC2's own kind of it (smithy.io, "AWS EC2 query protocol").
type ec2Codec struct{ queryCodec }

func (queryCodec) speaks(*http.Request) bool { return true }

// operation refuses versions of an API that the tables do not describe.
func (queryCodec) operation(s *Service, r *http.Request) (*operation, error) {
	form, err := readForm(r)
	if err != nil {
		return nil, err
	}
	name, version := form.Get("Action"), form.Get("Version")
	if version != "" && version != s.Version {
		return nil, Errorf("UnsupportedOperation", "The operation %s of version %s of %s is not supported by this cloud, which has version %s.",
			name, version, s.SigningName, s.Version)
	}
	if op := s.table.operation(name); op != nil {
		return op, nil
	}
	if name == "" {
		return nil, Errorf("MissingAction", "The request must contain the parameter Action")
	}
	return nil, unknownAction(name)
}

func unknownAction(name string) *Error {
	return Errorf("InvalidAction", "The action %s is not valid for this web service.", name)
}

func (queryCodec) decode(s *Service, op *operation, r *http.Request, in reflect.Value) error {
	return s.decodeForm(op, r.Form, in)
}

func (queryCodec) encode(s *Service, op *operation, w http.ResponseWriter, requestID string, out reflect.Value) error {
	x := newXMLWriter(s, op.name)
	defer x.free()
	name := op.name + "Response"
	x.WriteString("<" + name + ` xmlns="` + s.namespace + `">`)
	if op.resultWrapper != "" {
		x.open(op.resultWrapper)
	}
	err := x.structure(s.table.shape(op.output), out)
	if op.resultWrapper != "" {
		x.close(op.resultWrapper)
	}
	x.open("ResponseMetadata")
	x.element("RequestId", requestID)
	x.close("ResponseMetadata")
	x.close(name)
	if err != nil {
		return err
	}
	writeBody(w, s.bodyType(), op.success(), x.Bytes())
	return nil
}

func (ec2Codec) encode(s *Service, op *operation, w http.ResponseWriter, requestID string, out reflect.Value) error {
	x := newXMLWriter(s, op.name)
	defer x.free()
	name := op.name + "Response"
	x.WriteString("<" + name + ` xmlns="` + s.namespace + `">`)
	x.element("requestId", requestID)
	sh := s.table.shape(op.output)
	err := x.structure(sh, out)
	// Operations that originally had no output answer that they succeeded.
	if said := out.FieldByName("Return"); len(sh.members) == 0 && (!said.IsValid() || said.IsNil()) {
		x.element("return", "true")
	}
	x.close(name)
	if err != nil {
		return err
	}
	writeBody(w, s.bodyType(), op.success(), x.Bytes())
	return nil
}

func (queryCodec) encodeError(s *Service, w http.ResponseWriter, _ *http.Request, requestID string, e *Error) {
	x := newXMLWriter(s, "")
	defer x.free()
	x.errorResponse(e, requestID)
	writeBody(w, s.bodyType(), e.HTTPStatus(), x.Bytes())
}

func (ec2Codec) encodeError(s *Service, w http.ResponseWriter, _ *http.Request, requestID string, e *Error) {
	x := newXMLWriter(s, "")
	defer x.free()
	x.WriteString("<Response><Errors><Error>")
	x.element("Code", e.Code)
	x.element("Message", e.Message)
	x.WriteString("</Error></Errors>")
	x.element("RequestID", requestID)
	x.WriteString("</Response>")
	writeBody(w, s.bodyType(), e.HTTPStatus(), x.Bytes())
}

// errorResponse is the body of an error, in AWS query and REST-XML. CloudWatch has errors without a message.
func (x *xmlWriter) errorResponse(e *Error, requestID string) {
	x.WriteString(`<ErrorResponse xmlns="` + x.s.namespace + `"><Error>`)
	x.element("Type", e.fault())
	x.element("Code", e.Code)
	if e.Message != "" {
		x.element("Message", e.Message)
	}
	x.close("Error")
	x.element("RequestId", requestID)
	x.close("ErrorResponse")
}

// readForm reads the parameters of a query request, from body or URL.
func readForm(r *http.Request) (url.Values, error) {
	if r.Method != http.MethodPost && r.Method != http.MethodGet {
		return nil, Errorf("InvalidAction", "The HTTP method %s is not valid for this web service.", r.Method)
	}
	if err := r.ParseForm(); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return nil, &Error{Code: "RequestEntityTooLarge", Message: "The request is too large.", Status: http.StatusRequestEntityTooLarge}
		}
		return nil, Errorf("MalformedQueryString", "The query string is malformed")
	}
	return r.Form, nil
}
