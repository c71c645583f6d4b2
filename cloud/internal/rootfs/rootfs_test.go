package rootfs

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"github.com/opencontainers/go-digest"
	oci "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/understudy/understudy/cloud/internal/rootfs/rootfstest"
)

// received carries a source to the other side, and reads there what is in its streams.
func received(t *testing.T, s *Source, image Image) (Image, [][]string, error) {
	t.Helper()
	body, contentType := s.Send(t.Context(), image)
	defer body.Close()
	q, err := http.NewRequest(http.MethodPost, "http://region/images", body)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", contentType)
	got, next, err := Receive(q.Header, q.Body)
	if err != nil {
		return got, nil, err
	}
	var streams [][]string
	for {
		stream, err := next()
		if err == io.EOF {
			return got, streams, nil
		}
		if err != nil {
			return got, streams, err
		}
		var names []string
		for r := tar.NewReader(stream); ; {
			h, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				return got, streams, err
			}
			names = append(names, h.Name)
		}
		if _, err := io.Copy(io.Discard, stream); err != nil {
			return got, streams, err
		}
		streams = append(streams, names)
	}
}

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

func zstandard(t *testing.T, b []byte) []byte {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(b, nil)
}

func TestTarballsAreReadHoweverTheyAreCompressed(t *testing.T) {
	plain := rootfstest.Tar(t, map[string]string{"srv/a": "a"})
	for name, b := range map[string][]byte{"plain.tar": plain, "x.tgz": gzipped(plain), "x.tar.zst": zstandard(t, plain)} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(path, "", "")
		if err != nil {
			t.Fatal(err)
		}
		got, streams, err := received(t, s, Image{Name: "web", OnHost: true})
		if err != nil {
			t.Fatal(name, err)
		}
		if diff := cmp.Diff([][]string{{"srv/a"}}, streams); diff != "" || got.Name != "web" || !got.OnHost || got.Whiteouts {
			t.Errorf("%s: %+v\n%s", name, got, diff)
		}
	}
}

func TestWhatIsNoTarballIsRefused(t *testing.T) {
	for content, want := range map[string]string{
		"hello":                       "it is no tar archive",
		strings.Repeat("hello ", 200): "it is no tar archive",
		"\xfd7zXZ\x00 and so on":      "xz is not supported",
		string(rootfstest.Tar(t, map[string]string{"blobs/sha256/x": ""})): "unpack it into a folder",
	} {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(path, "", "")
		if err == nil {
			_, _, err = received(t, s, Image{})
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: got %v, want %q in it", content, err, want)
		}
	}
}

func TestFolderIsOneStream(t *testing.T) {
	dir := t.TempDir()
	for _, err := range []error{
		os.MkdirAll(filepath.Join(dir, "srv", "app"), 0o750),
		os.WriteFile(filepath.Join(dir, "srv", "app", "main"), []byte("x"), 0o755),
		os.Symlink("main", filepath.Join(dir, "srv", "app", "link")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(dir, "", "")
	if err != nil {
		t.Fatal(err)
	}
	_, streams, err := received(t, s, Image{})
	if diff := cmp.Diff([][]string{{"srv/", "srv/app/", "srv/app/link", "srv/app/main"}}, streams); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

var config = oci.ImageConfig{Entrypoint: []string{"/serve"}, Cmd: []string{"80"}, Env: []string{"A=b"}, WorkingDir: "/srv", User: "web"}

func TestLayoutsImageOfTheArchitectureIsTaken(t *testing.T) {
	l := rootfstest.NewLayout(t)
	lower, upper := rootfstest.Tar(t, map[string]string{"etc/a": "a"}), rootfstest.Tar(t, map[string]string{"etc/.wh.a": ""})
	other := "arm64"
	if runtime.GOARCH == other {
		other = "amd64"
	}
	l.Index("web",
		l.Image(oci.Image{Platform: oci.Platform{OS: "linux", Architecture: other}}, lower),
		l.Image(oci.Image{Platform: oci.Platform{OS: "linux", Architecture: runtime.GOARCH}, Config: config}, gzipped(lower), zstandard(t, upper)),
		l.Image(oci.Image{Platform: oci.Platform{OS: "unknown", Architecture: "unknown"}}, lower), // as an attestation's
	)
	l.Index("other", l.Image(oci.Image{Platform: oci.Platform{OS: "linux", Architecture: runtime.GOARCH}}, lower))
	if _, err := Open(l.Dir, "", ""); err == nil || !strings.Contains(err.Error(), "want one; its names are web, other") {
		t.Errorf("two images: %v", err)
	}
	s, err := Open(l.Dir, "web", "")
	if err != nil {
		t.Fatal(err)
	}
	got, streams, err := received(t, s, Image{Name: "web"})
	if err != nil {
		t.Fatal(err)
	}
	want := Image{
		Name: "web", Architecture: architectures[runtime.GOARCH], Whiteouts: true, Streams: 2,
		Service: &Service{Args: []string{"/serve", "80"}, Env: []string{"A=b"}, Dir: "/srv", User: "web"},
	}
	if diff := cmp.Diff(want, got) + cmp.Diff([][]string{{"etc/a"}, {"etc/.wh.a"}}, streams); diff != "" {
		t.Error(diff)
	}
}

// TestLayoutThatWasTamperedWithIsRefused changes each blob in turn.
func TestLayoutThatWasTamperedWithIsRefused(t *testing.T) {
	l := rootfstest.NewLayout(t)
	l.Index("", l.Image(oci.Image{Platform: oci.Platform{OS: "linux", Architecture: runtime.GOARCH}, Config: config},
		gzipped(rootfstest.Tar(t, map[string]string{"etc/a": "a"})), rootfstest.Tar(t, map[string]string{"etc/b": "content"})))
	read := func() error {
		s, err := Open(l.Dir, "", "")
		if err == nil {
			_, _, err = received(t, s, Image{})
		}
		return err
	}
	if err := read(); err != nil {
		t.Fatal(err)
	}
	blobs, err := os.ReadDir(filepath.Join(l.Dir, "blobs", "sha256"))
	if err != nil || len(blobs) != 5 { // index, manifest, configuration, two layers
		t.Fatal(blobs, err)
	}
	for _, b := range blobs {
		path := filepath.Join(l.Dir, "blobs", "sha256", b.Name())
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		bad := bytes.Clone(good)
		bad[len(bad)-1] ^= 1 // in a tar or gzip, after all that would be read of it
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := read(); err == nil {
			t.Errorf("%s was changed, and is read", path)
		}
		if err := os.WriteFile(path, good, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	way := digest.Digest("sha256:../../../../etc/passwd")
	if _, err := layout(l.Dir).blob(oci.Descriptor{Digest: way}); err == nil {
		t.Errorf("digest %s: %v", way, err)
	}
}

// TestCutBodyIsNoWholeOne ends a body at every part of it.
func TestCutBodyIsNoWholeOne(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(dir, "", "")
	if err != nil {
		t.Fatal(err)
	}
	body, contentType := s.Send(t.Context(), Image{Name: "web"})
	whole, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(whole) - len("--\r\n") {
		q, err := http.NewRequest(http.MethodPost, "http://region/images", bytes.NewReader(whole[:n]))
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Content-Type", contentType)
		_, next, err := Receive(q.Header, q.Body)
		for err == nil {
			var stream io.Reader
			if stream, err = next(); err == nil {
				_, err = io.Copy(io.Discard, stream)
			}
		}
		if err == io.EOF {
			t.Fatalf("%d of %d bytes are a whole image", n, len(whole))
		}
	}
}
