package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/understudy/understudy/drill"
	"github.com/understudy/understudy/report"
)

// drillTrail lets other processes of this user look on at a drill, `understudy console` for one. It begins with the drill's first event: a drill
// that is refused leaves the trail of one that runs alone.
type drillTrail struct {
	shelf report.Shelf
	drill *drill.Drill
	warn  io.Writer

	once  sync.Once
	trail *report.Trail
}

func (t *drillTrail) tell(e drill.Event) {
	t.once.Do(t.begin)
	if t.trail != nil {
		t.trail.Tell(e)
	}
}

func (t *drillTrail) begin() {
	d := t.drill
	trail, err := t.shelf.Begin(report.Head{
		Name: d.URL.Hostname(), Began: time.Now(), Fault: d.Fault.Kind(), Primary: d.Primary, Secondary: d.Secondary,
		Users: d.Clients, Speed: max(d.Settings.Speed, 1), PID: os.Getpid(),
	})
	if err != nil {
		fmt.Fprintf(t.warn, "understudy: nobody can look on: %v\n", err)
		return
	}
	t.trail = trail
}

// end says which file has the report, or why there is none.
func (t *drillTrail) end(file string, err error) {
	if t.trail == nil {
		return
	}
	if err != nil {
		t.trail.End("", err)
		return
	}
	t.trail.End(filepath.Base(file), nil)
}
