package machine

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// defaultUsers are the users that AMIs give keys to: Amazon Linux's, Ubuntu's, Debian's.
var defaultUsers = []string{"ec2-user", "ubuntu", "admin", "debian"}

// loginElsewhere is what cloud-init puts before root's keys where there is a default user (DISABLE_USER_OPTS in its
// cloudinit/ssh_util.py).
const loginElsewhere = `no-port-forwarding,no-agent-forwarding,no-X11-forwarding,command="echo 'Please login as the user \"$USER\" ` +
	`rather than the user \"root\".';echo;sleep 10;exit 142" `

// account is a user of the instance's.
type account struct {
	name, home string
	uid, gid   int
}

// writeKeys gives the key pair's public key to the default user once in the life of an instance, as cloud-init's module ssh
// does: keys that an image has stay. The image's default user is one that it has by the usual names; without one,
// root may log in, as with cloud-init's disable_root: false.
func writeKeys(config bootConfig) error {
	if config.PublicKey == "" {
		return nil
	}
	done := filepath.Join(instanceFolder(config.ID), "sem", "config_ssh")
	if _, err := os.Lstat(done); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	root := account{name: "root", home: "/root"}
	line := config.PublicKey
	users, err := os.ReadFile("/etc/passwd")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if user, ok := defaultUser(users); ok {
		switch err := addKey(user, line); {
		case err == nil:
			line = strings.ReplaceAll(loginElsewhere, "$USER", user.name) + line
		case !errors.Is(err, errors.ErrUnsupported): // an instance with one user id only has no such user
			return err
		}
	}
	if err := addKey(root, line); err != nil {
		return err
	}
	return replace(done, nil, 0o644)
}

// defaultUser finds the user that keys are for in a table of users (passwd(5)).
func defaultUser(table []byte) (account, bool) {
	for line := range strings.Lines(string(table)) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) != 7 || !slices.Contains(defaultUsers, f[0]) || !filepath.IsAbs(f[5]) {
			continue
		}
		uid, err := strconv.Atoi(f[2])
		gid, err2 := strconv.Atoi(f[3])
		if err == nil && err2 == nil && uid != 0 {
			return account{name: f[0], home: f[5], uid: uid, gid: gid}, true
		}
	}
	return account{}, false
}

// addKey adds a line to a user's authorized_keys. It answers ErrUnsupported where the instance has no such user id.
func addKey(a account, line string) error {
	folder := filepath.Join(a.home, ".ssh")
	path := filepath.Join(folder, "authorized_keys")
	own := func(name string) error {
		if err := os.Lchown(name, a.uid, a.gid); err != nil {
			return errors.Join(errors.ErrUnsupported, err)
		}
		return nil
	}
	if _, err := os.Lstat(a.home); errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(a.home, 0o755); err != nil {
			return err
		}
		if err := own(a.home); err != nil {
			return errors.Join(err, os.Remove(a.home))
		}
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if err := own(folder); err != nil {
		return err
	}
	keys, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if slices.ContainsFunc(bytes.Split(keys, []byte("\n")), func(l []byte) bool { return string(l) == line }) {
		return nil
	}
	if len(keys) > 0 && !bytes.HasSuffix(keys, []byte("\n")) {
		keys = append(keys, '\n')
	}
	if err := replace(path, append(keys, line+"\n"...), 0o600); err != nil {
		return err
	}
	return own(path)
}
