package identity

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/understudy/understudy/cloud/internal/door"
	"github.com/understudy/understudy/cloud/internal/profile"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Refused stands for a room whose state cannot be used: it knows the account's own key alone, whose state is elsewhere, and
// tells who that is. Everything else is unavailable until the state is restored.
type Refused struct{ profile.Unavailable }

// Find implements door.Identity.
func (Refused) Find(string, string, time.Time) (door.Key, door.KeyState) {
	return door.Key{}, door.UnknownKey
}

// Used implements door.Identity.
func (Refused) Used(door.Caller, string, string) {}

// Link implements door.Identity.
func (Refused) Link(string) {}

// Handler implements door.Identity.
func (Refused) Handler() http.Handler {
	m := wire.NewMux(slog.New(slog.DiscardHandler))
	wire.Handle(m, wire.STS, "GetCallerIdentity", func(ctx context.Context, _ *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
		c := door.CallerOf(ctx)
		return &sts.GetCallerIdentityOutput{Account: &c.Account, Arn: &c.ARN, UserId: &c.UserID}, nil
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if scope, _ := wire.ScopeOf(r); scope.Service == wire.STS.SigningName {
			m.ServeHTTP(w, r)
			return
		}
		wire.WriteError(w, r, wire.IAM, &wire.Error{
			Code: "ServiceUnavailable", Message: "IAM of this cloud is down: its state is refused.", Status: http.StatusServiceUnavailable,
		})
	})
}
