package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Action is a command that a button starts.
type Action struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Does    string   `json:"does"`    // what happens and to whom, for the question before
	Command []string `json:"command"` // the program's arguments, without those of options
	Options []Option `json:"options,omitempty"`
	Once    bool     `json:"once,omitempty"` // not while it runs
}

// Option is a flag of an action's command that takes one of some values, or several.
type Option struct {
	Flag    string   `json:"flag"`
	Title   string   `json:"title"`
	Choices []Choice `json:"choices"`
	Default string   `json:"default,omitempty"` // the value that stands for no flag
	Many    bool     `json:"many,omitempty"`
}

// Choice is one value.
type Choice struct {
	Value string `json:"value"`
	Help  string `json:"help,omitempty"`
}

// arguments are those of the command with some values of its options. Only what the action lists is taken, so that a page can start nothing else.
func (a *Action) arguments(values map[string][]string) ([]string, error) {
	args := slices.Clone(a.Command)
	for flag := range values {
		if !slices.ContainsFunc(a.Options, func(o Option) bool { return o.Flag == flag }) {
			return nil, fmt.Errorf("%s has no option %s", a.Name, flag)
		}
	}
	for _, o := range a.Options {
		given := values[o.Flag]
		if len(given) > 1 && !o.Many {
			return nil, fmt.Errorf("%s takes one value", o.Flag)
		}
		for _, v := range given {
			if !slices.ContainsFunc(o.Choices, func(c Choice) bool { return c.Value == v }) {
				return nil, fmt.Errorf("%s is no value of %s", v, o.Flag)
			}
		}
		if len(given) > 0 && !slices.Equal(given, []string{o.Default}) {
			args = append(args, o.Flag, strings.Join(given, ","))
		}
	}
	return args, nil
}

// Commands runs commands of this program. Each writes into a file, so that it goes on where the console is killed.
type Commands struct {
	Program  string
	Env      []string
	Folder   string // for what they print
	ReadOnly string // why none may be started; empty where they may

	mu       sync.Mutex
	all      []*run
	last     int
	ended    sync.WaitGroup
	changed  func() // one has begun, or was stopped
	finished func() // one has ended: what it has changed is to be seen
}

// mostRuns is how many commands are shown; those that have ended go first.
const mostRuns = 20

// mostPrinted is how much of a command's output is shown, from its end, in bytes.
const mostPrinted = 8 << 10

// run is a command that was started.
type run struct {
	ID      int       `json:"id"`
	Action  string    `json:"action"`
	Command string    `json:"command"` // as one would type it
	Began   time.Time `json:"began"`
	Ended   time.Time `json:"ended,omitzero"`
	Code    int       `json:"code"`              // its exit code, once it has ended
	Stopped bool      `json:"stopped,omitempty"` // somebody has asked it to stop
	Output  string    `json:"output"`

	cmd  *exec.Cmd
	file *os.File
}

var (
	errRuns    = errors.New("it runs already")
	errNotRuns = errors.New("it does not run")
)

// start starts an action's command.
func (c *Commands) start(a *Action, args []string) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a.Once && slices.ContainsFunc(c.all, func(r *run) bool { return r.Action == a.Name && r.Ended.IsZero() }) {
		return 0, errRuns
	}
	c.last++
	file, err := os.OpenFile(filepath.Join(c.Folder, fmt.Sprintf("run-%d.log", c.last)), os.O_CREATE|os.O_EXCL|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return 0, err
	}
	r := &run{ID: c.last, Action: a.Name, Command: Shell(append([]string{"understudy"}, args...)), Began: time.Now(), file: file}
	r.cmd = exec.Command(c.Program, args...)
	r.cmd.Env, r.cmd.Stdout, r.cmd.Stderr = append(c.Env, "NO_COLOR=1"), file, file
	r.cmd.SysProcAttr = apart()
	if err := r.cmd.Start(); err != nil {
		file.Close()
		os.Remove(file.Name())
		return 0, err
	}
	c.all = append(c.all, r)
	if len(c.all) > mostRuns {
		c.drop()
	}
	c.ended.Go(func() { c.await(r) })
	c.changed()
	return r.ID, nil
}

// drop forgets the oldest command that has ended.
func (c *Commands) drop() {
	if i := slices.IndexFunc(c.all, func(r *run) bool { return !r.Ended.IsZero() }); i >= 0 {
		c.all[i].forget()
		c.all = slices.Delete(c.all, i, i+1)
	}
}

func (r *run) forget() {
	r.file.Close()
	os.Remove(r.file.Name())
}

func (c *Commands) await(r *run) {
	err := r.cmd.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	r.Ended, r.Code = time.Now(), r.cmd.ProcessState.ExitCode()
	if err != nil && r.Code == 0 {
		r.Code = -1
	}
	c.finished()
}

// stop asks a command to end, as Ctrl-C does: a drill repairs what it broke.
func (c *Commands) stop(id int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.all {
		if r.ID == id && r.Ended.IsZero() {
			r.Stopped = true
			defer c.changed()
			return r.cmd.Process.Signal(os.Interrupt)
		}
	}
	return errNotRuns
}

// Close asks all commands that run to end, waits for them until ctx ends, and removes what they printed. It returns how many still run.
func (c *Commands) Close(ctx context.Context) (left int) {
	for _, r := range c.running() {
		c.stop(r)
	}
	done := make(chan struct{})
	go func() { c.ended.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
	left = c.Running()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.all {
		if !r.Ended.IsZero() {
			r.forget()
		}
	}
	return left
}

// Running is how many commands have not ended.
func (c *Commands) Running() int { return len(c.running()) }

// running are the ids of the commands that have not ended.
func (c *Commands) running() (ids []int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.all {
		if r.Ended.IsZero() {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// shown is the panel of the commands, the newest first.
func (c *Commands) shown(context.Context) (any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]run, 0, len(c.all))
	for _, r := range slices.Backward(c.all) {
		now := *r
		now.Output = tail(r.file)
		all = append(all, now)
	}
	return all, nil
}

// tail is the end of a file, from the beginning of a line on.
func tail(f *os.File) string {
	info, err := f.Stat()
	if err != nil {
		return err.Error()
	}
	from := max(0, info.Size()-mostPrinted)
	b, err := io.ReadAll(io.NewSectionReader(f, from, mostPrinted))
	if err != nil {
		return err.Error()
	}
	text := strings.ToValidUTF8(string(b), "")
	if from > 0 {
		_, text, _ = strings.Cut(text, "\n")
		text = "[what came before is left out]\n" + text
	}
	return text
}

// Shell writes arguments as one types them in a shell.
func Shell(args []string) string {
	words := make([]string, len(args))
	for i, a := range args {
		if words[i] = a; a == "" || strings.ContainsFunc(a, special) {
			words[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}

// special tells whether a character means something to a shell.
func special(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=,@%+", r))
}
