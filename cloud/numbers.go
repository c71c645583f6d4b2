package cloud

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/understudy/understudy/cloud/internal/durable"
)

// StateDir is this program's state folder, as in the XDG base directory specification.
func StateDir() string {
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "understudy")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = os.TempDir()
	}
	return filepath.Join(home, ".local", "state", "understudy")
}

// numberPath is the file that records which of this user's folders a number is kept for, so that no other cloud gets it
// while that folder's cloud is stopped or was killed. Otherwise shells, resolvers and browsers that use its addresses would
// talk to another cloud.
func numberPath(number int) string {
	return filepath.Join(StateDir(), "numbers", strconv.Itoa(number))
}

// keptForAnother tells whether a number is kept for another folder that exists and has the same number in its settings.
func keptForAnother(number int, dir string) bool {
	b, err := os.ReadFile(numberPath(number))
	other := strings.TrimSpace(string(b))
	if err != nil || other == dir {
		return false
	}
	s, err := readSettings(other)
	return err == nil && s.Number == number
}

// keepNumber records that a number is kept for a folder.
func keepNumber(number int, dir string) error {
	path := numberPath(number)
	return errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), durable.Write(path, []byte(dir+"\n")))
}
