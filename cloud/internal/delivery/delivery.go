// Package delivery writes entries of logs to compressed files in a folder that stands for S3, a new file for each period, as load balancers
// deliver theirs.
package delivery

import (
	"bufio"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
)

// Folder is where buckets are folders.
type Folder struct {
	Buckets string // in which each bucket's objects stand by their keys
	Parts   string // on the same file system, of this folder's user alone: what is not delivered yet
	Log     *slog.Logger
}

// Open removes what an end without a close has left.
func (f Folder) Open() error {
	if err := os.RemoveAll(f.Parts); err != nil {
		return fmt.Errorf("remove logs that were not delivered: %w", err)
	}
	return nil
}

// Put writes an object at once.
func (f Folder) Put(key string, content []byte) error {
	name, err := f.place(key)
	if err != nil {
		return err
	}
	return os.WriteFile(name, content, 0o600)
}

// place makes the folders of a key.
func (f Folder) place(key string) (name string, err error) {
	if !filepath.IsLocal(key) {
		return "", fmt.Errorf("key %q leads out of the bucket", key)
	}
	name = filepath.Join(f.Buckets, key)
	return name, os.MkdirAll(filepath.Dir(name), 0o700)
}

// Log is a log that is delivered. A period in which nothing is added has no file; what cannot be written is lost, and told once.
type Log struct {
	folder Folder
	period time.Duration
	key    func(end time.Time) string

	mu     sync.Mutex
	part   *part // nil until something is added in this period
	closed bool
	failed bool
}

// New returns a log whose files have these keys, by the end of their periods, and are delivered then.
func New(f Folder, period time.Duration, key func(end time.Time) string) *Log {
	return &Log{folder: f, period: period, key: key}
}

// part is the file of a period.
type part struct {
	file  *os.File
	out   *bufio.Writer
	zip   *gzip.Writer
	timer *time.Timer
}

// Add adds an entry, which has its line's end. It does not keep it.
func (l *Log) Add(entry []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	err := l.open()
	if err == nil {
		_, err = l.part.zip.Write(entry)
	}
	if err != nil {
		l.lose(err)
	}
}

func (l *Log) open() error {
	if l.part != nil {
		return nil
	}
	if err := os.MkdirAll(l.folder.Parts, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(l.folder.Parts, "*.log.gz")
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(file, 64<<10)
	zip, err := gzip.NewWriterLevel(out, gzip.BestSpeed)
	if err != nil {
		return errors.Join(err, file.Close(), os.Remove(file.Name()))
	}
	p := &part{file: file, out: out, zip: zip}
	end := time.Now().Truncate(l.period).Add(l.period)
	p.timer = time.AfterFunc(time.Until(end), func() { l.deliver(p, end) })
	l.part = p
	return nil
}

// lose gives up the period's file.
func (l *Log) lose(err error) {
	if !l.failed {
		l.folder.Log.Warn("write a log's entries", "err", err)
	}
	l.failed = true
	if p := l.part; p != nil {
		p.timer.Stop()
		_, _ = p.file.Close(), os.Remove(p.file.Name())
	}
	l.part = nil
}

// deliver puts a period's file where it belongs, unless that was done or given up already.
func (l *Log) deliver(p *part, end time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.part == p {
		l.finish(end)
	}
}

func (l *Log) finish(end time.Time) {
	p := l.part
	p.timer.Stop()
	err := errors.Join(p.zip.Close(), p.out.Flush(), p.file.Close())
	name := ""
	if err == nil {
		name, err = l.folder.place(l.key(end))
	}
	if err == nil {
		err = os.Rename(p.file.Name(), name)
	}
	if err != nil {
		l.lose(err)
		return
	}
	l.part, l.failed = nil, false
}

// Close delivers what was added since the last delivery. Nothing is added after it.
func (l *Log) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.part != nil {
		l.finish(time.Now())
	}
}
