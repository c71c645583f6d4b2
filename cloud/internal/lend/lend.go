// Package lend gives listeners from inside a cloud to its front door, which is not in the cloud's networks: a socket belongs to
// the network namespace in which it was made (network_namespaces(7)), whoever accepts its connections. So the front door itself
// answers there, and sees who asks.
//
// A unix connection of packets carries one loan: the first message has the terms and the listener's descriptor (SCM_RIGHTS,
// unix(7)), further ones have other terms, and each is answered. The loan ends with the connection, and so with its lender.
package lend

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// Terms say what a listener is.
type Terms struct {
	Endpoint string `json:"endpoint,omitempty"` // vpce-...; empty for the internet
	VPC      string `json:"vpc,omitempty"`      // vpc-..., the endpoint's
	Region   string `json:"region,omitempty"`   // the endpoint's
	Service  string `json:"service,omitempty"`  // the one that the endpoint leads to, as it signs
	Policy   string `json:"policy,omitempty"`   // the endpoint's
}

// maxMessage bounds a message, in bytes. An endpoint's policy has 20,480 characters, each of which JSON may spell with six.
const maxMessage = 192 << 10

// answerWithin is how long the other side may take for its answer.
const answerWithin = 10 * time.Second

// answer is the borrower's, to each message.
type answer struct {
	Error string `json:"error,omitempty"`
}

// Loan is a listener that is lent.
type Loan struct{ conn *net.UnixConn }

// Lend lends a listener to whoever serves at a unix socket. The lender may close its own.
func Lend(socket string, l net.Listener, t Terms) (*Loan, error) {
	conn, err := net.DialUnix("unixpacket", nil, &net.UnixAddr{Name: socket, Net: "unixpacket"})
	if err != nil {
		return nil, fmt.Errorf("lend a listener: %w", err)
	}
	loan := &Loan{conn}
	if err := loan.give(l, t); err != nil {
		return nil, errors.Join(fmt.Errorf("lend the listener %s: %w", l.Addr(), err), conn.Close())
	}
	return loan, nil
}

func (l *Loan) give(listener net.Listener, t Terms) error {
	owner, ok := listener.(syscall.Conn)
	if !ok {
		return fmt.Errorf("%T is no socket", listener)
	}
	raw, err := owner.SyscallConn()
	if err != nil {
		return err
	}
	var told error
	if err := raw.Control(func(fd uintptr) { told = l.tell(t, syscall.UnixRights(int(fd))) }); err != nil {
		return err
	}
	return told
}

// Change changes the terms.
func (l *Loan) Change(t Terms) error {
	if err := l.tell(t, nil); err != nil {
		return fmt.Errorf("change the terms of a lent listener: %w", err)
	}
	return nil
}

func (l *Loan) tell(t Terms, rights []byte) error {
	message, err := json.Marshal(t)
	if err != nil {
		return err
	}
	if len(message) > maxMessage {
		return fmt.Errorf("the terms have %d bytes", len(message))
	}
	if err := l.conn.SetDeadline(time.Now().Add(answerWithin)); err != nil {
		return err
	}
	if _, _, err := l.conn.WriteMsgUnix(message, rights, nil); err != nil {
		return err
	}
	said := make([]byte, maxMessage)
	n, err := l.conn.Read(said)
	if err != nil {
		return err
	}
	var a answer
	if err := json.Unmarshal(said[:n], &a); err != nil {
		return err
	}
	if a.Error != "" {
		return errors.New(a.Error)
	}
	return nil
}

// Close takes the listener back, and returns when nothing is accepted or answered there any more.
func (l *Loan) Close() error {
	err := errors.Join(l.conn.SetDeadline(time.Now().Add(answerWithin)), l.conn.CloseWrite())
	if err == nil {
		_, _ = l.conn.Read(make([]byte, 1)) // the end, which comes when the borrower has closed
	}
	return errors.Join(err, l.conn.Close())
}

// Borrowed is what serves at a lent listener.
type Borrowed interface {
	Change(Terms) error
	Close() error
}

// Serve takes one loan, and returns when it has ended. borrow has to close the listener.
func Serve(conn *net.UnixConn, borrow func(net.Listener, Terms) (Borrowed, error)) error {
	defer conn.Close()
	listener, terms, err := take(conn)
	if err != nil {
		return errors.Join(err, reply(conn, err))
	}
	borrowed, err := borrow(listener, terms)
	if err != nil {
		return errors.Join(err, reply(conn, err))
	}
	defer borrowed.Close()
	if err := reply(conn, nil); err != nil {
		return err
	}
	for {
		message := make([]byte, maxMessage)
		n, err := conn.Read(message)
		if n == 0 || err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
				err = nil // the lender has ended, if not by itself
			}
			return err
		}
		if err = json.Unmarshal(message[:n], &terms); err == nil {
			err = borrowed.Change(terms)
		}
		if err := reply(conn, err); err != nil {
			return err
		}
	}
}

func reply(conn *net.UnixConn, failed error) error {
	var a answer
	if failed != nil {
		a.Error = failed.Error()
	}
	message, err := json.Marshal(a)
	if err != nil {
		return err
	}
	_, err = conn.Write(message)
	return err
}

// take receives the listener and its terms.
func take(conn *net.UnixConn) (l net.Listener, t Terms, err error) {
	message, rights := make([]byte, maxMessage), make([]byte, syscall.CmsgSpace(4))
	n, k, _, _, err := conn.ReadMsgUnix(message, rights)
	if err != nil {
		return nil, t, err
	}
	f, err := descriptor(rights[:k])
	if err != nil {
		return nil, t, err
	}
	defer f.Close() // the listener has one of its own
	if err := json.Unmarshal(message[:n], &t); err != nil {
		return nil, t, err
	}
	l, err = net.FileListener(f)
	return l, t, err
}

func descriptor(rights []byte) (*os.File, error) {
	messages, err := syscall.ParseSocketControlMessage(rights)
	if err != nil || len(messages) != 1 {
		return nil, fmt.Errorf("the message has no listener: %w", errors.Join(err))
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return nil, fmt.Errorf("the message has no listener: %w", errors.Join(err))
	}
	syscall.CloseOnExec(fds[0])
	return os.NewFile(uintptr(fds[0]), "lent listener"), nil
}
