package request

import (
	"net/http"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// BadInput refuses what breaks the API's schema or rules.
func BadInput(format string, args ...any) *wire.Error {
	return wire.Errorf("InvalidInput", format, args...)
}

// Unsupported refuses a parameter that this cloud does not know how to honour.
func Unsupported(parameter, why string) *wire.Error {
	return BadInput("Invalid request: the parameter %s is not supported by this cloud: %s", parameter, why)
}

// NotFound refuses a request for what does not exist.
func NotFound(code, format string, args ...any) *wire.Error {
	err := wire.Errorf(code, format, args...)
	err.Status = http.StatusNotFound
	return err
}

// Conflict refuses what is at odds with what exists.
func Conflict(code, format string, args ...any) *wire.Error {
	err := wire.Errorf(code, format, args...)
	err.Status = http.StatusConflict
	return err
}
