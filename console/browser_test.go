package console

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/understudy/understudy/internal/window"
)

var tabs = flag.Int("tabs", 8, "how many tabs look on at once")

var pictures = flag.String("pictures", "", "write pictures of every view into this folder")

//go:embed testdata/panels.json
var recorded []byte // what a console of a local cloud has sent, by panel

// sample is a console whose panels a test sets.
type sample struct {
	*Server
	at, file string

	mu     sync.Mutex
	panels map[string]any
	failed map[string]error
	stop   context.CancelFunc
	done   chan error
}

// newSample serves a console that shows what was recorded, and changes nothing where it says why.
func newSample(t *testing.T, readOnly ...string) *sample {
	t.Helper()
	s := unopened(t, readOnly...)
	s.open(t)
	return s
}

// unopened is a console that does not serve yet.
func unopened(t *testing.T, readOnly ...string) *sample {
	t.Helper()
	s := &sample{panels: map[string]any{}, failed: map[string]error{}, done: make(chan error, 1)}
	var actions struct{ All []Action }
	var parts map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal(recorded, &parts), json.Unmarshal(parts["actions"], &actions)); err != nil {
		t.Fatal(err)
	}
	s.Server = &Server{
		Actions: actions.All, Folder: t.TempDir(), pulse: 200 * time.Millisecond,
		Commands: &Commands{Program: "/bin/echo", Folder: t.TempDir(), ReadOnly: strings.Join(readOnly, "")},
		Reads: map[string]func(context.Context, url.Values) (any, error){
			"resources": func(_ context.Context, q url.Values) (any, error) {
				if q.Get("kind") == "zones" {
					return nil, errors.New("list Hosted zones: no answer")
				}
				return []map[string]any{{"id": "i-1", "name": "hello", "state": "running", "about": "t3.micro", "detail": map[string]string{"InstanceId": "i-1"}}}, nil
			},
			"output": func(_ context.Context, q url.Values) (any, error) {
				return map[string]string{"instance": q.Get("instance"), "text": "it boots"}, nil
			},
		},
		Documents: func(string) ([]byte, error) { return []byte("<p>a report"), nil },
	}
	for name, part := range parts {
		if name == "actions" || name == "commands" {
			continue // the console's own
		}
		s.panels[name] = part
		s.Panels = append(s.Panels, Panel{Name: name, Every: 50 * time.Millisecond, Read: func(context.Context) (any, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.panels[name], s.failed[name]
		}})
	}
	return s
}

// open serves the console until the test's end.
func (s *sample) open(t *testing.T) {
	t.Helper()
	listener, err := Listen("localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	ready := make(chan struct{})
	go func() {
		s.done <- s.Serve(ctx, listener, func(at, file string) { s.at, s.file = at, file; close(ready) })
	}()
	<-ready
	t.Cleanup(func() {
		s.end(t)
		s.Commands.Close(context.Background())
	})
}

// end ends the console.
func (s *sample) end(t *testing.T) {
	s.stop()
	if err, more := <-s.done; more {
		close(s.done)
		if err != nil {
			t.Error(err)
		}
	}
}

func (s *sample) set(panel string, value any, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.panels[panel], s.failed[panel] = value, err
}

// Every view is shown in words, to everybody: light and dark, in a window and on a telephone.
func TestABrowserShowsEveryView(t *testing.T) {
	s, w := newSample(t), window.Open(t)
	w.Do("enter by the file", w.Go("file://"+s.file), w.Says("#leads", "us-"))
	if at := window.Value[string](w, "location.href"); at != s.at {
		t.Errorf("the address is %s, with the key perhaps", at)
	}
	for view, part := range map[string]string{
		"overview": "users are here", "rehearsal": "The report", "parity": "ingress tcp 22", "history": "Any user", "resources": "t3.micro",
		"metrics": "Requests", "cloud": "DescribeLoadBalancers",
	} {
		for _, light := range []string{"light", "dark"} {
			w.Do(view, w.Scheme(light), w.Run(`location.hash = "`+view+`"`),
				w.Until(`document.querySelector('main > div').dataset.key === '`+view+`'`), w.Says("main", part))
			w.Accessible(view + ", " + light)
			w.Picture(*pictures, view+"-"+light)
		}
		w.Do(view+" on a telephone", w.Size(390, 800), w.Scheme("light"))
		if wide := window.Value[float64](w, `document.documentElement.scrollWidth`); wide > 390 {
			t.Errorf("%s is %v wide on a telephone of 390", view, wide)
		}
		w.Picture(*pictures, view+"-phone")
		w.Do(view, w.Size(1200, 900))
	}
}

// What is not as usual is said in words: what cannot be read, what there is none of, that nothing is heard any more, and how a browser gets in.
func TestABrowserShowsEveryState(t *testing.T) {
	s, w := newSample(t), window.Open(t)
	w.Do("come without a key", w.Go(s.at), w.Says("#enter", "no session"), w.Says("#link", "Not connected"))
	w.Accessible("no session")
	w.Picture(*pictures, "state-no-session")
	w.Do("a wrong key", w.Run(`document.querySelector('#enter input').value = 'GUESS'`), w.Click("#enter button"), w.Says("#refused", "not the console's"))
	w.Do("the key", w.Run(`document.querySelector('#enter input').value = '`+s.sessions.key+`'`),
		w.Click("#enter button"), w.Says("#leads", "us-east-1"), w.Says("#link", "Live"))
	seenLoading(t)
	s.set("status", s.panels["status"], errors.New("find the local cloud: it does not answer"))
	w.Do("an error", w.Says(".alert", "it does not answer"), w.Says("main", "What follows is of"))
	if said := window.Value[int](w, `document.querySelectorAll('.alert').length`); said != 1 {
		t.Errorf("one error is said %d times", said)
	}
	w.Accessible("an error")
	w.Picture(*pictures, "state-error")
	var lost map[string]any
	if err := json.Unmarshal(s.panels["status"].(json.RawMessage), &lost); err != nil {
		t.Fatal(err)
	}
	standby := lost["regions"].([]any)[1].(map[string]any)
	standby["silent"], standby["resources"], standby["targets"], standby["passing"], standby["balancer"] = "us-west-2 does not answer", []any{}, []any{}, false, ""
	lost["regions"].([]any)[0].(map[string]any)["needed"] = 1
	lost["regions"].([]any)[0].(map[string]any)["checks"] = []any{
		map[string]any{"name": "failover.check", "checkers": 16, "healthy": 16, "passing": true},
		map[string]any{"name": "failover.checks[0]", "checkers": 16, "healthy": 2, "passing": false},
	}
	s.set("status", lost, nil)
	w.Do("several checks", w.Says(".region.primary", "1 of 2 checks have to pass"), w.Says(".region.primary", "✗ failover.checks[0]: 2 of 16"))
	w.Do("a lost region", w.Says(".region.secondary", "Its API does not answer"), w.Says(".region.secondary", "does not pass"))
	w.Picture(*pictures, "state-region-lost")
	s.set("drills", []any{}, nil)
	s.set("rehearsal", nil, nil)
	s.set("calls", []any{}, nil)
	for view, words := range map[string]string{"history": "No drill was kept yet", "rehearsal": "No drill has run", "cloud": "Nobody has called yet"} {
		w.Do("an empty "+view, w.Run(`location.hash = '`+view+`'`), w.Says("main", words))
		w.Accessible("an empty " + view)
		w.Picture(*pictures, "state-empty-"+view)
	}
	w.Do("what cannot be listed", w.Run(`location.hash = 'resources'`), w.Says("main", "t3.micro"),
		w.Run(`const k = document.querySelector('[name=kind]'); k.value = 'zones'; k.onchange({target: k})`), w.Says(".alert", "no answer"))
	s.end(t)
	w.Do("the end", w.Says("#link", "Not connected: last heard"), w.Until(`document.body.classList.contains('stale')`))
	w.Accessible("not connected")
	w.Picture(*pictures, "state-not-connected")
	if text := window.Value[string](w, `document.body.innerText`); strings.Contains(text, "cannot be drawn") {
		t.Errorf("a view throws: %s", text)
	}
}

// seenLoading holds that what was not read yet is said to be loading, in a page that is live.
func seenLoading(t *testing.T) {
	t.Helper()
	slow, w := unopened(t), window.Open(t)
	for i := range slow.Panels {
		slow.Panels[i].Read = func(ctx context.Context) (any, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
	}
	slow.open(t)
	w.Do("enter while nothing is read", w.Go("file://"+slow.file), w.Says("#link", "Live"), w.Says("main", "Loading."))
	w.Accessible("loading")
	w.Picture(*pictures, "state-loading")
}

// A button asks first, with Cancel in focus, says what it runs, and shows what that prints.
func TestAButtonRunsTheCommandThatItShows(t *testing.T) {
	s, w := newSample(t), window.Open(t)
	w.Do("enter", w.Go("file://"+s.file), w.Says("main", "No command was started"))
	w.Do("ask", w.Click(".buttons button"), w.Until(`document.activeElement.id === 'ask-cancel'`), w.Says("#ask", "is taken away from the users"))
	w.Accessible("the question")
	w.Do("choose", w.Click(`#ask [value=isolate]`), w.Click(`#ask [value=parity]`),
		w.Says("#ask-command", "understudy drill --yes -f examples/hello/understudy.yaml --local --fault isolate --force parity"))
	w.Picture(*pictures, "question")
	w.Do("cancel", w.Click("#ask-cancel"), w.Until(`!document.querySelector('#ask').open`), w.Says("main", "No command was started"))
	w.Do("do", w.Click(".buttons button"), w.Click(`#ask [value=isolate]`), w.Click("#ask-do"), w.Until(`location.hash === '#rehearsal'`),
		w.Says(".commands", "done: understudy drill"), w.Run(`document.querySelector('.commands details').open = true`),
		w.Says(".commands pre", "drill --yes -f examples/hello/understudy.yaml --local --fault isolate"))
	w.Picture(*pictures, "command")

	shows := newSample(t, "only shown")
	w.Do("enter one that only shows", w.Go("file://"+shows.file), w.Says("main", "only shown"), w.Until(`document.querySelector('.buttons button').disabled`))
	w.Picture(*pictures, "state-read-only")
	if said := window.Value[string](w, `send('/start', {action: 'drill'}).then(a => a.error)`); said != "only shown" {
		t.Errorf("a console that only shows says %q", said)
	}
}

// A browser has six connections to a host; tabs beyond that are live, too, since all share one stream.
func TestManyTabsAreLive(t *testing.T) {
	s, w := newSample(t), window.Open(t)
	w.Do("enter", w.Go("file://"+s.file), w.Says("#link", "Live"))
	all := []*window.Window{w}
	for range *tabs - 1 {
		tab := w.Tab()
		tab.Do("another tab", tab.Go(s.at), tab.Says("#leads", "us-east-1"), tab.Says("#link", "Live"))
		all = append(all, tab)
	}
	s.set("answer", map[string]any{"side": "secondary", "addresses": []string{"127.1.2.1"}}, nil)
	for _, tab := range all {
		tab.Do("news", tab.Says("#leads", "us-west-2, the secondary"))
	}
}

// Another origin's page, another port's of this host for one, can neither read nor start anything.
func TestAnotherPageCannotReachTheConsole(t *testing.T) {
	s, w := newSample(t), window.Open(t)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<p>another page")) }))
	t.Cleanup(other.Close)
	w.Do("enter", w.Go("file://"+s.file), w.Says("#link", "Live"), w.Go(other.URL), w.Says("p", "another page"))
	for name, script := range map[string]string{
		"read":       `fetch('` + s.at + `read/resources?region=r&kind=k', {credentials: 'include'}).then(r => r.text())`,
		"blind read": `fetch('` + s.at + `session', {credentials: 'include', mode: 'no-cors'}).then(r => r.status || Promise.reject('refused'))`,
		"start": `fetch('` + s.at + `start', {method: 'POST', credentials: 'include', mode: 'no-cors', body: '{"action":"drill"}'})
			.then(r => r.status || Promise.reject('refused'))`,
		"listen": `new Promise((y, n) => { const e = new EventSource('` + s.at + `events', {withCredentials: true}); ` +
			`e.onmessage = m => y(m.data); e.onerror = () => n('refused'); })`,
		"frame": `new Promise((y, n) => { const f = document.createElement('iframe'); f.src = '` + s.at + `'; document.body.append(f);
			f.onload = () => { try { y(f.contentWindow.document.title) } catch { n('refused') } } })`,
	} {
		if got := window.Value[string](w, script+`.then(x => 'got ' + x, e => 'refused: ' + e)`); !strings.HasPrefix(got, "refused") {
			t.Errorf("%s: %s", name, got)
		}
	}
	if n := len(s.Commands.all); n != 0 {
		t.Errorf("%d commands were started", n)
	}
}
