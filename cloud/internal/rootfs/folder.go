package rootfs

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// openFolder makes a tar stream of what is in a folder. What belongs to the user who asks belongs to root in the image, as what a
// container's builder copies does; other owners are kept. Sockets are left out: nothing listens at them.
func openFolder(ctx context.Context, dir string) io.ReadCloser {
	r, w := io.Pipe()
	go func() {
		t := tar.NewWriter(w)
		err := writeFolder(ctx, t, dir)
		if err == nil {
			err = t.Close()
		}
		w.CloseWithError(err)
	}()
	return r
}

func writeFolder(ctx context.Context, t *tar.Writer, dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == dir || d.Type()&fs.ModeSocket != 0 {
			return ctx.Err()
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if err := writeFile(t, path, filepath.ToSlash(name)); err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		return ctx.Err()
	})
}

func writeFile(t *tar.Writer, path, name string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	link := ""
	if info.Mode()&fs.ModeSymlink != 0 {
		if link, err = os.Readlink(path); err != nil {
			return err
		}
	}
	h, err := tar.FileInfoHeader(info, link)
	if err != nil {
		return err
	}
	h.Name, h.Format, h.Uname, h.Gname = name, tar.FormatPAX, "", ""
	if info.IsDir() {
		h.Name += "/"
	}
	if isOwn(info) {
		h.Uid, h.Gid = 0, 0
	}
	if !info.Mode().IsRegular() {
		return t.WriteHeader(h)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|noSurprise, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := t.WriteHeader(h); err != nil {
		return err
	}
	if _, err := io.CopyN(t, f, h.Size); err != nil {
		return errors.Join(err, errors.New("it changed meanwhile"))
	}
	return nil
}
