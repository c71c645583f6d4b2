package fault

import (
	"net/http"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// The errors that have a name of ours, because services word them differently.
const (
	Throttling  = "throttling"
	Internal    = "500"
	Unavailable = "503"
)

func worded(name string) bool { return name == Throttling || name == Internal || name == Unavailable }

// The messages are AWS's: "Common Errors" in the API references of Elastic Load Balancing and Auto Scaling, "Error codes"
// in EC2's developer guide, and the models of Application Recovery Controller. That AWS query and Route 53 call throttling
// Throttling and say "Rate exceeded" was seen.
var (
	internal = wire.Error{
		Code: "InternalFailure", Message: "The request processing has failed because of an unknown error, exception or failure.",
		Status: http.StatusInternalServerError,
	}
	unavailable = wire.Error{
		Code: "ServiceUnavailable", Message: "The request has failed due to a temporary failure of the server.", Status: http.StatusServiceUnavailable,
	}
	throttling = wire.Error{Code: "Throttling", Message: "Rate exceeded"}
	// throttlingJSON is Application Recovery Controller's.
	throttlingJSON = wire.Error{Code: "ThrottlingException", Message: "The request was denied due to request throttling.", Status: http.StatusTooManyRequests}
	internalJSON   = wire.Error{
		Code: "InternalServerException", Message: "There was an unexpected error during processing of the request.", Status: http.StatusInternalServerError,
	}
)

// own are the words of the services that differ from the others.
var own = map[*wire.Service]map[string]wire.Error{
	wire.EC2: {
		Throttling: {Code: "RequestLimitExceeded", Message: "Request limit exceeded.", Status: http.StatusServiceUnavailable},
		Internal:   {Code: "InternalError", Message: "An internal error has occurred", Status: http.StatusInternalServerError},
		Unavailable: {
			Code: "Unavailable", Message: "The server is overloaded and can't handle the request.", Status: http.StatusServiceUnavailable,
		},
	},
	wire.CloudWatch: {
		Internal: {
			Code: "InternalServiceError", Message: "Request processing has failed due to some unknown error, exception, or failure.",
			Status: http.StatusInternalServerError,
		},
	},
	wire.SSM: { // GetParameter in the Systems Manager API reference
		Throttling: {Code: "ThrottlingException", Message: "Rate exceeded"},
		Internal:   {Code: "InternalServerError", Message: "An error occurred on the server side.", Status: http.StatusInternalServerError},
	},
	wire.RecoveryControl: {Throttling: throttlingJSON, Internal: internalJSON},
	wire.ZonalShift:      {Throttling: throttlingJSON, Internal: internalJSON},
	wire.RecoveryCluster: {
		Throttling: throttlingJSON, Internal: internalJSON,
		Unavailable: {
			Code: "EndpointTemporarilyUnavailableException", Message: "The cluster endpoint isn't available. Try another cluster endpoint.",
			Status: http.StatusServiceUnavailable,
		},
	},
}

// AWSError is the error of a rule in the words of the service that was called.
func (r Rule) AWSError(s *wire.Service) *wire.Error {
	e, ok := own[s][r.Error]
	switch {
	case ok:
	case r.Error == Throttling:
		e = throttling
	case r.Error == Internal:
		e = internal
	case r.Error == Unavailable:
		e = unavailable
	default:
		e = wire.Error{Code: r.Error, Status: r.Status, Message: "A fault of this cloud refuses the call."}
	}
	e.Message = or(r.Message, e.Message)
	return &e
}
