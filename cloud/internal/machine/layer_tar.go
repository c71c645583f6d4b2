package machine

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Records in a tar stream of a layer, beside those of every tar.
const (
	digestRecord = "UNDERSTUDY.digest" // in the global header
	xattrRecord  = "SCHILY.xattr."     // as GNU tar and star write attributes
)

// WriteTar writes a layer as a tar stream that begins with its digest.
func WriteTar(ctx context.Context, w io.Writer, dir string) error {
	layer, err := Verify(ctx, dir)
	if err != nil {
		return err
	}
	t := tar.NewWriter(w)
	global := &tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{digestRecord: layer.Digest}}
	if err := t.WriteHeader(global); err != nil {
		return err
	}
	err = walkLayer(ctx, dir, nil, func(e entry, content *os.File) error {
		if err := t.WriteHeader(e.header()); err != nil {
			return fmt.Errorf("%s: %w", e.path, err)
		}
		if e.kind != fileKind {
			return nil
		}
		_, err := io.CopyN(t, content, e.size)
		return err
	})
	if err != nil {
		return fmt.Errorf("write layer %s: %w", dir, err)
	}
	return t.Close()
}

var tarTypes = map[kind]byte{
	folderKind: tar.TypeDir, fileKind: tar.TypeReg, symlinkKind: tar.TypeSymlink, hardLinkKind: tar.TypeLink,
	whiteoutKind: tar.TypeChar, pipeKind: tar.TypeFifo,
}

func (e entry) header() *tar.Header {
	h := &tar.Header{
		Typeflag: tarTypes[e.kind], Name: e.path, Linkname: e.link, Mode: int64(e.mode), Uid: e.uid, Gid: e.gid,
		Size: e.size, ModTime: e.mtime, Format: tar.FormatPAX, PAXRecords: map[string]string{},
	}
	if e.kind == folderKind {
		h.Name += "/"
	}
	for name, value := range e.xattrs {
		h.PAXRecords[xattrRecord+name] = value
	}
	return h
}

// ReadTar makes a layer from a stream that WriteTar wrote, with the guarantees of Bake, and fails unless its digest is
// the one at the beginning of the stream.
func ReadTar(ctx context.Context, r io.Reader, dst string) (Layer, error) {
	t := tar.NewReader(r)
	global, err := t.Next()
	if err != nil {
		return Layer{}, fmt.Errorf("read layer %s: %w", dst, err)
	}
	digest := global.PAXRecords[digestRecord]
	if global.Typeflag != tar.TypeXGlobalHeader || digest == "" {
		return Layer{}, fmt.Errorf("read layer %s: the stream does not begin with a layer's digest", dst)
	}
	layer, err := buildChecked(ctx, dst, digest, func(w *layerWriter) error { return readEntries(ctx, t, w) })
	if err != nil {
		return Layer{}, fmt.Errorf("read layer %s: %w", dst, err)
	}
	return layer, nil
}

func readEntries(ctx context.Context, t *tar.Reader, w *layerWriter) error {
	return eachEntry(ctx, t, func(h *tar.Header) error {
		e, err := entryOf(h)
		if err != nil {
			return err
		}
		return w.putStream(e, t)
	})
}

// eachEntry reads an archive to its end, and has each entry taken before the next one is read.
func eachEntry(ctx context.Context, t *tar.Reader, take func(*tar.Header) error) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := take(h); err != nil {
			return err
		}
	}
}

func entryOf(h *tar.Header) (entry, error) {
	e := entry{
		path: path.Clean(h.Name), mode: uint32(h.Mode) & 0o7777, uid: h.Uid, gid: h.Gid, size: h.Size, mtime: h.ModTime,
		link: h.Linkname, xattrs: map[string]string{},
	}
	for kind, typeflag := range tarTypes {
		if typeflag == h.Typeflag {
			e.kind = kind
		}
	}
	if e.kind == 0 || !filepath.IsLocal(e.path) || e.kind == hardLinkKind && !filepath.IsLocal(e.link) {
		return e, fmt.Errorf("entry %q of type %q is not part of a layer", h.Name, h.Typeflag)
	}
	for name, value := range h.PAXRecords {
		if xattr, ok := strings.CutPrefix(name, xattrRecord); ok && carried(xattr) {
			e.xattrs[xattr] = value
		}
	}
	return e, nil
}
