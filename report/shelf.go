package report

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/understudy/understudy/drill"
)

// Shelf is a folder that keeps the reports of one stack's drills, each a JSON file that is named after its beginning.
type Shelf string

// Keep puts a report on the shelf, and returns its file.
func (s Shelf) Keep(r *drill.Report) (string, error) {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(string(s), 0o700); err != nil {
		return "", err
	}
	file := filepath.Join(string(s), r.Began.UTC().Format("2006-01-02T15-04-05.000Z")+".json")
	return file, os.WriteFile(file, append(b, '\n'), 0o600)
}

// Kept is a report on a shelf.
type Kept struct {
	File string
	*drill.Report
}

// All returns what is on the shelf, the oldest first. A shelf that is not there has none. A file that cannot be read is an error.
func (s Shelf) All() (all []Kept, err error) {
	files, err := filepath.Glob(filepath.Join(string(s), "*.json"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		r, err := readFile(file)
		if err != nil {
			return nil, err
		}
		all = append(all, Kept{file, r})
	}
	slices.SortFunc(all, func(a, b Kept) int { return a.Began.Compare(b.Began) })
	return all, nil
}

// One returns the report in a file of the shelf, by the file's name. The error is fs.ErrNotExist for what is no such name.
func (s Shelf) One(name string) (*drill.Report, error) {
	if filepath.Base(name) != name || filepath.Ext(name) != ".json" {
		return nil, fs.ErrNotExist
	}
	return readFile(filepath.Join(string(s), name))
}

func readFile(file string) (*drill.Report, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r, err := Read(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return r, nil
}

// like tells whether two drills are of the same kind, so that their times can be held against each other.
func like(a, b *drill.Report) bool {
	return a.Fault == b.Fault && a.Speed == b.Speed && a.Name == b.Name && a.Aborted == "" && b.Aborted == ""
}

// Grown compares the newest drill with those before it of the same kind: which share the 99th percentile of the time without service has
// grown by, against their median; 0.2 is a fifth. It is not told (ok is false) where there is none before it. What is within the time from
// one request of a user to the next is no growth.
func Grown(all []Kept) (by float64, ok bool) {
	if len(all) == 0 {
		return 0, false
	}
	last := all[len(all)-1]
	var before []float64
	for _, k := range all[:len(all)-1] {
		if like(k.Report, last.Report) {
			before = append(before, k.DowntimeMS.P99)
		}
	}
	if len(before) == 0 || last.Aborted != "" {
		return 0, false
	}
	slices.Sort(before)
	median := before[len(before)/2]
	if last.DowntimeMS.P99 <= median+last.GrainMS {
		return min(0, last.DowntimeMS.P99/max(median, 1)-1), true
	}
	return last.DowntimeMS.P99/max(median, last.GrainMS, 1) - 1, true
}
