package console

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
)

// events reads a stream until it has an event of each of some panels, and returns the ids by the panels.
func (c *client) events(after string, panels ...string) map[string]string {
	c.Helper()
	r, err := http.NewRequestWithContext(c.Context(), "GET", c.at+"events", nil)
	if err != nil {
		c.Fatal(err)
	}
	r.Header.Set("Last-Event-ID", after)
	r.AddCookie(c.cookies[0])
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		c.Fatal(err)
	}
	defer a.Body.Close()
	if a.Header.Get("Content-Type") != "text/event-stream" {
		c.Fatalf("%s", a.Header)
	}
	ids, id := map[string]string{}, ""
	for lines := bufio.NewScanner(a.Body); lines.Scan(); {
		lines := lines.Text()
		if v, ok := strings.CutPrefix(lines, "id: "); ok {
			id = v
		}
		if v, ok := strings.CutPrefix(lines, `data: {"panel":"`); ok {
			name, _, _ := strings.Cut(v, `"`)
			ids[name], id = id, ""
		}
		missing := false
		for _, p := range panels {
			_, has := ids[p]
			missing = missing || !has
		}
		if !missing {
			return ids
		}
	}
	c.Fatalf("the stream has ended after %v", ids)
	return nil
}

// A stream that was cut goes on where it was; one of an earlier run begins anew.
func TestStreamResumes(t *testing.T) {
	s := newSample(t)
	cookie, _ := s.sessions.enter(s.sessions.key)
	c := &client{T: t, at: s.at, cookies: []*http.Cookie{cookie}}
	all := c.events("", "status", "answer", "about", "parity", "drills", "rehearsal", "calls", "cloud", "traffic", "actions", "commands")
	last := ""
	for _, id := range all {
		if len(id) > len(last) || len(id) == len(last) && id > last {
			last = id
		}
	}
	s.set("answer", "elsewhere", nil)
	got := c.events(last, "answer")
	delete(got, "pulse")
	if len(got) != 1 || got["answer"] == all["answer"] {
		t.Errorf("after %s came %v", last, got)
	}
	if got := c.events("AAAAAAAA.7", "status", "about", "cloud"); got["status"] != all["status"] {
		t.Errorf("a stream of another run gets %v", got)
	}
	s.sessions.mu.Lock()
	s.sessions.all = nil
	s.sessions.mu.Unlock()
	if code, _, _ := c.do("GET", "events", ""); code != 401 {
		t.Errorf("a session that has ended: %d", code)
	}
}
