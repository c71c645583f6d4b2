package drill

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// UserKind is a kind of user, by how it keeps answers and connections. Times are at speed 1; those that are a resolver's or a runtime's are
// divided by the speed, as TTLs are.
type UserKind struct {
	Name, Help string
	fresh      bool          // asks the name servers before each request
	forever    bool          // keeps its first answer
	floor      time.Duration // the shortest time for which its resolver keeps an answer
	stale      time.Duration // for how long its resolver answers once more with what has expired
	runtime    time.Duration // its own cache on top of the resolver's
	keeps      bool          // keeps its connection from one request to the next
	http2      bool          // by HTTP/2, which load balancers speak over TLS alone
	addresses  bool          // tries the next address before the first has failed
	tries      []time.Duration
}

// UserKinds is the table of kinds. The figures' sources: docs/drills.md.
var UserKinds = []UserKind{
	{Name: "stub", Help: "asks the name servers before each request", fresh: true},
	{Name: usualKind, Help: "keeps an answer for its TTL"},
	{Name: "floor30", Help: "its resolver keeps an answer for 30 s at least", floor: 30 * time.Second},
	{Name: "floor60", Help: "60 s at least, as browsers do", floor: time.Minute},
	{Name: "floor300", Help: "five minutes at least", floor: 5 * time.Minute},
	{Name: "stale", Help: "its resolver answers with what has expired once more, for 30 s, while it asks (RFC 8767; Unbound's serve-expired)",
		stale: 30 * time.Second},
	{Name: "forever", Help: "keeps its first answer until it is restarted, as nginx's static proxy_pass", forever: true},
	{Name: "runtime30", Help: "has a cache of 30 s of its own behind its resolver's, as the JVM", runtime: 30 * time.Second},
	{Name: "pool", Help: "keeps its connection, and asks for the name only to connect, as .NET's HttpClient", keeps: true},
	{Name: "eyeballs", Help: "tries the next address of an answer after 250 ms (RFC 8305)", addresses: true},
	{Name: "retry", Help: "repeats a failed request three times, after 0.2, 0.4 and 0.8 s",
		tries: []time.Duration{200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond}},
	{Name: "http2", Help: "one connection for all requests, given up when its pings are not answered", keeps: true, http2: true},
}

const usualKind = "cache"

// refusedKinds are kinds that one would look for, and why no user is of them.
var refusedKinds = map[string]string{"websocket": "which page of a service speaks it is not declared"}

// UserKindNames lists the kinds' names in the order of the table.
func UserKindNames() (names []string) {
	for _, k := range UserKinds {
		names = append(names, k.Name)
	}
	return names
}

// strays tells whether a user may never follow the name: no drill waits for it, nor is ended by it.
func (k *UserKind) strays() bool { return k.forever || k.keeps }

// extra is for how much longer than a TTL a user may keep an answer, at a speed.
func (k *UserKind) extra(s Settings) time.Duration {
	extra := s.divide(k.stale) + s.divide(k.runtime)
	for _, pause := range k.tries {
		extra += pause + s.ClientTimeout
	}
	return extra + max(0, s.divide(k.floor)-s.TTL)
}

// keepsTTL tells whether a user is one for whom an answer's TTL decides, as a promise (failover.rto) takes them to be.
func (k *UserKind) keepsTTL() bool {
	return !k.strays() && k.floor == 0 && k.stale == 0 && k.runtime == 0
}

// Part is how many of the users, from 0 to 1, are of a kind.
type Part struct {
	Kind *UserKind
	Of   float64
}

// usualMix is a mix in which each behaviour has its place that a measurement shows among real clients. No survey gives their shares of a
// service's users; these are ours.
const usualMix = "usual"

// mixes are named parts.
var mixes = map[string]string{usualMix: "cache=50%,floor60=20%,pool=10%,stale=5%,runtime30=5%,retry=5%,stub=5%"}

// ParseParts reads which kinds the users are of: "cache=80%,pool=20%", one kind alone, or "usual".
func ParseParts(text string) ([]Part, error) {
	if mix, ok := mixes[text]; ok {
		text = mix
	}
	var parts []Part
	sum := 0.0
	for one := range strings.SplitSeq(text, ",") {
		name, share, given := strings.Cut(strings.TrimSpace(one), "=")
		i := slices.IndexFunc(UserKinds, func(k UserKind) bool { return k.Name == name })
		if why := refusedKinds[name]; why != "" {
			return nil, fmt.Errorf("%s: %s", name, why)
		}
		if i < 0 {
			return nil, fmt.Errorf("%q: there are %s, and the mix %s", name, strings.Join(UserKindNames(), ", "), usualMix)
		}
		p := Part{&UserKinds[i], 1}
		if given {
			n, err := strconv.ParseFloat(strings.TrimSuffix(share, "%"), 64)
			if err != nil || !strings.HasSuffix(share, "%") || !(n > 0) || n > 100 {
				return nil, fmt.Errorf("%q: a share is above 0%% and at most 100%%, for example %s=20%%", one, name)
			}
			p.Of = n / 100
		}
		if slices.ContainsFunc(parts, func(o Part) bool { return o.Kind == p.Kind }) {
			return nil, fmt.Errorf("%s is there twice", name)
		}
		sum += p.Of
		parts = append(parts, p)
	}
	if math.Abs(sum-1) > 0.001 {
		return nil, fmt.Errorf("the shares are %.4g%% together, and not 100%%", 100*sum)
	}
	return parts, nil
}

// errHTTP2 refuses users that a service cannot have.
var errHTTP2 = errors.New("http2: users of a load balancer speak it over TLS alone, and the service has no https")

// errFewUsers refuses shares that leave a kind without a user.
var errFewUsers = errors.New("fewer users than kinds")

// kinds gives each user its kind: one of each first, and the others by the largest of what their shares still lack. Without parts all are of
// the usual one.
func kinds(parts []Part, users int) []*UserKind {
	if len(parts) == 0 {
		parts = []Part{{usual, 1}}
	}
	all, has := make([]*UserKind, 0, users), make([]int, len(parts))
	for len(all) < users {
		next, most := 0, math.Inf(-1)
		for i, p := range parts {
			lacks := p.Of*float64(users) - float64(has[i])
			if has[i] == 0 {
				lacks += float64(users)
			}
			if lacks > most {
				next, most = i, lacks
			}
		}
		has[next]++
		all = append(all, parts[next].Kind)
	}
	return all
}
