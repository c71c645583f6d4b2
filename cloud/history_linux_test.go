//go:build linux

package cloud_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// call is what a client asks of one thing, which has a value or does not exist.
type call struct {
	thing string
	verb  verb
	value string
}

// verb is what an operation means for a thing.
type verb string

const (
	write   verb = "write"   // a value, whatever was there
	create  verb = "create"  // answers exists where it is there
	replace verb = "replace" // answers missing where it is not
	remove  verb = "remove"  // answers missing where it is not
	erase   verb = "erase"   // a removal that succeeds anyway
	read    verb = "read"    // answers the value
)

// The answers of calls besides values.
const (
	done    = "done"
	exists  = "exists"
	missing = "missing"
	nothing = ""        // read: there is none
	unknown = "unknown" // no answer came: it may have been carried out, then or later, or never
)

// step tells whether a call may have had an answer where a thing had a value, and the value afterwards.
func step(was string, c call, answer string) (bool, string) {
	effect, says := was, done
	switch c.verb {
	case write:
		effect = c.value
	case create:
		if was != nothing {
			says = exists
		} else {
			effect = c.value
		}
	case replace:
		if was == nothing {
			says = missing
		} else {
			effect = c.value
		}
	case remove:
		if was == nothing {
			says = missing
		}
		effect = nothing
	case erase:
		effect = nothing
	case read:
		says = was
	}
	return answer == unknown || answer == says, effect
}

// sequential is how things behave if one call comes after another. Things do not depend on each other.
var sequential = porcupine.Model{
	Partition: func(all []porcupine.Operation) (parts [][]porcupine.Operation) {
		byThing := map[string][]porcupine.Operation{}
		for _, o := range all {
			thing := o.Input.(call).thing
			byThing[thing] = append(byThing[thing], o)
		}
		for _, part := range byThing {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return nothing },
	Step: func(state, input, output any) (bool, any) { return step(state.(string), input.(call), output.(string)) },
}

// history is what clients asked and were answered, in real time.
type history struct {
	began time.Time
	mu    sync.Mutex
	calls []porcupine.Operation
	ended int // calls that were answered
}

// record makes a call and writes it down. A call without an answer may take effect at any later time.
func (h *history) record(client int, c call, ask func() string) (answer string) {
	called := time.Since(h.began)
	answer = ask()
	o := porcupine.Operation{ClientId: client, Input: c, Output: answer, Call: int64(called), Return: int64(time.Since(h.began))}
	h.mu.Lock()
	defer h.mu.Unlock()
	if answer == unknown {
		o.Return = int64(1<<63 - 1)
	} else {
		h.ended++
	}
	h.calls = append(h.calls, o)
	return answer
}

// check fails for every thing whose calls no order explains that agrees with real time
// (Herlihy and Wing, "Linearizability: a correctness condition for concurrent objects", 1990).
func (h *history) check(t *testing.T) {
	t.Helper()
	for _, part := range sequential.Partition(h.calls) {
		model := sequential
		model.Partition = nil
		if porcupine.CheckOperations(model, part) {
			continue
		}
		slices.SortFunc(part, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
		var lines strings.Builder
		for _, o := range part {
			in := o.Input.(call)
			fmt.Fprintf(&lines, "  client %d  %12d to %12d  %s %s: %s\n", o.ClientId, o.Call, o.Return, in.verb, in.value, o.Output)
		}
		t.Errorf("no order of calls explains what %s answered:\n%s", part[0].Input.(call).thing, &lines)
	}
}

func TestHistoriesAreTold(t *testing.T) {
	at := func(thing string, v verb, value, answer string, from, to int64) porcupine.Operation {
		return porcupine.Operation{Input: call{thing, v, value}, Output: answer, Call: from, Return: to}
	}
	for name, c := range map[string]struct {
		calls []porcupine.Operation
		want  bool
	}{
		"acknowledged and lost":      {[]porcupine.Operation{at("a", create, "1", done, 0, 1), at("a", read, "", nothing, 2, 3)}, false},
		"unanswered, and never done": {[]porcupine.Operation{at("a", create, "1", unknown, 0, 1<<62), at("a", read, "", nothing, 2, 3)}, true},
		"unanswered, and done":       {[]porcupine.Operation{at("a", create, "1", unknown, 0, 1<<62), at("a", read, "", "1", 2, 3)}, true},
		"read and gone again": {
			[]porcupine.Operation{at("a", create, "1", unknown, 0, 1<<62), at("a", read, "", "1", 2, 3), at("a", read, "", nothing, 4, 5)}, false,
		},
		"two made it": {[]porcupine.Operation{at("a", create, "1", done, 0, 5), at("a", create, "2", done, 1, 4)}, false},
		"two things":  {[]porcupine.Operation{at("a", create, "1", done, 0, 5), at("b", create, "2", done, 1, 4)}, true},
		"while it was being written": {
			[]porcupine.Operation{at("a", write, "1", done, 0, 5), at("a", read, "", nothing, 1, 2), at("a", read, "", "1", 3, 4)}, true,
		},
		"deleted, and replaced before": {
			[]porcupine.Operation{at("a", create, "1", done, 0, 1), at("a", remove, "", done, 2, 3), at("a", replace, "2", done, 4, 5)}, false,
		},
	} {
		if got := porcupine.CheckOperations(sequential, c.calls); got != c.want {
			t.Errorf("%s: explained: %v, want %v", name, got, c.want)
		}
	}
}
