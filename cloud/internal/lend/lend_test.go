package lend

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/understudy/understudy/internal/patience"
)

// borrower answers each connection with its terms' endpoint.
type borrower struct {
	l     net.Listener
	terms chan Terms
}

func (b *borrower) Change(t Terms) error {
	if t.Policy == "bad" {
		return errors.New("no such policy")
	}
	b.terms <- t
	return nil
}

func (b *borrower) Close() error { return b.l.Close() }

// serve serves loans at a socket, and tells how each ended.
func serve(t *testing.T) (socket string, terms chan Terms, ended chan error) {
	t.Helper()
	dir, err := os.MkdirTemp("", "lend") // a socket's path has 108 bytes, which t.TempDir() may exceed
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket = filepath.Join(dir, "socket")
	at, err := net.ListenUnix("unixpacket", &net.UnixAddr{Name: socket, Net: "unixpacket"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { at.Close() })
	terms, ended = make(chan Terms, 8), make(chan error, 8)
	go func() {
		for {
			conn, err := at.AcceptUnix()
			if err != nil {
				return
			}
			go func() {
				ended <- Serve(conn, func(l net.Listener, given Terms) (Borrowed, error) {
					b := &borrower{l, terms}
					go func() {
						for {
							c, err := l.Accept()
							if err != nil {
								return
							}
							c.Close()
						}
					}()
					return b, b.Change(given)
				})
			}()
		}
	}()
	return socket, terms, ended
}

func reaches(address string) bool {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return false
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience.Limit))
	_, err = c.Read(make([]byte, 1))
	return err != nil && !errors.Is(err, os.ErrDeadlineExceeded) // it was accepted, and closed
}

func TestLentListenerAnswersUntilItIsTakenBack(t *testing.T) {
	socket, terms, ended := serve(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	loan, err := Lend(socket, l, Terms{Endpoint: "vpce-1"})
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	if got := <-terms; got.Endpoint != "vpce-1" || !reaches(address) {
		t.Errorf("%+v", got)
	}
	if err := loan.Change(Terms{Endpoint: "vpce-1", Policy: "other"}); err != nil || (<-terms).Policy != "other" {
		t.Error(err)
	}
	if err := loan.Change(Terms{Policy: "bad"}); err == nil {
		t.Error("a bad policy is taken")
	}
	if err := loan.Close(); err != nil {
		t.Error(err)
	}
	if reaches(address) {
		t.Error("it is answered though it was taken back")
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestLoanEndsWithItsLender(t *testing.T) {
	socket, _, ended := serve(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	loan, err := Lend(socket, l, Terms{})
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	loan.conn.Close()
	if err := <-ended; err != nil || reaches(l.Addr().String()) {
		t.Errorf("%v", err)
	}
}

func TestWhatIsNoListenerIsRefused(t *testing.T) {
	socket, _, _ := serve(t)
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := Lend(socket, notAListener{f}, Terms{}); err == nil {
		t.Error("a file is taken for a listener")
	}
}

type notAListener struct{ *os.File }

func (notAListener) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (notAListener) Addr() net.Addr            { return &net.TCPAddr{} }
