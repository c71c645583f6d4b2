package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/internal/pages"
)

// reader is somebody who follows pages: with a home of their own, this program, the AWS CLI, dig and curl.
type reader struct {
	t           *testing.T
	environment []string
}

// newReader is a reader whose clouds end with the test, by the program's own command, however it ends.
func newReader(t *testing.T) *reader {
	t.Helper()
	for _, need := range []string{"dig", "curl"} {
		judge.Need(t, need)
	}
	home, checkout := t.TempDir(), folder(t, "..")
	programs := filepath.Join(home, ".local", "bin")
	if err := os.MkdirAll(programs, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(folder(t, binary), filepath.Join(programs, "understudy")); err != nil {
		t.Fatal(err)
	}
	path := strings.Join([]string{programs, warm.programs(t, "awscli"), os.Getenv("PATH")}, ":")
	r := &reader{t, []string{
		"PATH=" + path, "HOME=" + home, "TMPDIR=" + home, "LANG=C.UTF-8", "TZ=UTC", "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "CHECKOUT=" + checkout,
		"STAGE=" + folder(t, "testdata/pages/stage.sh"),
		"UNDERSTUDY_WHILE=" + strconv.Itoa(os.Getpid()), "UNDERSTUDY_REMOVE=true", "UNDERSTUDY_RECORD=" + os.Getenv("UNDERSTUDY_RECORD"),
	}}
	t.Cleanup(func() {
		stop := &stage{t: t, dir: filepath.Join(home, ".local", "state", "understudy", "cloud"), env: map[string]string{"HOME": home}}
		if t.Failed() {
			stop.logs()
		}
		stop.run(binary, "cloud", "stop", "--dir", stop.dir) // a page may have stopped it
		nothingLeft(t, home)
	})
	return r
}

func folder(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// follows runs a page of the checkout, in a folder of its own.
func (r *reader) follows(name string) {
	r.t.Helper()
	p, err := pages.Read(filepath.Join("..", name))
	if err != nil {
		r.t.Fatal(err)
	}
	here := filepath.Join(r.t.TempDir(), "here")
	if err := os.Mkdir(here, 0o755); err != nil {
		r.t.Fatal(err)
	}
	count := p.Count()
	if count.Commands == 0 {
		return
	}
	began, slow := time.Now(), ""
	run := pages.Run{
		Folder: here, Environment: r.environment, Limit: patience, Update: *update,
		Done: func(_ string, line int, command string, took time.Duration) {
			if took > time.Second {
				slow += "\n\t" + took.Round(100*time.Millisecond).String() + "\t" + strconv.Itoa(line) + ": " + command
			}
		},
	}
	err = run.Do(r.t.Context(), p)
	r.t.Logf("%s: %d blocks, %d commands, %d blocks not run, %s, of which%s", name, count.Blocks, count.Commands, len(count.Left),
		time.Since(began).Round(100*time.Millisecond), slow)
	if err != nil {
		r.t.Error(err)
	}
}

// Who follows the guide sees what it shows: two regions built by hand and by a declaration, the users that move, and that come back.
func TestGuideIsFollowed(t *testing.T) {
	t.Parallel()
	newReader(t).follows("docs/guide.md")
}

// alone are pages that start and end a cloud.
var alone = []string{"README.md", "docs/guide.md"}

// Who types what the manual shows gets what it says. The pages follow each other on one stage: each names what it needs, and finds it there.
func TestManualIsFollowed(t *testing.T) {
	t.Parallel()
	files, err := pages.Files("..")
	if err != nil {
		t.Fatal(err)
	}
	r := newReader(t)
	for _, f := range files {
		if name, _ := filepath.Rel("..", f); !slices.Contains(alone, name) {
			r.follows(name)
		}
	}
}

// The README's commands, which begin with a cloud and end it.
func TestReadmeIsFollowed(t *testing.T) {
	t.Parallel()
	newReader(t).follows("README.md")
}
