package zones

import (
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudy/understudy/cloud/internal/wire"
)

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := Throttled(wire.NewMux(slog.New(slog.DiscardHandler)))
		throttled := func() bool {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", "/2013-04-01/hostedzone", nil))
			is := strings.Contains(w.Body.String(), "<Code>Throttling</Code>")
			if is && (w.Code != 400 || !strings.Contains(w.Body.String(), "<Message>Rate exceeded</Message>")) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			return is
		}
		count := func(of int) (refused int) {
			for range of {
				if throttled() {
					refused++
				}
			}
			return refused
		}
		if n := count(12); n != 7 {
			t.Errorf("%d of 12 requests at once are refused, want 7", n)
		}
		time.Sleep(time.Second)
		if n := count(6); n != 1 {
			t.Errorf("%d of 6 a second later, want 1", n)
		}
	})
}
