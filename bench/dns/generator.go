//go:build linux

package main

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sys/unix"
)

// questions packs one for each name, in an order that is no order.
func questions(name string, n int) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		m := new(dns.Msg)
		if n == 1 {
			m.SetQuestion(name, dns.TypeA)
		} else {
			m.SetQuestion(fmt.Sprintf(name, i*7919%n), dns.TypeA)
		}
		m.RecursionDesired = false
		b, err := m.Pack()
		if err != nil {
			panic(err)
		}
		all[i] = b
	}
	return all
}

type generator struct {
	server    unix.RawSockaddrInet4
	address   unix.SockaddrInet4
	questions [][]byte
	asked     int
	sent      int
	answers   int
	wrong     int
}

func newGenerator(server string, questions [][]byte) (*generator, error) {
	a, err := netip.ParseAddrPort(server)
	if err != nil || !a.Addr().Is4() {
		return nil, fmt.Errorf("%s is not an IPv4 address and port", server)
	}
	g := &generator{questions: questions, address: unix.SockaddrInet4{Addr: a.Addr().As4(), Port: int(a.Port())}}
	g.server = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: a.Addr().As4()}
	var port [2]byte
	binary.BigEndian.PutUint16(port[:], a.Port())
	g.server.Port = binary.NativeEndian.Uint16(port[:])
	return g, nil
}

// flood sends whatever the socket takes, whether or not answers keep up: what the server does not get to is
// lost in its queue, at this core's cost. So the count of answers is what the server can do, as long as
// more was sent than answered.
func (g *generator) flood(sockets int, scatter bool, length time.Duration) (rate, error) {
	all := make([]*socket, sockets)
	for i := range all {
		s, err := newSocket(g, scatter)
		if err != nil {
			return rate{}, err
		}
		defer s.close()
		all[i] = s
	}
	run := func(length time.Duration) {
		for begin, i := time.Now(), 0; i%256 != 0 || time.Since(begin) < length; i++ {
			s := all[i%len(all)]
			s.send()
			s.receive()
		}
	}
	run(length / 4) // warm
	g.sent, g.answers, g.wrong = 0, 0, 0
	begin := time.Now()
	run(length)
	took := time.Since(begin).Seconds()
	if g.wrong > 0 {
		return rate{}, fmt.Errorf("%d of %d answers are not what was asked for", g.wrong, g.answers)
	}
	return rate{float64(g.answers) / took, float64(g.sent) / took}, nil
}

// rate is in messages a second.
type rate struct{ answered, sent float64 }

// single asks one question after the other, and returns the median time to an answer in microseconds.
func (g *generator) single(length time.Duration) (float64, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	if err := unix.Connect(fd, &g.address); err != nil {
		return 0, err
	}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 1}); err != nil {
		return 0, err
	}
	var took []time.Duration
	in := make([]byte, 1500)
	for begin := time.Now(); time.Since(begin) < length; {
		q := g.question()
		at := time.Now()
		if _, err := unix.Write(fd, q); err != nil {
			return 0, err
		}
		n, err := unix.Read(fd, in)
		for err == unix.EINTR {
			n, err = unix.Read(fd, in)
		}
		if err != nil {
			return 0, fmt.Errorf("no answer: %w", err)
		}
		took = append(took, time.Since(at))
		g.check(in[:n])
	}
	if g.wrong > 0 {
		return 0, fmt.Errorf("%d of %d answers are not what was asked for", g.wrong, g.answers)
	}
	slices.SortFunc(took, cmp.Compare)
	return float64(took[len(took)/2].Nanoseconds()) / 1000, nil
}

func (g *generator) question() []byte {
	q := g.questions[g.asked%len(g.questions)]
	g.asked++
	binary.BigEndian.PutUint16(q, uint16(g.asked))
	return q
}

// check counts an answer, and whether it is a wrong one: not an answer, an error, or without a record.
func (g *generator) check(m []byte) {
	g.answers++
	if len(m) < 12 || m[2]&0x80 == 0 || m[3]&0xf != 0 || m[7] == 0 {
		g.wrong++
	}
}
