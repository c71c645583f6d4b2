package rootfs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
)

// Send is the body that carries an image to a region or from one, and its content type: a part with the description, and a
// part for each tar stream. It reads the source while it is read.
func (s *Source) Send(ctx context.Context, image Image) (body io.ReadCloser, contentType string) {
	if image.Architecture == "" {
		image.Architecture = s.Architecture
	}
	image.Whiteouts, image.Service, image.Streams = s.whiteouts, s.Service, len(s.streams)
	r, w := io.Pipe()
	parts := multipart.NewWriter(w)
	go func() {
		err := s.write(ctx, parts, image)
		if err == nil {
			err = parts.Close()
		}
		w.CloseWithError(err)
	}()
	return r, "multipart/mixed; boundary=" + parts.Boundary()
}

func (s *Source) write(ctx context.Context, parts *multipart.Writer, image Image) error {
	head, err := parts.CreatePart(textproto.MIMEHeader{"Content-Type": {"application/json"}})
	if err != nil {
		return err
	}
	if err := json.NewEncoder(head).Encode(image); err != nil {
		return err
	}
	for _, open := range s.streams {
		if err := writePart(ctx, parts, open); err != nil {
			return err
		}
	}
	return nil
}

func writePart(ctx context.Context, parts *multipart.Writer, open func(context.Context) (io.ReadCloser, error)) error {
	in, err := open(ctx)
	if err != nil {
		return err
	}
	defer in.Close()
	part, err := parts.CreatePart(textproto.MIMEHeader{"Content-Type": {"application/x-tar"}})
	if err != nil {
		return err
	}
	_, err = io.Copy(part, in)
	return err
}

// Receive reads what Send has sent: the description, and what returns one tar stream after the other, and then io.EOF. A body
// that was cut short ends with another error.
func Receive(header http.Header, body io.Reader) (image Image, next func() (io.Reader, error), err error) {
	_, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return image, nil, fmt.Errorf("read image: %w", err)
	}
	parts := multipart.NewReader(body, params["boundary"])
	head, err := parts.NextPart()
	if err != nil {
		return image, nil, fmt.Errorf("read image: %w", err)
	}
	if err := json.NewDecoder(io.LimitReader(head, largestDocument)).Decode(&image); err != nil {
		return image, nil, fmt.Errorf("read image: %w", err)
	}
	left := image.Streams
	return image, func() (io.Reader, error) {
		if left--; left < 0 {
			return nil, io.EOF
		}
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, fmt.Errorf("read image: %w", err)
		}
		return part, nil
	}, nil
}
