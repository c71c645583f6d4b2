package door

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// refuse answers with an error in the shape that the client of the service reads. Clients of services
// that no local cloud has speak JSON, if they name their operation in X-Amz-Target.
func refuse(w http.ResponseWriter, r *http.Request, s *wire.Service, e *wire.Error) {
	scope, _ := wire.ScopeOf(r)
	if r.Header.Get("X-Amz-Target") == "" || wire.ServiceNamed(scope.Service) != nil {
		wire.WriteError(w, r, s, e)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("X-Amzn-ErrorType", e.Code)
	w.WriteHeader(e.HTTPStatus())
	json.NewEncoder(w).Encode(map[string]string{"__type": e.Code, "message": e.Message})
}

func unknownService(name string) *wire.Error {
	var names []string
	for _, s := range wire.Services {
		names = append(names, s.SigningName)
	}
	return wire.Errorf("UnsupportedOperation", "The service %s is not supported by this cloud. It has %s.", name, list(names))
}

// unknownRegion is AWS's answer to a credential scope with another region than the endpoint's; it lists those that there are.
func (d *door) unknownRegion(s *wire.Service, region string) *wire.Error {
	return wrongScope(s, region, fmt.Sprintf("AWS has no such commercial region. This cloud has %s.", list(d.Regions.List())))
}

// oneTooMany is the answer where the cloud could have the region, if it did not have so many.
func (d *door) oneTooMany(s *wire.Service, region string) *wire.Error {
	return wrongScope(s, region, fmt.Sprintf("This cloud has %s, and can have no more.", list(d.Regions.List())))
}

func wrongScope(s *wire.Service, region, why string) *wire.Error {
	e := &wire.Error{
		Code:    "SignatureDoesNotMatch",
		Message: fmt.Sprintf("Credential should be scoped to a valid region, not '%s'. %s", region, why),
		Status:  http.StatusForbidden,
	}
	if s == wire.EC2 {
		e.Code, e.Status = "AuthFailure", http.StatusUnauthorized
	}
	return e
}

// unreachable answers a request whose process does not run. On AWS a lost region does not answer at all. The door
// answers with the status that all SDKs treat as an outage (and retry a few times), since
// a connection that is closed without an answer would not tell the user why.
func unreachable(s *wire.Service, region string) *wire.Error {
	what := "The region " + region
	if s.Global() {
		what = "Route 53"
	}
	return &wire.Error{Code: "ServiceUnavailable", Message: what + " of this cloud is down.", Status: http.StatusServiceUnavailable}
}

// list joins names as in a sentence.
func list(names []string) string {
	switch n := len(names); n {
	case 0:
		return "none"
	case 1:
		return names[0]
	default:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
}
