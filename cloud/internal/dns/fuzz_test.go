package dns

import (
	"context"
	"encoding/binary"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/routing"
)

// seedQuestions adds every kind of question, plain, with EDNS, and with each option.
func seedQuestions(f *testing.F, questions []dns.Question) {
	for i, question := range questions {
		q := new(dns.Msg).SetQuestion(question.Name, question.Qtype)
		if i%4 > 0 {
			opt := q.SetEdns0(uint16(i*61), i%2 == 0).IsEdns0()
			switch i % 4 {
			case 1:
				opt.Option = []dns.EDNS0{&dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: "0102030405060708"}}
			case 2:
				opt.Option = []dns.EDNS0{&dns.EDNS0_SUBNET{Code: dns.EDNS0SUBNET, Family: 1, SourceNetmask: 24, Address: net.IPv4(198, 51, 100, 0)}}
			}
		}
		b, err := q.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

// breaking breaks a test on errors, which are faults.
type breaking struct{ slog.Handler }

func (breaking) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }
func (breaking) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool { r.Message += " " + a.String(); return true })
	panic(r.Message)
}

// FuzzPacket sends what may be no message at all. Whatever it is, nothing breaks; and what comes back is an
// answer to it, that others can read, of no more bytes than it may have.
func FuzzPacket(f *testing.F) {
	v, questions := kinds()
	seedQuestions(f, questions[:60])
	s := NewServer(Config{Log: slog.New(breaking{slog.DiscardHandler})})
	s.Swap(v)
	udp, tcp := newAsker(s, false), newAsker(s, true)
	host := &asker{s, responder{server: s, face: s.face(Host), count: new(tally), now: udp.now}}
	resolvers := &asker{s, responder{server: s, face: &face{resolvers: true}, count: new(tally), tcp: true, now: udp.now}}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, a := range []*asker{udp, udp, tcp, host, resolvers} {
			before := slices.Clone(b)
			answer := a.respond([]byte("before"), b, somebody)
			if !slices.Equal(b, before) || string(answer[:6]) != "before" {
				t.Fatal("something else was written to")
			}
			if answer = answer[6:]; len(answer) == 0 {
				if len(b) >= headerSize && b[2]&0x80 == 0 {
					t.Fatalf("no answer to %x", b)
				}
				continue
			}
			bound := maxUDP
			if a.tcp {
				bound = dns.MaxMsgSize
			} else if _, size := reference(b); size < bound {
				bound = size
			}
			if len(answer) > bound {
				t.Fatalf("%d bytes, of %d", len(answer), bound)
			}
			m := new(dns.Msg)
			if err := m.Unpack(answer); err != nil {
				t.Fatalf("an answer that cannot be read: %v: %x to %x", err, answer, b)
			}
			if m.Id != binary.BigEndian.Uint16(b) || !m.Response || m.Opcode != int(b[2]>>3&0xf) || m.RecursionAvailable {
				t.Fatalf("header %+v", m.MsgHdr)
			}
			if len(m.Question) == 1 && string(b[headerSize:headerSize+len(a.query.question)]) != string(answer[headerSize:headerSize+len(a.query.question)]) {
				t.Fatalf("question %x to %x", answer, b)
			}
		}
	})
}

// reference reads a message with miekg/dns, and says how many bytes a datagram may have for it: 512 where it cannot
// be read, as nothing is known then.
func reference(b []byte) (*dns.Msg, int) {
	q := new(dns.Msg)
	if q.Unpack(b) != nil || q.IsEdns0() == nil {
		return q, maxUDP
	}
	return q, min(max(int(q.IsEdns0().UDPSize()), dns.MinMsgSize), maxUDP)
}

// FuzzPaths asks the same by all paths: composed, packed, without a cache; and compares what comes of them, byte for
// byte, and with what miekg/dns makes of the same answer of package routing, by meaning.
func FuzzPaths(f *testing.F) {
	v, questions := kinds()
	seedQuestions(f, questions[:60])
	s := NewServer(Config{Log: slog.New(breaking{slog.DiscardHandler})})
	s.Swap(v)
	now := time.Unix(1_700_000_000, 0)
	f.Fuzz(func(t *testing.T, b []byte) {
		cached := &asker{s, responder{server: s, face: &face{cache: newCache(64)}, count: new(tally), tcp: true, now: now}}
		bare := &asker{s, responder{server: s, face: new(face), count: new(tally), tcp: true, now: now}}
		first, second, third := cached.raw(b), cached.raw(b), bare.raw(b)
		q := new(dns.Msg)
		if err := q.Unpack(b); err != nil || first == nil {
			return
		}
		if len(q.Question) != 1 || strings.HasPrefix(strings.ToLower(q.Question[0].Name), "weighted.") {
			return
		}
		if string(first) != string(second) || string(first) != string(third) {
			t.Fatalf("to %x:\ncomposed %x\npacked   %x\nuncached %x", b, first, second, third)
		}
		if verdict, _ := new(query).read(b); verdict != asked {
			return
		}
		got := new(dns.Msg)
		if err := got.Unpack(first); err != nil {
			t.Fatal(err)
		}
		want := v.Answer(q.Question[0], routing.Client{Addr: somebody})
		for what, pair := range map[string][2][]dns.RR{
			"answer": {want.Answer, got.Answer}, "authority": {want.Authority, got.Ns}, "additional": {want.Additional, withoutOPT(got.Extra)},
		} {
			if diff := cmp.Diff(lines(pair[0]), lines(pair[1])); diff != "" {
				t.Fatalf("%s to %v: %s", what, q, diff)
			}
		}
		if got.Rcode != want.Rcode || got.Authoritative != want.Authoritative || got.Question[0] != q.Question[0] || got.RecursionDesired != q.RecursionDesired ||
			got.CheckingDisabled != q.CheckingDisabled {
			t.Fatalf("%v to %v", got, q)
		}
	})
}

func lines(rrs []dns.RR) []string {
	var all []string
	for _, rr := range rrs {
		all = append(all, strings.ToLower(rr.String()))
	}
	return all
}

func withoutOPT(rrs []dns.RR) []dns.RR {
	return slices.DeleteFunc(slices.Clone(rrs), func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeOPT })
}
