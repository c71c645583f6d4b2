package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/understudy/understudy/plan"
	"golang.org/x/term"
)

// page is where a plan is shown. On a terminal its lines fit in the width, and have colours; in a file or a pipe they
// are whole and plain.
type page struct {
	w      io.Writer
	width  int // 0 where lines may be of any length
	colour bool
}

// newPage returns a page on a writer. NO_COLOR, if not empty, turns colours off (no-color.org).
func newPage(w io.Writer) page {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return page{w: w}
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return page{w: w}
	}
	return page{f, max(20, width), os.Getenv("NO_COLOR") == ""}
}

// The colours of actions (ECMA-48 SGR): green, yellow, red, and faint.
var actionColours = map[plan.Action]string{plan.Create: "32", plan.Change: "33", plan.Delete: "31", plan.Wait: "2"}

// line writes one line, in the colour of an action if it has one.
func (p page) line(a plan.Action, format string, args ...any) {
	text := fit(strings.TrimRight(fmt.Sprintf(format, args...), " "), p.width)
	if code := actionColours[a]; p.colour && code != "" {
		text = "\x1b[" + code + "m" + text + "\x1b[0m"
	}
	fmt.Fprintln(p.w, text)
}

var (
	arns    = regexp.MustCompile(`arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:\S*?([^/:\s,)]+)([\s,)]|$)`)
	longIDs = regexp.MustCompile(`\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b([a-z]+-[0-9a-f]{4})[0-9a-f]{9}([0-9a-f]{4})\b`)
)

// fit shortens a line to fewer characters than the width: first ARNs to their last part, then long ids, and then it
// cuts the end off. A width of 0 fits everything.
func fit(s string, width int) string {
	room := width - 1 // some terminals wrap when the last column is written
	if width == 0 || runes(s) <= room {
		return s
	}
	if s = arns.ReplaceAllString(s, "…$1$2"); runes(s) <= room {
		return s
	}
	if s = longIDs.ReplaceAllString(s, "$1$2…$3"); runes(s) <= room {
		return s
	}
	return string([]rune(s)[:room-1]) + "…"
}

func runes(s string) int { return len([]rune(s)) }
