package balancer

import (
	"net"
	"sync"
	"time"
)

// tunnel carries bytes both ways after a change of protocol, until one side ends or nothing has passed for the idle time.
func (x *exchange) tunnel() error {
	x.last, x.answers, x.entry.kind = true, true, "ws"
	out := append(append(append(x.out[:0], "HTTP/1.1 "...), x.p.Text...), "\r\n"...)
	for _, f := range x.p.Fields {
		out = appendField(out, f.Name, f.Value)
	}
	out = append(out, "\r\n"...)
	out = append(out, x.link.r.Buffered()...)
	x.write(out)
	var both sync.WaitGroup
	carry := func(to, from net.Conn, first []byte, carried func(int)) {
		defer to.Close()
		defer from.Close()
		buf := append(make([]byte, 0, smallPart), first...)
		for {
			if len(buf) > 0 {
				x.bytes().Add(uint64(len(buf)))
				carried(len(buf))
				if _, err := to.Write(buf); err != nil {
					return
				}
				until := time.Now().Add(x.idle)
				_, _ = to.SetDeadline(until), from.SetDeadline(until)
			}
			n, err := from.Read(buf[:cap(buf)])
			if err != nil && n == 0 {
				return
			}
			buf = buf[:n]
		}
	}
	x.extend()
	x.patience()
	first := x.r.Buffered() // counted when it was received
	both.Go(func() { carry(x.link, x.conn, first, func(n int) { x.received.Add(uint64(n)) }) })
	both.Go(func() { carry(x.conn, x.link, nil, func(n int) { x.entry.sent += n }) })
	both.Wait()
	x.now = time.Now()
	return nil
}
