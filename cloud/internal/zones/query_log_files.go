package zones

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/understudy/understudy/cloud/internal/dns"
)

// maxLog is the size, in bytes, at which a query log's file is replaced by a new one. The previous one is kept, so a
// log takes at most twice as much.
const maxLog = 16 << 20

// logFile is a file of bounded size. It is opened at its first line, and again where writing failed.
type logFile struct {
	path string
	max  int64
	file *os.File
	size int64
}

// Write implements io.Writer with whole lines.
func (l *logFile) Write(lines []byte) (int, error) {
	if l.file != nil && l.size > 0 && l.size+int64(len(lines)) > l.max {
		l.Close()
		if err := os.Rename(l.path, l.path+".1"); err != nil {
			return 0, fmt.Errorf("turn query log: %w", err)
		}
	}
	if l.file == nil {
		if err := l.open(); err != nil {
			return 0, err
		}
	}
	n, err := l.file.Write(lines)
	l.size += int64(n)
	if err != nil {
		l.Close()
	}
	return n, err
}

func (l *logFile) open() error {
	if err := os.MkdirAll(filepath.Dir(l.path), 0o755); err != nil {
		return fmt.Errorf("open query log: %w", err)
	}
	file, err := os.OpenFile(l.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("open query log: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return fmt.Errorf("open query log: %w", err)
	}
	l.file, l.size = file, info.Size()
	return nil
}

// Close implements io.Closer. The next Write opens the file again.
func (l *logFile) Close() error {
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}

// queryLogFiles are the files of the zones whose queries are logged.
type queryLogFiles struct {
	dir  string // holds query-logs
	mu   sync.Mutex
	open map[string]*logFile // by the zone's id
}

// follow makes a name server log the questions about the zones with a query log.
func (f *queryLogFiles) follow(all []queryLogging, server *dns.Server) {
	f.mu.Lock()
	defer f.mu.Unlock()
	logs := map[string]*logFile{}
	writers := map[string]io.Writer{}
	for _, q := range all {
		path := logPath(f.dir, q)
		if l := f.open[q.ZoneID]; l != nil && l.path == path {
			logs[q.ZoneID] = l
		} else {
			logs[q.ZoneID] = &logFile{path: path, max: maxLog}
		}
		writers[q.ZoneID] = logs[q.ZoneID]
	}
	if maps.Equal(logs, f.open) {
		return
	}
	server.SetQueryLogs(writers) // it is done with the old ones when it returns
	for zone, l := range f.open {
		if logs[zone] != l {
			l.Close()
		}
	}
	f.open = logs
}

func (f *queryLogFiles) close() {
	for _, l := range f.open {
		l.Close()
	}
}

// logPath is where a zone's queries are logged: query-logs/LOG-GROUP/ZONE.log, with the slashes of the group's name
// as in an URL.
func logPath(dir string, q queryLogging) string {
	group := logGroup.FindStringSubmatch(q.Group)[1]
	escaped := strings.ReplaceAll(strings.ReplaceAll(group, "%", "%25"), "/", "%2F")
	return filepath.Join(dir, "query-logs", "group-"+escaped, q.ZoneID+".log")
}
