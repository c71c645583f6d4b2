package wire

import (
	"net/http"
	"reflect"
	"strconv"
)

// codec is one protocol: a request's bytes to an operation's input, and an output or an error to bytes.
type codec interface {
	// speaks tells whether a request is in this protocol.
	speaks(r *http.Request) bool
	// operation finds a request's operation. Its errors are those of AWS for an operation that no model has.
	operation(s *Service, r *http.Request) (*operation, error)
	// decode fills an operation's input.
	decode(s *Service, op *operation, r *http.Request, in reflect.Value) error
	// encode answers with an operation's output.
	encode(s *Service, op *operation, w http.ResponseWriter, requestID string, out reflect.Value) error
	// encodeError answers with an error.
	encodeError(s *Service, w http.ResponseWriter, r *http.Request, requestID string, e *Error)
}

// codec returns the protocol of a request: the service's last one if no other recognises it.
func (s *Service) codec(r *http.Request) codec {
	last := len(s.codecs) - 1
	for _, c := range s.codecs[:last] {
		if c.speaks(r) {
			return c
		}
	}
	return s.codecs[last]
}

// WriteError answers with an error in the form that the service's clients expect.
func WriteError(w http.ResponseWriter, r *http.Request, s *Service, e *Error) {
	id := RequestID(r.Context())
	if id == "" {
		id = newRequestID()
		w.Header().Set("x-amzn-RequestId", id)
	}
	s.codec(r).encodeError(s, w, r, id, e)
}

// success is the status of an operation's answer.
func (op *operation) success() int {
	if op.status == 0 {
		return http.StatusOK
	}
	return op.status
}

func writeBody(w http.ResponseWriter, contentType string, status int, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body)
}

const xmlHeader = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// bodyType is the content type of a body in XML. EC2 alone names its encoding.
func (s *Service) bodyType() string {
	if s.protocol == ec2Query {
		return "text/xml;charset=UTF-8"
	}
	return "text/xml"
}
