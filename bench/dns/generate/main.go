//go:build linux

// Command generate asks a name server as fast as one core can, and prints how many answers a second came
// back; or asks one question after the other and prints how long an answer took.
//
// It sends and receives in batches by sendmmsg(2) and recvmmsg(2). The shapes of traffic are:
//
//	scattered  every question of another source address: a socket sends with another one of 127.0.0.0/8
//	           each time (IP_PKTINFO), and sockets, so ports, take turns
//	burst      bursts of 32 from one socket, of few, as from large resolvers
//	single     one question at a time, from one socket
package main

import (
	"cmp"
	"encoding/binary"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sys/unix"
)

func main() {
	server := flag.String("server", "127.0.0.1:5300", "address and port of the server, IPv4")
	shape := flag.String("shape", "scattered", "scattered, burst or single")
	name := flag.String("name", "www.bench.test.", "the name to ask for; %d in it is replaced by numbers")
	names := flag.Int("names", 1, "how many numbers")
	length := flag.Duration("for", 2*time.Second, "how long to measure")
	flag.Parse()
	g, err := newGenerator(*server, questions(*name, *names))
	if err == nil {
		switch *shape {
		case "scattered":
			err = g.flood(64, true, *length)
		case "burst":
			err = g.flood(4, false, *length)
		case "single":
			err = g.single(*length)
		default:
			err = fmt.Errorf("no shape is called %s", *shape)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

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
func (g *generator) flood(sockets int, scatter bool, length time.Duration) error {
	all := make([]*socket, sockets)
	for i := range all {
		s, err := newSocket(g, scatter)
		if err != nil {
			return err
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
		return fmt.Errorf("%d of %d answers are not what was asked for", g.wrong, g.answers)
	}
	fmt.Printf("answered %.0f sent %.0f\n", float64(g.answers)/took, float64(g.sent)/took)
	return nil
}

// single prints the median and 99th percentile of the time from question to answer, in microseconds.
func (g *generator) single(length time.Duration) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.Connect(fd, &g.address); err != nil {
		return err
	}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 1}); err != nil {
		return err
	}
	var took []time.Duration
	in := make([]byte, 1500)
	for begin := time.Now(); time.Since(begin) < length; {
		q := g.question()
		at := time.Now()
		if _, err := unix.Write(fd, q); err != nil {
			return err
		}
		n, err := unix.Read(fd, in)
		if err != nil {
			return fmt.Errorf("no answer: %w", err)
		}
		took = append(took, time.Since(at))
		g.check(in[:n])
		time.Sleep(50 * time.Microsecond) // unloaded: the server has gone to sleep
	}
	if g.wrong > 0 {
		return fmt.Errorf("%d of %d answers are not what was asked for", g.wrong, g.answers)
	}
	slices.SortFunc(took, cmp.Compare)
	fmt.Printf("p50 %.2f p99 %.2f\n", micro(took[len(took)/2]), micro(took[len(took)*99/100]))
	return nil
}

func micro(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

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
