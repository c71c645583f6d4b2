package plan

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// A run on the primary alone keeps other runs out by the lock in the secondary, and says so where that does not answer.
func TestRunOnThePrimaryAloneSaysThatTheLockIsInTheSecondary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := resourcetest.Answering(t, func(*http.Request) (int, string) { return http.StatusServiceUnavailable, "" })
		well := resourcetest.Answering(t, func(*http.Request) (int, string) { return http.StatusOK, "<R/>" })
		s := &Stack{Declaration: well.Declared, Accounts: map[understudy.Side]*account.Account{understudy.Primary: well.Account, understudy.Secondary: down.Account}}
		for only, says := range map[understudy.Side]bool{understudy.Primary: true, "": false} {
			s.Rollout.Only = only
			err := s.Alone(t.Context(), "up", 0, nil, func(context.Context) error { return errors.New("it works without the lock") })
			if err == nil || !strings.Contains(err.Error(), "does not answer") || strings.Contains(err.Error(), "the lock") != says {
				t.Errorf("--only %q: %v", only, err)
			}
		}
	})
}
