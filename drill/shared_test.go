package drill

import (
	"testing"
	"time"
)

// Where both regions serve, users are served by any, but are served.
func TestUsersOfTwoActiveRegionsAreWaitedForWhereverTheyAre(t *testing.T) {
	r := newRecorder(kinds(nil, 2), Settings{})
	d := &Drill{Primary: "us-east-1", Draws: 10}
	now := time.Now()
	r.add(Request{Client: 0, Start: now, Region: "us-east-1"})
	r.add(Request{Client: 1, Start: now, Region: "us-west-2"})
	if err := r.waitAll(t.Context(), d.usual(), time.Time{}); err != nil {
		t.Error(err)
	}
	if d.Draws = 0; d.usual() != "us-east-1" || d.servers() != "the primary" {
		t.Errorf("where one region serves, users are waited for at %q", d.usual())
	}
}
