package rootfs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"
	oci "github.com/opencontainers/image-spec/specs-go/v1"
)

// layoutFile is by what a folder is an OCI image layout (OCI image specification, "Image Layout").
const layoutFile = oci.ImageLayoutFile

// The same documents by Docker's names (https://distribution.github.io/distribution/spec/manifest-v2-2/).
const (
	dockerList     = "application/vnd.docker.distribution.manifest.list.v2+json"
	dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
)

// largestDocument bounds what is read of a layout's JSON documents, as registries do (OCI distribution specification, "Pushing
// Manifests": at least 4 MiB).
const largestDocument = 4 << 20

// layout is the folder of an OCI image layout.
type layout string

func openLayout(dir, name, architecture string) (*Source, error) {
	l := layout(dir)
	var index oci.Index
	if err := l.read(filepath.Join(dir, oci.ImageIndexFile), &index); err != nil {
		return nil, err
	}
	if architecture == "" {
		architecture = architectures[runtime.GOARCH]
	}
	found, err := l.choose(named(index.Manifests, name), architecture, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%s has %d images for %s%s: want one%s", dir, len(found), architecture, ofName(name), names(index.Manifests))
	}
	s, err := l.source(found[0])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return s, nil
}

func ofName(name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf(" of the name %q", name)
}

// names tells by what names the images of an index can be asked for.
func names(all []oci.Descriptor) string {
	var known []string
	for _, d := range all {
		if n := d.Annotations[oci.AnnotationRefName]; n != "" {
			known = append(known, n)
		}
	}
	if len(known) == 0 {
		return ""
	}
	return "; its names are " + strings.Join(known, ", ")
}

func named(all []oci.Descriptor, name string) []oci.Descriptor {
	return slices.DeleteFunc(slices.Clone(all), func(d oci.Descriptor) bool {
		return name != "" && d.Annotations[oci.AnnotationRefName] != name
	})
}

// deepest is how far indexes may be nested in indexes.
const deepest = 4

// choose finds the manifests for Linux on an architecture, in indexes that may be nested.
func (l layout) choose(all []oci.Descriptor, architecture string, depth int) (found []oci.Descriptor, err error) {
	if depth > deepest {
		return nil, errors.New("its indexes are nested too deep")
	}
	for _, d := range all {
		switch d.MediaType {
		case oci.MediaTypeImageIndex, dockerList:
			var index oci.Index
			if err := l.document(d, &index); err != nil {
				return nil, err
			}
			more, err := l.choose(index.Manifests, architecture, depth+1)
			if err != nil {
				return nil, err
			}
			found = append(found, more...)
		case oci.MediaTypeImageManifest, dockerManifest:
			if p := d.Platform; p == nil || p.OS == "linux" && architectures[p.Architecture] == architecture {
				found = append(found, d)
			}
		}
	}
	return found, nil
}

// source reads a manifest and its configuration.
func (l layout) source(d oci.Descriptor) (*Source, error) {
	var manifest oci.Manifest
	if err := l.document(d, &manifest); err != nil {
		return nil, err
	}
	var image oci.Image
	if err := l.document(manifest.Config, &image); err != nil {
		return nil, err
	}
	if image.OS != "linux" || architectures[image.Architecture] == "" {
		return nil, fmt.Errorf("its image is for %s on %s: want linux on amd64 or arm64", image.OS, image.Architecture)
	}
	s := &Source{Architecture: architectures[image.Architecture], whiteouts: true, Service: serviceOf(image.Config)}
	for _, layer := range manifest.Layers {
		s.streams = append(s.streams, func(context.Context) (io.ReadCloser, error) { return l.layer(layer) })
	}
	return s, nil
}

// serviceOf is what a container of the image would run (OCI image specification, "Image Configuration"); nil for nothing.
func serviceOf(c oci.ImageConfig) *Service {
	args := slices.Concat(c.Entrypoint, c.Cmd)
	if len(args) == 0 {
		return nil
	}
	return &Service{Args: args, Env: c.Env, Dir: c.WorkingDir, User: c.User}
}

func (l layout) blob(d oci.Descriptor) (string, error) {
	if err := d.Digest.Validate(); err != nil {
		return "", fmt.Errorf("digest %q: %w", d.Digest, err)
	}
	return filepath.Join(string(l), oci.ImageBlobsDir, d.Digest.Algorithm().String(), d.Digest.Encoded()), nil
}

// document reads a JSON document by its digest.
func (l layout) document(d oci.Descriptor, into any) error {
	path, err := l.blob(d)
	if err != nil {
		return err
	}
	b, err := readSmall(path)
	if err != nil {
		return err
	}
	if d.Digest.Algorithm().FromBytes(b) != d.Digest {
		return fmt.Errorf("%s is not what its digest says", path)
	}
	return unmarshal(path, b, into)
}

func (l layout) read(path string, into any) error {
	b, err := readSmall(path)
	if err != nil {
		return err
	}
	return unmarshal(path, b, into)
}

func unmarshal(path string, b []byte, into any) error {
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func readSmall(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, largestDocument+1))
	if err == nil && len(b) > largestDocument {
		err = fmt.Errorf("%s is larger than %d bytes", path, largestDocument)
	}
	return b, err
}

// layer opens a layer as a tar stream, which ends with an error if the blob is not what its digest says.
func (l layout) layer(d oci.Descriptor) (io.ReadCloser, error) {
	path, err := l.blob(d)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	checked := &checkedBlob{file: f, path: path, verifier: d.Digest.Verifier()}
	plain, err := decompress(checked)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return &checkedLayer{plain: plain, blob: checked}, nil
}

// checkedBlob computes the digest of what is read of a file. It has no other way to be read.
type checkedBlob struct {
	file     *os.File
	path     string
	verifier digest.Verifier
}

func (b *checkedBlob) Read(p []byte) (int, error) {
	n, err := b.file.Read(p)
	b.verifier.Write(p[:n])
	return n, err
}

func (b *checkedBlob) Close() error { return b.file.Close() }

// checkedLayer is a layer whose end is told when all of its blob was read and is what its digest says.
type checkedLayer struct {
	plain unpacked
	blob  *checkedBlob
}

func (c *checkedLayer) Read(p []byte) (int, error) {
	n, err := c.plain.Read(p)
	if !errors.Is(err, io.EOF) {
		return n, err
	}
	if _, err := io.Copy(io.Discard, c.blob); err != nil {
		return n, err
	}
	if !c.blob.verifier.Verified() {
		return n, fmt.Errorf("%s is not what its digest says", c.blob.path)
	}
	return n, io.EOF
}

func (c *checkedLayer) Close() error { return c.plain.Close() }
