package balancer

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// visit asks with cookies, and returns the body and the cookies that the answer sets, by name.
func (w *world) visit(cookies ...*http.Cookie) (body string, set map[string]*http.Cookie) {
	w.t.Helper()
	r, _ := http.NewRequest("GET", "http://hello.example/", nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	resp, err := w.client.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, _ := io.ReadAll(resp.Body)
	set = map[string]*http.Cookie{}
	for _, c := range resp.Cookies() {
		set[c.Name] = c
	}
	return string(b), set
}

// A client with the load balancer's cookie stays at its target, for as long as is said after its last answer and the target is well.
func TestClientsStayAtTheirTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var ill sync.Map
		targets := []Target{at("10.0.1.5:80"), at("10.0.1.6:80"), at("10.0.1.7:80")}
		for _, at := range targets {
			w.serve(t, at.ID, func(rw http.ResponseWriter, r *http.Request) {
				if _, is := ill.Load(at.ID); is && r.URL.Path == "/health" {
					rw.WriteHeader(500)
				}
				_, _ = io.WriteString(rw, at.ID)
			})
		}
		g := group(targets...)
		g.Sticky = Stickiness{For: time.Hour}
		w.configure([]Group{g})
		settle()
		first, set := w.visit()
		if c := set["AWSALB"]; c == nil || c.Path != "/" || time.Until(c.Expires).Round(time.Minute) != 7*24*time.Hour {
			t.Fatalf("the cookie is %+v", c)
		}
		if c := set["AWSALBCORS"]; c == nil || c.SameSite != http.SameSiteNoneMode {
			t.Errorf("its twin is %+v", c)
		}
		mine := set["AWSALB"]
		for range 7 {
			time.Sleep(50 * time.Minute)
			body, set := w.visit(mine)
			if body != first {
				t.Fatalf("it went from %s to %s", first, body)
			}
			mine = set["AWSALB"]
		}
		forged := *mine
		forged.Value = strings.ToUpper(forged.Value[:10]) + forged.Value[10:]
		seen := map[string]bool{}
		for range 6 {
			body, _ := w.visit(&forged)
			seen[body] = true
		}
		if len(seen) != 3 {
			t.Errorf("a forged cookie leads to %v only", seen)
		}
		time.Sleep(61 * time.Minute)
		seen = map[string]bool{}
		for range 6 {
			body, _ := w.visit(mine)
			seen[body] = true
		}
		if len(seen) != 3 {
			t.Errorf("a cookie that is over leads to %v only", seen)
		}
		_, set = w.visit()
		was, _ := w.visit(set["AWSALB"])
		ill.Store(was, true)
		time.Sleep(2 * time.Minute)
		now, moved := w.visit(set["AWSALB"])
		if now == was {
			t.Errorf("it stays at %s, which is ill", was)
		}
		ill.Delete(was)
		time.Sleep(2 * time.Minute)
		if again, _ := w.visit(moved["AWSALB"]); again != now {
			t.Errorf("it goes back from %s to %s", now, again)
		}
	})
}

// With an application's cookie stickiness begins when the application sets it, and ends when the client has it no more.
func TestClientsStayWithTheApplicationsCookie(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var login atomic.Bool
		targets := []Target{at("10.0.1.5:80"), at("10.0.1.6:80")}
		for _, at := range targets {
			w.serve(t, at.ID, func(rw http.ResponseWriter, _ *http.Request) {
				if login.Load() {
					http.SetCookie(rw, &http.Cookie{Name: "SESSION", Value: "1"})
				}
				_, _ = io.WriteString(rw, at.ID)
			})
		}
		g := group(targets...)
		g.Sticky = Stickiness{For: time.Hour, AppCookie: "SESSION"}
		w.configure([]Group{g})
		settle()
		if _, set := w.visit(); len(set) != 0 {
			t.Errorf("before the application's there is %v", set)
		}
		login.Store(true)
		first, set := w.visit()
		login.Store(false)
		session, own := set["SESSION"], set["AWSALBAPP-0"]
		if session == nil || own == nil {
			t.Fatalf("the answer sets %v", set)
		}
		for range 4 {
			if body, set := w.visit(session, own); body != first || set["AWSALBAPP-0"] == nil {
				t.Errorf("it went from %s to %s with %v", first, body, set)
			}
		}
		other := map[string]bool{}
		for range 4 {
			body, _ := w.visit(own)
			other[body] = true
		}
		if len(other) != 2 {
			t.Errorf("without the application's cookie it stays at %v", other)
		}
	})
}

// A rule may keep clients in one of its target groups.
func TestClientsStayInTheirGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.serve(t, "10.0.1.5:80", says("a"))
		w.serve(t, "10.0.1.6:80", says("b"))
		a, b := group(at("10.0.1.5:80")), group(at("10.0.1.6:80"))
		b.ID = "b"
		action := Action{Forward: []Weighted{{a.ID, 1}, {b.ID, 1}}, Sticky: time.Hour}
		w.configure([]Group{a, b}, Rule{Action: action})
		settle()
		for range 4 {
			first, set := w.visit()
			for range 10 {
				var body string
				if body, set = w.visit(set["AWSALBTG"]); body != first {
					t.Fatalf("it went from %s to %s", first, body)
				}
			}
			action.Forward[map[string]int{"a": 0, "b": 1}[first]].Weight = 0 // the group gets no more requests
			w.configure([]Group{a, b}, Rule{Action: action})
			if body, _ := w.visit(set["AWSALBTG"]); body == first {
				t.Errorf("it stays in %s, which has no weight", first)
			}
			action.Forward = []Weighted{{a.ID, 1}, {b.ID, 1}}
			w.configure([]Group{a, b}, Rule{Action: action})
		}
	})
}
