package rootfs

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// A layout that is written is read again as what it was written of.
func TestWrittenLayoutIsRead(t *testing.T) {
	image := Image{Name: "web", Architecture: architectures[runtime.GOARCH], Service: &Service{
		Args: []string{"/bin/server", "-v"}, Env: []string{"A=b"}, Dir: "/srv", User: "1:2",
	}}
	layers := []string{"first", strings.Repeat("second ", 10000)}
	streams := func(end error) func() (io.Reader, error) {
		n := 0
		return func() (io.Reader, error) {
			if n == len(layers) {
				return nil, end
			}
			n++
			return strings.NewReader(layers[n-1]), nil
		}
	}
	dir := filepath.Join(t.TempDir(), "layout")
	if err := WriteLayout(dir, image, streams(io.EOF)); err != nil {
		t.Fatal(err)
	}
	s, err := Open(dir, "web", "")
	if err != nil {
		t.Fatal(err)
	}
	body, contentType := s.Send(t.Context(), Image{Name: "web"})
	defer body.Close()
	got, next, err := Receive(http.Header{"Content-Type": {contentType}}, body)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Service, image.Service) || !got.Whiteouts || got.Streams != 2 {
		t.Errorf("read again: %+v, %+v", got, got.Service)
	}
	for n, want := range layers {
		stream, err := next()
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(stream); err != nil || string(b) != want {
			t.Errorf("layer %d has %d bytes, want %d: %v", n, len(b), len(want), err)
		}
	}
	if err := WriteLayout(dir, image, streams(io.EOF)); !errors.Is(err, fs.ErrExist) {
		t.Errorf("into a folder that is there: %v", err)
	}
	cut := filepath.Join(t.TempDir(), "cut")
	if err := WriteLayout(cut, image, streams(io.ErrUnexpectedEOF)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("of what was cut short: %v", err)
	}
	if _, err := os.Stat(cut); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what was cut short is left: %v", err)
	}
}
