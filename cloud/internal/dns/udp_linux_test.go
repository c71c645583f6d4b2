package dns

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// Where the kernel refuses to cut, which it does for what is to have no checksum and where a device cannot make them,
// bursts are answered all the same.
func TestBurstsThatTheKernelDoesNotCut(t *testing.T) {
	bursts(t, func(p net.PacketConn) {
		raw, err := p.(*net.UDPConn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		var failed error
		err = raw.Control(func(fd uintptr) { failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_NO_CHECK, 1) })
		if err != nil || failed != nil {
			t.Fatal(err, failed)
		}
	})
}

// Datagrams longer than any question are not answered, nor what comes from nowhere; others are, before and after.
func TestLongDatagramsAreDropped(t *testing.T) {
	p, l := listenBoth(t)
	s := helloServer(Config{})
	s.Serve(Inside, []net.PacketConn{p}, []net.Listener{l})
	defer s.Close()
	c, err := net.Dial("udp4", p.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	question := framed(t, 1, "hello.test.")[2:]
	for _, b := range [][]byte{question, append(question[:len(question):len(question)], make([]byte, 2*maxQuery)...), {}, question} {
		if _, err := c.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	b := make([]byte, 2000)
	for range 2 {
		if n, err := c.Read(b); err != nil || b[3]&0xf != 0 {
			t.Fatalf("%x, %v", b[:n], err)
		}
	}
	s.Close()
	var sum tally
	for _, c := range s.counted() {
		sum.add(c.tally)
	}
	if sum.dropped != 2 || sum.rcodes[0] != 2 {
		t.Errorf("%d dropped, %d answered", sum.dropped, sum.rcodes[0])
	}
}
