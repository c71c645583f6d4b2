package dns

import (
	"bufio"
	"fmt"
	"io"
	"sync"

	"github.com/miekg/dns"
)

// tally has the counts of one socket, or of one side's connections. Its lock is held for a whole batch of messages,
// so that counting costs only an addition; a reader waits for the end of the batch.
type tally struct {
	sync.Mutex
	types     [countedTypes + 1]uint64 // the last is of all others
	rcodes    [countedRcodes]uint64
	dropped   uint64 // messages that deserve no answer
	unsent    uint64 // answers that the kernel would not take
	composed  uint64 // answers that were not found packed
	truncated uint64
	held      uint64 // by the rate limit: not answered
	slipped   uint64 // by the rate limit: answered shortly
	bytes     uint64
}

const (
	countedTypes  = 260 // from A to CAA
	countedRcodes = dns.RcodeBadCookie + 1
)

func (t *tally) query(q *query) {
	if len(q.question) > 0 {
		t.types[min(int(q.qtype), countedTypes)]++
	}
}

func (t *tally) answer(o *outcome, size int) {
	t.rcodes[o.rcode]++
	t.bytes += uint64(size)
	if o.cut && o.rcode != dns.RcodeBadCookie {
		t.truncated++
	}
}

func (t *tally) add(o *tally) {
	o.Lock()
	defer o.Unlock()
	for i, n := range o.types {
		t.types[i] += n
	}
	for i, n := range o.rcodes {
		t.rcodes[i] += n
	}
	t.dropped += o.dropped
	t.unsent += o.unsent
	t.composed += o.composed
	t.truncated += o.truncated
	t.held += o.held
	t.slipped += o.slipped
	t.bytes += o.bytes
}

// WriteMetrics writes all counts in Prometheus's text format.
func (s *Server) WriteMetrics(w io.Writer) error {
	b := bufio.NewWriter(w)
	sums := map[string]*tally{"udp": new(tally), "tcp": new(tally)}
	for _, c := range s.counted() {
		sums[c.transport].add(c.tally)
	}
	open := s.connections.addTo(sums["tcp"])
	family := func(name, help string, each func(transport string, t *tally)) {
		fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s counter\n", name, help, name)
		for _, transport := range []string{"udp", "tcp"} {
			each(transport, sums[transport])
		}
	}
	one := func(name, help string, value func(*tally) uint64) {
		family(name, help, func(transport string, t *tally) {
			fmt.Fprintf(b, "%s{transport=%q} %d\n", name, transport, value(t))
		})
	}
	family("understudy_dns_queries_total", "Questions by type.", func(transport string, t *tally) {
		for i, n := range t.types {
			if n > 0 {
				fmt.Fprintf(b, "understudy_dns_queries_total{transport=%q,type=%q} %d\n", transport, typeName(i), n)
			}
		}
	})
	family("understudy_dns_answers_total", "Answers by rcode.", func(transport string, t *tally) {
		for i, n := range t.rcodes {
			if n > 0 {
				fmt.Fprintf(b, "understudy_dns_answers_total{transport=%q,rcode=%q} %d\n", transport, rcodeName(i), n)
			}
		}
	})
	one("understudy_dns_composed_total", "Answers that were not found packed.", func(t *tally) uint64 { return t.composed })
	one("understudy_dns_truncated_total", "Answers sent without records, for want of room or by the rate limit.", func(t *tally) uint64 { return t.truncated })
	one("understudy_dns_dropped_total", "Messages that deserve no answer.", func(t *tally) uint64 { return t.dropped })
	one("understudy_dns_unsent_total", "Answers that the kernel would not take.", func(t *tally) uint64 { return t.unsent })
	one("understudy_dns_rate_limited_dropped_total", "Questions left unanswered by the rate limit.", func(t *tally) uint64 { return t.held })
	one("understudy_dns_rate_limited_slipped_total", "Questions answered shortly by the rate limit.", func(t *tally) uint64 { return t.slipped })
	one("understudy_dns_sent_bytes_total", "Bytes of answers.", func(t *tally) uint64 { return t.bytes })
	fmt.Fprintf(b, "# HELP understudy_dns_connections Open TCP connections.\n# TYPE understudy_dns_connections gauge\nunderstudy_dns_connections %d\n", open)
	fmt.Fprintf(
		b,
		"# HELP understudy_dns_connections_closed_early_total Connections closed to make room for others.\n"+
			"# TYPE understudy_dns_connections_closed_early_total counter\nunderstudy_dns_connections_closed_early_total %d\n",
		s.connections.early.Load(),
	)
	fmt.Fprintf(
		b,
		"# HELP understudy_dns_query_log_lost_total Lines that a query log's writer was too slow for.\n"+
			"# TYPE understudy_dns_query_log_lost_total counter\nunderstudy_dns_query_log_lost_total %d\n",
		s.lostLines.Load(),
	)
	return b.Flush()
}

func typeName(i int) string {
	if i == countedTypes {
		return "other"
	}
	return dns.Type(i).String()
}

// rcodeName is an rcode's name. 16 is BADVERS here, where nothing is signed by TSIG.
func rcodeName(rcode int) string {
	if rcode == dns.RcodeBadVers {
		return "BADVERS"
	}
	return dns.RcodeToString[rcode]
}
