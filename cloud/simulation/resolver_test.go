package simulation

import (
	"testing"
	"time"

	"github.com/understudy/understudy/clients"
)

// Resolvers that others wrote count whole seconds, which no speed divides: unbound keeps an answer for up to a second beyond its TTL, dnsmasq for up to a
// second less. On a local cloud at speed 10 that is ten of AWS's.
func TestHowLongProgramsKeepAnAnswer(t *testing.T) {
	m := &Model{System: Default().AtLocal(10, 0)}
	h := m.fallOnce(Fault{Kind: FaultInvert, Region: Primary, For: Span(time.Hour)}, 1)
	for name, most := range map[string]time.Duration{"unbound": 70 * time.Second, "dnsmasq": time.Minute} {
		c := m.client(m.kind(clients.Named(name)), 1, 0)
		shortest, longest := never, time.Duration(0)
		for at := time.Duration(0); at < time.Minute; at += 100 * time.Millisecond {
			r := &resolver{expires: at, own: at}
			c.asks(h, r, at)
			shortest, longest = min(shortest, r.expires-at), max(longest, r.expires-at)
			if left := c.before(h, at).expires - at; left <= -10*time.Second || left > most {
				t.Fatalf("%s: at first it has an answer for %s", name, left)
			}
		}
		if longest != most && longest < most-100*time.Millisecond || longest > most || shortest < most-10*time.Second || shortest > most-9*time.Second {
			t.Errorf("%s: from %s to %s, want ten seconds below %s", name, shortest, longest, most)
		}
	}
}
