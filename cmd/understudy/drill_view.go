package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/understudy/understudy/drill"
	"golang.org/x/term"
)

// drillView shows a drill on stderr: a line for each step and, on a terminal, one below that is drawn
// repeatedly and shows which region serves how many users.
type drillView struct {
	w     io.Writer
	live  bool
	began time.Time

	mu     sync.Mutex
	drawn  bool
	phase  string
	closed bool
}

func newDrillView(f *os.File) *drillView {
	return &drillView{w: f, live: term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb", began: time.Now()}
}

// tell takes an event of the drill.
func (v *drillView) tell(e drill.Event) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return
	}
	v.erase()
	if e.Text != "" {
		v.phase = e.Phase
		fmt.Fprintf(v.w, "%6.1fs  %-9s %s%s\n", time.Since(v.began).Seconds(), e.Phase, e.Text, counts(e.Served))
	}
	if v.live && e.Served != nil {
		fmt.Fprintf(v.w, "%6.1fs  %-9s %s", time.Since(v.began).Seconds(), v.phase, bars(e.Served))
		v.drawn = true
	}
}

// erase removes the live line.
func (v *drillView) erase() {
	if v.drawn {
		fmt.Fprint(v.w, "\r\x1b[K")
		v.drawn = false
	}
}

func (v *drillView) close() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.erase()
	v.closed = true
}

// nobody is the name shown for users that no region serves.
const nobody = "nobody"

func named(region string) string {
	if region == "" {
		return nobody
	}
	return region
}

func counts(s drill.Served) string {
	var all []string
	for _, region := range slices.Sorted(maps.Keys(s)) {
		all = append(all, fmt.Sprintf("%s %d", named(region), s[region]))
	}
	if len(all) == 0 {
		return ""
	}
	return " (" + strings.Join(all, ", ") + ")"
}

// bars draws a mark for each user, at most twenty, by the region that serves the user.
func bars(s drill.Served) string {
	total := 0
	for _, n := range s {
		total += n
	}
	var all []string
	for _, region := range slices.Sorted(maps.Keys(s)) {
		marks := (s[region]*20 + total - 1) / total
		all = append(all, fmt.Sprintf("%s %s %d", named(region), strings.Repeat("█", marks), s[region]))
	}
	return strings.Join(all, "  ")
}
