package drill

import (
	"errors"
	"math"
	"slices"
	"time"

	"github.com/understudy/understudy/clients"
)

// UserKind is a kind of user. What a resolver or a runtime does is divided by the speed, as TTLs are.
type UserKind struct{ clients.Kind }

// UserKinds are the kinds that a drill has users of.
var UserKinds = userKinds()

func userKinds() (all []UserKind) {
	for _, k := range clients.Kinds {
		all = append(all, UserKind{k})
	}
	return all
}

// kindNamed returns the kind with a name, nil for none.
func kindNamed(name string) *UserKind {
	i := slices.IndexFunc(UserKinds, func(k UserKind) bool { return k.Name == name })
	if i < 0 {
		return nil
	}
	return &UserKinds[i]
}

// strays tells whether a user may never follow the name: no drill waits for it, nor is ended by it.
func (k *UserKind) strays() bool { return k.Forever || k.Keeps }

// extra is for how much longer than a TTL a user may keep an answer, at a speed.
func (k *UserKind) extra(s Settings) time.Duration {
	extra := s.divide(k.Stale) + s.divide(k.Runtime)
	for _, pause := range k.Tries {
		extra += pause + s.ClientTimeout
	}
	return extra + k.Past + max(0, s.divide(k.Floor)-s.TTL)
}

// keepsTTL tells whether a user is one for whom an answer's TTL decides, as a promise (failover.rto) takes them to be.
func (k *UserKind) keepsTTL() bool {
	return !k.strays() && k.Floor == 0 && k.Stale == 0 && k.Runtime == 0 && k.Past == 0
}

// Part is how many of the users, from 0 to 1, are of a kind.
type Part struct {
	Kind *UserKind
	Of   float64
}

// ParseParts reads which kinds the users are of, as package clients does.
func ParseParts(text string) (parts []Part, err error) {
	shares, err := clients.Parse(text)
	for _, s := range shares {
		parts = append(parts, Part{kindNamed(s.Kind.Name), s.Of})
	}
	return parts, err
}

// errHTTP2 refuses users that a service cannot have.
var errHTTP2 = errors.New("http2: users of a load balancer speak it over TLS alone, and the service has no https")

// errWebSocket refuses users that nobody says the page of.
var errWebSocket = errors.New("websocket: which page of the service speaks it is not said (--websocket, or drill.websocket in the declaration)")

// errFewUsers refuses shares that leave a kind without a user.
var errFewUsers = errors.New("fewer users than kinds")

// kinds gives each user its kind: one of each first, and the others by the largest of what their shares still lack. Without parts all are of
// the usual one.
func kinds(parts []Part, users int) []*UserKind {
	if len(parts) == 0 {
		parts = []Part{{kindNamed(clients.Usual), 1}}
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
