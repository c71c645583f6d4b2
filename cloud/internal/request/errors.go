package request

import (
	"net/http"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// BadInput is the error for input that violates the API's schema or rules.
func BadInput(format string, args ...any) *wire.Error {
	return wire.Errorf("InvalidInput", format, args...)
}

// Unsupported is the error for a parameter that this cloud does not support.
func Unsupported(parameter, why string) *wire.Error {
	return BadInput("Invalid request: the parameter %s is not supported by this cloud: %s", parameter, why)
}

// NotFound is the error for what does not exist.
func NotFound(code, format string, args ...any) *wire.Error {
	err := wire.Errorf(code, format, args...)
	err.Status = http.StatusNotFound
	return err
}

// Conflict is the error for a request that conflicts with what exists.
func Conflict(code, format string, args ...any) *wire.Error {
	err := wire.Errorf(code, format, args...)
	err.Status = http.StatusConflict
	return err
}
