package dns

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/miekg/dns"

	"github.com/understudy/understudy/internal/chance"
)

// asker asks a server without sockets.
type asker struct {
	*Server
	responder
}

func newAsker(s *Server, tcp bool) *asker {
	return &asker{s, responder{server: s, face: s.face(Inside), count: new(tally), tcp: tcp, now: time.Unix(1_700_000_000, 0)}}
}

var somebody = netip.MustParseAddr("198.51.100.99")

func (a *asker) raw(message []byte) []byte { return a.respond(nil, message, somebody) }

func (a *asker) ask(t testing.TB, q *dns.Msg) *dns.Msg {
	t.Helper()
	b, err := q.Pack()
	if err != nil {
		t.Fatal(err)
	}
	answer := a.raw(b)
	if answer == nil {
		return nil
	}
	m := new(dns.Msg)
	if err := m.Unpack(answer); err != nil {
		t.Fatalf("an answer that cannot be read: %v: %x", err, answer)
	}
	return m
}

func helloServer(c Config, records ...*r53types.ResourceRecordSet) *Server {
	s := NewServer(c)
	s.Swap(view(append(records, set("hello.test.", r53types.RRTypeA, pAddr), set("*.wild.hello.test.", r53types.RRTypeA, pAddr))...))
	return s
}

// message makes one of hexadecimal digits; blanks are for the reader.
func message(t *testing.T, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestMessagesThatAreNoQuestion(t *testing.T) {
	const (
		name = " 05 68656c6c6f 04 74657374 00" // hello.test.
		a    = name + " 0001 0001"
		opt  = " 00 0029 04d0 00 00 0000 0000"
	)
	header := func(flags string, counts string) string { return "abcd " + flags + counts }
	const refused, formErr, notImp, dropped = "REFUSED", "FORMERR", "NOTIMP", ""
	for _, c := range []struct {
		what, message, want string
	}{
		{"nothing", "", dropped},
		{"half a header", "abcd 0000 0001", dropped},
		{"an answer", header("8000", "0001 0000 0000 0000") + a, dropped},
		{"a header", header("0000", "0000 0000 0000 0000"), formErr},
		{"a question too few", header("0000", "0001 0000 0000 0000"), formErr},
		{"two questions", header("0000", "0002 0000 0000 0000") + a + a, formErr},
		{"an answer section", header("0000", "0001 0001 0000 0000") + a + a + "00000000 0000", formErr},
		{"an authority section", header("0000", "0001 0000 0001 0000") + a + name + "0006 0001 00000000 0000", formErr},
		{"a name without end", header("0000", "0001 0000 0000 0000") + "05 68656c6c6f", formErr},
		{"a name and no type", header("0000", "0001 0000 0000 0000") + name + "0001", formErr},
		{"a compressed name", header("0000", "0001 0000 0000 0000") + "05 68656c6c6f c00c 0001 0001", formErr},
		{"a name that points to itself", header("0000", "0001 0000 0000 0000") + "c00c 0001 0001", formErr},
		{"a label of an extended type", header("0000", "0001 0000 0000 0000") + "41 00 0001 0001", formErr},
		{"a name of 256 bytes", header("0000", "0001 0000 0000 0000") + strings.Repeat("07 61616161616161", 31) + "06 616161616161 00 0001 0001", formErr},
		{"a byte too many", header("0000", "0001 0000 0000 0000") + a + "00", formErr},
		{"an OPT too few", header("0000", "0001 0000 0000 0001") + a, formErr},
		{"two OPTs", header("0000", "0001 0000 0000 0002") + a + opt + opt, formErr},
		{"half an OPT", header("0000", "0001 0000 0000 0001") + a + opt[:20], formErr},
		{"an option longer than its OPT", header("0000", "0001 0000 0000 0001") + a + "00 0029 04d0 00 00 0000 0004 000a0008", formErr},
		{"half an option", header("0000", "0001 0000 0000 0001") + a + "00 0029 04d0 00 00 0000 0002 000a", formErr},
		{"a cookie of 7 bytes", header("0000", "0001 0000 0000 0001") + a + "00 0029 04d0 00 00 0000 000b 000a0007 01020304050607", formErr},
		{"a cookie of 15 bytes", header("0000", "0001 0000 0000 0001") + a + "00 0029 04d0 00 00 0000 0013 000a000f 0102030405060708090a0b0c0d0e0f", formErr},
		{"no question, no cookie", header("0000", "0000 0000 0000 0001") + opt, formErr},
		{"no question, a cookie", header("0000", "0000 0000 0000 0001") + "00 0029 04d0 00 00 0000 000c 000a0008 0102030405060708", "NOERROR"},
		{"a version to come", header("0000", "0001 0000 0000 0001") + a + "00 0029 04d0 00 01 0000 0003 ffffff", "BADVERS"},
		{"a record after OPT", header("0000", "0001 0000 0000 0002") + a + opt + "c00c 00fa 00ff 00000000 0000", "NOERROR"},
		{"inverse query", header("0800", "0001 0000 0000 0000") + a, notImp},
		{"status", header("1000", "0001 0000 0000 0000") + a, notImp},
		{"opcode 15", header("7800", "0000 0000 0000 0000"), notImp},
		{"notify", header("2400", "0001 0000 0000 0000") + name + "0006 0001", refused},
		{"update", header("2800", "0001 0000 0000 0000") + name + "0006 0001", refused},
		{"AXFR", header("0000", "0001 0000 0000 0000") + name + "00fc 0001", refused},
		{"IXFR", header("0000", "0001 0000 0001 0000") + name + "00fb 0001" + "c00c 0006 0001 00000000 0000", refused},
		{"MAILB", header("0000", "0001 0000 0000 0000") + name + "00fd 0001", notImp},
		{"OPT as a type", header("0000", "0001 0000 0000 0000") + name + "0029 0001", notImp},
		{"class CH", header("0000", "0001 0000 0000 0000") + name + "0010 0003", refused},
		{"class ANY", header("0000", "0001 0000 0000 0000") + name + "0001 00ff", refused},
		{"a zone of others", header("0000", "0001 0000 0000 0000") + "03 636f6d 00 0001 0001", refused},
		{"the root", header("0000", "0001 0000 0000 0000") + "00 0002 0001", refused},
		{"a question", header("0110", "0001 0000 0000 0000") + a, "NOERROR"},
	} {
		b := message(t, c.message)
		for _, tcp := range []bool{false, true} {
			answer := newAsker(helloServer(Config{}), tcp).raw(b)
			got := ""
			if answer != nil {
				m := new(dns.Msg)
				if err := m.Unpack(answer); err != nil {
					t.Errorf("%s: the answer cannot be read: %v", c.what, err)
					continue
				}
				got = rcodeName(m.Rcode)
				if m.Id != 0xabcd || !m.Response || m.Opcode != int(b[2]>>3&0xf) {
					t.Errorf("%s: header %+v", c.what, m.MsgHdr)
				}
			}
			if got != c.want {
				t.Errorf("%s, tcp %v: %q, want %q", c.what, tcp, got, c.want)
			}
		}
	}
}

// Names are bytes: whatever a label holds finds its record, in any case, and comes back as it was.
func TestCaseAndOddBytesAreKept(t *testing.T) {
	s := helloServer(Config{}, set(`\052odd\040\056.hello.test.`, r53types.RRTypeA, pAddr))
	a := newAsker(s, false)
	for _, name := range []string{"HeLLo.TesT.", `*OdD\032\046.hello.test.`, "x.Y.WILD.hello.test.", "No.hello.test."} {
		for range 2 { // composed, and then packed
			q := new(dns.Msg).SetQuestion(name, dns.TypeA)
			m := a.ask(t, q)
			if m.Question[0].Name != dns.Name(name).String() && !strings.EqualFold(m.Question[0].Name, name) {
				t.Errorf("%s: question %s", name, m.Question[0].Name)
			}
			if len(m.Answer) > 0 && m.Answer[0].Header().Name != m.Question[0].Name {
				t.Errorf("%s: answered for %s", name, m.Answer[0].Header().Name)
			}
			if found := len(m.Answer) == 1; found != (name[0] != 'N') || !m.RecursionDesired || m.Rcode == dns.RcodeNameError == found {
				t.Errorf("%s: %v", name, m)
			}
		}
	}
	if a.count.composed != 4 {
		t.Errorf("%d answers were composed, want each name's once", a.count.composed)
	}
}

// Random letters' case, as resolvers choose it against forgery, comes back bit for bit.
func TestCaseComesBack(t *testing.T) {
	random := chance.New(t)
	a := newAsker(helloServer(Config{}), false)
	for range 1000 {
		name := []byte("a.wild.hello.test.")
		for i := range name {
			if 'a' <= name[i] && name[i] <= 'z' && random.IntN(2) == 0 {
				name[i] -= 'a' - 'A'
			}
		}
		if m := a.ask(t, new(dns.Msg).SetQuestion(string(name), dns.TypeA)); m.Question[0].Name != string(name) || m.Answer[0].Header().Name != string(name) {
			t.Fatalf("%s: %v", name, m)
		}
	}
}

func TestSubnets(t *testing.T) {
	a := newAsker(helloServer(Config{}), false)
	ask := func(option string) (rcode int, echoed string) {
		b := message(t, "abcd 0000 0001 0000 0000 0001 05 68656c6c6f 04 74657374 00 0001 0001 00 0029 04d0 00 00 0000")
		data := message(t, option)
		b = append(b, 0, byte(len(data)+4), 0, 8, 0, byte(len(data)))
		m := new(dns.Msg)
		if err := m.Unpack(a.raw(append(b, data...))); err != nil {
			t.Fatal(err)
		}
		for _, o := range m.IsEdns0().Option {
			if e, ok := o.(*dns.EDNS0_SUBNET); ok {
				echoed = fmt.Sprintf("%s/%d/%d", e.Address, e.SourceNetmask, e.SourceScope)
			}
		}
		return m.Rcode, echoed
	}
	for _, c := range []struct {
		what, option, want string
	}{
		{"IPv4, 24 bits", "0001 18 00 c63364", "198.51.100.0/24/0"},
		{"IPv4, 25 bits", "0001 19 00 c6336480", "198.51.100.128/25/0"},
		{"IPv4, none", "0001 00 00", "0.0.0.0/0/0"},
		{"IPv6, 56 bits", "0002 38 00 20010db8000001", "2001:db8:0:100::/56/0"},
		{"bits beyond the prefix", "0001 19 00 c63364c0", "FORMERR"},
		{"a byte too many", "0001 18 00 c6336400", "FORMERR"},
		{"a byte too few", "0001 18 00 c633", "FORMERR"},
		{"IPv4, 33 bits", "0001 21 00 c633640100", "FORMERR"},
		{"IPv6, 129 bits", "0002 81 00 20010db800000000000000000000000100", "FORMERR"},
		{"another family", "0003 08 00 0a", "FORMERR"},
		{"a scope", "0001 18 18 c63364", "FORMERR"},
		{"nothing", "", "FORMERR"},
		{"no lengths", "0001", "FORMERR"},
	} {
		rcode, got := ask(c.option)
		if rcode != dns.RcodeSuccess {
			got = dns.RcodeToString[rcode]
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}
