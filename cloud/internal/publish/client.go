package publish

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/understudy/understudy/cloud/internal/descriptors"
)

// Client runs inside the cloud: it asks the broker behind a unix socket for listeners, and serves them.
type Client struct {
	Socket string // the path of the front door's socket
	Dial   Dial   // nil for DialInternet
	// Share bounds the descriptors of the connections of all its addresses; the default is this process's share.
	Share *semaphore.Weighted
	Log   *slog.Logger
}

// Published is a public address that the host can reach.
type Published struct {
	Address netip.AddrPort // on the host's loopback
	stop    context.CancelFunc
	done    chan struct{}
}

// Publish opens the loopback twin of a public TCP address until the result is closed.
func (c *Client) Publish(public netip.AddrPort) (interface{ Close() error }, error) {
	return c.Open(public)
}

// Open is Publish with a result that has the address of the host at which it listens.
func (c *Client) Open(public netip.AddrPort) (*Published, error) {
	l, at, err := c.Listener(public)
	if err != nil {
		return nil, err
	}
	dial := c.Dial
	if dial == nil {
		dial = DialInternet
	}
	share := c.Share
	if share == nil {
		share = descriptors.Process().Published
	}
	ctx, stop := context.WithCancel(context.Background())
	p := &Published{Address: at, stop: stop, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		if err := Serve(ctx, l, public, dial, share); err != nil && ctx.Err() == nil && c.Log != nil {
			c.Log.Error("published address ended", "address", public, "error", err)
		}
	}()
	return p, nil
}

// Close stops listening, cuts the connections and returns when they have ended.
func (p *Published) Close() error {
	p.stop()
	<-p.done
	return nil
}

// Listener asks the broker for the listener of a public address, and says at which address of the host
// it listens.
func (c *Client) Listener(public netip.AddrPort) (net.Listener, netip.AddrPort, error) {
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: c.Socket, Net: "unix"})
	if err != nil {
		return nil, netip.AddrPort{}, fmt.Errorf("publish %s: %w", public, err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(dialTimeout))
	request, err := json.Marshal(Request{Publish: public})
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	if _, err := conn.Write(append(request, '\n')); err != nil {
		return nil, netip.AddrPort{}, fmt.Errorf("publish %s: %w", public, err)
	}
	answer, l, err := receive(conn)
	if err != nil {
		return nil, netip.AddrPort{}, fmt.Errorf("publish %s: %w", public, err)
	}
	return l, answer.Address, nil
}

// receive reads an answer with its listener.
func receive(conn *net.UnixConn) (Answer, net.Listener, error) {
	line, rights := make([]byte, maxMessage), make([]byte, syscall.CmsgSpace(4))
	n, k, _, _, err := conn.ReadMsgUnix(line, rights)
	if err != nil {
		return Answer{}, nil, err
	}
	f, err := descriptor(rights[:k])
	if err != nil {
		return Answer{}, nil, err
	}
	if f != nil {
		defer f.Close()
	}
	var answer Answer
	if err := json.Unmarshal(line[:n], &answer); err != nil {
		return Answer{}, nil, fmt.Errorf("answer %q: %w", line[:n], err)
	}
	if answer.Error != "" {
		return answer, nil, errors.New(answer.Error)
	}
	if f == nil {
		return answer, nil, errors.New("the answer has no listener")
	}
	l, err := net.FileListener(f)
	return answer, l, err
}

// descriptor returns the file of a control message, or nil where there is none.
func descriptor(control []byte) (*os.File, error) {
	if len(control) == 0 {
		return nil, nil
	}
	messages, err := syscall.ParseSocketControlMessage(control)
	if err != nil {
		return nil, err
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(fds[0])
	return os.NewFile(uintptr(fds[0]), "published listener"), nil
}
