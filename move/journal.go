package move

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/understudy/understudy"
)

// Entry is a move that has begun and not ended.
type Entry struct {
	Stack   string          `json:"stack"`
	Command string          `json:"command"`
	To      understudy.Side `json:"to"`
	Began   time.Time       `json:"began"`
	Done    []string        `json:"done"` // steps
}

func (e *Entry) did(step string) bool { return slices.Contains(e.Done, step) }

// sofar says what is done.
func (e *Entry) sofar() string {
	if len(e.Done) == 0 {
		return "nothing was changed so far"
	}
	return "done so far: " + strings.Join(e.Done, ", ")
}

// Journal is the file that keeps a move that has begun.
type Journal struct{ Path string }

// Read returns the move that has begun; there may be none.
func (j Journal) Read() (e Entry, found bool, err error) {
	b, err := os.ReadFile(j.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return e, false, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &e)
	}
	if err != nil {
		return e, false, fmt.Errorf("read the journal %s: %w", j.Path, err)
	}
	return e, true, nil
}

// Write replaces the journal as a whole: it is renamed into place.
func (j Journal) Write(e Entry) error {
	b, err := json.MarshalIndent(e, "", "  ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(j.Path), 0o700)
	}
	if err == nil {
		err = os.WriteFile(j.Path+".new", b, 0o600)
	}
	if err == nil {
		err = os.Rename(j.Path+".new", j.Path)
	}
	if err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	return nil
}

// Clear removes the journal of a move that has ended.
func (j Journal) Clear() error {
	if err := os.Remove(j.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("clear the journal: %w", err)
	}
	return nil
}
