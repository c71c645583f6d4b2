package balancer

import (
	"errors"
	"os"
	"sync"
	"time"

	"github.com/understudy/understudy/cloud/internal/balancer/http1"
)

// patienceWithClient is how long the target alone is waited for. After that the client is, too: it may have gone.
const patienceWithClient = time.Second

// wait waits for the answer's head since a time, and gives up when the client has gone.
func (x *exchange) wait(since time.Time) (string, error) {
	if x.upload != nil || x.stream != nil {
		return x.readHead()
	}
	until := since.Add(x.idle)
	_ = x.link.SetReadDeadline(since.Add(min(patienceWithClient, x.idle)))
	head, err := x.readHead()
	_ = x.link.SetReadDeadline(until)
	if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) || !time.Now().Before(until) {
		return head, err
	}
	defer x.watchClient()()
	return x.readHead()
}

func (x *exchange) readHead() (string, error) {
	head, err := x.link.r.Head(http1.Limits{Start: maxResponseHeader, Head: maxResponseHeader})
	if errors.Is(err, http1.ErrLineTooLong) || errors.Is(err, http1.ErrHeadTooLong) {
		return "", http1.ErrMalformed
	}
	return head, err
}

// watchClient ends the wait for the target when the client has gone; the returned function ends the watch. What the client sends
// meanwhile is its next request.
func (x *exchange) watchClient() (stop func()) {
	var watching sync.WaitGroup
	_ = x.conn.SetReadDeadline(time.Time{})
	watching.Go(func() {
		if err := x.r.Fill(); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			x.last, x.failed = true, true
			_ = x.link.SetReadDeadline(time.Unix(1, 0))
		}
	})
	return func() {
		_ = x.conn.SetReadDeadline(time.Unix(1, 0))
		watching.Wait()
		x.extend()
	}
}
