package machine

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

//go:embed boot.sh
var bootScript []byte

const bootScriptPath = "/run/understudy/boot"

// userDataLimit bounds the size, in bytes, of decompressed user data.
const userDataLimit = 1 << 20

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
	return errors.Join(writeNames(config), writePasswords(), writeCloudInit(config), writeKeys(config))
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
	if config.Resolver != "" {
		resolver = "nameserver " + config.Resolver + "\n"
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

func instanceFolder(id string) string { return filepath.Join("/var/lib/cloud/instances", id) }

// writeCloudInit lays out what cloud-init would, in its places, so that a baked image carries it and a new instance id
// runs its own user data (cloud-init, "Instance data and first boot determination").
func writeCloudInit(config bootConfig) error {
	const cloud = "/var/lib/cloud"
	folder := instanceFolder(config.ID)
	for _, path := range []string{cloud + "/scripts/per-boot", folder + "/scripts", folder + "/sem"} {
		if err := os.MkdirAll(path, 0o755); err != nil {
			return err
		}
	}
	if err := os.Remove(cloud + "/instance"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Symlink(folder, cloud+"/instance"); err != nil {
		return err
	}
	if err := replace(folder+"/user-data.txt", config.UserData, 0o600); err != nil {
		return err
	}
	script, err := userScript(config.UserData)
	if err != nil {
		fmt.Println("understudy: user data is not run:", err)
	}
	path := folder + "/scripts/part-001"
	if script == nil {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	return replace(path, script, 0o700)
}

// userScript returns the script in user data, nil where there is none, or why it is not run.
func userScript(data []byte) ([]byte, error) {
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("unzip: %w", err)
		}
		if data, err = io.ReadAll(io.LimitReader(z, userDataLimit+1)); err != nil {
			return nil, fmt.Errorf("unzip: %w", err)
		}
		if len(data) > userDataLimit {
			return nil, fmt.Errorf("unzip: it unfolds to more than %d bytes", userDataLimit)
		}
	}
	trimmed := bytes.TrimSpace(data)
	first, _, _ := bytes.Cut(trimmed, []byte("\n"))
	switch {
	case len(trimmed) == 0:
		return nil, nil
	case bytes.HasPrefix(data, []byte("#!")):
		return data, nil
	case bytes.HasPrefix(first, []byte("#cloud-config")):
		return nil, errors.New("#cloud-config is not supported, only scripts (#! and an interpreter)")
	case bytes.Contains(bytes.ToLower(first), []byte("mime-version")), bytes.HasPrefix(bytes.ToLower(first), []byte("content-type:")):
		return nil, errors.New("MIME multi-part user data is not supported, only scripts (#! and an interpreter)")
	}
	return nil, fmt.Errorf("it begins with %.20q: only scripts (#! and an interpreter) are supported", first)
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
