package dns

import (
	"io"
	"net/netip"
	"sync/atomic"

	"github.com/miekg/dns"
)

// queryLogs write a line for each question that a zone with a query log answers, in the format of Route
// 53's own (Developer Guide, query-logs: "Values that appear in DNS query logs"):
//
//	1.0 2017-12-13T08:16:02.130Z Z123412341234 example.com A NOERROR UDP FRA6 192.168.1.1 192.168.222.0/24
//
// A line goes through a queue to a goroutine of its log, so that a slow disk delays no answer: if the
// queue is full, lines are dropped and counted. Without any log the cost is one check of a nil pointer.
type queryLogs struct {
	zones map[string]*queryLog
	lost  *atomic.Uint64
}

type queryLog struct {
	to          io.Writer
	lines       chan []byte
	stop, ended chan struct{}
}

// queryLogQueue is how many lines may wait for a log's writer.
const queryLogQueue = 4096

// edgeLocation is in the place of Route 53's edge location, which is an airport's three letters and a number.
const edgeLocation = "LCL1"

// SetQueryLogs replaces the query logs by these, by the zone's id; nil or an empty map ends all. Before it returns, the
// lines of earlier questions are written to the old ones. A writer gets whole lines,
// one or several at a time, and is never called concurrently.
func (s *Server) SetQueryLogs(to map[string]io.Writer) {
	s.logsMu.Lock()
	defer s.logsMu.Unlock()
	var logs *queryLogs
	if len(to) > 0 {
		logs = &queryLogs{zones: map[string]*queryLog{}, lost: &s.lostLines}
	}
	for zone, w := range to {
		logs.zones[zone] = &queryLog{to: w, lines: make(chan []byte, queryLogQueue), stop: make(chan struct{}), ended: make(chan struct{})}
	}
	old := s.logs.Swap(logs)
	if old != nil {
		for _, l := range old.zones {
			close(l.stop)
			<-l.ended
		}
	}
	if logs != nil {
		for _, l := range logs.zones {
			go l.run()
		}
	}
}

// run writes lines until stop, and then the rest of the queue.
func (l *queryLog) run() {
	defer close(l.ended)
	var lines []byte
	for stopping := false; ; {
		lines = lines[:0]
		if !stopping {
			select {
			case line := <-l.lines:
				lines = append(lines, line...)
			case <-l.stop:
				stopping = true
			}
		}
		for more := true; more && len(lines) < 1<<16; {
			select {
			case line := <-l.lines:
				lines = append(lines, line...)
			default:
				more = false
			}
		}
		if len(lines) == 0 && stopping {
			return
		}
		l.to.Write(lines) // what fails to be written has nobody to hear of it
	}
}

// line queues the line of the responder's question.
func (l *queryLogs) line(r *responder, zone string, rcode int, from netip.Addr) {
	log := l.zones[zone]
	if log == nil {
		return
	}
	select {
	case log.lines <- appendLine(nil, r, zone, rcode, from):
	default:
		l.lost.Add(1)
	}
}

// appendLine appends a line: version, time, zone, name, type, rcode, protocol, edge location, resolver,
// client subnet.
func appendLine(b []byte, r *responder, zone string, rcode int, from netip.Addr) []byte {
	q := &r.query
	protocol := " UDP "
	if r.tcp {
		protocol = " TCP "
	}
	b = append(b, "1.0 "...)
	b = r.now.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
	b = append(append(b, ' '), zone...)
	b = append(b, ' ')
	b = appendName(b, q.question)
	b = append(b, ' ')
	b = append(b, dns.Type(q.qtype).String()...)
	b = append(b, ' ')
	b = append(b, rcodeName(rcode)...)
	b = append(b, protocol...)
	b = append(b, edgeLocation...)
	b = append(b, ' ')
	if from.IsValid() {
		b = from.AppendTo(b)
	} else {
		b = append(b, '-') // a VPC's resolver, which is nowhere
	}
	b = append(b, ' ')
	if q.subnet.raw == nil {
		b = append(b, '-')
	} else {
		b = q.subnet.prefix.AppendTo(b)
	}
	return append(b, '\n')
}

// appendName appends a name of the wire without the dot at its end, and with all that is not of host names
// as octal escapes (Developer Guide, DomainNameFormat).
func appendName(b, wire []byte) []byte {
	for first := true; wire[0] != 0; first = false {
		if !first {
			b = append(b, '.')
		}
		label := wire[1 : 1+wire[0]]
		wire = wire[1+len(label):]
		for _, c := range label {
			switch {
			case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
				b = append(b, c)
			default:
				b = append(b, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
			}
		}
	}
	return b
}
