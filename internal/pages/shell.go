package pages

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// shell is a bash that runs a page's commands one after the other, as at a prompt: variables and functions stay.
type shell struct {
	cmd    *exec.Cmd
	input  io.WriteCloser
	output *bufio.Reader
	pipe   *os.File
	typed  string // the file with the command that is to be run
}

// mark ends a command's output; a record separator is in no text.
const mark = "\x1e"

func newShell(ctx context.Context, folder string, environment []string) (*shell, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer write.Close()
	cmd := exec.CommandContext(ctx, "bash", "--noprofile", "--norc")
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = folder, environment, write, write
	// A group of its own, so that what a page leaves running is ended with it, and what it started as a service of its own is not.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return errors.Join(syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL), read.Close()) }
	input, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, errors.Join(err, read.Close())
	}
	return &shell{cmd, input, bufio.NewReader(read), read, filepath.Join(folder, ".typed")}, nil
}

// run runs a command and returns what it prints, and how it ends.
func (s *shell) run(text string) (lines []string, status int, err error) {
	if err := os.WriteFile(s.typed, []byte(text), 0o600); err != nil {
		return nil, 0, err
	}
	// The command is read from a file, so that a here-document in it ends where it ends, and its input is not that of the shell.
	if _, err := fmt.Fprintf(s.input, "eval \"$(cat %q)\" </dev/null; printf '%s%%d\\n' $?\n", s.typed, mark); err != nil {
		return nil, 0, err
	}
	printed, err := s.output.ReadString(mark[0])
	if err != nil {
		return split(printed), 0, fmt.Errorf("the shell has ended: %w", err)
	}
	code, err := s.output.ReadString('\n')
	if err != nil {
		return nil, 0, err
	}
	status, err = strconv.Atoi(strings.TrimSpace(code))
	return split(strings.TrimSuffix(printed, mark)), status, err
}

func split(printed string) []string {
	if printed == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(printed, "\n"), "\n")
}

// end ends the shell, and what of it is left in its group.
func (s *shell) end() error {
	err := s.input.Close()
	if waited := s.cmd.Wait(); s.cmd.ProcessState == nil {
		err = errors.Join(err, waited)
	}
	if killed := syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL); killed != nil && !errors.Is(killed, syscall.ESRCH) {
		err = errors.Join(err, killed)
	}
	s.pipe.Close()
	return err
}
