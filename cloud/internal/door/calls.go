package door

import (
	"slices"
	"strings"
	"time"

	"github.com/understudy/understudy/cloud/internal/fault"
)

// Call is a call that the door has let in, in the order of their arrival.
type Call struct {
	At        time.Time     `json:"at"`
	Service   string        `json:"service"`
	Operation string        `json:"operation"`
	Region    string        `json:"region,omitempty"` // empty for global services
	Caller    string        `json:"caller"`           // the ARN of who has signed it
	Agent     string        `json:"agent,omitempty"`  // with which program, as that says
	Status    int           `json:"status,omitempty"` // HTTP; 0 while it is not answered, and of one that never was
	Took      time.Duration `json:"took_ns"`
	Faults    []string      `json:"faults,omitempty"` // the ids of those that struck it
}

// mostCalls is how many calls are kept; the oldest half goes when there are more. Ten thousand take about 4 MB.
const mostCalls = 10_000

func (f *Faults) begin(c call, struck []fault.Rule) *Call {
	made := &Call{
		At: time.Now(), Service: c.Service, Operation: c.Operation, Region: c.Region,
		Caller: CallerOf(c.r.Context()).ARN, Agent: agent(c.r.UserAgent()),
	}
	for _, r := range struck {
		made.Faults = append(made.Faults, r.ID)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.calls) == mostCalls {
		f.calls = append([]*Call(nil), f.calls[mostCalls/2:]...)
	}
	f.calls = append(f.calls, made)
	return made
}

func (f *Faults) end(c *Call, status int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c.Status, c.Took = status, time.Since(c.At)
}

// Calls returns the calls, of which the last 5,000 at least are kept.
func (f *Faults) Calls() []Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]Call, len(f.calls))
	for i, c := range f.calls {
		all[i] = *c
	}
	return all
}

// Forget empties the list of calls.
func (f *Faults) Forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = nil
}

// agent is the part of a User-Agent header that names the program: what it calls itself (app/NAME, by which the SDKs give the name of an
// application), else the first product that is not its partner's mark (Terraform's begins with APN/1.0 HashiCorp/1.0).
func agent(header string) string {
	const longest = 64
	products := strings.Fields(header)
	i := slices.IndexFunc(products, func(p string) bool { return strings.HasPrefix(p, "app/") })
	if i < 0 {
		i = slices.IndexFunc(products, func(p string) bool { return !strings.HasPrefix(p, "APN/") && !strings.HasPrefix(p, "HashiCorp/") })
	}
	if i < 0 {
		return ""
	}
	name := strings.TrimPrefix(products[i], "app/")
	return strings.Clone(name[:min(longest, len(name))])
}
