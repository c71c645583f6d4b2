package beacon

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"time"
)

// The pauses between two attempts to reach Route 53.
const (
	firstPause = 20 * time.Millisecond
	lastPause  = time.Second
)

// Send sends reports over the unix socket until the context ends: regularly, and whenever something
// has changed. Changed returns a channel that is closed at the next change; it is called before each
// report. While nobody listens, Send tries again to connect.
func Send(ctx context.Context, socket string, report func() Report, changed func() <-chan struct{}, every time.Duration, log *slog.Logger) {
	pause := firstPause
	for ctx.Err() == nil {
		conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
		if err == nil {
			pause = firstPause
			err = stream(ctx, conn, report, changed, every)
		}
		if ctx.Err() != nil {
			return
		}
		log.Debug("route 53 does not listen", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, lastPause)
	}
}

// stream sends reports over one connection until it breaks.
func stream(ctx context.Context, conn net.Conn, report func() Report, changed func() <-chan struct{}, every time.Duration) error {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	// Route 53 says nothing: a read returns when it is gone, which a write would notice a beat later.
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		conn.Read(make([]byte, 1))
	}()
	beat := time.NewTicker(every)
	defer beat.Stop()
	lines := json.NewEncoder(conn)
	for {
		next := changed()
		if err := lines.Encode(report()); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-gone:
			return net.ErrClosed
		case <-beat.C:
		case <-next:
		}
	}
}
