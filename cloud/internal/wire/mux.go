package wire

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
)

// Mux answers requests of one or more services by their operations' handlers.
type Mux struct {
	log      *slog.Logger
	handlers map[*Service]map[string]handler
	mu       sync.RWMutex
	changes  func() uint64 // nil where readings need not be of one moment
}

type handler struct {
	input func() any
	call  func(context.Context, any) (any, error)
}

// NewMux returns a Mux without handlers.
func NewMux(log *slog.Logger) *Mux {
	return &Mux{log: log, handlers: map[*Service]map[string]handler{}}
}

// Steady has the Mux make a reading (Describe, Get, List) again when a change was committed meanwhile, so that what its handler finds in
// several places, such as a resource and its tags, is of one moment. The counter tells how many changes there were. Handlers of
// readings may therefore be called more than once a request: they commit nothing, and leave their input as it is.
func (m *Mux) Steady(changes func() uint64) { m.changes = changes }

// Handle registers the handler of one operation. The names of an operation newer than the models follow from the query
// protocols' rules. Handle panics if the operation has a handler already, or if it is newer than the models and its
// protocol needs a path, since that is a mistake in the program.
func Handle[In, Out any](m *Mux, s *Service, op string, h func(context.Context, *In) (*Out, error)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.handlers[s] == nil {
		m.handlers[s] = map[string]handler{}
	}
	if _, taken := m.handlers[s][op]; taken {
		panic(fmt.Sprintf("wire: %s has two handlers", op))
	}
	if s.table.operation(op) == nil {
		if s.protocol == restXML || s.protocol == restJSON {
			panic(fmt.Sprintf("wire: %s has no operation %s", s.SigningName, op))
		}
		s.table.add(op)
	}
	m.handlers[s][op] = handler{
		input: func() any { return new(In) },
		call:  func(ctx context.Context, in any) (any, error) { return h(ctx, in.(*In)) },
	}
}

// Operation is one operation of a service, and whether a Mux answers it.
type Operation struct {
	Service *Service
	Name    string
	Handled bool
}

// Coverage lists every operation of the services that the Mux has a handler of.
func (m *Mux) Coverage() []Operation {
	m.mu.RLock()
	defer m.mu.RUnlock()
	services := slices.SortedFunc(maps.Keys(m.handlers), func(a, b *Service) int {
		return strings.Compare(a.String(), b.String())
	})
	var all []Operation
	for _, s := range services {
		for _, name := range s.Operations() {
			_, handled := m.handlers[s][name]
			all = append(all, Operation{s, name, handled})
		}
	}
	return all
}

// MaxBody is the largest request body, in bytes, that is read.
const MaxBody = 1 << 20

type requestIDKey struct{}

// RequestID returns the id of the request that a handler serves.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// ServeHTTP implements http.Handler. The service is that of the credential scope; the front door has
// verified the signature.
func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := newRequestID()
	w.Header().Set("x-amzn-RequestId", id)
	r = r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id))
	scope, ok := ScopeOf(r)
	s := ServiceNamed(scope.Service)
	if !ok || s == nil {
		WriteError(w, r, EC2, &Error{Code: "MissingAuthenticationToken", Message: "Request is missing Authentication Token", Status: http.StatusForbidden})
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
	if err := inflate(w, r); err != nil {
		WriteError(w, r, s, Errorf("SerializationException", "The request body is not valid gzip"))
		return
	}
	s = s.asked(r)
	c := s.codec(r)
	out, op, err := m.serve(s, c, r)
	if err == nil {
		err = c.encode(s, op, w, id, reflect.ValueOf(out).Elem())
	}
	if err != nil {
		WriteError(w, r, s, m.known(r, op, err))
	}
}

// FormOf returns the parameters of a request with this body, in the query protocols; those of no other have any. The request
// stays as it is.
func (s *Service) FormOf(r *http.Request, body []byte) url.Values {
	r = r.Clone(r.Context())
	r.Form, r.PostForm, r.Body = nil, nil, io.NopCloser(bytes.NewReader(body))
	if inflate(nil, r) != nil {
		return nil
	}
	form, err := readForm(r)
	if err != nil {
		return nil
	}
	return form
}

// OperationOf returns the name of the operation that a request with this body asks a service for, "" where it asks for
// none that the service has. The request stays as it is.
func (s *Service) OperationOf(r *http.Request, body []byte) string {
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err := inflate(nil, r); err != nil {
		return ""
	}
	s = s.asked(r)
	op, err := s.codec(r).operation(s, r)
	if err != nil {
		return ""
	}
	return op.name
}

// inflate decompresses a body that the client compressed, as SDKs do with PutMetricData's. The limit also applies to
// the decompressed body.
func inflate(w http.ResponseWriter, r *http.Request) error {
	if r.Header.Get("Content-Encoding") != "gzip" {
		return nil
	}
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, z, MaxBody)
	return nil
}

// serve decodes a request and calls its handler.
func (m *Mux) serve(s *Service, c codec, r *http.Request) (out any, op *operation, err error) {
	defer func() {
		if p := recover(); p != nil {
			m.log.Error("handler panicked", "panic", p, "stack", string(debug.Stack()))
			err = internal()
		}
	}()
	in, op, h, err := m.decode(s, c, r)
	if err != nil {
		return nil, op, err
	}
	if m.changes == nil || !reads(op.name) {
		out, err = h.call(r.Context(), in)
		return out, op, err
	}
	for range mostReadings {
		before := m.changes()
		if out, err = h.call(r.Context(), in); m.changes() == before {
			break
		}
	}
	return out, op, err
}

// mostReadings is how often a request's handler reads at most: beside clients that change something all the time, a long list is what
// was found last.
const mostReadings = 20

func reads(op string) bool {
	return slices.ContainsFunc([]string{"Describe", "Get", "List"}, func(verb string) bool { return strings.HasPrefix(op, verb) })
}

// decode finds the handler of a request's operation, and makes its input.
func (m *Mux) decode(s *Service, c codec, r *http.Request) (any, *operation, handler, error) {
	op, err := c.operation(s, r)
	if err != nil {
		return nil, nil, handler{}, err
	}
	m.mu.RLock()
	h, ok := m.handlers[s][op.name]
	m.mu.RUnlock()
	if !ok {
		return nil, op, h, Errorf("UnsupportedOperation", "The operation %s of %s is not supported by this cloud.", op.name, s.SigningName)
	}
	in := h.input()
	v := reflect.ValueOf(in).Elem()
	if err := c.decode(s, op, r, v); err != nil {
		return nil, op, h, err
	}
	s.dropEmpty(op, v)
	return in, op, h, s.check(op, v)
}

// known returns an error of AWS's unchanged; any other error is logged, and becomes an internal error.
func (m *Mux) known(r *http.Request, op *operation, err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	name := r.URL.Path
	if op != nil {
		name = op.name
	}
	m.log.Error("operation failed", "operation", name, "error", err, "request", RequestID(r.Context()))
	return internal()
}

func internal() *Error {
	return &Error{Code: "InternalError", Message: "An internal error has occurred", Status: http.StatusInternalServerError}
}

func newRequestID() string {
	var b [16]byte
	rand.Read(b[:])
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
