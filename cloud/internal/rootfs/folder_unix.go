//go:build unix

package rootfs

import (
	"io/fs"
	"os"
	"syscall"
)

// noSurprise opens what a name stood for a moment ago: no link that has taken its place, no pipe that nobody writes to.
const noSurprise = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// isOwn reports whether a file belongs to the user who asks.
func isOwn(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}
