package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestBakedImageBoots(t *testing.T) {
	b := newBench(t)
	m := b.start(b.spec(`#!/bin/sh
echo baked >/srv/file; ln -s file /srv/link; ln /srv/file /srv/hard; mkdir /data; echo root >/data/file
chmod 4755 /srv/file; rm /etc/debian_version; rm -r /etc/security; mkdir /etc/security; echo new >/etc/security/only; echo home >/root/file
`))
	b.await("boot finished")
	layers := filepath.Join(b.dir, "layers")
	running, err := Bake(t.Context(), filepath.Join(b.dir, testID), filepath.Join(layers, "running"))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	stopped, err := Bake(t.Context(), filepath.Join(b.dir, testID), filepath.Join(layers, "stopped"))
	if err != nil || stopped != running {
		t.Errorf("equal content, layers %v and %v, %v", running, stopped, err)
	}
	copied, err := CopyLayer(t.Context(), filepath.Join(layers, "running"), filepath.Join(layers, "copied"))
	if err != nil || copied != running {
		t.Errorf("copied %v, got %v, %v", running, copied, err)
	}
	var stream bytes.Buffer
	if err := WriteTar(t.Context(), &stream, filepath.Join(layers, "copied")); err != nil {
		t.Fatal(err)
	}
	if carried, err := ReadTar(t.Context(), &stream, filepath.Join(layers, "carried")); err != nil || carried != running {
		t.Errorf("carried %v, got %v, %v", running, carried, err)
	}

	second := b.spec("")
	second.ID, second.Layers, second.Hostname = "i-0fedcba9876543210", []string{filepath.Join(layers, "carried")}, "ip-10-0-1-24"
	os.Remove(consoleLog(second.Dir))
	second.Dir = filepath.Join(b.dir, second.ID)
	_, said := b.run(second, `cat /srv/link /srv/hard /data/file /root/file; ls /etc/security; ls /etc/debian_version; cat /etc/hostname
stat -c '%a %h' /srv/file; ls /var/lib/cloud/instances`)
	want := "baked\nbaked\nroot\nhome\nonly\nls: cannot access '/etc/debian_version': No such file or directory\nip-10-0-1-24\n4755 2\ni-0fedcba9876543210\n"
	if said != want {
		t.Errorf("the second instance says\n%s\nwant\n%s", said, want)
	}
	if now, err := Verify(t.Context(), filepath.Join(layers, "carried")); err != nil || now != running {
		t.Errorf("an instance changed its image: %v, %v", now, err)
	}
}

// tree makes a folder as an instance's upper layer is, with one of everything.
func makeLayerTree(t *testing.T) (instance string) {
	t.Helper()
	instance = t.TempDir()
	etc := filepath.Join(instance, "upper", "etc")
	if err := os.MkdirAll(filepath.Join(etc, "deep", "er"), 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(name string, data string) {
		t.Helper()
		path := filepath.Join(etc, name)
		if err := errors.Join(os.WriteFile(path, []byte(data), 0o600), os.Chmod(path, 0o640)); err != nil {
			t.Fatal(err)
		}
	}
	write("file", "content")
	write("hostname", "left out")
	sparse, err := os.Create(filepath.Join(etc, "sparse"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sparse.WriteAt([]byte("end"), 64<<20); err != nil {
		t.Fatal(err)
	}
	sparse.Close()
	for _, err := range []error{
		os.Symlink("/etc/shadow", filepath.Join(etc, "link")),
		os.Link(filepath.Join(etc, "file"), filepath.Join(etc, "hard")),
		unix.Mknod(filepath.Join(etc, "gone"), unix.S_IFCHR, whiteout),
		unix.Mkfifo(filepath.Join(etc, "pipe"), 0o600),
		unix.Setxattr(filepath.Join(etc, "deep"), opaque, []byte("y"), 0),
		unix.Setxattr(filepath.Join(etc, "file"), "user.note", []byte("a\x00b\n"), 0),
		os.Chmod(filepath.Join(etc, "deep", "er"), 0o000),
		os.Chtimes(filepath.Join(etc, "deep"), time.Unix(1e9, 0), time.Unix(1e9, 0)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return instance
}

func TestLayerKeepsEverything(t *testing.T) {
	instance := makeLayerTree(t)
	layers := t.TempDir()
	baked, err := Bake(t.Context(), instance, filepath.Join(layers, "a"))
	if err != nil {
		t.Fatal(err)
	}
	var stream bytes.Buffer
	if err := WriteTar(t.Context(), &stream, filepath.Join(layers, "a")); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadTar(t.Context(), &stream, filepath.Join(layers, "b")); err != nil || got != baked {
		t.Fatalf("got %v, %v, want %v", got, err, baked)
	}
	for _, layer := range []string{"a", "b"} {
		at := func(name string) string { return filepath.Join(layers, layer, "etc", name) }
		if _, err := os.Lstat(at("hostname")); err == nil {
			t.Errorf("%s holds the host name", layer)
		}
		note := make([]byte, 16)
		if n, err := unix.Getxattr(at("file"), "user.note", note); err != nil || string(note[:n]) != "a\x00b\n" {
			t.Errorf("%s: attribute %q, %v", layer, note[:max(n, 0)], err)
		}
		one, _ := os.Lstat(at("file"))
		two, _ := os.Lstat(at("hard"))
		if !os.SameFile(one, two) || one.Mode() != 0o640 {
			t.Errorf("%s: hard link %v %v", layer, one, two)
		}
		if info, err := os.Lstat(at("deep")); err != nil || !info.ModTime().Equal(time.Unix(1e9, 0)) {
			t.Errorf("%s: time %v, %v", layer, info, err)
		}
		if target, err := os.Readlink(at("link")); err != nil || target != "/etc/shadow" {
			t.Errorf("%s: link to %q, %v", layer, target, err)
		}
	}
	var stat unix.Stat_t
	if err := unix.Lstat(filepath.Join(layers, "a", "etc", "sparse"), &stat); err != nil || stat.Blocks > 1000 || stat.Size != 64<<20+3 {
		t.Errorf("a sparse file of %d bytes takes %d blocks, %v", stat.Size, stat.Blocks, err)
	}
}

// A layer that is taken out and brought in again is the same.
func TestExportedLayerIsTheSame(t *testing.T) {
	instance := makeLayerTree(t)
	dir := t.TempDir()
	layer, err := Bake(t.Context(), instance, filepath.Join(dir, "layer"))
	if err != nil {
		t.Fatal(err)
	}
	var stream bytes.Buffer
	if err := ExportLayer(t.Context(), &stream, filepath.Join(dir, "layer")); err != nil {
		t.Fatal(err)
	}
	sent := false
	next := func() (io.Reader, error) {
		if sent {
			return nil, io.EOF
		}
		sent = true
		return &stream, nil
	}
	again, notes, err := Import(t.Context(), filepath.Join(dir, "again"), Tree{Next: next, OnHost: true, Whiteouts: true})
	if err != nil || len(notes) > 0 {
		t.Fatal(notes, err)
	}
	if again.Size != layer.Size {
		t.Errorf("it has %d bytes of %d", again.Size, layer.Size)
	}
	names := func(dir string) (all []string) {
		if err := walkLayer(t.Context(), dir, nil, func(e entry, _ *os.File) error {
			if e.path == rootLayer { // there without anything in it
				return nil
			}
			all = append(all, fmt.Sprintf("%s %c %o %d:%d %s %v", e.path, e.kind, e.mode, e.uid, e.gid, e.link, e.xattrs))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return all
	}
	if d := cmp.Diff(names(filepath.Join(dir, "layer")), names(filepath.Join(dir, "again"))); d != "" {
		t.Errorf("(-layer +again)\n%s", d)
	}
}

func TestDigestTellsDifferences(t *testing.T) {
	instance := makeLayerTree(t)
	etc := filepath.Join(instance, "upper", "etc")
	digest := func() string {
		t.Helper()
		layer, err := Verify(t.Context(), upperDir(instance))
		if err != nil {
			t.Fatal(err)
		}
		return layer.Digest
	}
	seen := map[string]string{digest(): "the beginning"}
	if err := os.Chtimes(filepath.Join(etc, "file"), time.Unix(1, 0), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if _, same := seen[digest()]; !same {
		t.Error("the digest depends on times")
	}
	for what, change := range map[string]func() error{
		"content":   func() error { return os.WriteFile(filepath.Join(etc, "file"), []byte("CONTENT"), 0) },
		"mode":      func() error { return os.Chmod(filepath.Join(etc, "file"), 0o600) },
		"attribute": func() error { return unix.Setxattr(filepath.Join(etc, "file"), "user.note", []byte("c"), 0) },
		"opaque":    func() error { return unix.Removexattr(filepath.Join(etc, "deep"), opaque) },
		"whiteout":  func() error { return os.Remove(filepath.Join(etc, "gone")) },
		"name":      func() error { return os.Rename(filepath.Join(etc, "pipe"), filepath.Join(etc, "tube")) },
		"link": func() error {
			return errors.Join(os.Remove(filepath.Join(etc, "link")), os.Symlink("x", filepath.Join(etc, "link")))
		},
	} {
		if err := change(); err != nil {
			t.Fatal(what, err)
		}
		now := digest()
		if before, same := seen[now]; same {
			t.Errorf("after a change of %s the digest is that of %s", what, before)
		}
		seen[now] = what
	}
}

func TestFailedLayersLeaveNothing(t *testing.T) {
	instance := makeLayerTree(t)
	layers := t.TempDir()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Bake(ended, instance, filepath.Join(layers, "ended")); err == nil {
		t.Error("baked with an ended context")
	}
	if _, err := Bake(t.Context(), instance, filepath.Join(layers, "a")); err != nil {
		t.Fatal(err)
	}
	if _, err := Bake(t.Context(), instance, filepath.Join(layers, "a")); !errors.Is(err, os.ErrExist) {
		t.Errorf("baked over a layer: %v", err)
	}
	var stream bytes.Buffer
	if err := WriteTar(t.Context(), &stream, filepath.Join(layers, "a")); err != nil {
		t.Fatal(err)
	}
	whole := stream.String()
	for what, broken := range map[string]string{
		"cut short":   whole[:len(whole)/2],
		"changed":     strings.Replace(whole, "content", "CONTENT", 1),
		"not a layer": "hello",
	} {
		if _, err := ReadTar(t.Context(), strings.NewReader(broken), filepath.Join(layers, "b")); err == nil {
			t.Errorf("read a stream that is %s", what)
		}
	}
	entries, err := os.ReadDir(layers)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// TestFullDiskLeavesNothing bakes onto a file system that is too small.
func TestFullDiskLeavesNothing(t *testing.T) {
	instance := makeLayerTree(t)
	if err := os.WriteFile(filepath.Join(upperDir(instance), "etc", "big"), bytes.Repeat([]byte("x"), 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	small := t.TempDir()
	if err := unix.Mount("tmpfs", small, "tmpfs", 0, "size=1m"); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(small, unix.MNT_DETACH)
	if _, err := Bake(t.Context(), instance, filepath.Join(small, "a")); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("got %v", err)
	}
	entries, err := os.ReadDir(small)
	if err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestConsoleIsLimited(t *testing.T) {
	b := newBench(t)
	b.start(b.spec("#!/bin/sh\nyes 'a line of the log' | head -c 3000000\necho the end\n"))
	out := b.await("the end")
	if len(out) > consoleShown || !strings.Contains(out, "a line of the log\n") {
		t.Errorf("%d bytes of console", len(out))
	}
	info, err := os.Stat(consoleLog(filepath.Join(b.dir, testID)))
	if err != nil || info.Size() > consoleLimit {
		t.Errorf("the log has %v bytes, %v", info.Size(), err)
	}
}

// A program's layer is that of an instance that has copied the program.
func TestLayerOfAProgram(t *testing.T) {
	dir := t.TempDir()
	program, instance := filepath.Join(dir, "program"), filepath.Join(dir, "instance")
	bin := filepath.Join(instance, "upper", "usr", "local", "bin")
	content := []byte("#!/bin/sh\n")
	if err := errors.Join(os.MkdirAll(bin, 0o755), os.WriteFile(program, content, 0o700), os.WriteFile(filepath.Join(bin, "hello"), content, 0o755)); err != nil {
		t.Fatal(err)
	}
	want, err := Bake(t.Context(), instance, filepath.Join(dir, "baked"))
	if err != nil {
		t.Fatal(err)
	}
	made := filepath.Join(dir, "made")
	if err := ProgramLayer(program, "usr/local/bin/hello", made); err != nil {
		t.Fatal(err)
	}
	if got, err := Verify(t.Context(), made); err != nil || got != want {
		t.Errorf("made %v, %v, want %v", got, err, want)
	}
}
