package balancer

import (
	"net/http"
	"strconv"
	"strings"
)

// grpc tells whether the client speaks gRPC: over HTTP/2, by the type of what it sends
// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).
func (c *client) grpc() bool {
	if c.stream == nil {
		return false
	}
	given, _ := c.q.Fields.Get("Content-Type")
	rest, ok := strings.CutPrefix(given, "application/grpc")
	return ok && (rest == "" || rest[0] == '+' || rest[0] == ';')
}

// compatible tells whether the targets of a version can be asked what the client asks
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-464-issues).
func (c *client) compatible(v Version) bool {
	switch {
	case !v.multiplexed():
		return !c.grpc()
	case c.stream == nil:
		return false
	}
	return v != GRPC || c.q.Method == http.MethodPost
}

// grpcStatus is a status of gRPC with its name.
type grpcStatus struct {
	code int
	name string
}

// grpcStatuses are those that stand for statuses of HTTP (https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md).
var grpcStatuses = map[int]grpcStatus{
	http.StatusBadRequest: {13, "internal"}, http.StatusBadGateway: {14, "unavailable"}, http.StatusServiceUnavailable: {14, "unavailable"},
	http.StatusGatewayTimeout: {14, "unavailable"},
}

// refuseGRPC answers with a status of HTTP and the one of gRPC that stands for it, in a head without a body.
func (c *client) refuseGRPC(status int) {
	s, ok := grpcStatuses[status]
	if !ok {
		s = grpcStatus{2, "unknown"}
	}
	c.respond(status, "Content-Type: application/grpc\r\nGrpc-Status: "+strconv.Itoa(s.code)+"\r\nGrpc-Message: "+s.name+"\r\n", "")
}
