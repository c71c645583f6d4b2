package door

import (
	"context"
	"io/fs"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// processes keeps connections to the cloud's processes, by their sockets. A process that is started again has a new socket
// at the same path: no connection to the one before it is used for it.
type processes struct {
	mu sync.Mutex
	to map[string]connections
}

type connections struct {
	socket fs.FileInfo
	*http.Transport
}

// transport returns what connects to the process that listens at a path now.
func (p *processes) transport(path string) http.RoundTripper {
	socket, err := os.Lstat(path)
	if err != nil {
		return unixTransport(path) // whose error is the one to tell
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	c, ok := p.to[path]
	if ok && os.SameFile(c.socket, socket) && c.socket.ModTime().Equal(socket.ModTime()) {
		return c
	}
	if ok {
		c.CloseIdleConnections()
	}
	c = connections{socket, unixTransport(path)}
	if p.to == nil {
		p.to = map[string]connections{}
	}
	p.to[path] = c
	return c
}

// How many connections to a process wait for a next request, and for how long. The processes themselves close none, so that
// no request meets one that is just being closed.
const (
	mostIdle = 32
	idleFor  = 10 * time.Second
)

// unixTransport makes connections to a socket.
func unixTransport(socket string) *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			c, err := d.DialContext(ctx, "unix", socket)
			if err != nil {
				return nil, err
			}
			return answerable{c}, nil
		},
		MaxIdleConnsPerHost: mostIdle,
		IdleConnTimeout:     idleFor,
		DisableCompression:  true,
	}
}

// copies are buffers in which answers are carried from a process to the client.
var copies = &bufferPool{sync.Pool{New: func() any { return new([64 << 10]byte) }}}

type bufferPool struct{ pool sync.Pool }

func (p *bufferPool) Get() []byte  { return p.pool.Get().(*[64 << 10]byte)[:] }
func (p *bufferPool) Put(b []byte) { p.pool.Put((*[64 << 10]byte)(b)) }
