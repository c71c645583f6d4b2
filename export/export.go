// Package export writes the stack that a declaration means in other languages, for those who leave.
//
// What is written comes from a blueprint, which package plan draws of the resources that it would build (plan/blueprint.go). Each language
// translates a piece by its kind, and must read all of its settings: a kind or a setting that it does not know is an error, so that
// nothing that is declared is missing in silence. What a language can say only in part is a remark.
package export

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/understudy/understudy/plan/resource"
)

// Result is a stack in another language.
type Result struct {
	Files   map[string][]byte // by their names, with / between folders
	Remarks []resource.Remark // what the files say only in part, or otherwise
}

// Names lists the files' names in their order.
func (r *Result) Names() []string { return slices.Sorted(maps.Keys(r.Files)) }

// manifest is the file in which an export lists what it has written, as sha256sum does. By it a later export tells its own files from those
// of others, and from its own that somebody has changed.
const manifest = ".understudy-export"

// ForeignError names files that are in the way: no export has written them, or somebody has changed them since.
type ForeignError struct{ Files []string }

func (e *ForeignError) Error() string {
	return "not as an export has written them: " + strings.Join(e.Files, ", ")
}

// Write puts the files into a folder, which is made if need be. Other files in it stay as they are. Where one has the name of a file to be
// written, or has been changed since an export wrote it, nothing is written, unless that is forced. Files that an earlier export has written and
// this one does not are removed.
func (r *Result) Write(dir string, force bool) error {
	old, err := readManifest(dir)
	if err != nil {
		return err
	}
	foreign, err := r.foreign(dir, old)
	if err != nil {
		return err
	}
	if len(foreign) > 0 && !force {
		return &ForeignError{foreign}
	}
	var list strings.Builder
	for _, name := range r.Names() {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, r.Files[name], 0o644); err != nil {
			return err
		}
		fmt.Fprintf(&list, "%s  %s\n", sum(r.Files[name]), name)
	}
	for name := range old {
		if r.Files[name] == nil {
			if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return os.WriteFile(filepath.Join(dir, manifest), []byte(list.String()), 0o644)
}

// foreign lists the files that must not be written over, or removed: those that are there and neither as an export wrote them nor as this one
// would.
func (r *Result) foreign(dir string, old map[string]string) (names []string, err error) {
	both := maps.Clone(old)
	for name := range r.Files {
		both[name] = old[name]
	}
	for _, name := range slices.Sorted(maps.Keys(both)) {
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, err
		case sum(text) != old[name] && !bytes.Equal(text, r.Files[name]):
			names = append(names, name)
		}
	}
	return names, nil
}

func sum(text []byte) string { return fmt.Sprintf("%x", sha256.Sum256(text)) }

// readManifest returns the sums of the files that an export has written, by their names. What is no path below the folder is passed over.
func readManifest(dir string) (map[string]string, error) {
	text, err := os.ReadFile(filepath.Join(dir, manifest))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	sums := map[string]string{}
	for line := range strings.Lines(string(text)) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if ok && filepath.IsLocal(filepath.FromSlash(name)) {
			sums[name] = sum
		}
	}
	return sums, nil
}

// Text writes all files one after another, each under its name, as for a terminal.
func (r *Result) Text() []byte {
	var b bytes.Buffer
	for i, name := range r.Names() {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "# ---- %s\n%s", name, r.Files[name])
	}
	return b.Bytes()
}
