package balancer

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/sync/semaphore"

	"github.com/understudy/understudy/cloud/internal/balancer/http1"
	"github.com/understudy/understudy/cloud/internal/descriptors"
	"github.com/understudy/understudy/cloud/internal/poller"
)

// connectTimeout is how long a target may take to accept a connection
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-504-issues).
const connectTimeout = 10 * time.Second

// maxIdle is how many connections to one target are kept while nothing asks it.
const maxIdle = 256

// errBusy means that no descriptor is left for a request.
var errBusy = errors.New("too many connections to targets")

// upstream is a node's way to its targets.
type upstream struct {
	network Network
	share   *semaphore.Weighted
	made    *atomic.Uint64 // counts connections

	mu  sync.Mutex
	all map[*links]struct{} // those of targets that are registered or drain
}

// links are the connections to one target.
type links struct {
	up      *upstream
	address string
	secure  bool // over TLS
	version Version
	life    context.Context // ends with the target
	cut     context.CancelFunc

	mu    sync.Mutex
	open  map[*link]struct{}
	idle  []*link // of them, the one that was used last at the end
	ended bool    // the target is gone: nothing is open, and nothing is opened

	multiplexed *http2.Transport // of HTTP/2, whose connections have several requests at once; nil for HTTP/1.1
}

// link is one connection to a target.
type link struct {
	net.Conn
	raw  net.Conn // beneath TLS
	of   *links
	r    *http1.Reader
	used bool        // for a request before
	over *time.Timer // runs while it is open and was idle once, and closes it when it has been idle for long

	until time.Time // that it may be idle; zero while it is in use
}

func newUpstream(network Network, share *semaphore.Weighted, made *atomic.Uint64) *upstream {
	return &upstream{network: network, share: share, made: made, all: map[*links]struct{}{}}
}

// count is how many connections there are.
func (u *upstream) count() (n int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for p := range u.all {
		p.mu.Lock()
		n += len(p.open)
		p.mu.Unlock()
	}
	return n
}

// to returns the place of a new target's connections. It is to be ended.
func (u *upstream) to(address string, g Group) *links {
	p := &links{up: u, address: address, secure: g.Secure, version: g.Version, open: map[*link]struct{}{}}
	if g.Version.multiplexed() {
		p.multiplexed = p.transport()
	}
	p.life, p.cut = context.WithCancel(context.Background())
	u.mu.Lock()
	defer u.mu.Unlock()
	u.all[p] = struct{}{}
	return p
}

// take returns a connection that nothing uses and that is open, or nil. The kernel is asked whether it is open for a request that must not be
// sent again.
func (p *links) take(mayRepeat bool) *link {
	for l := p.last(); l != nil; l = p.last() {
		if l.isOpen(mayRepeat) {
			return l
		}
		l.drop()
	}
	return nil
}

func (p *links) last() *link {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	l := p.idle[n-1]
	p.idle = p.idle[:n-1]
	l.until = time.Time{}
	return l
}

// dial connects. If there are too many connections, idle ones to all targets are closed.
func (p *links) dial() (*link, error) {
	ctx, cancel := context.WithTimeout(p.life, connectTimeout)
	defer cancel()
	if !p.up.share.TryAcquire(1) {
		p.up.closeIdle()
		if !p.up.share.TryAcquire(1) {
			return nil, errBusy
		}
	}
	c, err := p.up.network.DialContext(ctx, "tcp", p.address)
	if err != nil {
		p.up.share.Release(1)
		return nil, err
	}
	p.up.made.Add(1)
	l := &link{raw: poller.Take(descriptors.Counted(c, p.up.share)), of: p}
	if l.Conn, err = p.shake(ctx, l.raw); err != nil {
		_ = l.raw.Close()
		return nil, err
	}
	l.r = http1.NewReader(l.Conn)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		_ = l.Conn.Close()
		return nil, net.ErrClosed
	}
	p.open[l] = struct{}{}
	return l, nil
}

// shake makes a connection secure where the target's are.
func (p *links) shake(ctx context.Context, c net.Conn) (net.Conn, error) {
	if !p.secure {
		return c, nil
	}
	secured := tls.Client(c, toTargets(p.version))
	if err := secured.HandshakeContext(ctx); err != nil {
		return secured, tlsError{err}
	}
	return secured, nil
}

// isOpen tells whether the target has neither closed an idle connection nor said something on it, as far as has been heard or, if that is not
// enough, as the kernel knows. Another kind of connection than a kernel's is taken for open.
func (l *link) isOpen(asFarAsHeard bool) bool {
	if len(l.r.Buffered()) > 0 {
		return false
	}
	c, ok := l.raw.(*poller.Conn)
	return !ok || asFarAsHeard && c.Silent() || c.Look()
}

// keep makes the connection one that the next request may use within the idle time, from now on.
func (l *link) keep(now time.Time, idle time.Duration) {
	l.r.Release()
	p := l.of
	p.mu.Lock()
	full := p.ended || len(p.idle) >= maxIdle
	if !full {
		l.used, l.until = true, now.Add(idle)
		if l.over == nil {
			l.over = time.AfterFunc(idle, l.expire)
		}
		p.idle = append(p.idle, l)
	}
	p.mu.Unlock()
	if full {
		l.drop()
	}
}

// expire closes the connection if it has been idle for long, and else looks again later. To set a timer anew with every request would cost
// each of them as much as a system call.
func (l *link) expire() {
	l.of.mu.Lock()
	left := time.Until(l.until)
	switch {
	case l.until.IsZero():
		l.over = nil // the next idle time starts another
	case left > 0:
		l.over.Reset(left)
	default:
		l.leave()
		defer l.Conn.Close()
	}
	l.of.mu.Unlock()
}

// drop closes the connection.
func (l *link) drop() {
	l.of.mu.Lock()
	l.leave()
	l.of.mu.Unlock()
	_ = l.Conn.Close()
}

// leave takes the connection from those of its target, whose lock is held.
func (l *link) leave() {
	if l.over != nil {
		l.over.Stop()
	}
	delete(l.of.open, l)
	l.of.idle = slices.DeleteFunc(l.of.idle, func(other *link) bool { return other == l })
}

// end closes all connections, those in use too.
func (p *links) end() {
	p.cut()
	p.up.mu.Lock()
	delete(p.up.all, p)
	p.up.mu.Unlock()
	p.close(true)
}

// close closes the idle connections, or with all every one for good.
func (p *links) close(all bool) {
	p.mu.Lock()
	p.ended = p.ended || all
	closing := p.idle
	if all {
		closing = nil
		for l := range p.open {
			closing = append(closing, l)
		}
	}
	p.idle = nil
	for _, l := range closing {
		delete(p.open, l)
	}
	p.mu.Unlock()
	for _, l := range closing {
		_ = l.Conn.Close()
	}
	if p.multiplexed != nil {
		p.multiplexed.CloseIdleConnections()
	}
}

func (u *upstream) closeIdle() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for p := range u.all {
		p.close(false)
	}
}
