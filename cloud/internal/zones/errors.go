package zones

import (
	"net/http"
	"strings"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// badBatch refuses a batch. All messages go into the one message of the usual error body, in the form in
// which the API answers them, since not every client reads the body of its own that this error also has.
func badBatch(messages ...string) *wire.Error {
	return wire.Errorf("InvalidChangeBatch", "[%s]", strings.Join(messages, ", "))
}

func badInput(format string, args ...any) *wire.Error {
	return wire.Errorf("InvalidInput", format, args...)
}

// unsupported refuses a parameter that this cloud does not know how to honour.
func unsupported(parameter, why string) *wire.Error {
	return badInput("Invalid request: the parameter %s is not supported by this cloud: %s", parameter, why)
}

func notFound(code, format string, args ...any) *wire.Error {
	err := wire.Errorf(code, format, args...)
	err.Status = http.StatusNotFound
	return err
}

func conflict(code, format string, args ...any) *wire.Error {
	err := wire.Errorf(code, format, args...)
	err.Status = http.StatusConflict
	return err
}

func noZone(id string) *wire.Error {
	return notFound("NoSuchHostedZone", "No hosted zone found with ID: %s", id)
}

func noCheck(id string) *wire.Error {
	return notFound("NoSuchHealthCheck", "No health check exists with the specified ID. (%s)", id)
}

// bare strips the kind that ids are answered with: /hostedzone/Z1 becomes Z1.
func bare(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }
