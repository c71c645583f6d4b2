package rootfs

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// openTarball opens a tar file, compressed or not.
func openTarball(name string) (io.ReadCloser, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	plain, err := decompress(f)
	if err == nil {
		err = checkTarball(plain)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), f.Close())
	}
	return plain, nil
}

// unpacked is a stream without its compression, over the file that it is in.
type unpacked struct {
	*bufio.Reader
	close func() error
}

func (u unpacked) Close() error { return u.close() }

// largestWindow bounds the memory that a zstd stream may ask for; zstd's own program refuses more without --long.
const largestWindow = 128 << 20

// decompress finds out how a stream is compressed from its first bytes. Closing it closes the file.
func decompress(f io.ReadCloser) (unpacked, error) {
	in := bufio.NewReaderSize(f, 64<<10)
	begin, err := in.Peek(6)
	if err != nil && !errors.Is(err, io.EOF) {
		return unpacked{}, err
	}
	switch {
	case bytes.HasPrefix(begin, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(in)
		return unpacked{bufio.NewReader(z), f.Close}, err
	case bytes.HasPrefix(begin, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(largestWindow))
		if err != nil {
			return unpacked{}, err
		}
		return unpacked{bufio.NewReader(z), func() error { z.Close(); return f.Close() }}, nil
	case bytes.HasPrefix(begin, []byte("BZh")):
		return unpacked{bufio.NewReader(bzip2.NewReader(in)), f.Close}, nil
	case bytes.HasPrefix(begin, []byte("\xfd7zXZ")):
		return unpacked{}, errors.New("xz is not supported: unpack it with `xz -d`, or use gzip or zstd")
	}
	return unpacked{in, f.Close}, nil
}

// checkTarball looks at the first entry, without taking it.
func checkTarball(r unpacked) error {
	const block = 512 // of a tar archive
	begin, err := r.Peek(block)
	if err != nil {
		return errors.New("it is no tar archive: it is shorter than one")
	}
	h, err := tar.NewReader(bytes.NewReader(begin)).Next()
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) { // the first entry may have a longer header
		return fmt.Errorf("it is no tar archive: %w", err)
	}
	if h == nil {
		return nil
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(path.Clean("/"+h.Name), "/"), "/")
	if slices.Contains([]string{"blobs", layoutFile, "index.json", "manifest.json"}, first) {
		return errors.New("it is the archive of a container image: unpack it into a folder, and import that")
	}
	return nil
}
