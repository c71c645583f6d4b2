package account_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"
	"pgregory.net/rapid"

	"github.com/understudy/understudy/account"
)

func TestTokenIsStableAndFitsEC2(t *testing.T) {
	// A token that changes from one release to the next would double what an interrupted run made.
	// The value is sha256 of "5:hello4:host9:us-east-1".
	const want = "6659f1c9d8401040b7dd50e5ed4536abbb2ef17852741d785881b2efa5ce0ade"
	if got := account.Token("hello", "host", "us-east-1"); got != want {
		t.Errorf("token %s, want %s", got, want)
	}
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.String(), 1, 4).Draw(t, "parts")
		token := account.Token(parts...)
		if len(token) != 64 || token != account.Token(parts...) {
			t.Fatalf("token %q", token)
		}
		if joined := account.Token(strings.Join(parts, "")); len(parts) > 1 && joined == token {
			t.Fatal("the border between parts does not count")
		}
	})
}

func TestLiveCountsOnFromSpentTokens(t *testing.T) {
	var tokens []string
	err := account.Live(t.Context(), func(_ context.Context, token string) (bool, error) {
		tokens = append(tokens, token)
		return len(tokens) == 3, nil
	}, "hello", "host")
	if err != nil || len(tokens) != 3 || tokens[0] == tokens[1] || tokens[1] == tokens[2] {
		t.Errorf("tokens %v, %v", tokens, err)
	}
}

func TestNotFoundInAllOfItsSpellings(t *testing.T) {
	for _, c := range []struct {
		code, message string
		want          bool
	}{
		{"InvalidVpcID.NotFound", "", true},
		{"InvalidLaunchTemplateName.NotFoundException", "", true},
		{"LoadBalancerNotFound", "", true},
		{"TargetGroupNotFoundException", "", true},
		{"NoSuchHealthCheck", "", true},
		{"Gateway.NotAttached", "", true},
		{"ValidationError", "AutoScalingGroup name not found - hello", true},
		{"ValidationError", "MinSize must be a number", false},
		{"DependencyViolation", "", false},
	} {
		err := error(&smithy.GenericAPIError{Code: c.code, Message: c.message})
		if got := account.IsNotFound(err); got != c.want {
			t.Errorf("%s %q: %v, want %v", c.code, c.message, got, c.want)
		}
	}
	if account.IsNotFound(errors.New("NotFound")) {
		t.Error("an error that is not AWS's is taken for AWS's")
	}
}

func TestPollPausesGrowToFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var looks []time.Time
		err := account.Poll(t.Context(), "it", time.Hour, func(context.Context) (bool, error) {
			looks = append(looks, time.Now())
			return len(looks) == 60, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if first := looks[1].Sub(looks[0]); first != 25*time.Millisecond {
			t.Errorf("first pause %v", first)
		}
		if last := looks[59].Sub(looks[58]); last != 5*time.Second {
			t.Errorf("last pause %v", last)
		}
	})
}

func TestPollEndsWithItsTimeAndItsContext(t *testing.T) {
	never := func(context.Context) (bool, error) { return false, nil }
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		err := account.Poll(t.Context(), "the moon", time.Minute, never)
		if err == nil || err.Error() != "wait for the moon: not within 1m0s" || time.Since(began) > 66*time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := account.Poll(ctx, "the moon", time.Minute, never); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("context ended: %v", err)
		}
	})
}
