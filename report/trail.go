package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/understudy/understudy/drill"
)

// Trail is what a drill tells while it runs, for those who look on from another process: a file on its shelf of a line of JSON each. The next
// drill begins it anew.
type Trail struct {
	mu    sync.Mutex
	file  *os.File
	began time.Time
	last  drill.Served
	wrote time.Time
}

// Rehearsal is a drill as its trail has it.
type Rehearsal struct {
	Head
	Steps  []TrailStep  `json:"steps"`
	Counts []TrailCount `json:"counts"`           // whenever they changed
	Heard  time.Time    `json:"heard"`            // when it has told the last
	Ended  bool         `json:"ended"`            // it has told how it ended; a drill that was killed never does
	Error  string       `json:"error,omitempty"`  // why there is no report
	Report string       `json:"report,omitempty"` // the report's name on the shelf
}

// Head is what a drill is, at its beginning.
type Head struct {
	Name      string    `json:"name"` // that users ask for
	Began     time.Time `json:"began"`
	Fault     string    `json:"fault"`
	Primary   string    `json:"primary"`
	Secondary string    `json:"secondary"`
	Users     int       `json:"users"`
	Speed     float64   `json:"speed"`
	PID       int       `json:"pid"`
}

// TrailStep is a step, with the time since the beginning.
type TrailStep struct {
	MS    int64  `json:"ms"`
	Phase string `json:"phase"`
	Text  string `json:"text"`
}

// TrailCount is how many users each region serves; those of "" are served by none.
type TrailCount struct {
	MS     int64        `json:"ms"`
	Served drill.Served `json:"served"`
}

// trailLine is any line: a head, a step, a count, an end.
type trailLine struct {
	Head   *Head        `json:"head,omitempty"`
	MS     int64        `json:"ms,omitempty"`
	Phase  string       `json:"phase,omitempty"`
	Text   string       `json:"text,omitempty"`
	Served drill.Served `json:"served,omitempty"`
	End    *trailEnd    `json:"end,omitempty"`
}

type trailEnd struct {
	Error  string `json:"error,omitempty"`
	Report string `json:"report,omitempty"`
}

// sign is how often a trail shows that its drill lives, where nothing changes.
const sign = time.Second

// TrailFile is where a trail is, if there was one.
func (s Shelf) TrailFile() string { return filepath.Join(string(s), "now.jsonl") }

// Begin begins the trail of a drill.
func (s Shelf) Begin(h Head) (*Trail, error) {
	if err := os.MkdirAll(string(s), 0o700); err != nil {
		return nil, err
	}
	// A new file, so that who reads the old one reads one drill only.
	fresh := s.TrailFile() + ".new"
	f, err := os.OpenFile(fresh, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	t := &Trail{file: f, began: h.Began}
	if err := errors.Join(t.write(trailLine{Head: &h}), os.Rename(fresh, s.TrailFile())); err != nil {
		f.Close()
		return nil, err
	}
	return t, nil
}

// Tell writes an event. A trail that cannot be written any more, on a full disk, does not end the drill.
func (t *Trail) Tell(e drill.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file == nil || e.Text == "" && maps.Equal(e.Served, t.last) && time.Since(t.wrote) < sign {
		return
	}
	if e.Served != nil {
		t.last = maps.Clone(e.Served)
	}
	t.write(trailLine{MS: time.Since(t.began).Milliseconds(), Phase: e.Phase, Text: e.Text, Served: e.Served})
}

// End writes how the drill ended: with a report of this file, or with an error.
func (t *Trail) End(report string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	end := &trailEnd{Report: report}
	if err != nil {
		end.Error = err.Error()
	}
	t.write(trailLine{MS: time.Since(t.began).Milliseconds(), End: end})
	t.file.Close()
	t.file = nil
}

func (t *Trail) write(l trailLine) error {
	b, err := json.Marshal(l)
	if err != nil {
		return err
	}
	t.wrote = time.Now()
	_, err = t.file.Write(append(b, '\n'))
	return err
}

// Now reads the trail of the drill that runs, or of the last one. It is nil where there was none.
func (s Shelf) Now() (*Rehearsal, error) {
	f, err := os.Open(s.TrailFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := &Rehearsal{Steps: []TrailStep{}, Counts: []TrailCount{}}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var l trailLine
		if json.Unmarshal(bytes.TrimSpace(lines.Bytes()), &l) != nil {
			break // the end of a line is still to come
		}
		r.take(l)
	}
	return r, lines.Err()
}

// take adds a line of a trail.
func (r *Rehearsal) take(l trailLine) {
	if l.Head != nil {
		r.Head = *l.Head
	}
	r.Heard = r.Began.Add(time.Duration(l.MS) * time.Millisecond)
	if l.Text != "" {
		r.Steps = append(r.Steps, TrailStep{l.MS, l.Phase, l.Text})
	}
	if n := len(r.Counts); l.Served != nil && (n == 0 || !maps.Equal(r.Counts[n-1].Served, l.Served)) {
		r.Counts = append(r.Counts, TrailCount{l.MS, l.Served})
	}
	if l.End != nil {
		r.Ended, r.Error, r.Report = true, l.End.Error, l.End.Report
	}
}
