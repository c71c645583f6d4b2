package machine

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"golang.org/x/sys/unix"
)

// Tree is a root file system from outside of the cloud: tar streams, the lowest first.
type Tree struct {
	// Next returns the next stream, and io.EOF after the last. A stream is read to its end before Next is called again.
	Next func() (io.Reader, error)
	// OnHost means that the tree is laid over the host's root, as what instances write is. Otherwise it is all that there is.
	OnHost bool
	// Whiteouts means that the streams are layers of an OCI image, in which names that begin with .wh. remove what earlier
	// streams have (OCI image specification, "Representing Changes").
	Whiteouts bool
}

// MostEntries is how many names an imported tree may have: as many as the disk's file system would have inodes, where
// mke2fs makes one for every 16 KiB (inode_ratio in mke2fs.conf(5)).
const MostEntries = Disk / (16 << 10)

// ErrTree means that a tree is not one that instances can have, or too large for their disk.
var ErrTree = errors.New("the file system cannot be imported")

// Import makes a layer of a tree, with Bake's promises. The notes say what of the tree is not in the layer.
func Import(ctx context.Context, dst string, tree Tree) (layer Layer, notes []string, err error) {
	left := map[string]int{}
	layer, err = build(ctx, dst, func(w *layerWriter) error {
		i, err := newImporter(w, tree, left)
		if err != nil {
			return err
		}
		return i.all(ctx, tree.Next)
	})
	if err != nil {
		return Layer{}, nil, fmt.Errorf("import: %w", err)
	}
	for _, what := range slices.Sorted(maps.Keys(left)) {
		notes = append(notes, fmt.Sprintf("%d %s", left[what], what))
	}
	return layer, notes, nil
}

// importer applies the streams of a tree one after the other to one folder.
type importer struct {
	w       *layerWriter
	tree    Tree
	host    []string // folders of the host's root that a layer over it has folders of its own for
	free    int64    // bytes of the disk
	entries int
	left    map[string]int // what is not in the layer, and how many

	written map[string]bool   // by the present stream
	real    map[string]string // folders by names that may lead through symlinks; forgotten when one may have changed
}

// systemFolders are mounts in every instance: what a tree has in them would not be seen (system.go).
var systemFolders = map[string]uint32{"dev": 0o755, "proc": 0o555, "sys": 0o555, "run": 0o755, "tmp": 0o1777}

func newImporter(w *layerWriter, tree Tree, left map[string]int) (*importer, error) {
	i := &importer{w: w, tree: tree, free: Disk, left: left, real: map[string]string{}}
	root := entry{path: rootLayer, kind: folderKind, mode: 0o755, xattrs: map[string]string{}}
	if tree.OnHost {
		i.host = hostFolders()
		return i, w.put(root, nil)
	}
	root.xattrs[opaque] = "y"
	if err := w.put(root, nil); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(systemFolders)) {
		if err := w.put(entry{path: rootLayer + "/" + name, kind: folderKind, mode: systemFolders[name]}, nil); err != nil {
			return nil, err
		}
	}
	return i, nil
}

func (i *importer) all(ctx context.Context, next func() (io.Reader, error)) error {
	for {
		stream, err := next()
		if errors.Is(err, io.EOF) {
			return i.w.forgetGone()
		}
		if err != nil {
			return err
		}
		i.written = map[string]bool{}
		if err := i.stream(ctx, tar.NewReader(stream)); err != nil {
			return err
		}
		// What follows the archive's end is padding, which the sender still writes.
		if _, err := io.Copy(io.Discard, stream); err != nil {
			return err
		}
	}
}

func (i *importer) stream(ctx context.Context, t *tar.Reader) error {
	return eachEntry(ctx, t, func(h *tar.Header) error {
		if i.entries++; i.entries > MostEntries {
			return fmt.Errorf("%w: it has more than %d entries", ErrTree, int64(MostEntries))
		}
		return i.one(h, t)
	})
}

// isWhole tells whether a layer is a whole root: nothing below it is seen. It has all of it in the folder of the root itself,
// so that it depends on no folder of the host's.
func isWhole(layer string) bool {
	size, err := unix.Lgetxattr(layer+"/"+rootLayer, opaque, nil)
	return err == nil && size > 0
}
