package machine

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"maps"
	"os"
	"slices"
)

// Verify computes a layer's digest and size from what is on disk.
//
// The digest is over every entry in the order of names: path, kind, mode, owner, attributes, link, and
// a file's content; not over times, so that equal content has equal digests. Every field comes with its
// length before it.
func Verify(ctx context.Context, dir string) (Layer, error) {
	var layer Layer
	h := sha256.New()
	err := walkLayer(ctx, dir, nil, func(e entry, content *os.File) error {
		layer.Size += e.size
		return e.addTo(h, content)
	})
	if err != nil {
		return Layer{}, fmt.Errorf("digest of layer %s: %w", dir, err)
	}
	layer.Digest = "sha256:" + hex.EncodeToString(h.Sum(nil))
	return layer, nil
}

func (e entry) addTo(h hash.Hash, content io.Reader) error {
	field(h, e.path)
	field(h, string(e.kind))
	field(h, e.link)
	number(h, int64(e.mode), int64(e.uid), int64(e.gid), e.size, int64(len(e.xattrs)))
	for _, name := range slices.Sorted(maps.Keys(e.xattrs)) {
		field(h, name)
		field(h, e.xattrs[name])
	}
	if e.kind != fileKind {
		return nil
	}
	n, err := io.Copy(h, io.LimitReader(content, e.size))
	if err == nil && n != e.size {
		err = fmt.Errorf("%s: %d of %d bytes: %w", e.path, n, e.size, io.ErrUnexpectedEOF)
	}
	return err
}

func field(h hash.Hash, s string) {
	number(h, int64(len(s)))
	io.WriteString(h, s)
}

func number(h hash.Hash, values ...int64) {
	for _, v := range values {
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], uint64(v))
		h.Write(b[:])
	}
}

func sortNames(names []string) { slices.Sort(names) }
