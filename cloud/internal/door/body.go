package door

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// bodyTimeout is how long a client may take to send a request's body, which has at most wire.MaxBody bytes.
const bodyTimeout = 30 * time.Second

// maxDrained is how many bytes of a refused body are still read, so that a client that writes the whole body
// before it reads anything gets the answer.
const maxDrained = 16 * wire.MaxBody

var (
	tooLarge = &wire.Error{Code: "RequestEntityTooLarge", Message: "The request is too large.", Status: http.StatusRequestEntityTooLarge}
	tooSlow  = &wire.Error{
		Code:    "RequestTimeout",
		Message: "Your socket connection to the server was not read from or written to within the timeout period.",
		Status:  http.StatusRequestTimeout,
	}
)

// readBody reads the whole body, which the signature covers, and sets r.Body so that it can be read again. If the body
// is too large, it returns the beginning, and r.Body has the rest.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, *wire.Error) {
	if r.ContentLength > wire.MaxBody && expectsContinue(r) {
		return nil, tooLarge
	}
	limitBody(w, bodyTimeout)
	body, err := io.ReadAll(io.LimitReader(r.Body, wire.MaxBody+1))
	switch {
	case len(body) > wire.MaxBody:
		return body, tooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return body, tooSlow
	case err != nil:
		return body, wire.Errorf("IncompleteBody", "The request body ended early: %v", err)
	}
	limitBody(w, 0)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body, nil
}

// limitBody gives the client this long to send the rest of the body; 0 removes the limit.
func limitBody(w http.ResponseWriter, d time.Duration) {
	var until time.Time
	if d != 0 {
		until = time.Now().Add(d)
	}
	_ = http.NewResponseController(w).SetReadDeadline(until) // a recorder has no connection to wait for
}

// refuseLarge answers at once, for clients that read while they write, and then reads up to maxDrained bytes, for those
// that do not: closing a connection with unread data would reset it, and the answer would be lost
// (RFC 9112, section 9.6).
func refuseLarge(w http.ResponseWriter, r *http.Request, s *wire.Service) {
	control := http.NewResponseController(w)
	_ = control.EnableFullDuplex() // HTTP/2 and a recorder are always so
	w.Header().Set("Connection", "close")
	refuse(w, r, s, tooLarge)
	_ = control.Flush()
	if !expectsContinue(r) { // such a client has its answer instead of a leave to send
		_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, maxDrained)) // whatever ends it, the connection is closed
	}
}

// expectsContinue tells whether the client waits for "100 Continue" before it sends the body (RFC 9110, section 10.1.1).
func expectsContinue(r *http.Request) bool { return r.Header.Get("Expect") == "100-continue" }
