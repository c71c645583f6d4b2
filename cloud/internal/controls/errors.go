package controls

import (
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// The errors of both APIs. The data plane's errors have members besides the message, which the configuration
// API's clients do not know and ignore.

func invalid(format string, args ...any) error {
	e := wire.Errorf("ValidationException", format, args...)
	e.Members = map[string]any{"reason": "fieldValidationFailed"}
	return e
}

func missing(kind, arn string) error {
	e := wire.Errorf("ResourceNotFoundException", "The %s %s was not found.", kind, arn)
	e.Status = http.StatusNotFound
	e.Members = map[string]any{"resourceId": arn, "resourceType": kind}
	return e
}

func conflict(kind, arn, format string, args ...any) error {
	e := wire.Errorf("ConflictException", format, args...)
	e.Status = http.StatusConflict
	e.Members = map[string]any{"resourceId": arn, "resourceType": kind}
	return e
}

func exceeded(quota string, most int) error {
	e := wire.Errorf("ServiceQuotaExceededException", "The quota of %d %s is reached.", most, quota)
	e.Status = http.StatusPaymentRequired
	return e
}

// The kinds of resource, as messages call them.
const (
	kindCluster = "cluster"
	kindPanel   = "control panel"
	kindControl = "routing control"
	kindRule    = "safety rule"
)

// within is the parent in which a name of this kind is unique.
var within = map[string]string{kindPanel: " in the cluster", kindControl: " in the control panel", kindRule: " in the control panel"}

// only refuses every parameter that is set and is not among those that the operation acts on, so that
// nothing is ever ignored silently.
func only(in any, names ...string) error {
	v := reflect.Indirect(reflect.ValueOf(in))
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.IsExported() && !slices.Contains(names, f.Name) && !v.Field(i).IsZero() {
			return wire.Errorf("ValidationException", "The parameter %s is not supported by this cloud.", f.Name)
		}
	}
	return nil
}

// maxName is the longest name that a resource may have, in characters.
const maxName = 64

// named checks a name: anything but white space.
func named(parameter string, name *string) (string, error) {
	n := room.Deref(name)
	if n == "" || len([]rune(n)) > maxName || strings.ContainsFunc(n, isSpace) {
		return "", invalid("The value '%s' of %s is not valid: it must have 1 to %d characters and no white space.", n, parameter, maxName)
	}
	return n, nil
}

func isSpace(r rune) bool { return strings.ContainsRune(" \t\n\v\f\r\u0085\u00a0", r) }
