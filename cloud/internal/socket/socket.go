// Package socket gives unix sockets names that the kernel accepts: it limits their paths to 107 bytes (unix(7)), but not
// the paths of their folders.
package socket

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// longest is the most bytes that a socket's path may have: sun_path is 108 with the zero at its end.
const longest = 107

var (
	mu      sync.Mutex
	folders = map[string]*os.File{}
)

// Path returns a name by which this process can bind or connect a socket: the path itself or, if that
// is too long, one below /proc/self/fd with an open descriptor of its folder. The descriptor stays open. If the folder
// cannot be opened, the path is returned unchanged, and the kernel will refuse it.
func Path(path string) string {
	if len(path) <= longest {
		return path
	}
	dir, name := filepath.Split(path)
	mu.Lock()
	defer mu.Unlock()
	f := folders[dir]
	if f == nil {
		var err error
		if f, err = os.Open(dir); err != nil {
			return path
		}
		folders[dir] = f
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", f.Fd(), name)
}
