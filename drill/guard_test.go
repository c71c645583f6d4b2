package drill

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// predicted is a drill on AWS with a predicted downtime of 48 + 5 + 60 + 2 + 1 = 116 s.
func predicted() *Drill {
	return &Drill{Clients: 40, Settings: Settings{
		Interval: 10 * time.Second, Threshold: 3, TTL: time.Minute, ClientTimeout: 2 * time.Second, ClientEvery: time.Second, Speed: 1,
	}}
}

// The time is virtual.
func TestGuardAbortsAtItsBounds(t *testing.T) {
	never := func(time.Time, time.Duration) int { return 0 }
	for name, c := range map[string]struct {
		abortAfter time.Duration
		ill        func(since time.Duration) (string, error)
		since      time.Duration // when the users began to be without service
		users      int           // how many are
		after      time.Duration // when the drill is aborted, about; 0 is never
		why        string
	}{
		"all is well":                {},
		"longer than predicted":      {users: 3, after: 139200 * time.Millisecond, why: "3 of 40 users were without service for longer than 2m19.2s"},
		"one in twenty is tolerated": {users: 2},
		"from later on":              {since: time.Minute, users: 40, after: 199200 * time.Millisecond, why: "40 of 40 users"},
		"any user past --abort-after": {
			abortAfter: 20 * time.Second, users: 1, after: 20 * time.Second, why: "1 of 40 users were without service for longer than 20s",
		},
		"a moment of the standby's": {ill: func(since time.Duration) (string, error) {
			if since < 40*time.Second || since > 80*time.Second {
				return "", nil
			}
			return "2 of 16 checkers report success", nil
		}},
		"the standby falls ill": {after: 88 * time.Second, // 48 of them are what a checker needs to find that
			why: "both regions are ill: the primary was broken, and of the secondary no target is healthy",
			ill: func(since time.Duration) (string, error) {
				if since < 40*time.Second {
					return "", nil
				}
				return "no target is healthy", nil
			}},
		"the standby's API fails": {ill: func(time.Duration) (string, error) { return "", errors.New("no answer") }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, began := predicted(), time.Now()
				d.AbortAfter = c.abortAfter
				if c.ill != nil {
					d.Ill = func(context.Context) (string, error) { return c.ill(time.Since(began)) }
				}
				failing := never
				if c.users > 0 {
					failing = func(now time.Time, limit time.Duration) int {
						if now.Sub(began.Add(c.since)) > limit {
							return c.users
						}
						return 0
					}
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				err := d.guard(ctx, failing)
				took := time.Since(began)
				if c.after == 0 {
					if err != nil || took != time.Hour {
						t.Errorf("%v after %s", err, took)
					}
					return
				}
				if err == nil || !strings.Contains(err.Error(), c.why) || took < c.after || took > c.after+3*time.Second {
					t.Errorf("%v after %s, want %q after %s", err, took, c.why, c.after)
				}
			})
		})
	}
}

func TestRecorderCountsWhoIsWithoutServiceForTooLong(t *testing.T) {
	zero := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(s int) time.Time { return zero.Add(time.Duration(s) * time.Second) }
	lost := errors.New("lost")
	r := newRecorder(kinds(nil, 3), Settings{})
	r.add(Request{Client: 0, Start: at(0), End: at(2), Err: lost})
	r.add(Request{Client: 0, Start: at(3), End: at(5), Err: lost}) // since 0
	r.add(Request{Client: 1, Start: at(0), End: at(2), Err: lost})
	r.add(Request{Client: 1, Start: at(3), End: at(3)})
	r.add(Request{Client: 1, Start: at(6), End: at(8), Err: lost}) // since 6
	r.add(Request{Client: 2, Start: at(0), End: at(0)})
	for limit, want := range map[int]int{3: 2, 5: 1, 10: 0} {
		if n := r.failing(at(10), time.Duration(limit)*time.Second); n != want {
			t.Errorf("%d are without service for more than %d s, want %d", n, limit, want)
		}
	}
}
