package machine

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/understudy/understudy/cloud/internal/userdata"
)

//go:embed boot.sh
var bootScript []byte

const bootScriptPath = "/run/understudy/boot"

// furnish writes an instance's own files. It runs inside the instance's root, so that no symlink in an image
// can lead outside.
func furnish(config bootConfig) error {
	for _, folder := range []string{"/run/understudy", "/run/lock"} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	if err := os.Chmod("/run/lock", 0o777|os.ModeSticky); err != nil {
		return err
	}
	if err := os.WriteFile(bootScriptPath, bootScript, 0o755); err != nil {
		return err
	}
	boot := userdata.Read(config.UserData)
	if boot.Hostname != "" {
		config.Hostname = boot.Hostname
		if err := unix.Sethostname([]byte(boot.Hostname)); err != nil {
			return fmt.Errorf("set host name %q: %w", boot.Hostname, err)
		}
	}
	return errors.Join(writeNames(config), writePasswords(), writeTrust(config.Trusted), writeCloudInit(config, boot), writeKeys(config))
}

// writePasswords gives an instance that has none a table of passwords of its own, with all of them locked: the host's is
// hidden, and without an entry there PAM refuses even root's su to a user (pam_unix(8), account management).
func writePasswords() error {
	const table = "/etc/shadow"
	if _, err := os.Lstat(table); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	users, err := os.ReadFile("/etc/passwd")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	var locked strings.Builder
	for line := range strings.Lines(string(users)) {
		if name, _, ok := strings.Cut(line, ":"); ok {
			locked.WriteString(name + ":*:1::::::\n")
		}
	}
	return replace(table, []byte(locked.String()), 0o600)
}

// writeNames writes host name and resolver at every boot, and the table of hosts, which users add to, at the first.
func writeNames(config bootConfig) error {
	if err := replace("/etc/hostname", []byte(config.Hostname+"\n"), 0o644); err != nil {
		return err
	}
	var resolver string
	if config.Domain != "" {
		resolver = "search " + config.Domain + "\n"
	}
	for _, a := range config.Resolvers {
		resolver += "nameserver " + a.String() + "\n"
	}
	if err := replace("/etc/resolv.conf", []byte(resolver), 0o644); err != nil {
		return err
	}
	if _, err := os.Lstat(instanceFolder(config.ID)); err == nil {
		return nil
	}
	hosts := "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n"
	if config.Address != "" {
		hosts += config.Address + " " + config.Hostname + "\n"
	}
	return replace("/etc/hosts", []byte(hosts), 0o644)
}

// replace writes a file, and replaces what has its name, even a symlink.
func replace(path string, data []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		f.Close()
		return err
	}
	if err := f.Chmod(mode); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
