package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/understudy/understudy/plan"
	"golang.org/x/term"
)

// progress shows on stderr what is being done: a line for each step that has ended and, on a terminal,
// below these the running steps with their time and what they wait for. In a pipe, a line tells now and then what is
// waited for, so that nobody takes a long wait for a hang.
type progress struct {
	w     io.Writer
	width int // of the terminal; 0 where there is none
	total int
	now   func() time.Time

	mu      sync.Mutex
	began   time.Time
	done    int
	running []underWay
	drawn   int // lines of the live part that stand on the terminal
	stop    chan struct{}
	stopped sync.WaitGroup
}

type underWay struct {
	step  plan.Step
	began time.Time
	waits string // for what; empty where it is not known
}

// heartbeat is how often a pipe is told what is waited for.
const heartbeat = 20 * time.Second

// newProgress reports on a plan; close it when the plan is applied.
func newProgress(f *os.File, total int) *progress {
	p := &progress{w: f, total: total, now: time.Now, began: time.Now(), stop: make(chan struct{})}
	if width, _, err := term.GetSize(int(f.Fd())); err == nil && os.Getenv("TERM") != "dumb" {
		p.width = max(20, width)
		p.stopped.Go(func() { p.often(100*time.Millisecond, p.draw) })
	} else {
		p.stopped.Go(func() { p.often(heartbeat, p.beat) })
	}
	return p
}

func (p *progress) often(pause time.Duration, tell func()) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-tick.C:
			p.mu.Lock()
			tell()
			p.mu.Unlock()
		}
	}
}

// close removes the live part.
func (p *progress) close() {
	close(p.stop)
	p.stopped.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
}

// Began records that a step runs.
func (p *progress) Began(s plan.Step) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running = append(p.running, underWay{step: s, began: p.now()})
	p.draw()
}

// Waits records what a step waits for.
func (p *progress) Waits(s plan.Step, what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, r := range p.running {
		if r.step.Resource == s.Resource && r.step.ID == s.ID {
			p.running[i].waits, _, _ = strings.Cut(what, "\n")
		}
	}
}

// beat tells a pipe what is under way.
func (p *progress) beat() {
	for _, r := range p.running {
		fmt.Fprintf(p.w, "%7s   still waiting: %s (%s, %s)%s\n", short(p.now().Sub(p.began)), r.step.Resource, r.step.Action,
			short(p.now().Sub(r.began)), r.why())
	}
}

// why says what a step waits for.
func (u underWay) why() string {
	if u.waits == "" {
		return ""
	}
	return ": " + u.waits
}

// Ended writes a step's line, which stays.
func (p *progress) Ended(s plan.Step, took time.Duration, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, r := range p.running {
		if r.step.Resource == s.Resource {
			p.running = append(p.running[:i], p.running[i+1:]...)
			break
		}
	}
	p.done++
	p.erase()
	sign, id := signs[s.Action], s.ID
	if err != nil {
		sign, id = "!", "failed"
	}
	fmt.Fprintln(p.w, fit(fmt.Sprintf("%7s %s %-6s %-28s %6s  %s", short(p.now().Sub(p.began)), sign, s.Action, s.Resource, short(took), id), p.width))
	p.draw()
}

// Noted writes a line about a step that goes on.
func (p *progress) Noted(s plan.Step, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	fmt.Fprintf(p.w, "%7s   note   %s: %s\n", short(p.now().Sub(p.began)), s.Resource, text)
	p.draw()
}

// draw writes the live part again, with few enough lines for any window.
func (p *progress) draw() {
	const most = 8
	if p.width == 0 {
		return
	}
	p.erase()
	for i, r := range p.running {
		if i == most {
			break
		}
		p.line(fmt.Sprintf("%7s   %-6s %s%s", short(p.now().Sub(r.began)), r.step.Action, r.step.Resource, r.why()))
	}
	if len(p.running) > 0 {
		p.line(fmt.Sprintf("%7s   %d of %d done, %d under way", short(p.now().Sub(p.began)), p.done, p.total, len(p.running)))
	}
}

func (p *progress) line(s string) {
	fmt.Fprintln(p.w, fit(s, p.width))
	p.drawn++
}

// erase moves up over the live part and clears to the end of the screen (ECMA-48 CUU and ED).
func (p *progress) erase() {
	if p.drawn > 0 {
		fmt.Fprint(p.w, strings.Join([]string{"\x1b[", fmt.Sprint(p.drawn), "A\x1b[J"}, ""))
		p.drawn = 0
	}
}

// short renders a duration in few characters.
func short(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return d.Round(time.Second).String()
}

var (
	_ plan.Reporter = (*progress)(nil)
	_ plan.Noting   = (*progress)(nil)
	_ plan.Hearing  = (*progress)(nil)
)
