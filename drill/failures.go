package drill

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
)

// How is how a request failed, as its user saw it.
type How string

// How requests fail, in the order of reports. A status is told with its number, such as "status 503".
const (
	HowRefused     How = "refused"     // nobody listened there
	HowUnreachable How = "unreachable" // no way led there
	HowReset       How = "reset"       // the other end broke the connection off
	HowEnded       How = "ended"       // the other end closed the connection before the answer was whole
	HowTLS         How = "tls"         // a handshake that failed, or a certificate that the user does not take
	HowStatus      How = "status"      // an answer with another status than 2xx and 3xx
	HowName        How = "name"        // the name did not resolve
	HowOther       How = "other"
	HowTimeout     How = "time-out" // the user's own: it waited no longer for an address, a connection or an answer
)

// hows is every How, in their order.
var hows = []How{HowRefused, HowUnreachable, HowReset, HowEnded, HowTLS, HowStatus, HowName, HowOther, HowTimeout}

// Failures are the requests that failed in one way.
type Failures struct {
	How     How       `json:"how"` // refused, unreachable, reset, ended, tls, status and its number, name, other, or the user's own time-out
	Failed  int       `json:"failed"`
	Outside int       `json:"outside_window"`  // of them, before the fault or after the predicted end of the outage
	First   []Failure `json:"first,omitempty"` // of those outside of the window, at most 50
}

// Failure is a request that failed. Times are in milliseconds from the drill's beginning.
type Failure struct {
	MS      float64 `json:"ms"`
	EndedMS float64 `json:"ended_ms"`
	Kind    string  `json:"kind"`              // of its user
	Address string  `json:"address,omitempty"` // that it was sent to
	Region  string  `json:"region,omitempty"`  // the address's
	Kept    bool    `json:"kept,omitempty"`    // over a connection that was there before
	Text    string  `json:"text"`
}

// maxFailures is the most of one How that a report tells one by one.
const maxFailures = 50

// failures sorts the requests that failed by how they did; outside tells which of them came outside of the window.
func failures(requests []Request, kinds []*UserKind, began time.Time, outside func(Request) bool) []Failures {
	by := map[How]*Failures{}
	for _, q := range byStart(requests) {
		if q.Err == nil {
			continue
		}
		how := howOf(q.Err)
		f := by[how]
		if f == nil {
			f = &Failures{How: how}
			by[how] = f
		}
		f.Failed++
		if !outside(q) {
			continue
		}
		if f.Outside++; len(f.First) < maxFailures {
			f.First = append(f.First, failure(q, kinds[q.Client], began))
		}
	}
	var all []Failures
	for _, f := range by {
		all = append(all, *f)
	}
	slices.SortFunc(all, func(a, b Failures) int {
		return cmp.Or(cmp.Compare(a.How.place(), b.How.place()), cmp.Compare(a.How, b.How))
	})
	return all
}

func failure(q Request, k *UserKind, began time.Time) Failure {
	f := Failure{
		MS: between(began, q.Start), EndedMS: between(began, q.End), Kind: k.Name, Region: q.Asked, Kept: q.Kept,
		Text: strings.ReplaceAll(q.Err.Error(), "\n", "; "), // of each address that was tried
	}
	if q.Address != (netip.Addr{}) {
		f.Address = q.Address.String()
	}
	return f
}

// place is where reports have it.
func (h How) place() int {
	word, _, _ := strings.Cut(string(h), " ")
	return slices.Index(hows, How(word))
}

// badStatus is an answer that users take for no service.
type badStatus int

func (s badStatus) Error() string { return fmt.Sprintf("status %d", int(s)) }

// unresolved is a name for which no name server gave an address.
type unresolved struct{ error }

func (u unresolved) Unwrap() error { return u.error }

// howOf tells how a request failed. Of several addresses that were tried, one that answered with a refusal says more than one that was silent.
func howOf(err error) How {
	var status badStatus
	switch {
	case errors.As(err, &status):
		return How(fmt.Sprintf("%s %d", HowStatus, int(status)))
	case errors.Is(err, syscall.ECONNREFUSED):
		return HowRefused
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return HowUnreachable
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return HowReset
	case timedOut(err):
		return HowTimeout
	case strings.Contains(err.Error(), "tls: "): // as all errors of crypto/tls begin, of which few have a type
		return HowTLS
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return HowEnded
	case errors.As(err, new(unresolved)):
		return HowName
	}
	return HowOther
}

// timedOut tells whether it was the user who waited no longer. Of HTTP/2 that is a ping without an answer, for which net/http has but a text.
func timedOut(err error) bool {
	var network net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout() ||
		strings.Contains(err.Error(), "http2: client connection lost")
}
