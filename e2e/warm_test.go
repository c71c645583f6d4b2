package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/understudy/understudy/internal/judge"
)

// warm are Pythons that have read the AWS SDK of boto3, or of the AWS CLI (testdata/warm.py), for all tests: they wait for nothing
// longer than for an AWS CLI to start.
var warm warmed

type warmed struct {
	folder string // of the whole run
	mu     sync.Mutex
	by     map[string]*python // by the module that it has read
}

type python struct {
	cmd   *exec.Cmd
	input io.Closer
}

// programs returns the folder with the programs that use an SDK, "boto3" or "awscli".
func (w *warmed) programs(t *testing.T, sdk string) string {
	t.Helper()
	interpreter := judge.Need(t, "python3:"+sdk)
	w.mu.Lock()
	defer w.mu.Unlock()
	folder := filepath.Join(w.folder, sdk)
	if w.by[sdk] != nil {
		return folder
	}
	p, err := startPython(interpreter, folder, sdk)
	if err != nil {
		t.Fatal("warm.py: ", err)
	}
	w.by[sdk] = p
	return folder
}

func startPython(interpreter, folder, sdk string) (*python, error) {
	program, err := filepath.Abs("testdata/warm.py")
	if err != nil {
		return nil, err
	}
	if err := os.Mkdir(folder, 0o755); err != nil {
		return nil, err
	}
	for _, name := range []string{"aws", "lines", "python"} {
		if err := os.Symlink(program, filepath.Join(folder, name)); err != nil {
			return nil, err
		}
	}
	cmd := exec.Command(interpreter, program, "--serve", folder, sdk)
	cmd.Env, cmd.Stderr = append(os.Environ(), "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null"), os.Stderr
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &python{cmd, input}
	if line, err := bufio.NewReader(output).ReadString('\n'); line != "ready\n" {
		return nil, errors.Join(fmt.Errorf("it said %q: %w", line, err), p.end())
	}
	return p, nil
}

// end has it end, as it does with its input.
func (p *python) end() error { return errors.Join(p.input.Close(), p.cmd.Wait()) }

func (w *warmed) end() (err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for sdk, p := range w.by {
		if e := p.end(); e != nil {
			err = errors.Join(err, fmt.Errorf("warm.py for %s: %w", sdk, e))
		}
	}
	return err
}
