package account_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/understudy/understudy/account"
)

// A call that is tried again is not sent once the guard refuses.
func TestGuardIsAskedBeforeEachAttempt(t *testing.T) {
	sent, refused := 0, errors.New("not any more")
	a := openWith(t, func(*http.Request) (*http.Response, error) {
		sent++
		return nil, errors.New("no answer")
	})
	ctx := account.Guarded(t.Context(), func() error {
		if sent == 1 {
			return refused
		}
		return nil
	})
	if _, err := a.Identity(ctx); !errors.Is(err, refused) || sent != 1 {
		t.Errorf("%v, sent %d times", err, sent)
	}
}
