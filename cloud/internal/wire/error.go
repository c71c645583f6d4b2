package wire

import (
	"fmt"
	"net/http"
)

// Error is an AWS API error: what an operation refuses with.
type Error struct {
	Code    string
	Message string
	Status  int // HTTP; the zero value means 400
	// Messages are Route 53's list for InvalidChangeBatch, which has a body of its own.
	Messages []string
	// Members are what the error's shape has beside its message, in the protocols that write JSON.
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

// fault says whose the error is, in the query protocols' words.
func (e *Error) fault() string {
	if e.HTTPStatus() >= http.StatusInternalServerError {
		return "Receiver"
	}
	return "Sender"
}

// queryError is the header by which the other protocols tell the query protocol's code.
func (e *Error) queryError() string { return e.Code + ";" + e.fault() }

// Errorf makes an error with status 400.
func Errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}
