package rootfs

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	oci "github.com/opencontainers/image-spec/specs-go/v1"
)

// WriteLayout writes an image that Receive reads as an OCI image layout, into a folder that is not there yet. What fails leaves
// nothing.
func WriteLayout(dir string, image Image, next func() (io.Reader, error)) (err error) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	w := layoutWriter{blobs: filepath.Join(dir, oci.ImageBlobsDir, digest.Canonical.String())}
	if err := os.MkdirAll(w.blobs, 0o755); err != nil {
		return err
	}
	config := configOf(image)
	manifest := oci.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: oci.MediaTypeImageManifest}
	for {
		stream, err := next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		layer, plain, err := w.layer(stream)
		if err != nil {
			return err
		}
		manifest.Layers, config.RootFS.DiffIDs = append(manifest.Layers, layer), append(config.RootFS.DiffIDs, plain)
	}
	if manifest.Config, err = w.document(oci.MediaTypeImageConfig, config); err != nil {
		return err
	}
	described, err := w.document(oci.MediaTypeImageManifest, manifest)
	if err != nil {
		return err
	}
	described.Platform, described.Annotations = &config.Platform, map[string]string{oci.AnnotationRefName: image.Name}
	index := oci.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: oci.MediaTypeImageIndex, Manifests: []oci.Descriptor{described}}
	return errors.Join(writeJSON(filepath.Join(dir, oci.ImageIndexFile), index),
		writeJSON(filepath.Join(dir, oci.ImageLayoutFile), oci.ImageLayout{Version: oci.ImageLayoutVersion}))
}

// configOf is what a container of the image would run, and where.
func configOf(image Image) oci.Image {
	c := oci.Image{Platform: oci.Platform{OS: "linux"}, RootFS: oci.RootFS{Type: "layers"}}
	for theirs, ours := range architectures {
		if ours == image.Architecture {
			c.Architecture = theirs
		}
	}
	if s := image.Service; s != nil {
		c.Config = oci.ImageConfig{Entrypoint: s.Args, Env: s.Env, WorkingDir: s.Dir, User: s.User}
	}
	return c
}

// layoutWriter writes the blobs of a layout.
type layoutWriter struct{ blobs string }

// layer writes a layer, compressed, and returns its digest as it is, too.
func (w layoutWriter) layer(stream io.Reader) (d oci.Descriptor, plain digest.Digest, err error) {
	f, err := os.CreateTemp(w.blobs, "layer-*")
	if err != nil {
		return d, "", err
	}
	defer f.Close()
	packed, unpacked := digest.Canonical.Digester(), digest.Canonical.Digester()
	z := gzip.NewWriter(io.MultiWriter(f, packed.Hash()))
	if _, err := io.Copy(io.MultiWriter(z, unpacked.Hash()), stream); err != nil {
		return d, "", fmt.Errorf("write layer: %w", err)
	}
	if err := errors.Join(z.Close(), f.Chmod(0o644)); err != nil {
		return d, "", err
	}
	info, err := f.Stat()
	if err != nil {
		return d, "", err
	}
	d = oci.Descriptor{MediaType: oci.MediaTypeImageLayerGzip, Digest: packed.Digest(), Size: info.Size()}
	return d, unpacked.Digest(), os.Rename(f.Name(), filepath.Join(w.blobs, d.Digest.Encoded()))
}

// document writes a JSON document.
func (w layoutWriter) document(mediaType string, v any) (oci.Descriptor, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return oci.Descriptor{}, err
	}
	d := oci.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(b), Size: int64(len(b))}
	return d, os.WriteFile(filepath.Join(w.blobs, d.Digest.Encoded()), b, 0o644)
}

func writeJSON(path string, v any) error {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(v); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}
