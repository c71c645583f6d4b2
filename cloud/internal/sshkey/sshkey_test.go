package sshkey

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/understudy/understudy/internal/judge"
)

// keygen runs ssh-keygen and returns what it says.
func keygen(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("ssh-keygen", args...).Output()
	if err != nil {
		t.Fatalf("ssh-keygen %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What is made is what ssh-keygen reads: it derives the same public key from the private one.
func TestOpenSSHReadsWhatIsMade(t *testing.T) {
	judge.Need(t, "ssh-keygen")
	for name, generate := range map[string]func() (Made, error){"RSA PRIVATE KEY": NewRSA, "OPENSSH PRIVATE KEY": NewEd25519} {
		made, err := generate()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(made.Private, "-----BEGIN "+name) {
			t.Errorf("the private key begins %.40q", made.Private)
		}
		if got := keygen(t, "-y", "-f", file(t, made.Private)); got != made.Line() {
			t.Errorf("ssh-keygen derives %q, want %q", got, made.Line())
		}
		octets := strings.Count(made.Fingerprint, ":") + 1
		if made.IsRSA() && octets != 20 || !made.IsRSA() && octets != 1 {
			t.Errorf("%s: fingerprint %s", name, made.Fingerprint)
		}
	}
}

// EC2 user guide, "View the fingerprint of your key pair": of an imported RSA key MD5 of what ssh-keygen exports as DER, of
// an Ed25519 key what ssh-keygen -l tells.
func TestKeysOfOpenSSHAreImported(t *testing.T) {
	judge.Need(t, "ssh-keygen")
	for _, kind := range [][]string{{"rsa", "-b", "1024"}, {"rsa", "-b", "2048"}, {"rsa", "-b", "3072"}, {"ed25519"}} {
		path := filepath.Join(t.TempDir(), "key")
		keygen(t, append([]string{"-q", "-N", "", "-C", "somebody", "-f", path, "-t"}, kind...)...)
		line, err := os.ReadFile(path + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		key, err := Parse(line)
		if err != nil || key.Line()+" somebody\n" != string(line) {
			t.Fatalf("%v: read as %q, %v", kind, key.Line(), err)
		}
		forms := []string{keygen(t, "-e", "-f", path+".pub", "-m", "RFC4716")}
		want := strings.TrimPrefix(strings.Fields(keygen(t, "-l", "-f", path+".pub"))[1], "SHA256:") + "="
		if key.IsRSA() {
			exported := keygen(t, "-e", "-f", path+".pub", "-m", "PKCS8")
			block, _ := pem.Decode([]byte(exported + "\n"))
			sum := md5.Sum(block.Bytes)
			want = colons(sum[:])
			forms = append(forms, exported, base64.StdEncoding.EncodeToString(block.Bytes), keygen(t, "-e", "-f", path+".pub", "-m", "PEM"))
		}
		if got := key.Fingerprint(); got != want {
			t.Errorf("%v: fingerprint %s, want %s", kind, got, want)
		}
		for _, form := range forms {
			if same, err := Parse([]byte(form)); err != nil || same.Line() != key.Line() {
				t.Errorf("%v: %.60q is read as %q, %v", kind, form, same.Line(), err)
			}
		}
	}
}

func TestOtherKeysAreRefused(t *testing.T) {
	judge.Need(t, "ssh-keygen")
	other := func(kind ...string) string {
		path := filepath.Join(t.TempDir(), "key")
		keygen(t, append([]string{"-q", "-N", "", "-f", path, "-t"}, kind...)...)
		line, err := os.ReadFile(path + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		return string(line)
	}
	for text, want := range map[string]error{
		"":                                      ErrFormat,
		"ssh-rsa":                               ErrFormat,
		"ssh-rsa AAAA":                          ErrFormat,
		"ssh-ed25519 not base64":                ErrFormat,
		"AAAA":                                  ErrFormat,
		"-----BEGIN PUBLIC KEY---":              ErrFormat,
		"---- BEGIN SSH2 PUBLIC KEY ----\nAAAA": ErrFormat,
		other("ecdsa"):                          ErrFormat,
		other("rsa", "-b", "1536"):              ErrLength,
	} {
		if _, err := Parse([]byte(text)); !errors.Is(err, want) {
			t.Errorf("%.60q: %v, want %v", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	made, err := NewEd25519()
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(made.Line()))
	f.Add([]byte("---- BEGIN SSH2 PUBLIC KEY ----\nComment: x\\\ny\nAAAA\n---- END SSH2 PUBLIC KEY ----"))
	f.Fuzz(func(t *testing.T, text []byte) {
		key, err := Parse(text)
		if err != nil {
			return
		}
		if same, err := Parse([]byte(key.Line())); err != nil || same.Fingerprint() != key.Fingerprint() {
			t.Errorf("%q is another key when it is read again: %v", text, err)
		}
	})
}
