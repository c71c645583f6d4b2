package machine

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestVolumeIsSentWithoutItsHoles(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	const size = 1 << 30
	if err := MakeVolume(t.Context(), from, "", size); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(from, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	places := map[int64]string{0: "begin", size / 2: "middle", size - 3: "end"}
	for at, text := range places {
		if _, err := f.WriteAt([]byte(text), at); err != nil {
			t.Fatal(err)
		}
	}
	f.Close()
	var sent bytes.Buffer
	if err := WriteVolume(t.Context(), &sent, from); err != nil {
		t.Fatal(err)
	}
	if sent.Len() > 1<<20 {
		t.Errorf("%d bytes are sent of a volume with three words", sent.Len())
	}
	whole := sent.Bytes()
	if err := ReadVolume(t.Context(), bytes.NewReader(whole), to, size); err != nil {
		t.Fatal(err)
	}
	g, err := os.Open(to)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	for at, text := range places {
		got := make([]byte, len(text))
		if _, err := g.ReadAt(got, at); err != nil || string(got) != text {
			t.Errorf("at %d there is %q, %v, want %q", at, got, err, text)
		}
	}
	var stat unix.Stat_t
	if err := unix.Stat(to, &stat); err != nil || stat.Size != size || stat.Blocks > 1000 {
		t.Errorf("the copy has %d bytes in %d blocks, %v", stat.Size, stat.Blocks, err)
	}

	// What is cut short, or would lie outside, makes no file.
	half := filepath.Join(dir, "half")
	for name, c := range map[string]struct {
		sent []byte
		size int64
	}{"cut short within a part": {whole[:len(whole)/2], size}, "without its end": {whole[:len(whole)-16], size}, "larger than its volume": {whole, size / 4}} {
		if err := ReadVolume(t.Context(), bytes.NewReader(c.sent), half, c.size); err == nil {
			t.Errorf("%s: no error", name)
		}
		if _, err := os.Stat(half); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: there is a file, %v", name, err)
		}
	}
	if err := ReadVolume(t.Context(), bytes.NewReader(whole[:len(whole)-16]), half, size); !errors.Is(err, io.EOF) {
		t.Errorf("without its end: %v", err)
	}
}
