package balancer

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/understudy/understudy/cloud/internal/balancer/http1"
)

// relay is a request of a stream at a target that speaks HTTP/2, and its answer on the way back. Both go on side by side to the end.
type relay struct {
	*exchange
	sending body
	silent  *time.Timer // ends it when nothing has passed for the idle time
}

// body is what a client sends.
type body struct {
	io.ReadCloser
	relay  *relay
	ended  atomic.Bool
	closed atomic.Bool
	wrong  atomic.Pointer[bodyError] // the client's fault
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	b.relay.pause()
	n, err := b.ReadCloser.Read(p)
	b.relay.received.Add(uint64(n))
	if errors.Is(err, io.EOF) {
		b.ended.Store(true)
	} else if err != nil && !b.closed.Load() {
		b.wrong.CompareAndSwap(nil, &bodyError{err})
	}
	return n, err
}

// Close is the library's word that nobody wants the rest.
func (b *body) Close() error {
	b.closed.Store(true)
	return b.ReadCloser.Close()
}

// pause gives both sides the idle time anew.
func (x *relay) pause() {
	x.silent.Reset(x.idle)
	x.extend()
}

// relay makes the exchange with a target that speaks HTTP/2. The library sends a request again only where the target cannot have seen it.
func (x *exchange) relay() error {
	ctx, cancel := context.WithCancelCause(x.stream.request.Context())
	defer cancel(nil)
	y := &relay{exchange: x}
	y.silent = time.AfterFunc(x.idle, func() { cancel(os.ErrDeadlineExceeded) })
	defer y.silent.Stop()
	request := y.request(ctx)
	x.sent = time.Now()
	x.entry.dispatched = x.sent
	answer, err := x.target.links.multiplexed.RoundTrip(request)
	if err != nil {
		return y.failure(ctx, err)
	}
	defer func() { _ = answer.Body.Close() }()
	now := time.Now()
	x.target.counts.took(answer.StatusCode, now.Sub(x.sent))
	x.entry.headed, x.entry.status, x.entry.targetStatus = now, answer.StatusCode, answer.StatusCode
	return y.deliver(answer)
}

// failure is why there is no answer.
func (x *relay) failure(ctx context.Context, err error) error {
	wrong := x.sending.wrong.Load()
	var dialed dialError
	switch {
	case errors.As(err, &dialed):
		x.target.counts.connectionFailed(err)
		return err
	case wrong != nil:
		return *wrong
	case errors.Is(context.Cause(ctx), os.ErrDeadlineExceeded) && !x.sending.ended.Load():
		return bodyError{os.ErrDeadlineExceeded} // it is the client who is waited for
	case context.Cause(ctx) != nil:
		return context.Cause(ctx)
	}
	return err
}

// request is the one that the target gets, with the same fields as over HTTP/1.1.
func (x *relay) request(ctx context.Context) *http.Request {
	var q http1.Request
	_ = q.Parse(string(x.appendRequest(x.out[:0], x.routes))) // it is the load balancer's own
	header := http.Header{"User-Agent": nil}                  // none that the client has not sent
	for _, f := range q.Fields {
		if f.Name != "Host" && !bodyField.has(f.Name) {
			header.Add(f.Name, f.Value)
		}
	}
	if x.q.Fields.Lists("TE", "trailers") {
		header.Set("TE", "trailers") // without which gRPC's servers refuse
	}
	in := x.stream.request
	scheme := "http"
	if x.target.links.secure {
		scheme = "https"
	}
	path := q.Target
	if strings.HasPrefix(path, "//") {
		path = scheme + "://" + q.Host + path // as the library takes it
	}
	out := &http.Request{
		Method: q.Method, URL: &url.URL{Scheme: scheme, Host: x.target.address, Opaque: path}, Host: q.Host, Header: header,
		Body: http.NoBody, Trailer: in.Trailer, ProtoMajor: 2,
	}
	if x.sending.ended.Store(x.body.Ended()); !x.sending.ended.Load() {
		x.sending.ReadCloser, x.sending.relay = in.Body, x
		out.Body, out.ContentLength = &x.sending, in.ContentLength
	}
	return out.WithContext(ctx)
}

// deliver writes the answer to the client as it comes.
func (x *relay) deliver(answer *http.Response) error {
	x.p = http1.Response{Status: answer.StatusCode, Text: strconv.Itoa(answer.StatusCode) + " " + http.StatusText(answer.StatusCode), Fields: x.p.Fields[:0]}
	x.p.Fields = appendHeader(x.p.Fields, answer.Header)
	if answer.ContentLength > 0 && x.q.Method != http.MethodHead {
		x.p.Framing = http1.Framing{Kind: http1.Sized, Length: answer.ContentLength}
	}
	out := x.appendAnswer(x.out[:0], false, false)
	empty := answer.ContentLength == 0 || x.q.Method == http.MethodHead // the head waits for the end, of which it tells in the same frame
	for buf := make([]byte, smallPart); ; {
		if !empty {
			x.answers = true
			x.write(out)
			if x.failed || x.stream.flush() != nil {
				return errClientGone
			}
			out = x.out[:0]
		}
		x.pause()
		n, err := answer.Body.Read(buf)
		out = append(out, buf[:n]...)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if x.answers = true; len(out) > 0 {
		x.write(out)
	}
	x.stream.trail(appendHeader(nil, answer.Trailer))
	if x.failed {
		return errClientGone
	}
	return nil
}

// appendHeader adds the fields of a header, in the order of their names.
func appendHeader(fields http1.Fields, h http.Header) http1.Fields {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range h[name] {
			fields = append(fields, http1.Field{Name: name, Value: value})
		}
	}
	return fields
}
