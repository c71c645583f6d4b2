package drill

import (
	"context"
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy/understudy/clients"
	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/internal/nameserver"
	"github.com/understudy/understudy/resolvers"
)

// named has a stage's name served by a name server, with a TTL of a second, and users of the kinds whose resolvers others wrote.
func (s *stage) named(t *testing.T) *Drill {
	t.Helper()
	for _, p := range resolvers.Programs {
		judge.Need(t, p.Name)
	}
	lookup := func(ctx context.Context, name string) (Answer, error) {
		a, err := s.lookup(ctx, name)
		a.TTL = time.Second
		return a, err
	}
	server := nameserver.Serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.Authoritative = true
		if a, _ := lookup(t.Context(), ""); q.Question[0].Qtype == dns.TypeA {
			m.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1}, A: a.Addresses[0].AsSlice()}}
		}
		w.WriteMsg(m)
	})
	d := s.drill(t)
	d.Lookup, d.Upstream = lookup, resolvers.Upstream{Zone: "hello.test", Server: server}
	var err error
	if d.Users, err = ParseParts("cache=20%,unbound=40%,dnsmasq=40%"); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestUsersOfRealResolversFollowThereAndBack(t *testing.T) {
	s := newStage(t)
	d := s.named(t)
	r, err := d.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.Aborted != "" || r.Unreturned != "" || r.StrayedAfter != 0 || len(r.Kinds) != 3 {
		t.Errorf("%+v", r)
	}
	for _, k := range r.Kinds {
		if k.DowntimeMS.Max <= 0 || (k.Kind == "cache") != (k.Resolver == "") || k.Resolver != "" && !strings.HasPrefix(k.Resolver, k.Kind+" ") {
			t.Errorf("%+v", k)
		}
		for _, row := range k.Ledger {
			if row.Cause == CauseUnknown {
				t.Errorf("%s: %+v", k.Kind, row)
			}
		}
	}
	programs := 0
	for _, of := range d.programs {
		for _, p := range of {
			programs++
			if err := syscall.Kill(p.PID(), 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("the drill is over, and %s is there: %v", p.Name, err)
			}
		}
	}
	if programs != 6 || len(d.programs.died()) > 0 {
		t.Errorf("%d of 8 users had a resolver each; died: %v", programs, d.programs.died())
	}
}

func TestResolversThatDieUnderWayAreReported(t *testing.T) {
	s := newStage(t)
	d := s.named(t)
	d.Settings.ClientTimeout, d.Patience = time.Second, time.Second
	d.Tell = func(e Event) {
		if e.Phase == "repair" {
			syscall.Kill(d.programs["dnsmasq"][0].PID(), syscall.SIGKILL)
		}
	}
	r, err := d.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if notes := strings.Join(r.Notes, "\n"); !strings.Contains(notes, "dnsmasq has ended (signal: killed)") || r.Unreturned == "" {
		t.Errorf("%q; unreturned: %q", notes, r.Unreturned)
	}
}

func TestKindsWithoutTheirResolverAreRefused(t *testing.T) {
	s := newStage(t)
	d := s.drill(t)
	d.Users = []Part{{&UserKind{clients.Kind{Name: "bind", Program: "bind9"}}, 1}}
	if _, err := d.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "users of the kind bind") || s.down.Load() {
		t.Errorf("%v; broken: %v", err, s.down.Load())
	}
}

// What is left of an answer that a program keeps sinks by whole seconds: one answer is told of once, with its one end.
func TestUsersTellOfAnAnswerOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var looks []Look
		asked := time.Now().Add(700 * time.Millisecond)
		c := &client{
			kind: kindOf(t, "unbound"), settings: Settings{Speed: 10}, target: &url.URL{Host: "www.hello.test"}, region: netip.Addr.String,
			looked: func(l Look) { looks = append(looks, l) },
			lookup: func(context.Context, string) (Answer, error) {
				// As unbound does: the second in which it asked, and the TTL of 6 s, on a clock of whole seconds.
				n := (time.Now().Unix() - asked.Unix()) % 7
				return Answer{[]netip.Addr{netip.MustParseAddr("192.0.2.1")}, time.Duration(6-n) * time.Second}, nil
			},
		}
		time.Sleep(time.Until(asked))
		for range 100 {
			if err := c.resolve(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		if len(looks) != 2 || looks[0].Until.Sub(asked) != 6300*time.Millisecond || looks[1].Until.Sub(looks[0].Until) != 7*time.Second {
			t.Errorf("%+v", looks)
		}
	})
}
