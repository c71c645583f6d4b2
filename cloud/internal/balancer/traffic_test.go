package balancer

import (
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestTrafficIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.serve(t, "10.0.1.5:80", func(rw http.ResponseWriter, r *http.Request) {
			time.Sleep(100 * time.Millisecond)
			if r.URL.Path == "/missing" {
				rw.WriteHeader(404)
			}
			_, _ = io.WriteString(rw, "a")
		})
		g, down := group(at("10.0.1.5:80")), group(at("10.0.1.7:80"))
		down.ID = "down"
		when := func(path string, a Action) Rule {
			return Rule{Conditions: []Condition{{Field: "path-pattern", Values: []string{path}}}, Action: a}
		}
		w.configure([]Group{g, down}, when("/fixed", Action{Fixed: &FixedResponse{Status: 404}}), when("/moved", Action{Redirect: &Redirect{Status: 301}}),
			when("/down", Action{Forward: []Weighted{{down.ID, 1}}}), Rule{Action: Action{Forward: []Weighted{{g.ID, 1}}}})
		settle()
		w.traffic()
		for _, path := range []string{"/", "/", "/missing", "/fixed", "/moved", "/down"} {
			w.get(path)
		}
		got := w.traffic()
		if got.Connections == 0 || got.Active == 0 || got.Bytes < 6*50 {
			t.Errorf("connections %d, of them %d there now, and %d bytes", got.Connections, got.Active, got.Bytes)
		}
		// Three rules were asked for "/", "/" and "/missing", and for "/down"; one for "/fixed", two for "/moved".
		if got.Fixed != 1 || got.Redirects != 1 || got.Evaluations != 4*3+1+2 {
			t.Errorf("%d fixed, %d redirects, %d rules asked", got.Fixed, got.Redirects, got.Evaluations)
		}
		if len(got.Own) != 3 || got.Own[404] != 1 || got.Own[301] != 1 || got.Own[502] != 1 {
			t.Errorf("answers of its own: %v", got.Own)
		}
		of := got.Groups[g.ID]
		if of.Requests != 3 || of.Answers != [6]uint64{2: 2, 4: 1} || of.Failed != 0 {
			t.Errorf("the group: %+v", of)
		}
		if len(of.Times) != 1 || of.Times[0].Count != 3 || of.Times[0].Time < 90*time.Millisecond || of.Times[0].Time > 110*time.Millisecond {
			t.Errorf("times: %v, want 3 of about 100 ms", of.Times)
		}
		if of := got.Groups[down.ID]; of.Requests != 1 || of.Failed != 1 {
			t.Errorf("the group that is down: %+v", of)
		}
		if again := w.traffic(); again.Bytes != 0 || again.Groups[g.ID].Requests != 0 || len(again.Own) != 0 {
			t.Errorf("a second time: %+v", again)
		}
	})
}

func (w *world) traffic() Traffic { return w.b.Traffic()["eni-1"] }

// A time is told within an eighth.
func TestTimesAreTold(t *testing.T) {
	for _, d := range []time.Duration{0, 1, 8, 9, 15, 16, 1000, time.Microsecond, 999 * time.Microsecond, time.Second, time.Hour, 100 * 24 * time.Hour} {
		got := timeOf(timeSlot(d))
		if diff := (got - max(d, fractions)).Abs(); diff > max(d, fractions)/fractions {
			t.Errorf("%v is told as %v", d, got)
		}
	}
}
