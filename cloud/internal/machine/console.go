package machine

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

const (
	consoleLimit = 1 << 20  // the log is cut when it grows over this
	consoleKept  = 1 << 19  // to its last so many bytes
	consoleShown = 64 << 10 // GetConsoleOutput returns at most the last 64 KB (EC2 API, GetConsoleOutput)
)

// console carries what an instance writes to its console into a log of limited size. It is a FIFO and
// not the log itself, so that `echo x >/dev/console` inside, which truncates, harms nothing, and
// so that the limit holds while processes keep it open. All writers closed means all processes gone.
type console struct {
	dir    string
	reader *os.File
	writer *os.File
	log    *os.File
	size   int64
}

func openConsole(dir string) (*console, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	fifo := consoleFIFO(dir)
	if err := os.Remove(fifo); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		return nil, fmt.Errorf("make console %s: %w", fifo, err)
	}
	// Services that have given up root open /dev/stdout anew, which is this.
	if err := os.Chmod(fifo, 0o622); err != nil {
		return nil, err
	}
	c := &console{dir: dir}
	var err error
	if c.reader, err = os.OpenFile(fifo, os.O_RDONLY|unix.O_NONBLOCK, 0); err != nil {
		return nil, err
	}
	fd, err := unix.Open(fifo, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		c.close()
		return nil, fmt.Errorf("open console %s: %w", fifo, err)
	}
	c.writer = os.NewFile(uintptr(fd), fifo)
	if err := c.openLog(); err != nil {
		c.closeWriter()
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *console) openLog() error {
	f, err := os.OpenFile(consoleLog(c.dir), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return err
	}
	c.log, c.size = f, info.Size()
	return nil
}

func (c *console) closeWriter() { c.writer.Close() }

func (c *console) close() {
	c.reader.Close()
	if c.log != nil {
		c.log.Close()
	}
}

// carry copies until every writer is gone. A log that cannot be written, on a full disk for one, must
// not stop the instance: its output is then read and dropped.
func (c *console) carry() {
	defer c.close()
	buf := make([]byte, 4096)
	for {
		n, err := c.reader.Read(buf)
		if n > 0 {
			w, _ := c.log.Write(buf[:n])
			if c.size += int64(w); c.size > consoleLimit {
				c.cut()
			}
		}
		if err != nil {
			return
		}
	}
}

// cut replaces the log by its tail. Where that fails the log is emptied: the limit comes first.
func (c *console) cut() {
	tail := make([]byte, consoleKept)
	n, _ := c.log.ReadAt(tail, c.size-consoleKept)
	temp := consoleLog(c.dir) + ".new"
	if err := os.WriteFile(temp, tail[:n], 0o600); err == nil && os.Rename(temp, consoleLog(c.dir)) == nil {
		old := c.log
		if c.openLog() == nil {
			old.Close()
			return
		}
	}
	os.Remove(temp)
	c.log.Truncate(0)
	c.size = 0
}

// Console returns the end of what the instance in dir wrote to its console, 64 KB at most, over all its
// boots. It is empty for an instance that has never booted.
func Console(dir string) ([]byte, error) {
	f, err := os.Open(consoleLog(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if over := info.Size() - consoleShown; over > 0 {
		if _, err := f.Seek(over, io.SeekStart); err != nil {
			return nil, err
		}
	}
	return io.ReadAll(io.LimitReader(f, consoleShown))
}
