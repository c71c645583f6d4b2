package wire

import (
	"fmt"
	"net/http"
)

// Error is an AWS API error, which an operation returns.
type Error struct {
	Code    string
	Message string
	Status  int // HTTP; the zero value means 400
	// Messages are the list of messages in Route 53's InvalidChangeBatch, which has its own form of body.
	Messages []string
	// Members are the members of the error's shape besides its message, in the protocols with JSON.
	Members map[string]any
}

// Error implements error.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// HTTPStatus returns the status to answer with.
func (e *Error) HTTPStatus() int {
	if e.Status == 0 {
		return http.StatusBadRequest
	}
	return e.Status
}

// fault is whose fault the error is, in the query protocols: Sender or Receiver.
func (e *Error) fault() string {
	if e.HTTPStatus() >= http.StatusInternalServerError {
		return "Receiver"
	}
	return "Sender"
}

// queryError is the header in which the other protocols send the query protocol's code.
func (e *Error) queryError() string { return e.Code + ";" + e.fault() }

// Errorf makes an error with status 400.
func Errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// errorShapes are the shapes of CloudWatch's errors where they are not called as the query protocol's
// codes, which are the codes that programs know: the header tells them (smithy.io, "AWS query compatible").
var errorShapes = map[string]string{
	"InternalServiceError":        "InternalServiceFault",
	"InvalidFormat":               "InvalidFormatFault",
	"InvalidParameterCombination": "InvalidParameterCombinationException",
	"InvalidParameterValue":       "InvalidParameterValueException",
	"LimitExceeded":               "LimitExceededFault",
	"MissingParameter":            "MissingRequiredParameterException",
	"ValidationError":             "ValidationException",
}

// errorType is an error's shape with the name space of its model, as AWS JSON and RPC-v2 CBOR have it. What
// is refused before the service's own code has the front's name space (recorded from CloudWatch, November 2026).
func (s *Service) errorType(e *Error) string {
	name := or(errorShapes[e.Code], e.Code)
	switch {
	case s.shapeSpace == "":
		return name
	case name == "ValidationException":
		return "com.amazon.coral.validate#" + name
	}
	return s.shapeSpace + "#" + name
}

// rpcStatus is an error's status in AWS JSON and RPC-v2 CBOR: a client error is 400, and has the query
// protocol's own only where the client says that it was made for that (recorded from CloudWatch, November 2026).
func (s *Service) rpcStatus(r *http.Request, e *Error) int {
	if s.protocol == awsQuery && e.HTTPStatus() < http.StatusInternalServerError && r.Header.Get("x-amzn-query-mode") != "true" {
		return http.StatusBadRequest
	}
	return e.HTTPStatus()
}
