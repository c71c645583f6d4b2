package report

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/understudy/understudy/internal/judge"
)

// Keys are OpenSSL's, and what is signed it verifies.
func TestSignaturesAreOpenSSLs(t *testing.T) {
	openssl, dir := judge.Need(t, "openssl"), t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	run := func(args ...string) error { return exec.CommandContext(t.Context(), openssl, args...).Run() }
	if err := errors.Join(run("genpkey", "-algorithm", "ed25519", "-out", at("key")), run("pkey", "-in", at("key"), "-pubout", "-out", at("pub"))); err != nil {
		t.Fatal(err)
	}
	read := func(name string) []byte {
		b, err := os.ReadFile(at(name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	text := []byte("what a drill has found")
	signature, err := Sign(text, read("key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(at("text"), text, 0o600), os.WriteFile(at("sig"), signature, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := run("pkeyutl", "-verify", "-pubin", "-inkey", at("pub"), "-rawin", "-in", at("text"), "-sigfile", at("sig")); err != nil {
		t.Errorf("openssl: %v", err)
	}
	if err := Verify(text, signature, read("pub")); err != nil {
		t.Error(err)
	}
	if err := Verify([]byte("what a drill has not found"), signature, read("pub")); !errors.Is(err, ErrNotSigned) {
		t.Errorf("another text: %v", err)
	}
	if _, err := Sign(text, read("pub")); err == nil {
		t.Error("a public key signs")
	}
}
