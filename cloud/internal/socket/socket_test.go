package socket

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSocketInAFolderWithALongName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 40))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "a.sock")
	l, err := net.Listen("unix", Path(path))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the socket is not where it was asked for: %v", err)
	}
	conn, err := net.Dial("unix", Path(path))
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}
