package cloud

import (
	"fmt"
	"os"
	"testing"
)

func TestNumberOfAnotherFolderIsTakenLastOfAll(t *testing.T) {
	t.Parallel()
	claim := func(wanted int, kept func(int) bool) int {
		t.Helper()
		n, l, err := claimNumber(wanted, kept, func(int) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		return n
	}
	free := claim(0, func(int) bool { return false })
	if n := claim(free, func(n int) bool { return n == free }); n == free {
		t.Errorf("number %d is another folder's", n)
	}
	claim(0, func(int) bool { return true }) // all are others', and one is taken nevertheless
}

// A number is a folder's for as long as the folder is there and has it.
func TestNumberIsKeptForItsFolder(t *testing.T) {
	t.Parallel()
	const number = 254
	dir := t.TempDir()
	is := func(want bool, whose string) {
		t.Helper()
		if got := keptForAnother(number, whose); got != want {
			t.Errorf("kept for another than %s: %v", whose, got)
		}
	}
	if err := keepNumber(number, dir); err != nil {
		t.Fatal(err)
	}
	is(false, "/elsewhere") // nothing in the folder says so
	if err := (settings{Number: number}).save(dir); err != nil {
		t.Fatal(err)
	}
	is(true, "/elsewhere")
	is(false, dir)
	if err := (settings{Number: number - 1}).save(dir); err != nil {
		t.Fatal(err)
	}
	is(false, "/elsewhere")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	is(false, fmt.Sprint(dir, "-other"))
}
