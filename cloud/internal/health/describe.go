package health

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// timedOut is the text that GetHealthCheckStatus was seen to give.
const timedOut = "Failure: Connection timed out. The endpoint or the internet connection is down, or requests are being blocked by your firewall. " +
	"See https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-router-firewall-rules.html"

// describe returns the text of a status report for a failed probe. As with Route 53, callers should rely only on
// its first word.
func describe(err error) string {
	var operation *net.OpError
	var timeout net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded),
		errors.As(err, &timeout) && timeout.Timeout():
		return timedOut
	case errors.Is(err, syscall.ECONNREFUSED):
		return "Failure: Connection refused. The endpoint does not listen on the port, or rejects connections"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "Failure: Connection reset by the endpoint"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "Failure: No route to the endpoint"
	case errors.As(err, &operation) && operation.Op == "remote error":
		// The text that the developer guide gives for an endpoint that wants SNI and does not get it
		// is "SSL alert handshake_failure".
		alert := strings.TrimPrefix(operation.Err.Error(), "tls: ")
		return "Failure: SSL alert " + strings.ReplaceAll(alert, " ", "_")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "Failure: The endpoint closed the connection before its response was complete"
	}
	return "Failure: " + err.Error()
}
