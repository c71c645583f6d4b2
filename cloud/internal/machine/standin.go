package machine

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// standInFiles tells which files the copy of a folder has.
var standInFiles = map[string]func(string, fs.DirEntry) bool{"etc": everyFile}

// standIn handles folders with mounts below them, such as /etc in a container, and /var on a host that runs
// containers. The kernel hides what is below such mounts from the world, and refuses an overlay over the folder
// (clone_private_mount in fs/namespace.c). So instances get a copy of the folder instead: all of /etc, and of other folders
// only the folders and symlinks. Programs are not copied: with a mount below /usr, Start fails.
func (b *base) standIn(ctx context.Context) error {
	for _, name := range maskedFolders {
		folder := "/" + name
		if info, err := os.Lstat(folder); err != nil || !info.IsDir() {
			continue
		}
		points, err := mountsBelow(folder)
		if err != nil {
			return err
		}
		if len(points) == 0 {
			continue
		}
		if err := b.adoptTree(ctx, folder, extent{depth: 8, files: standInFiles[name], links: true, edges: points}); err != nil {
			return fmt.Errorf("copy %s: %w", folder, err)
		}
		if err := unix.Setxattr(b.dir+folder, opaque, []byte("y"), 0); err != nil {
			return fmt.Errorf("replace %s: %w", folder, err)
		}
	}
	return nil
}

// mountsBelow returns the mount points below a folder, itself not among them.
func mountsBelow(folder string) (map[string]bool, error) {
	table, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	points := map[string]bool{}
	for line := range bytes.Lines(table) {
		fields := strings.Fields(string(line))
		if len(fields) < 5 {
			continue
		}
		if point := unescape(fields[4]); strings.HasPrefix(point, folder+"/") {
			points[point] = true
		}
	}
	return points, nil
}

// unescape undoes the octal escapes of proc_pid_mountinfo(5).
func unescape(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if code, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				out.WriteByte(byte(code))
				i += 3
				continue
			}
		}
		out.WriteByte(s[i])
	}
	return out.String()
}
