package door

import (
	"context"
	"net/http"
	"time"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// Caller is who has signed a request.
type Caller struct {
	Account   string
	ARN       string // of the root user, a user, or a role's session
	UserID    string // the unique id of a user; ROLE-ID:SESSION of a session
	AccessKey string

	User         string // an IAM user's name, else empty
	Role, RoleID string // the name and the unique id of a session's role, else empty

	Temporary bool              // that the key is a session's
	Issued    time.Time         // when, of a session
	Policies  []string          // the documents that limit a session
	Tags      map[string]string // a session's
}

// Root tells that the caller is the account's root user, whom no policy limits.
func (c Caller) Root() bool { return c.User == "" && c.Role == "" }

func rootCaller(account, key string) Caller {
	return Caller{Account: account, ARN: "arn:aws:iam::" + account + ":root", UserID: account, AccessKey: key}
}

// Key is a secret, and whose it is.
type Key struct {
	Secret string
	Caller Caller
}

// KeyState tells what became of looking for a key.
type KeyState int

// The states. A session's key needs its token.
const (
	UnknownKey KeyState = iota
	GoodKey
	ExpiredKey
)

// Identity answers IAM and STS, and knows whose keys there are besides the account's own.
type Identity interface {
	// Find finds a key that may sign at a time.
	Find(id, token string, now time.Time) (Key, KeyState)
	// Used notes a call that was let in; the region is that of its signature.
	Used(c Caller, service, region string)
	// Link makes the service-linked role of a service, where there is none.
	Link(service string)
	// Handler answers the two services. A request's context has its caller.
	Handler() http.Handler
}

// Asked is a call, for who decides whether it is carried out.
type Asked struct {
	Service   *wire.Service
	Operation string // "" for one that the service does not have
	Region    string // empty for global services
	Request   *http.Request
	Body      []byte
}

// Gate decides whether a caller may do what a call asks for.
type Gate interface {
	// Admit returns nil, or the error to answer with.
	Admit(context.Context, Caller, Asked) *wire.Error
}

// gated carries a call out only if the gate admits it, in the form in which it is carried out then.
func (d *door) gated(c call) func(w http.ResponseWriter, r *http.Request, body []byte) {
	return func(w http.ResponseWriter, r *http.Request, body []byte) {
		asked := Asked{Service: c.service, Operation: c.service.OperationOf(r, body), Region: c.Region, Request: r, Body: body}
		if err := d.Gate.Admit(r.Context(), CallerOf(r.Context()), asked); err != nil {
			refuse(w, r, c.service, err)
			return
		}
		c.handle(w, r, body)
	}
}

type callerKey struct{}

// CallerOf returns who has signed the request with this context.
func CallerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// WithCaller returns a context that has a caller.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}
