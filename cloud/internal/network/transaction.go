package network

import (
	"errors"
	"slices"

	"github.com/google/nftables"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// transact has the kernel carry out what the changes add to a connection to the packet filter of a namespace, of the calling thread's
// where n is nil. The last change is carried out whole or not at all. Those before it, if they are large, are in several parts.
func transact(n *Namespace, changes ...func(*nftables.Conn) error) (err error) {
	t := &transaction{}
	open := func() (err error) {
		t.kernel, err = netlink.Dial(unix.NETLINK_NETFILTER, nil)
		return err
	}
	if n == nil {
		err = open()
	} else {
		err = n.visit(open)
	}
	if err != nil {
		return err
	}
	defer t.kernel.Close()
	conn, err := nftables.New(nftables.WithTestDial(t.exchange))
	if err != nil {
		return err
	}
	for i, change := range changes {
		t.whole = i == len(changes)-1
		if err := change(conn); err != nil {
			return err
		}
		if err := errors.Join(conn.Flush(), t.err); err != nil {
			return err
		}
	}
	return nil
}

// transaction stands between the library and the kernel, which takes a batch as one message, and answers it when it has read all of
// it: both have to fit a socket's buffers. Without privileges these are at most twice net.core.wmem_max and rmem_max, by
// default 416 KiB.
//
// The library asks for an acknowledgement of each change, of about 800 bytes. One of the last says the same as all, since it
// comes after every error.
type transaction struct {
	kernel *netlink.Conn
	whole  bool  // a batch is not divided
	err    error // the kernel's
}

// partSize is how large the parts of a divided batch are, in bytes.
const partSize = 128 << 10

// exchange sends a batch of changes, between its begin and its end, or receives an answer where there is none to send.
func (t *transaction) exchange(batch []netlink.Message) ([]netlink.Message, error) {
	if batch != nil {
		t.err = t.send(batch[0], batch[1:len(batch)-1], batch[len(batch)-1])
	}
	return []netlink.Message{{Header: netlink.Header{Type: netlink.Error}, Data: make([]byte, 4)}}, nil // no error
}

func (t *transaction) send(begin netlink.Message, changes []netlink.Message, end netlink.Message) error {
	for len(changes) > 0 {
		n := len(changes)
		if !t.whole {
			n = part(changes)
		}
		batch := slices.Concat([]netlink.Message{begin}, changes[:n], []netlink.Message{end})
		for i := range batch {
			h := &batch[i].Header
			h.Flags &^= netlink.Acknowledge | netlink.Echo
			h.PID, h.Sequence = 0, 0 // the connection to the kernel gives its own
		}
		batch[n].Header.Flags |= netlink.Acknowledge
		if _, err := t.kernel.SendMessages(batch); err != nil {
			return err
		}
		if _, err := t.kernel.Receive(); err != nil {
			return err
		}
		changes = changes[n:]
	}
	return nil
}

// part counts the first changes that are a part, one at least.
func part(changes []netlink.Message) int {
	size := 0
	for n, c := range changes {
		if size += int(c.Header.Length); size > partSize && n > 0 {
			return n
		}
	}
	return len(changes)
}
