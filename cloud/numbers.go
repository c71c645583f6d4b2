package cloud

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// StateDir is this program's state folder, as the XDG base directory specification has it.
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

// numberPath is where it is written for which of this user's folders a number is kept, so that no other cloud gets it
// while that folder's is stopped or was killed: shells, resolvers and browsers that were pointed at it would talk to a
// stranger.
func numberPath(number int) string {
	return filepath.Join(StateDir(), "numbers", strconv.Itoa(number))
}

// keptForAnother tells whether a number is another folder's, which is there and says so too.
func keptForAnother(number int, dir string) bool {
	b, err := os.ReadFile(numberPath(number))
	other := strings.TrimSpace(string(b))
	if err != nil || other == dir {
		return false
	}
	s, err := readSettings(other)
	return err == nil && s.Number == number
}

// keepNumber writes that a number is a folder's.
func keepNumber(number int, dir string) error {
	path := numberPath(number)
	return errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), writeFile(path, []byte(dir+"\n")))
}
