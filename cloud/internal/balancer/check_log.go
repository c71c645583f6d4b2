package balancer

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The reasons for which a health check fails, in the words of its log
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-health-check-logs.html#health-check-log-entry-format).
const (
	causeRequest    = "RequestTimedOut"
	causeConnection = "ConnectionTimedOut"
	causeReset      = "ConnectionReset"
	causeCode       = "ResponseCodeMismatch"
	causeTarget     = "TargetError" // of a status of 5XX, and of what is no answer
	causeNoStatus   = "GRPCStatusHeaderEmpty"
	causeStatus     = "GRPCUnexpectedStatus"
)

// unconnected is the error of a check that came to no connection.
type unconnected struct{ error }

func (u unconnected) Unwrap() error { return u.error }

// causeOf says why a check without an answer has failed.
func causeOf(err error) string {
	var none unconnected
	switch {
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.ECONNREFUSED): // which is a reset, too
		return causeReset
	case judgeError(err).Reason != timeout.Reason:
		return causeTarget
	case errors.As(err, &none):
		return causeConnection
	}
	return causeRequest
}

// causeOf says why an answer is no pass.
func (c Check) causeOf(status int) string {
	switch {
	case c.Version == GRPC:
		return causeStatus
	case status >= http.StatusInternalServerError:
		return causeTarget
	}
	return causeCode
}

// kind is the type of a check in its log.
func (c Check) kind() string {
	switch {
	case c.Version == GRPC && c.Secure:
		return "grpcs"
	case c.Version == GRPC:
		return "grpc"
	case c.Version == HTTP2:
		return "h2"
	case c.Secure:
		return "https"
	}
	return "http"
}

// logCheck writes a check of a target into the node's log, if it keeps one.
func (n *node) logCheck(t *target, c Check, began time.Time, r Result) {
	if log := n.routes.Load().logs.Checks; log != nil && !c.Flow.On {
		log.Add(checkEntry(t, c, began, time.Since(began), r))
	}
}

// checkEntry is the line of a check: its type, its time, how many seconds it took, the target, its group, whether it passed, what was answered
// and why it failed.
func checkEntry(t *target, c Check, began time.Time, took time.Duration, r Result) []byte {
	passed, status, cause := "PASS", "-", "-"
	if r.Answered {
		status = strconv.Itoa(r.Code)
	}
	if r.Reason != "" {
		passed, cause = "FAIL", r.Cause
	}
	_, group, _ := strings.Cut(t.group, ":targetgroup/")
	group, _, _ = strings.Cut(group, "/")
	fields := []string{
		c.kind(), string(appendTime(nil, began)), strconv.FormatFloat(took.Seconds(), 'f', 9, 64), c.at(t.address), group, passed, status, cause,
	}
	return []byte(strings.Join(fields, " ") + "\n")
}
