package balancer

import (
	"errors"
	"io"
	"sync/atomic"
	"time"
)

// upload is the rest of a body, on the way to the target.
type upload struct {
	done chan struct{}
	stop atomic.Bool
	err  error
}

// underWay tells whether the target has not heard all of the body yet.
func (u *upload) underWay() bool {
	if u == nil {
		return false
	}
	select {
	case <-u.done:
		return false
	default:
		return true
	}
}

func (x *exchange) startUpload() *upload {
	u := &upload{done: make(chan struct{})}
	go func() {
		defer close(u.done)
		u.err = x.copyBody(u)
	}()
	return u
}

func (x *exchange) copyBody(u *upload) error {
	for {
		x.extend()
		if u.stop.Load() {
			return errStopped
		}
		part, err := x.body.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			_ = x.link.SetReadDeadline(time.Unix(1, 0)) // the target will not answer half a request
			return bodyError{err}
		}
		x.patience()
		if u.stop.Load() {
			return errStopped
		}
		if _, err := x.link.Write(part); err != nil {
			return err
		}
	}
}

// errStopped means that the target has answered before it had all of the body.
var errStopped = errors.New("the body is not wanted")

// endUpload ends an upload whose answer is here, and returns what the body was: a client that goes on sending is not heard.
func (x *exchange) endUpload() error {
	if x.upload == nil {
		return nil
	}
	if x.upload.underWay() {
		x.last = true
		x.upload.stop.Store(true) // before the deadlines, which an upload extends before it looks
		_ = x.conn.SetReadDeadline(time.Unix(1, 0))
		_ = x.link.SetWriteDeadline(time.Unix(1, 0))
		<-x.upload.done
	}
	if x.upload.err != nil {
		x.last = true
	}
	return x.upload.err
}
