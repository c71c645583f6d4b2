package wire

import (
	"compress/gzip"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
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
}

type handler struct {
	input func() any
	call  func(context.Context, any) (any, error)
}

// NewMux returns a Mux without handlers.
func NewMux(log *slog.Logger) *Mux {
	return &Mux{log: log, handlers: map[*Service]map[string]handler{}}
}

// Handle registers the handler of one operation. An operation newer than the models is served by the query
// protocols' naming rules alone. It panics where the operation has a handler already, or where its path
// would have to be known, since that is a mistake in the program.
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
	services := slices.SortedFunc(maps.Keys(m.handlers), func(a, b *Service) int { return strings.Compare(a.SigningName, b.SigningName) })
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

// ServeHTTP implements http.Handler. The service is the credential scope's; the signature itself is the
// front door's to verify.
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
	out, op, err := m.serve(s, r)
	if err == nil {
		err = s.write(w, r, op, out)
	}
	if err != nil {
		WriteError(w, r, s, m.known(r, op, err))
	}
}

// inflate unpacks a body that the client compressed, as SDKs do with PutMetricData's. The limit holds for
// what comes out, too.
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
func (m *Mux) serve(s *Service, r *http.Request) (out any, op *operation, err error) {
	defer func() {
		if p := recover(); p != nil {
			m.log.Error("handler panicked", "panic", p, "stack", string(debug.Stack()))
			err = internal()
		}
	}()
	in, op, h, err := m.decode(s, r)
	if err != nil {
		return nil, op, err
	}
	out, err = h.call(r.Context(), in)
	return out, op, err
}

func (m *Mux) decode(s *Service, r *http.Request) (any, *operation, handler, error) {
	if s.isJSON10(r) {
		return m.decodeJSON10(s, r)
	}
	if s.protocol == restXML || s.protocol == restJSON {
		op, labels := s.matchREST(r)
		h, err := m.handler(s, op, r.Method+" "+r.URL.Path)
		if err != nil {
			return nil, op, h, err
		}
		in := h.input()
		return in, op, h, s.decodeREST(op, labels, r, reflect.ValueOf(in).Elem())
	}
	if isCBOR(r) {
		return m.decodeCBOR(s, r)
	}
	form, err := readForm(r)
	if err != nil {
		return nil, nil, handler{}, err
	}
	op := s.table.operation(form.Get("Action"))
	h, err := m.handler(s, op, form.Get("Action"))
	if err != nil {
		return nil, op, h, err
	}
	in := h.input()
	return in, op, h, s.decodeForm(op, form, reflect.ValueOf(in).Elem())
}

func (m *Mux) handler(s *Service, op *operation, name string) (handler, error) {
	if op == nil {
		if name == "" {
			return handler{}, Errorf("MissingAction", "The request must contain the parameter Action")
		}
		if s.protocol == restJSON || s.protocol == json10 {
			return handler{}, Errorf("UnknownOperationException", "The operation %s is not known.", name)
		}
		return handler{}, Errorf("InvalidAction", "The action %s is not valid for this web service.", name)
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	h, ok := m.handlers[s][op.name]
	if !ok {
		return h, Errorf("UnsupportedOperation", "The operation %s of %s is not supported by this cloud.", op.name, s.SigningName)
	}
	return h, nil
}

// readForm reads the parameters of a query request, from body or URL.
func readForm(r *http.Request) (url.Values, error) {
	if r.Method != http.MethodPost && r.Method != http.MethodGet {
		return nil, Errorf("InvalidAction", "The HTTP method %s is not valid for this web service.", r.Method)
	}
	if err := r.ParseForm(); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return nil, &Error{Code: "RequestEntityTooLarge", Message: "The request is too large.", Status: http.StatusRequestEntityTooLarge}
		}
		return nil, Errorf("MalformedQueryString", "The query string is malformed")
	}
	return r.Form, nil
}

// known makes an AWS error of any error, and logs what was not one.
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
