package drill

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/clients"
	"github.com/understudy/understudy/internal/patience"
)

func TestParseParts(t *testing.T) {
	for text, wrong := range map[string]string{
		"cache": "", "usual": "", "cache=80%, pool=20%": "", "forever=0.5%,stub=99.5%": "",
		"chrome": "there are stub, cache", "websocket": "", "cache=80%": "80% together", "cache=80%,cache=20%": "twice",
		"cache=0%": "above 0%", "cache=0.8": "above 0%", "cache=NaN%": "above 0%", "": "there are",
	} {
		parts, err := ParseParts(text)
		if wrong == "" && (err != nil || len(parts) == 0) || wrong != "" && (err == nil || !strings.Contains(err.Error(), wrong)) {
			t.Errorf("%q: %v, %v", text, parts, err)
		}
	}
}

func TestEachKindHasItsShareOfTheUsers(t *testing.T) {
	for _, c := range []struct {
		text  string
		users int
		want  map[string]int
	}{
		{"cache", 3, map[string]int{"cache": 3}},
		{"cache=99%,pool=1%", 40, map[string]int{"cache": 39, "pool": 1}},
		{"usual", 10, map[string]int{"cache": 4, "floor60": 1, "pool": 1, "stale": 1, "runtime30": 1, "retry": 1, "stub": 1}},
		{"usual", 40, map[string]int{"cache": 20, "floor60": 8, "pool": 4, "stale": 2, "runtime30": 2, "retry": 2, "stub": 2}},
	} {
		parts, err := ParseParts(c.text)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for _, k := range kinds(parts, c.users) {
			got[k.Name]++
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s of %d: %s", c.text, c.users, diff)
		}
	}
}

// kindOf returns the kind with a name.
func kindOf(t *testing.T, name string) *UserKind {
	t.Helper()
	parts, err := ParseParts(name)
	if err != nil {
		t.Fatal(err)
	}
	return parts[0].Kind
}

// Each kind keeps an answer of 60 s that changes a moment after it was given for as long as its kind does, at speed 1.
func TestHowLongEachKindKeepsAnAnswer(t *testing.T) {
	old, new := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for name, want := range map[string][2]time.Duration{ // at least, and at most
		"stub": {0, 0}, "cache": {0, time.Minute}, "floor30": {0, time.Minute}, "floor60": {0, time.Minute}, "floor300": {0, 5 * time.Minute},
		"stale": {30 * time.Second, 90 * time.Second}, "runtime30": {0, 90 * time.Second}, "forever": {24 * time.Hour, 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				current := old
				var looks []Look
				c := &client{
					kind: kindOf(t, name), settings: Settings{Speed: 1}, target: &url.URL{Host: "www.hello.test"},
					lookup: func(context.Context, string) (Answer, error) { return Answer{[]netip.Addr{current}, time.Minute}, nil },
					region: netip.Addr.String, looked: func(l Look) { looks = append(looks, l) },
				}
				if err := c.resolve(t.Context()); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				current = new
				for time.Since(began) < 24*time.Hour && c.cached.Addresses[0] == old {
					if err := c.resolve(t.Context()); err != nil {
						t.Fatal(err)
					}
					if c.cached.Addresses[0] == old {
						time.Sleep(time.Second)
					}
				}
				if took := time.Since(began); took < want[0] || took > want[1]+2*time.Second {
					t.Errorf("kept for %s, want %s to %s", took, want[0], want[1])
				}
				if last := looks[len(looks)-1]; name != "forever" && last.Region != new.String() {
					t.Errorf("it told of %v", looks)
				}
			})
		})
	}
}

// A pool asks for the name once while its connection lives, and again when that has ended.
func TestPoolsLookAgainOnlyToConnect(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/end" {
			w.Header().Set("Connection", "close")
		}
	}))
	defer server.Close()
	at := server.Listener.Addr().(*net.TCPAddr)
	var asked atomic.Int32
	c := &client{
		kind: kindOf(t, "pool"), target: &url.URL{Scheme: "http", Host: "www.hello.test", Path: "/"}, port: at.Port, timeout: patience.Limit,
		lookup: func(context.Context, string) (Answer, error) {
			asked.Add(1)
			return Answer{Addresses: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}, nil // a TTL of 0: nothing is kept but the connection
		},
		region: func(a netip.Addr) string { return "at " + a.String() }, looked: func(Look) {},
	}
	c.begin()
	defer c.close()
	for i, want := range []int32{1, 1, 1, 2} {
		if c.target.Path = "/"; i == 2 {
			c.target.Path = "/end"
		}
		kept := i == 1 || i == 2
		if r := c.ask(t.Context(), time.Now()); r.Err != nil || r.Region != "at 127.0.0.1" || asked.Load() != want || r.Kept != kept {
			t.Errorf("request %d: %+v, asked %d times", i, r, asked.Load())
		}
	}
}

// A user who tries again is served where one who does not is not, and his waiting is known.
func TestRetriesAreOneRequest(t *testing.T) {
	var n atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if n.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	at := server.Listener.Addr().(*net.TCPAddr)
	user := func(kind string) *client {
		c := &client{
			kind: kindOf(t, kind), target: &url.URL{Scheme: "http", Host: "www.hello.test", Path: "/"}, port: at.Port, timeout: patience.Limit,
			lookup: func(context.Context, string) (Answer, error) {
				return Answer{[]netip.Addr{netip.MustParseAddr("127.0.0.1")}, time.Hour}, nil
			},
			region: netip.Addr.String, looked: func(Look) {},
		}
		c.begin()
		return c
	}
	if r := user("cache").ask(t.Context(), time.Now()); r.Err == nil {
		t.Error("served at once")
	}
	n.Store(0)
	r := user("retry").ask(t.Context(), time.Now())
	if r.Err != nil || len(r.Paused) != 2 || !r.paused(r.Paused[1].from) || r.serving(r.Paused[1].from) || !r.serving(r.End.Add(-time.Nanosecond)) {
		t.Errorf("%+v", r)
	}
}

// The second address is tried while the first is silent, and at once when the first refuses.
func TestTheNextAddressIsTriedBeforeTheFirstHasFailed(t *testing.T) {
	silent, refusing, good := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("192.0.2.3")
	for first, want := range map[netip.Addr]time.Duration{silent: clients.NextAddress, refusing: 0, good: 0} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			conn, err := firstOf(t.Context(), []netip.Addr{first, good}, func(ctx context.Context, a netip.Addr) (net.Conn, error) {
				switch a {
				case silent:
					<-ctx.Done()
					return nil, ctx.Err()
				case refusing:
					return nil, errors.New("refused")
				}
				ours, theirs := net.Pipe()
				theirs.Close()
				return ours, nil
			})
			if err != nil || time.Since(began) != want {
				t.Errorf("%s first: %v after %s", first, err, time.Since(began))
			}
			if conn != nil {
				conn.Close()
			}
			synctest.Wait()
		})
	}
}

// A prediction is of a kind: pools that never looked again break none.
func TestEachKindIsHeldAgainstItsOwnPrediction(t *testing.T) {
	r := &Report{
		DowntimeMS: Quantile{Max: 900}, PredictedDowntimeMS: 100, PromisedDowntimeMS: 120,
		Kinds: []KindReport{
			{Kind: "cache", DowntimeMS: Spread{Max: 90}, PredictedMS: 100, KeepsTTL: true}, {Kind: "floor300", DowntimeMS: Spread{Max: 400}, PredictedMS: 500},
			{Kind: "pool", DowntimeMS: Spread{Max: 900}},
		},
	}
	if !r.Predicted() || r.Broken() {
		t.Errorf("kept as predicted: %t; the promise is broken: %t", r.Predicted(), r.Broken())
	}
	r.Kinds[0].DowntimeMS.Max = 130
	if r.Predicted() || !r.Broken() {
		t.Errorf("a user who keeps TTLs was longer without service: as predicted: %t; the promise is broken: %t", r.Predicted(), r.Broken())
	}
}
