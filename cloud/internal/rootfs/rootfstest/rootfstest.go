// Package rootfstest makes OCI image layouts and tar archives for tests.
package rootfstest

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	oci "github.com/opencontainers/image-spec/specs-go/v1"
)

// Tar makes an archive of files, which are all programs of root's.
func Tar(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(files[name]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, files[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Layout is a folder with an OCI image layout.
type Layout struct {
	Dir   string
	t     testing.TB
	index oci.Index
}

// NewLayout makes a layout without images.
func NewLayout(t testing.TB) *Layout {
	l := &Layout{Dir: t.TempDir(), t: t, index: oci.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: oci.MediaTypeImageIndex}}
	l.write(oci.ImageLayoutFile, l.encode(oci.ImageLayout{Version: oci.ImageLayoutVersion}))
	return l
}

// Image adds an image's blobs and returns the descriptor of its manifest. Layers are archives, compressed or not.
func (l *Layout) Image(image oci.Image, layers ...[]byte) oci.Descriptor {
	l.t.Helper()
	manifest := oci.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: oci.MediaTypeImageManifest,
		Config: l.blob(oci.MediaTypeImageConfig, l.encode(image)),
	}
	for _, layer := range layers {
		manifest.Layers = append(manifest.Layers, l.blob(oci.MediaTypeImageLayer, layer))
	}
	d := l.blob(oci.MediaTypeImageManifest, l.encode(manifest))
	d.Platform = &image.Platform
	return d
}

// Index adds an index over images of one name for several platforms.
func (l *Layout) Index(name string, images ...oci.Descriptor) {
	l.t.Helper()
	d := l.blob(oci.MediaTypeImageIndex, l.encode(oci.Index{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: oci.MediaTypeImageIndex, Manifests: images,
	}))
	d.Annotations = map[string]string{oci.AnnotationRefName: name}
	l.index.Manifests = append(l.index.Manifests, d)
	l.write(oci.ImageIndexFile, l.encode(l.index))
}

func (l *Layout) blob(mediaType string, b []byte) oci.Descriptor {
	l.t.Helper()
	d := oci.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(b), Size: int64(len(b))}
	l.write(filepath.Join(oci.ImageBlobsDir, d.Digest.Algorithm().String(), d.Digest.Encoded()), b)
	return d
}

func (l *Layout) encode(v any) []byte {
	l.t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		l.t.Fatal(err)
	}
	return b
}

func (l *Layout) write(name string, b []byte) {
	l.t.Helper()
	path := filepath.Join(l.Dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		l.t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		l.t.Fatal(err)
	}
}
