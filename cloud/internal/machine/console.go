package machine

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	consoleLimit = 1 << 20  // the log is cut when it grows over this
	consoleKept  = 1 << 19  // to its last so many bytes
	consoleShown = 64 << 10 // GetConsoleOutput returns at most the last 64 KB (EC2 API, GetConsoleOutput)
)

// console copies what an instance writes to its console into a log of limited size. The console is a FIFO and not the log
// itself, so that `echo x >/dev/console` inside, which truncates, does no harm, and
// so that the limit also holds for processes that keep it open. When all writers have closed it, all processes have ended.
type console struct {
	dir    string
	reader *os.File // nil until the instance has sent it
	log    *os.File
	size   int64
}

func openConsole(dir string) (*console, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	// Set-id programs that the instance's root makes run as their owner, so no user of the host may reach them.
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, err
	}
	c := &console{dir: dir}
	return c, c.openLog()
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

func (c *console) close() {
	if c.reader != nil {
		c.reader.Close()
	}
	c.log.Close()
}

// attachConsole makes /dev/console the standard output of this process, with nothing to read, and returns the end
// from which the region reads. It runs inside the instance's root, so that the files belong to the instance.
func attachConsole() (reader int, err error) {
	reader, err = unix.Open("/dev/console", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("open /dev/console: %w", err)
	}
	for _, standard := range []struct {
		path  string
		flags int
		fds   []int
	}{{"/dev/null", unix.O_RDONLY, []int{0}}, {"/dev/console", unix.O_WRONLY, []int{1, 2}}} {
		fd, err := unix.Open(standard.path, standard.flags|unix.O_CLOEXEC, 0)
		if err != nil {
			return 0, fmt.Errorf("open %s: %w", standard.path, err)
		}
		for _, to := range standard.fds {
			if err := unix.Dup3(fd, to, 0); err != nil {
				return 0, err
			}
		}
		unix.Close(fd)
	}
	return reader, nil
}

// unread returns what was written to a console that nobody carries yet, up to a page.
func (c *console) unread() string {
	if c.reader == nil {
		return ""
	}
	page := make([]byte, 4096)
	n, _ := c.reader.Read(page)
	return strings.TrimSpace(string(page[:n]))
}

// carry copies until every writer has closed the console. If the log cannot be written, for example on a full disk, the
// instance must not stop: its output is then read and dropped.
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

// cut replaces the log by its last part. If that fails the log is emptied, so that the limit holds.
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
