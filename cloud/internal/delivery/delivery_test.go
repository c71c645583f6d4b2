package delivery

import (
	"compress/gzip"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

func folder(t *testing.T) Folder {
	t.Helper()
	dir := t.TempDir()
	return Folder{Buckets: filepath.Join(dir, "s3"), Parts: filepath.Join(dir, "parts"), Log: slog.New(slog.DiscardHandler)}
}

// read returns the content of a bucket's files, by their keys.
func read(t *testing.T, f Folder) map[string]string {
	t.Helper()
	all := map[string]string{}
	files, err := filepath.Glob(filepath.Join(f.Buckets, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		zip, err := gzip.NewReader(file)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(zip)
		if err != nil {
			t.Fatal(err)
		}
		key, _ := filepath.Rel(f.Buckets, name)
		all[key] = string(b)
	}
	return all
}

func byEnd(end time.Time) string { return "bucket/" + end.UTC().Format("1504") }

// Each period in which something was added has a file, which appears when the period ends.
func TestDeliversEachPeriod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := folder(t)
		l := New(f, 5*time.Minute, byEnd)
		time.Sleep(time.Minute) // the bubble's time begins at midnight
		l.Add([]byte("a\n"))
		l.Add([]byte("b\n"))
		time.Sleep(3 * time.Minute)
		if got := read(t, f); len(got) != 0 {
			t.Errorf("before the period's end: %v", got)
		}
		time.Sleep(10 * time.Minute)
		l.Add([]byte("c\n"))
		l.Close()
		l.Add([]byte("lost\n"))
		got := read(t, f)
		if len(got) != 2 || got["bucket/0005"] != "a\nb\n" || got["bucket/0014"] != "c\n" {
			t.Errorf("delivered %v", got)
		}
	})
}

// What cannot be written is lost, and what comes after it is not.
func TestGoesOnAfterFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := folder(t)
		if err := os.WriteFile(f.Parts, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		l := New(f, 5*time.Minute, byEnd)
		l.Add([]byte("lost\n"))
		if err := f.Open(); err != nil {
			t.Fatal(err)
		}
		l.Add([]byte("kept\n"))
		l.Close()
		if got := read(t, f); len(got) != 1 || got["bucket/0000"] != "kept\n" {
			t.Errorf("delivered %v", got)
		}
	})
}

// Parts of a log that ended without a close are removed.
func TestOpenRemovesParts(t *testing.T) {
	f := folder(t)
	l := New(f, time.Hour, byEnd)
	l.Add([]byte("a\n"))
	if err := f.Open(); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(f.Parts, "*")); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	l.Close() // its file is gone
	if got := read(t, f); len(got) != 0 {
		t.Errorf("delivered %v", got)
	}
}

func TestKeysStayInside(t *testing.T) {
	f := folder(t)
	if err := f.Put("../x", nil); err == nil {
		t.Error("a key led out of the folder")
	}
	if err := f.Put("bucket/x", []byte("y")); err != nil {
		t.Error(err)
	}
}
