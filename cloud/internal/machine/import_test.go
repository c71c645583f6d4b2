package machine

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/understudy/understudy/cloud/internal/rootfs"
)

func file(name, content string) (tar.Header, string) {
	return tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(content))}, content
}

// stream is a tar archive that is written entry by entry.
type stream struct {
	bytes.Buffer
	w *tar.Writer
	t *testing.T
}

func newStream(t *testing.T) *stream {
	s := &stream{t: t}
	s.w = tar.NewWriter(&s.Buffer)
	return s
}

func (s *stream) add(h tar.Header, content string) *stream {
	s.t.Helper()
	if h.Typeflag == tar.TypeReg {
		h.Size = int64(len(content))
	}
	if err := s.w.WriteHeader(&h); err != nil {
		s.t.Fatal(err)
	}
	if _, err := io.WriteString(s.w, content); err != nil {
		s.t.Fatal(err)
	}
	return s
}

func (s *stream) file(name, content string) *stream { return s.add(file(name, content)) }
func (s *stream) folder(name string, mode int64) *stream {
	return s.add(tar.Header{Name: name + "/", Typeflag: tar.TypeDir, Mode: mode}, "")
}

func (s *stream) link(name, target string) *stream {
	return s.add(tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: target}, "")
}

// of makes a tree of streams.
func of(streams ...*stream) Tree {
	for _, s := range streams {
		if err := s.w.Close(); err != nil {
			s.t.Fatal(err)
		}
	}
	return Tree{Whiteouts: true, Next: func() (io.Reader, error) {
		if len(streams) == 0 {
			return nil, io.EOF
		}
		s := streams[0]
		streams = streams[1:]
		return bytes.NewReader(s.Bytes()), nil
	}}
}

// listed describes what is in a layer, with the content of short files.
func listed(t *testing.T, dir string) (all []string) {
	t.Helper()
	err := walkLayer(t.Context(), dir, nil, func(e entry, f *os.File) error {
		line := fmt.Sprintf("%c %04o %s", e.kind, e.mode, e.path)
		if e.link != "" {
			line += " -> " + e.link
		}
		if e.kind == fileKind {
			b, err := io.ReadAll(f)
			if err != nil {
				return err
			}
			line += fmt.Sprintf(" %q", b)
		}
		all = append(all, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestImportAppliesLayers(t *testing.T) {
	lower := newStream(t).folder("etc", 0o755).folder("etc/app", 0o700).file("etc/app/old", "old").file("etc/app/kept", "1").
		file("etc/gone", "x").folder("usr/lib", 0o755).link("lib", "usr/lib").link("var/run", "/run").file("srv/a/b/deep", "d").
		add(tar.Header{Name: "dev/sda", Typeflag: tar.TypeBlock, Mode: 0o600}, "").
		add(tar.Header{Name: "srv/disk", Typeflag: tar.TypeBlock, Mode: 0o600}, "").
		file("tmp/unseen", "x").file("/abs", "absolute").file("./usr/bin/tool", "tool")
	upper := newStream(t).
		file("etc/app/new", "new").file("etc/app/.wh..wh..opq", "").file("etc/.wh.gone", "").
		file("lib/by-link", "through").file("var/run/unseen", "x").
		add(tar.Header{Name: "usr/bin/hard", Typeflag: tar.TypeLink, Linkname: "usr/bin/tool"}, "").
		add(tar.Header{Name: "usr/bin/set", Typeflag: tar.TypeReg, Mode: 0o4755}, "s").
		file("srv/a", "a file in a folder's place")
	layer := filepath.Join(t.TempDir(), "layer")
	_, notes, err := Import(t.Context(), layer, of(lower, upper))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"1 devices are left out: an instance has devices of its own"}; !slices.Equal(notes, want) {
		t.Errorf("notes %q, want %q", notes, want)
	}
	want := []string{
		"d 0755 @root", `f 0644 @root/abs "absolute"`, "d 0755 @root/dev", "d 0755 @root/etc", "d 0700 @root/etc/app", `f 0644 @root/etc/app/new "new"`,
		"l 0000 @root/lib -> usr/lib", "d 0555 @root/proc", "d 0755 @root/run", "d 0755 @root/srv", `f 0644 @root/srv/a "a file in a folder's place"`,
		"d 0555 @root/sys", "d 1777 @root/tmp", "d 0755 @root/usr", "d 0755 @root/usr/bin", `f 0644 @root/usr/bin/hard "tool"`, `f 4755 @root/usr/bin/set "s"`,
		"h 0000 @root/usr/bin/tool -> @root/usr/bin/hard", "d 0755 @root/usr/lib",
		`f 0644 @root/usr/lib/by-link "through"`, "d 0755 @root/var", "l 0000 @root/var/run -> /run",
	}
	if diff := cmp.Diff(want, listed(t, layer)); diff != "" {
		t.Errorf("the layer differs (-want +got):\n%s", diff)
	}
}

// TestImportLaysOverTheHost shows that folders which the host has keep the host's modes and symlinks.
func TestImportLaysOverTheHost(t *testing.T) {
	tree := of(newStream(t).folder("usr", 0o700).folder("usr/local/bin", 0o700).file("usr/local/bin/tool", "tool").file("bin/other", "o").file("app/x", "x"))
	tree.OnHost = true
	layer := filepath.Join(t.TempDir(), "layer")
	if _, _, err := Import(t.Context(), layer, tree); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"d 0755 @root", "d 0755 @root/app", `f 0644 @root/app/x "x"`, "d 0755 usr", "d 0755 usr/bin", `f 0644 usr/bin/other "o"`,
		"d 0755 usr/local", "d 0755 usr/local/bin", `f 0644 usr/local/bin/tool "tool"`,
	}
	if target, err := os.Readlink("/bin"); err != nil || target != "usr/bin" {
		t.Skip("the host's /bin is not part of its /usr")
	}
	if diff := cmp.Diff(want, listed(t, layer)); diff != "" {
		t.Errorf("the layer differs (-want +got):\n%s", diff)
	}
}

// TestImportLeavesNothingOfWhatItRefuses tries streams that lead out of the tree, or are not one.
func TestImportLeavesNothingOfWhatItRefuses(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	huge := tar.Header{Name: "huge", Typeflag: tar.TypeReg, Mode: 0o644, Size: Disk + 1}
	short := newStream(t).file("whole", strings.Repeat("x", 1<<20))
	short.Truncate(1 << 19)
	for what, c := range map[string]struct {
		tree Tree
		want error
	}{
		"a way out":               {of(newStream(t).file("../outside", "x")), ErrTree},
		"a way out in the middle": {of(newStream(t).file("a/../../outside", "x")), ErrTree},
		"a link that is missing":  {of(newStream(t).add(tar.Header{Name: "l", Typeflag: tar.TypeLink, Linkname: "../../etc/passwd2"}, "")), ErrTree},
		"links in a circle":       {of(newStream(t).link("a", "b").link("b", "a").file("a/x", "x")), ErrTree},
		"a file as a folder":      {of(newStream(t).file("a", "x").file("a/x", "x")), ErrTree},
		"a type of its own":       {of(newStream(t).add(tar.Header{Name: "a", Typeflag: 'Z'}, "")), ErrTree},
		"an end too early":        {Tree{Next: once(short)}, io.ErrUnexpectedEOF},
		"no archive":              {Tree{Next: once(strings.NewReader(strings.Repeat("no archive", 100)))}, tar.ErrHeader},
		"a file beyond the disk":  {Tree{Next: once(beginning(t, huge))}, ErrTree},
	} {
		dir := t.TempDir()
		_, _, err := Import(t.Context(), filepath.Join(dir, "layer"), c.tree)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", what, err, c.want)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
			t.Errorf("%s leaves %v, %v", what, entries, err)
		}
	}
	if _, err := os.Lstat(outside); err == nil {
		t.Error("an entry got out of the tree")
	}
}

// TestImportFollowsLinksInside shows that a symlink to the host's files is one to the tree's own.
func TestImportFollowsLinksInside(t *testing.T) {
	const outside = "/srv/understudy-import-test" // not below /tmp, whose entries are left out
	layer := filepath.Join(t.TempDir(), "layer")
	tree := of(newStream(t).link("way", outside).file("way/x", "x").link("up", "../../../../../.."+outside).file("up/y", "y"))
	if _, _, err := Import(t.Context(), layer, tree); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(outside); err == nil {
		t.Error("an entry got outside")
	}
	for _, name := range []string{"x", "y"} {
		if _, err := os.Lstat(filepath.Join(layer, rootLayer, outside, name)); err != nil {
			t.Errorf("inside there is no %s: %v", name, err)
		}
	}
}

func TestImportOnAFullDiskLeavesNothing(t *testing.T) {
	small := t.TempDir()
	if err := unix.Mount("tmpfs", small, "tmpfs", 0, "size=1m"); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(small, unix.MNT_DETACH)
	tree := of(newStream(t).file("big", strings.Repeat("x", 2<<20)))
	if _, _, err := Import(t.Context(), filepath.Join(small, "layer"), tree); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("got %v", err)
	}
	if entries, err := os.ReadDir(small); err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func once(r io.Reader) func() (io.Reader, error) {
	return func() (io.Reader, error) {
		if r == nil {
			return nil, io.EOF
		}
		defer func() { r = nil }()
		return r, nil
	}
}

// beginning is an archive that ends after a header.
func beginning(t *testing.T, h tar.Header) io.Reader {
	s := newStream(t)
	if err := s.w.WriteHeader(&h); err != nil {
		t.Fatal(err)
	}
	return &s.Buffer
}

// serviceSource is a program that tells who it is to whoever listens at its first argument, and then ends with the status of
// its second.
const serviceSource = `package main

import ("fmt"; "net"; "os"; "strconv")

func main() {
	c, err := net.Dial("tcp", os.Args[1])
	if err != nil { panic(err) }
	where, _ := os.Getwd()
	entries, _ := os.ReadDir("/")
	fmt.Fprintln(c, os.Getuid(), os.Getgid(), where, os.Getenv("COLOUR"), os.Getenv("HOME"), entries)
	c.Close()
	status, _ := strconv.Atoi(os.Args[2])
	os.Exit(status)
}
`

// buildStatic builds a program that needs nothing of a system.
func buildStatic(t *testing.T, source string) []byte {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-o", filepath.Join(dir, "program"), filepath.Join(dir, "main.go"))
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b, err := os.ReadFile(filepath.Join(dir, "program"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestImageWithoutASystemRuns boots an image that is one program and a table of users.
func TestImageWithoutASystemRuns(t *testing.T) {
	b := newBench(t)
	b.host.Trusted = []byte("an authority's certificate\n")
	layer := filepath.Join(b.dir, "layer")
	program := tar.Header{Name: "service", Typeflag: tar.TypeReg, Mode: 0o755}
	tree := of(newStream(t).add(program, string(buildStatic(t, serviceSource))).file("etc/passwd", "web:x:33:34::/srv/web:/none\n").folder("srv/web", 0o755))
	if _, _, err := Import(t.Context(), layer, tree); err != nil {
		t.Fatal(err)
	}
	address, report := b.reporter()
	spec := b.spec("")
	spec.Layers = []string{layer}
	spec.Service = &rootfs.Service{Args: []string{"service", address, "3"}, Env: []string{"PATH=/", "COLOUR=red"}, Dir: "/srv/web", User: "web"}
	m := b.start(spec)
	who := "33 34"
	if b.host.base.owners.alone() {
		who = "0 0"
	}
	want := who + " /srv/web red /srv/web [d dev/ d etc/ d proc/ d run/ - service d srv/ d sys/ d tmp/ d var/]\n"
	if said := report(); said != want {
		t.Errorf("the service says %q, want %q", said, want)
	}
	b.await("understudy: service ended with status 3")
	select {
	case <-m.Done():
		t.Error("the instance ended with its service")
	default:
	}
	if trusts, err := os.ReadFile(filepath.Join(upperDir(spec.Dir), rootLayer, bundles[0])); string(trusts) != string(b.host.Trusted) {
		t.Errorf("it trusts %q, %v", trusts, err)
	}
	if err := m.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	// What the instance has changed is a layer over the image's.
	baked, err := Bake(t.Context(), spec.Dir, filepath.Join(b.dir, "baked"))
	if err != nil || baked.Digest == "" {
		t.Fatal(err)
	}
	if all := strings.Join(listed(t, filepath.Join(b.dir, "baked")), "\n"); strings.Contains(all, "hostname") || !strings.Contains(all, "@root/var/lib/cloud") {
		t.Errorf("baked:\n%s", all)
	}
	spec.UserData = []byte("#!/bin/sh\necho never\n")
	m = b.start(spec)
	b.await("understudy: the user data cannot run: the image has no /bin/sh")
	if err := m.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}
