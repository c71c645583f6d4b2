package account_test

import (
	"context"
	"testing"

	"github.com/understudy/understudy/account"
)

func TestTokensOfALifeAreRecognised(t *testing.T) {
	var used []string
	err := account.Live(t.Context(), func(_ context.Context, token string) (bool, error) {
		used = append(used, token)
		return len(used) == 3, nil
	}, "stack", "host-a")
	if err != nil || len(used) != 3 {
		t.Fatalf("%d tokens, %v", len(used), err)
	}
	for _, token := range used {
		if !account.LivedBy(token, "stack", "host-a") || account.LivedBy(token, "stack", "host-b") {
			t.Errorf("%s is taken for another's, or not for its own", token)
		}
	}
}
