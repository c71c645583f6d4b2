package dns

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/miekg/dns"

	"github.com/understudy/understudy/internal/patience"
)

// listening is a server on a TCP port.
func listening(t *testing.T, s *Server) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Serve(Inside, nil, []net.Listener{l})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func dial(t *testing.T, address string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp4", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(patience.Deadline()); err != nil {
		t.Fatal(err)
	}
	return c.(*net.TCPConn)
}

func framed(t *testing.T, id uint16, name string) []byte {
	t.Helper()
	q := new(dns.Msg).SetQuestion(name, dns.TypeA)
	q.Id = id
	b, err := q.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)
}

// readAnswer returns the id of the next answer.
func readAnswer(c net.Conn) (uint16, error) {
	var length [2]byte
	if _, err := io.ReadFull(c, length[:]); err != nil {
		return 0, err
	}
	b := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(c, b); err != nil {
		return 0, err
	}
	m := new(dns.Msg)
	return binary.BigEndian.Uint16(b), m.Unpack(b)
}

// All at once, of which the last is half, and then the client's half closed: all but the half are answered.
func TestPipelinedQuestionsOfAHalfClosedConnection(t *testing.T) {
	c := dial(t, listening(t, helloServer(Config{})))
	var all []byte
	for i := range 100 {
		all = append(all, framed(t, uint16(i), "hello.test.")...)
	}
	all = append(all, framed(t, 100, "hello.test.")[:9]...)
	if _, err := c.Write(all); err != nil {
		t.Fatal(err)
	}
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if id, err := readAnswer(c); err != nil || id != uint16(i) {
			t.Fatalf("answer %d: id %d, %v", i, id, err)
		}
	}
	if _, err := readAnswer(c); !errors.Is(err, io.EOF) {
		t.Errorf("after the last answer: %v", err)
	}
}

func TestQuestionsByTheByte(t *testing.T) {
	c := dial(t, listening(t, helloServer(Config{})))
	if err := c.SetNoDelay(true); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		for _, b := range framed(t, uint16(i), "hello.test.") {
			if _, err := c.Write([]byte{b}); err != nil {
				t.Fatal(err)
			}
		}
		if id, err := readAnswer(c); err != nil || id != uint16(i) {
			t.Fatalf("answer %d: id %d, %v", i, id, err)
		}
	}
}

// What is no question ends the connection, after the answers that came before it.
func TestNonsenseEndsAConnection(t *testing.T) {
	address := listening(t, helloServer(Config{}))
	for what, nonsense := range map[string][]byte{
		"no bytes":          {0, 0},
		"too short":         {0, 2, 1, 2},
		"an answer":         {0, 12, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		"larger than asked": {0xff, 0xff, 0},
	} {
		c := dial(t, address)
		if _, err := c.Write(append(framed(t, 7, "hello.test."), nonsense...)); err != nil {
			t.Fatal(err)
		}
		if id, err := readAnswer(c); err != nil || id != 7 {
			t.Errorf("%s: id %d, %v", what, id, err)
		}
		if _, err := readAnswer(c); err == nil {
			t.Errorf("%s: the connection goes on", what)
		}
	}
}

// Where there are too many, the one that has been idle longest makes room.
func TestConnectionsAreCapped(t *testing.T) {
	s := helloServer(Config{})
	s.connections.limit = 3
	address := listening(t, s)
	ask := func(c net.Conn) error {
		if _, err := c.Write(framed(t, 1, "hello.test.")); err != nil {
			return err
		}
		_, err := readAnswer(c)
		return err
	}
	var all []*net.TCPConn
	for range 3 {
		c := dial(t, address)
		if err := ask(c); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	if err := ask(all[0]); err != nil { // no longer the idlest
		t.Fatal(err)
	}
	if err := ask(dial(t, address)); err != nil {
		t.Fatal(err)
	}
	if err := ask(all[1]); err == nil {
		t.Error("the idlest connection was kept")
	}
	for _, i := range []int{0, 2} {
		if err := ask(all[i]); err != nil {
			t.Errorf("connection %d: %v", i, err)
		}
	}
}

// A client that asks and asks and takes no answer is left, and Close waits for nobody.
func TestCloseWithIdleAndSlowClients(t *testing.T) {
	var values []string
	for range 300 {
		values = append(values, `"`+string(make60())+`"`)
	}
	s := helloServer(Config{}, set("big.hello.test.", r53types.RRTypeTxt, values...))
	s.connections.patience = time.Hour // none ends by itself
	address := listening(t, s)
	dial(t, address)
	slow := dial(t, address)
	q := new(dns.Msg).SetQuestion("big.hello.test.", dns.TypeTXT)
	b, err := q.Pack()
	if err != nil {
		t.Fatal(err)
	}
	b = append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)
	if err := slow.SetWriteDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	for err == nil { // until neither takes any more
		_, err = slow.Write(b)
	}
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience.Limit):
		t.Fatal("Close waits for a client")
	}
}

func make60() []byte {
	b := make([]byte, 60)
	for i := range b {
		b[i] = 'x'
	}
	return b
}
