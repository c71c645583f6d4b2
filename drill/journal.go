package drill

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/understudy/understudy"
)

// Journal is the file that records what a drill has broken and not yet repaired. It is written and synced
// before the fault and removed after the repair.
type Journal struct {
	Path string
}

// Entry is one fault that is not repaired.
type Entry struct {
	Stack  string          `json:"stack"`
	Fault  string          `json:"fault"`          // the fault's kind
	Side   understudy.Side `json:"side,omitempty"` // that is broken; the primary, where none is said
	Broken time.Time       `json:"broken"`
	// ID, Owner and Expires are in the account's marker too. After Expires, the drill does not run any more.
	ID      string          `json:"id,omitempty"`
	Owner   string          `json:"owner,omitempty"`
	Expires time.Time       `json:"expires,omitzero"`
	Undo    json.RawMessage `json:"undo"` // what the kind needs to repair
}

// String describes an entry in one line.
func (e Entry) String() string {
	s := e.Fault + " of " + e.Stack
	if e.Side == understudy.Secondary {
		s += "'s secondary"
	}
	if e.Owner != "" {
		s += " by " + e.Owner
	}
	s += " since " + e.Broken.Local().Format("2006-01-02 15:04:05")
	if !e.Expires.IsZero() {
		s += ", until " + e.Expires.Local().Format("15:04:05") + " at the latest"
	}
	return s
}

// Expired tells whether the drill cannot be running any more.
func (e Entry) Expired(now time.Time) bool { return !e.Expires.IsZero() && now.After(e.Expires) }

// ErrInForce means that a drill's fault has not been repaired: another drill must not begin.
var ErrInForce = errors.New("an earlier drill's fault is still in force")

// Read returns the entry, or false if there is none.
func (j Journal) Read() (Entry, bool, error) {
	b, err := os.ReadFile(j.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return Entry{}, false, nil
	}
	if err != nil {
		return Entry{}, false, fmt.Errorf("read drill journal: %w", err)
	}
	var e Entry
	if err := json.Unmarshal(b, &e); err != nil {
		return Entry{}, false, fmt.Errorf("read drill journal %s: %w", j.Path, err)
	}
	return e, true, nil
}

// Write writes an entry, completely or not at all. It fails with ErrInForce if there is one.
func (j Journal) Write(e Entry) error {
	if _, found, err := j.Read(); err != nil {
		return err
	} else if found {
		return fmt.Errorf("%w: %s", ErrInForce, j.Path)
	}
	b, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return fmt.Errorf("write drill journal: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(j.Path), 0o700); err != nil {
		return fmt.Errorf("write drill journal: %w", err)
	}
	if err := writeSynced(j.Path, b); err != nil {
		return fmt.Errorf("write drill journal: %w", err)
	}
	return nil
}

// writeSynced writes a file and then links it to its name. Linking fails if the name exists, so of two drills
// that begin at once, one is refused.
func writeSynced(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".journal-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); errors.Is(err, fs.ErrExist) {
		return ErrInForce
	} else if err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// Clear removes the entry, since the fault was repaired.
func (j Journal) Clear() error {
	if err := os.Remove(j.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("clear drill journal: %w", err)
	}
	return nil
}
