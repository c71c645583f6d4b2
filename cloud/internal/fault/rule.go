// Package fault decides what goes wrong with which call of a cloud's API: a rule says for which calls and what, and each
// rule draws from its own seed, so that the same calls in the same order meet the same faults. It also hides what was just
// made, as eventual consistency does. It looks at no clock and no socket: the front door carries out what it decides.
package fault

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Call is one call of an API. A global service's calls have no region.
type Call struct{ Service, Operation, Region string }

// Rule says which calls a fault is for, and what it does to them: exactly one of Error, Delay, Lose, Hang, Unseen and Kill.
type Rule struct {
	ID string `json:"id"` // given when the rule is added

	Service   string `json:"service,omitempty"`   // as in credential scopes: "ec2", "elasticloadbalancing"; empty for any
	Operation string `json:"operation,omitempty"` // exact, or with *, which stands for any letters; empty for any
	Region    string `json:"region,omitempty"`    // empty for any, and for global services

	Share float64 `json:"share"`           // of those calls, above 0 to 1; 0 is taken as 1
	First int     `json:"first,omitempty"` // only the first so many of them; 0 for all
	Nth   int     `json:"nth,omitempty"`   // only this one of them, counted from 1; 0 for all
	Seed  uint64  `json:"seed"`            // of what the share draws

	// Error is "throttling", "500" or "503", in the code of the service that is called, or any code as AWS spells it.
	// The call is not carried out.
	Error   string `json:"error,omitempty"`
	Status  int    `json:"status,omitempty"`  // HTTP; the default of a code is 400
	Message string `json:"message,omitempty"` // the default is AWS's
	// Delay is what passes before the call is carried out.
	Delay time.Duration `json:"delay_ns,omitempty"`
	// Lose has the call carried out, and its connection closed without an answer.
	Lose bool `json:"lose,omitempty"`
	// Hang keeps the call from being carried out until the client gives up or the rule is removed.
	Hang bool `json:"hang,omitempty"`
	// Unseen is how long other calls do not see what the call has made.
	Unseen time.Duration `json:"unseen_ns,omitempty"`
	// Kill is the id of a process that gets SIGKILL, When the call has come so far.
	Kill int  `json:"kill,omitempty"`
	When When `json:"when,omitempty"`
}

// When is how far a call has come.
type When string

const (
	Asked    When = "asked"    // it is not carried out
	Done     When = "done"     // it is carried out, and not answered
	Answered When = "answered" // it is carried out and answered; the default
)

// InForce is a rule that is in force, with what it has met.
type InForce struct {
	Rule
	Matched int `json:"matched"` // calls that it is for
	Struck  int `json:"struck"`  // those of them that it was applied to
}

// Judge counts a call in the rules, in their order, and returns those that strike it. One that keeps the call from being
// carried out is the last that sees it.
func Judge(rules []*InForce, c Call) []Rule {
	var struck []Rule
	for _, r := range rules {
		if !r.strikes(c) {
			continue
		}
		struck = append(struck, r.Rule)
		if r.Error != "" || r.Kill != 0 && r.When == Asked {
			break
		}
	}
	return struck
}

func (f *InForce) strikes(c Call) bool {
	if !f.Matches(c) {
		return false
	}
	f.Matched++
	if f.Nth != 0 && f.Matched != f.Nth || f.First != 0 && f.Matched > f.First || !f.drawn(f.Matched) {
		return false
	}
	f.Struck++
	return true
}

// Matches tells whether the rule is for calls like this one.
func (r Rule) Matches(c Call) bool {
	return (r.Service == "" || r.Service == c.Service) && (r.Region == "" || r.Region == c.Region) &&
		(r.Operation == "" || like(c.Operation, r.Operation)) && (r.Unseen == 0 || makes(c.Operation) != "")
}

// drawn tells whether the share takes the nth call. It depends on nothing but the seed and n.
func (r Rule) drawn(n int) bool {
	if r.Share >= 1 {
		return true
	}
	// SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", 2014): its nth number.
	z := r.Seed + uint64(n)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	return float64(z>>11)/(1<<53) < r.Share
}

// like tells whether a name is as a pattern with * says.
func like(name, pattern string) bool {
	first, rest, star := strings.Cut(pattern, "*")
	if !star {
		return name == pattern
	}
	name, ok := strings.CutPrefix(name, first)
	if !ok {
		return false
	}
	parts := strings.Split(rest, "*")
	for _, part := range parts[:len(parts)-1] {
		_, after, found := strings.Cut(name, part)
		if !found {
			return false
		}
		name = after
	}
	return strings.HasSuffix(name, parts[len(parts)-1])
}

// String says in one line what the rule does, for people.
func (r Rule) String() string {
	return r.ID + ": " + r.Calls() + ": " + r.Effect()
}

// Calls says which calls the rule is for.
func (r Rule) Calls() string {
	where := ""
	if r.Region != "" {
		where = " in " + r.Region
	}
	var which string
	switch {
	case r.Nth != 0:
		which = ", call " + strconv.Itoa(r.Nth)
	case r.First != 0:
		which = ", the first " + strconv.Itoa(r.First)
	}
	if r.Share < 1 {
		which += ", " + strconv.FormatFloat(r.Share*100, 'g', 4, 64) + " % by seed " + strconv.FormatUint(r.Seed, 10)
	}
	return or(r.Service, "any service") + " " + or(r.Operation, "*") + where + which
}

// Effect says what the rule does to a call.
func (r Rule) Effect() string {
	switch {
	case r.Error != "" && r.Status != 0:
		return fmt.Sprintf("error %s, status %d", r.Error, r.Status)
	case r.Error != "":
		return "error " + r.Error
	case r.Delay != 0:
		return "delayed by " + r.Delay.String()
	case r.Lose:
		return "carried out, its answer lost"
	case r.Hang:
		return "never returns"
	case r.Unseen != 0:
		return "what it makes is unseen for " + r.Unseen.String()
	}
	return fmt.Sprintf("kills process %d when %s", r.Kill, r.When)
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}
