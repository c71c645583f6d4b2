package machine

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
)

// ExportLayer writes a layer as the tar stream of a layer of an OCI image, which any reader of such images understands.
func ExportLayer(ctx context.Context, w io.Writer, dir string) error {
	t := tar.NewWriter(w)
	err := walkLayer(ctx, dir, nil, func(e entry, content *os.File) error {
		return exportEntry(t, e, content)
	})
	if err != nil {
		return fmt.Errorf("export layer %s: %w", dir, err)
	}
	return t.Close()
}

// OnHost tells whether layers lie on the host's root: none of them is a whole one.
func OnHost(dirs []string) bool { return !slices.ContainsFunc(dirs, isWhole) }

func exportEntry(t *tar.Writer, e entry, content *os.File) error {
	if e.path == rootLayer {
		return nil
	}
	hidesBelow := len(e.xattrs[opaque]) > 0
	delete(e.xattrs, opaque)
	e.path, e.link = exportName(e.path), exportLink(e)
	if e.kind == whiteoutKind {
		e = emptyFile(path.Join(path.Dir(e.path), ociWhiteout+path.Base(e.path)))
	}
	if err := t.WriteHeader(e.header()); err != nil {
		return fmt.Errorf("%s: %w", e.path, err)
	}
	if hidesBelow {
		return t.WriteHeader(emptyFile(path.Join(e.path, ociOpaque)).header())
	}
	if e.kind != fileKind || content == nil {
		return nil
	}
	_, err := io.CopyN(t, content, e.size)
	return err
}

func emptyFile(name string) entry { return entry{path: name, kind: fileKind} }

// exportName is the name in an instance of what a layer has.
func exportName(name string) string { return strings.TrimPrefix(name, rootLayer+"/") }

func exportLink(e entry) string {
	if e.kind == hardLinkKind {
		return exportName(e.link)
	}
	return e.link
}
