package wire

import (
	"net/http"
	"reflect"
	"strconv"
)

// write encodes an operation's output as its service and the request's protocol have it.
func (s *Service) write(w http.ResponseWriter, r *http.Request, op *operation, out any) error {
	if isCBOR(r) {
		return writeCBOR(w, out)
	}
	if s.writesJSON(r) {
		return s.writeJSON(w, op, out)
	}
	x := &xmlWriter{s: s}
	x.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	v := reflect.ValueOf(out).Elem()
	sh := s.table.shape(op.output)
	var err error
	switch s.protocol {
	case ec2Query:
		err = x.ec2Response(op, sh, v, RequestID(r.Context()))
	case awsQuery:
		err = x.queryResponse(op, sh, v, RequestID(r.Context()))
	default:
		s.headers(w.Header(), sh, v)
		err = x.restResponse(op, sh, v)
	}
	if err != nil {
		return err
	}
	status := op.status
	if status == 0 {
		status = http.StatusOK
	}
	writeBody(w, "text/xml;charset=UTF-8", status, x.Bytes())
	return nil
}

func (x *xmlWriter) ec2Response(op *operation, sh *shape, v reflect.Value, id string) error {
	name := op.name + "Response"
	x.WriteString("<" + name + ` xmlns="` + x.s.namespace + `">`)
	x.element("requestId", id)
	err := x.structure(sh, v)
	// An operation without output says that it succeeded.
	if len(sh.members) == 0 {
		x.element("return", "true")
	}
	x.close(name)
	return err
}

func (x *xmlWriter) queryResponse(op *operation, sh *shape, v reflect.Value, id string) error {
	name := op.name + "Response"
	x.WriteString("<" + name + ` xmlns="` + x.s.namespace + `">`)
	if op.resultWrapper != "" {
		x.open(op.resultWrapper)
	}
	err := x.structure(sh, v)
	if op.resultWrapper != "" {
		x.close(op.resultWrapper)
	}
	x.open("ResponseMetadata")
	x.element("RequestId", id)
	x.close("ResponseMetadata")
	x.close(name)
	return err
}

func (x *xmlWriter) restResponse(op *operation, sh *shape, v reflect.Value) error {
	x.WriteString("<" + op.output + ` xmlns="` + x.s.namespace + `">`)
	err := x.structure(sh, v)
	x.close(op.output)
	return err
}

func writeBody(w http.ResponseWriter, contentType string, status int, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body)
}

// WriteError answers with an error in the service's own shape.
func WriteError(w http.ResponseWriter, r *http.Request, s *Service, e *Error) {
	if isCBOR(r) {
		writeCBORError(w, e)
		return
	}
	id := RequestID(r.Context())
	if id == "" {
		id = newRequestID()
		w.Header().Set("x-amzn-RequestId", id)
	}
	if s.writesJSON(r) {
		s.writeJSONError(w, e)
		return
	}
	x := &xmlWriter{s: s}
	x.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	switch {
	case s.protocol == ec2Query:
		x.WriteString("<Response><Errors><Error>")
		x.element("Code", e.Code)
		x.element("Message", e.Message)
		x.WriteString("</Error></Errors>")
		x.element("RequestID", id)
		x.WriteString("</Response>")
	case s.protocol == restXML && len(e.Messages) > 0:
		x.WriteString("<" + e.Code + ` xmlns="` + s.namespace + `"><Messages>`)
		for _, m := range e.Messages {
			x.element("Message", m)
		}
		x.WriteString("</Messages>")
		x.element("RequestId", id)
		x.close(e.Code)
	default:
		x.errorResponse(e, id)
	}
	writeBody(w, "text/xml;charset=UTF-8", e.HTTPStatus(), x.Bytes())
}

func (x *xmlWriter) errorResponse(e *Error, id string) {
	x.WriteString(`<ErrorResponse xmlns="` + x.s.namespace + `"><Error>`)
	x.element("Type", e.fault())
	x.element("Code", e.Code)
	x.element("Message", e.Message)
	x.close("Error")
	x.element("RequestId", id)
	x.close("ErrorResponse")
}
