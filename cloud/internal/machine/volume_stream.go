package machine

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// The content of a volume on its way to another region: for each part that was written, where it begins and how long it is, both in
// bytes and as 8 of them, and then its bytes. A part of length 0 ends it, so that half a volume is never taken for a whole one. What was
// never written, which is nearly all of most volumes, is not sent.

// WriteVolume sends what is in a volume's file.
func WriteVolume(ctx context.Context, w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	err = eachPart(f, info.Size(), func(begin, end int64) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := binary.Write(w, binary.BigEndian, []int64{begin, end - begin}); err != nil {
			return err
		}
		_, err := io.CopyN(w, f, end-begin)
		return err
	})
	if err != nil {
		return fmt.Errorf("send volume: %w", err)
	}
	return binary.Write(w, binary.BigEndian, []int64{0, 0})
}

// ReadVolume makes a volume's file, as MakeVolume does, with what WriteVolume sent.
func ReadVolume(ctx context.Context, r io.Reader, path string, size int64) error {
	return makeVolume(path, func(f *os.File) error {
		if err := f.Truncate(size); err != nil {
			return err
		}
		for part := make([]int64, 2); ; {
			if err := errors.Join(ctx.Err(), binary.Read(r, binary.BigEndian, part)); err != nil {
				return fmt.Errorf("receive volume: %w", err)
			}
			begin, length := part[0], part[1]
			if length == 0 {
				return nil
			}
			if begin < 0 || length < 0 || begin > size-length {
				return fmt.Errorf("receive volume: %d bytes from %d on are not within its %d", length, begin, size)
			}
			if _, err := io.CopyN(io.NewOffsetWriter(f, begin), r, length); err != nil {
				return fmt.Errorf("receive volume: %w", err)
			}
		}
	})
}
