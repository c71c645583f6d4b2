package machine

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// bundles are the files in which programs find the certificates of authorities that they trust, as crypto/x509 of Go looks for
// them: of Debian and Alpine, Amazon Linux and Fedora (two), openSUSE, and Alpine's OpenSSL.
var bundles = []string{
	"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
}

// anchors are the folders of further authorities, from which update-ca-certificates(8) and update-ca-trust(8) make the bundles
// anew.
var anchors = []string{"/usr/local/share/ca-certificates", "/etc/pki/ca-trust/source/anchors"}

const anchor = "understudy.crt"

// maxBundle is the most bytes of a file that is taken for a bundle. Debian's has 0.2 MB.
const maxBundle = 16 << 20

// trust puts certificates into the layer over the host's folders, so that no image gets them from there.
func (b *base) trust(certificates []byte) error {
	if len(certificates) == 0 {
		return nil
	}
	for _, path := range bundles {
		if err := vanished(b.trustIn(path, certificates)); err != nil {
			return fmt.Errorf("add to %s: %w", path, err)
		}
	}
	for _, folder := range anchors {
		if info, err := os.Lstat(folder); err != nil || !info.IsDir() || !b.shown(folder) {
			continue
		}
		path := filepath.Join(b.dir+folder, anchor)
		err := b.mirror(folder)
		if err == nil {
			err = errors.Join(os.WriteFile(path, certificates, 0o644), b.owners.giveToRoot(path))
		}
		if err := vanished(err); err != nil {
			return fmt.Errorf("add to %s: %w", folder, err)
		}
	}
	return nil
}

// trustIn adds certificates to one of the host's bundles, as the layer shows it, if everybody may read that.
func (b *base) trustIn(path string, certificates []byte) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil
	}
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o4 == 0 || info.Size() > maxBundle || !b.shown(path) {
		return nil
	}
	at := b.dir + path
	if layered, err := os.Lstat(at); err == nil && !layered.Mode().IsRegular() {
		return nil // it is hidden
	}
	text, err := os.ReadFile(path)
	if err != nil || bytes.Contains(text, certificates) {
		return vanishedIf(err)
	}
	if err := b.mirror(filepath.Dir(path)); err != nil {
		return err
	}
	return errors.Join(os.WriteFile(at, append(endLine(text), certificates...), 0o644), b.owners.give(at, info))
}

func vanishedIf(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errVanished
	}
	return err
}

func endLine(text []byte) []byte {
	if n := len(text); n > 0 && text[n-1] != '\n' {
		return append(text, '\n')
	}
	return text
}

// trustVariables tell an instance's programs of the bundle that have another one of their own: the AWS CLI and boto3 ("AWS_CA_BUNDLE",
// AWS SDKs and tools reference guide), and OpenSSL. furnish sets them.
var trustVariables []string

// writeTrust has the instance's programs trust certificates, where its image does not yet. It runs inside the instance's root. An
// image without any bundle gets one.
func writeTrust(certificates []byte) error {
	if len(certificates) == 0 {
		return nil
	}
	first := ""
	for _, path := range bundles {
		has, err := addTo(path, certificates)
		if err != nil {
			return fmt.Errorf("trust the cloud's authority: %w", err)
		}
		if has && first == "" {
			first = path
		}
	}
	if first == "" {
		first = bundles[0]
		if err := replace(first, certificates, 0o644); err != nil {
			return fmt.Errorf("trust the cloud's authority: %w", err)
		}
	}
	trustVariables = []string{"AWS_CA_BUNDLE=" + first, "SSL_CERT_FILE=" + first}
	for _, folder := range anchors {
		path := filepath.Join(folder, anchor)
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			continue
		}
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			if err := replace(path, certificates, 0o644); err != nil {
				return fmt.Errorf("trust the cloud's authority: %w", err)
			}
		}
	}
	return nil
}

// addTo adds certificates to a bundle that lacks them, and tells whether there is such a bundle.
func addTo(path string, certificates []byte) (bool, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return false, nil
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() || info.Size() > maxBundle {
		return false, err
	}
	text, err := io.ReadAll(f)
	if err != nil || bytes.Contains(text, certificates) {
		return true, err
	}
	more, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return false, err
	}
	_, err = more.Write(append(endLine(text)[len(text):], certificates...))
	return true, errors.Join(err, more.Close())
}
