package machine

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/understudy/understudy/cloud/internal/rootfs"
)

// startService starts an image's service and returns its process id, or 0 where it cannot be started, which the console tells.
func startService(s *rootfs.Service) int {
	cmd, err := serviceCommand(s)
	if err == nil {
		fmt.Println("understudy: running the image's", strings.Join(s.Args, " "))
		err = cmd.Start()
	}
	if err != nil {
		fmt.Println("understudy: the image's service does not start:", err)
		return 0
	}
	return cmd.Process.Pid
}

func serviceCommand(s *rootfs.Service) (*exec.Cmd, error) {
	who, err := findUser(s.User)
	if err != nil {
		return nil, err
	}
	cmd := &exec.Cmd{
		Args: s.Args, Env: s.Env, Dir: filepath.Join("/", s.Dir), Stdout: os.Stdout, Stderr: os.Stderr,
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	for _, given := range append([]string{"HOME=" + who.home, bootEnvironment[0]}, trustVariables...) {
		name, _, _ := strings.Cut(given, "=")
		if !slices.ContainsFunc(cmd.Env, func(e string) bool { return strings.HasPrefix(e, name+"=") }) {
			cmd.Env = append(cmd.Env, given)
		}
	}
	if !who.isRoot() {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(who.uid), Gid: uint32(who.gid), Groups: who.groups}
	}
	// As a container's runtime does: the folder is made, and the program is searched for by the service's own PATH.
	if err := os.MkdirAll(cmd.Dir, 0o755); err != nil {
		return nil, err
	}
	cmd.Path, err = findProgram(s.Args[0], cmd.Dir, cmd.Env)
	return cmd, err
}

// findProgram finds a program as execvp(3) does.
func findProgram(name, dir string, env []string) (string, error) {
	if strings.Contains(name, "/") {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		return name, nil
	}
	for _, e := range env {
		folders, ok := strings.CutPrefix(e, "PATH=")
		if !ok {
			continue
		}
		for _, folder := range filepath.SplitList(folders) {
			if path := filepath.Join("/", folder, name); isProgram(path) {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("no program %q is in its PATH", name)
}

// identity is who a service runs as.
type identity struct {
	uid, gid int
	groups   []uint32
	home     string
}

func (i identity) isRoot() bool { return i.uid == 0 && i.gid == 0 }

// findUser reads the user of an image's configuration, by the image's own tables. Of an instance with one user id that is root.
func findUser(text string) (identity, error) {
	user, group, grouped := strings.Cut(text, ":")
	who := identity{home: "/"}
	var known bool
	who.uid, known = number10(user)
	if user == "" {
		known = true
	}
	for _, f := range table("/etc/passwd", 7) { // passwd(5)
		uid, _ := number10(f[2])
		if f[0] == user || known && uid == who.uid {
			who.uid, known, who.home = uid, true, f[5]
			who.gid, _ = number10(f[3])
			user = f[0]
			break
		}
	}
	if !known {
		return who, fmt.Errorf("the image has no user %q", user)
	}
	var found bool
	if grouped {
		who.gid, found = number10(group)
	}
	for _, f := range table("/etc/group", 4) { // group(5)
		gid, _ := number10(f[2])
		if grouped && f[0] == group {
			who.gid, found = gid, true
		}
		if !grouped && slices.Contains(strings.Split(f[3], ","), user) {
			who.groups = append(who.groups, uint32(gid))
		}
	}
	if grouped && !found {
		return who, fmt.Errorf("the image has no group %q", group)
	}
	if !who.isRoot() && onlyRoot() {
		fmt.Println("understudy: the image's service runs as root: instances of a cloud that an unprivileged user started have no other user")
		who.uid, who.gid, who.groups = 0, 0, nil
	}
	return who, nil
}

// onlyRoot tells whether this instance has one user id.
func onlyRoot() bool {
	var first, outer, size int
	b, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		return false
	}
	_, err = fmt.Sscan(string(b), &first, &outer, &size)
	return err == nil && size == 1
}

func number10(s string) (int, bool) {
	n, err := strconv.ParseUint(s, 10, 31)
	return int(n), err == nil
}

// table reads the lines of a table of fields that has so many.
func table(path string, fields int) (rows [][]string) {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if row := strings.Split(lines.Text(), ":"); len(row) == fields {
			rows = append(rows, row)
		}
	}
	return rows
}

// attendService is what is left to do for the first process beside a service: it reaps the instance's orphans, and tells how the
// service ended. It does not start it again, as no restart policy is part of an image.
func attendService(pid int, s *rootfs.Service) error {
	for {
		var status unix.WaitStatus
		ended, err := unix.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, unix.ECHILD):
			if err := unix.Pause(); err != nil && !errors.Is(err, unix.EINTR) {
				return err
			}
		case err != nil && !errors.Is(err, unix.EINTR):
			return err
		case err == nil && ended == pid && status.Signaled():
			fmt.Printf("understudy: %s ended by signal %d\n", s.Args[0], status.Signal())
		case err == nil && ended == pid:
			fmt.Printf("understudy: %s ended with status %d\n", s.Args[0], status.ExitStatus())
		}
	}
}
