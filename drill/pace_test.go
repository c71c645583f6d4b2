package drill

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var errSilent = errors.New("no answer")

// slowly has one user send requests for a while, of which each takes as long as is said.
func slowly(t *testing.T, openLoop bool, takes time.Duration) (all []Request) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		rec := newRecorder(kinds(nil, 1), Settings{})
		c := &client{
			kind: kindNamed("stub"), every: time.Second, timeout: 2 * time.Second, openLoop: openLoop,
			target: &url.URL{Scheme: "http", Host: "hello.test", Path: "/"}, looked: func(Look) {},
			lookup: func(ctx context.Context, _ string) (Answer, error) { // a name server that is silent
				sleep(ctx, takes)
				return Answer{}, errSilent
			},
		}
		ctx, stop := context.WithTimeout(t.Context(), 61*time.Second)
		defer stop()
		c.run(ctx, rec.add)
		all = byStart(rec.requests())
	})
	return all
}

// A user's requests are sent at the declared rate: freely also while earlier ones have not ended, and else as soon as they have.
func TestUsersKeepTheirRate(t *testing.T) {
	for _, c := range []struct {
		openLoop bool
		takes    time.Duration
		sent     int // in a minute
		late     time.Duration
	}{
		{false, 10 * time.Millisecond, 60, 0},
		{true, 10 * time.Millisecond, 60, 0},
		{false, 1500 * time.Millisecond, 40, 2 * time.Second},
		{true, 1500 * time.Millisecond, 60, 0},
		{true, time.Minute, 60, 0}, // the request's own time-out ends it
	} {
		all := slowly(t, c.openLoop, c.takes)
		if n := len(all); n < c.sent-3 || n > c.sent+1 {
			t.Errorf("%+v: %d requests", c, n)
		}
		for _, q := range all {
			if q.Late > c.late {
				t.Errorf("%+v: a request began %s after it was due", c, q.Late)
			}
		}
	}
}

// Where the machine is too slow for its users, the report says so.
func TestAReportSaysThatItsMachineWasTooSlow(t *testing.T) {
	began := time.Unix(1000, 0)
	line := timeline{began: began, fault: began.Add(11 * time.Second)}
	for _, c := range []struct {
		every, late time.Duration
		want        string
	}{
		{time.Second, 0, ""},
		{time.Second, 900 * time.Millisecond, ""},
		{1200 * time.Millisecond, 0, "requests a second of the 10 declared"},
		{time.Second, 1100 * time.Millisecond, "1100 ms or more after it was due"},
	} {
		r := &Report{Clients: 10, Rate: 10, GrainMS: 1000}
		var all []Request
		for n := range 10 {
			for at := began.Add(time.Duration(n) * 100 * time.Millisecond); at.Before(line.fault); at = at.Add(c.every) {
				all = append(all, Request{Client: n, Start: at, End: at.Add(20 * time.Millisecond), Late: c.late})
			}
		}
		r.pace(all, line)
		if said := strings.Join(r.Notes, "\n"); c.want == "" && said != "" || !strings.Contains(said, c.want) {
			t.Errorf("%+v: %q, sent %g a second", c, said, r.RateKept)
		}
		if r.AnswerMS.Max != 20 {
			t.Errorf("answered within %v ms", r.AnswerMS)
		}
	}
}

// A request that ends after a later one says nothing about how its user is now.
func TestALateEndOfAnEarlierRequestChangesNothing(t *testing.T) {
	r := newRecorder(kinds(nil, 1), Settings{})
	now := time.Now()
	r.add(Request{Start: now.Add(time.Second), Region: "two"})
	r.add(Request{Start: now, Err: errSilent})
	if served := r.served(); served["two"] != 1 {
		t.Errorf("served by %v", served)
	}
	if n := r.failing(now.Add(time.Hour), 0); n != 0 {
		t.Errorf("%d users are without service", n)
	}
}
