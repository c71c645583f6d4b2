package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"time"
)

// writeTar writes a compressed archive whose files are in a folder of its name. Owners, names and times are the same on each machine.
func writeTar(path, folder string, files []file, at time.Time) error {
	return into(path, func(w io.Writer) error {
		z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
		if err != nil {
			return err
		}
		t := tar.NewWriter(z)
		for _, f := range files {
			size, err := sizeOf(f.from)
			if err != nil {
				return err
			}
			h := &tar.Header{Name: folder + "/" + f.to, Mode: int64(f.mode), Size: size, ModTime: at, Uname: "root", Gname: "root", Format: tar.FormatUSTAR}
			if err := t.WriteHeader(h); err != nil {
				return err
			}
			if err := copyFile(t, f.from); err != nil {
				return err
			}
		}
		return errors.Join(t.Close(), z.Close())
	})
}

// writeZip is writeTar for Windows.
func writeZip(path, folder string, files []file, at time.Time) error {
	return into(path, func(w io.Writer) error {
		z := zip.NewWriter(w)
		for _, f := range files {
			h := &zip.FileHeader{Name: folder + "/" + f.to, Method: zip.Deflate, Modified: at.UTC()}
			h.SetMode(f.mode)
			body, err := z.CreateHeader(h)
			if err != nil {
				return err
			}
			if err := copyFile(body, f.from); err != nil {
				return err
			}
		}
		return z.Close()
	})
}

// into writes a file by a function.
func into(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

func copyFile(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

func sizeOf(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
