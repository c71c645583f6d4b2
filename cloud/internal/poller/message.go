package poller

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/understudy/understudy/cloud/internal/direct"
)

// maxMessage is the largest message that waits for the others of a round. What is larger takes longer to copy than a round saves.
const maxMessage = 4 << 10

// What becomes of a message.
const (
	delivered = iota // or there was none
	posted           // it is on its way
	awaited          // and somebody waits until it has been delivered
)

// message is what a connection has written and not sent yet.
type message struct {
	writing sync.Mutex // is held by whoever may write the next one

	buffer *[maxMessage]byte // of the pool; nil where there is none
	length int
	way    atomic.Int32
	done   chan struct{} // has place for the one word to the one who waits
	failed atomic.Int32  // a syscall.Errno: why one could not be delivered
}

var buffers = sync.Pool{New: func() any { return new([maxMessage]byte) }}

// post leaves a message for the end of the round. Where the other side is known to have ended the connection, the kernel is asked at once.
func (c *Conn) post(p []byte) bool {
	if len(p) > maxMessage || c.leaves.Load() || !c.poller.inRound.Load() {
		return false
	}
	c.buffer = buffers.Get().(*[maxMessage]byte)
	c.length = copy(c.buffer[:], p)
	c.way.Store(posted)
	c.hold()
	if c.poller.post(c) {
		return true
	}
	c.delivered(0)
	return false
}

// deliver sends the message. Where the other side has no place for it, a goroutine waits for that.
func (c *Conn) deliver() {
	n, errno := direct.Send(c.fd, c.buffer[:c.length])
	if errno == syscall.EAGAIN {
		go c.deliverRest(n)
		return
	}
	c.delivered(errno)
}

// settle waits until what was written before has been sent, and tells why it could not be.
func (c *Conn) settle() error {
	if c.way.Load() != delivered && c.way.CompareAndSwap(posted, awaited) {
		if c.closed.Load() { // which may not have seen that somebody waits
			c.abandon()
		}
		<-c.done
		if err := c.out.refused(&c.closed); err != nil {
			return err
		}
	}
	if errno := c.failed.Load(); errno != 0 {
		return syscall.Errno(errno)
	}
	return nil
}

// abandon lets the one go on who waits until a message has been delivered. The message has no more time than it must.
func (c *Conn) abandon() {
	if c.way.Load() != delivered {
		c.out.limit(time.Now().Add(maxRest))
	}
	if c.way.CompareAndSwap(awaited, posted) {
		c.done <- struct{}{}
	}
}

// told tells of a message that could not be delivered where nothing comes any more.
func (c *Conn) told(n int, err error) (int, error) {
	if errno := c.failed.Load(); errors.Is(err, io.EOF) && errno != 0 {
		return n, syscall.Errno(errno)
	}
	return n, err
}

// maxRest is how long a connection that is closed waits to deliver the rest of a message, unless the deadline comes before.
const maxRest = time.Minute

// deliverRest delivers what there was no place for, until the deadline. While there is none it stays, as in the kernel's own buffer.
func (c *Conn) deliverRest(sent int) {
	for {
		if err := c.out.await(&never); err != nil {
			c.delivered(syscall.ETIMEDOUT)
			return
		}
		n, errno := direct.Send(c.fd, c.buffer[sent:c.length])
		if sent += n; errno != syscall.EAGAIN {
			c.delivered(errno)
			return
		}
	}
}

// never is the end of a connection that sends what was written before.
var never atomic.Bool

// delivered ends the message.
func (c *Conn) delivered(errno syscall.Errno) {
	if errno != 0 {
		c.failed.Store(int32(errno))
	}
	buffer := c.buffer
	c.buffer = nil
	buffers.Put(buffer)
	if c.way.Swap(delivered) == awaited {
		c.done <- struct{}{}
	}
	c.release()
}
