package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// pulse is how often a stream tells that it lives, and how old what it has told is.
	pulse = 2 * time.Second
	// sending bounds one write, so that a browser that sleeps does not hold a stream for ever. It is set for each write: a server's WriteTimeout
	// is one deadline for a whole answer.
	sending = 10 * time.Second
)

// stream sends the panels as server-sent events (WHATWG HTML, section 9.2): first all of them, or those that have changed since the event that
// the browser names in Last-Event-ID, and then each change. An id is the console's run and a number, since numbers begin again with each run.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	defer s.board.look()()
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	after := s.numberOf(r.Header.Get("Last-Event-ID"))
	beat := time.NewTicker(s.pulse)
	defer beat.Stop()
	for first := true; ; first = false {
		events, more := s.board.since(after)
		var text bytes.Buffer
		for _, e := range events {
			fmt.Fprintf(&text, "id: %s.%d\ndata: %s\n\n", s.run, e.id, e.body)
			after = e.id
		}
		if first || len(events) == 0 {
			now, _ := json.Marshal(map[string]any{"panel": "pulse", "now": time.Now().UnixMilli(), "read": s.board.read()})
			fmt.Fprintf(&text, "data: %s\n\n", now)
		}
		over := !s.sessions.has(r)
		if over {
			text.Reset()
			text.WriteString("data: {\"panel\":\"over\"}\n\n")
		}
		if out.SetWriteDeadline(time.Now().Add(sending)) != nil {
			return
		}
		if _, err := w.Write(text.Bytes()); err != nil || out.Flush() != nil || over {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-s.ending:
			return
		case <-more:
		case <-beat.C:
		}
	}
}

// numberOf is the number in an id of this run, and 0 for any other.
func (s *Server) numberOf(id string) uint64 {
	run, n, _ := strings.Cut(id, ".")
	number, err := strconv.ParseUint(n, 10, 64)
	if err != nil || run != s.run {
		return 0
	}
	return number
}
