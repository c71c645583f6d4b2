package report

import (
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudy/understudy/drill"
)

// Who looks on sees the drill so far, at any moment, and how it ended.
func TestTrailShowsADrillWhileItRuns(t *testing.T) {
	s := Shelf(t.TempDir())
	if now, err := s.Now(); now != nil || err != nil {
		t.Fatalf("before any drill: %+v, %v", now, err)
	}
	synctest.Test(t, func(t *testing.T) {
		head := Head{Name: "www.test", Began: time.Now(), Fault: "invert", Primary: "us-east-1", Secondary: "us-west-2", Users: 3, Speed: 30}
		trail, err := s.Begin(head)
		if err != nil {
			t.Fatal(err)
		}
		east, none := drill.Served{"us-east-1": 3}, drill.Served{"": 3}
		trail.Tell(drill.Event{Phase: "baseline", Text: "three users", Served: east})
		for range 30 {
			time.Sleep(100 * time.Millisecond)
			trail.Tell(drill.Event{Served: east})
		}
		trail.Tell(drill.Event{Served: none})
		now, err := s.Now()
		if err != nil || now.Ended || now.Fault != "invert" || len(now.Steps) != 1 || len(now.Counts) != 2 || now.Counts[1].MS != 3000 {
			t.Fatalf("%+v, %v", now, err)
		}
		if since := time.Since(now.Heard); since != 0 {
			t.Errorf("heard %s ago", since)
		}
		trail.End("2026.json", errors.New("no report"))
		trail.Tell(drill.Event{Text: "a late one"})
		if now, err = s.Now(); err != nil || !now.Ended || now.Report != "2026.json" || now.Error != "no report" || len(now.Steps) != 1 {
			t.Errorf("%+v, %v", now, err)
		}
		if all, err := s.All(); len(all) != 0 || err != nil {
			t.Errorf("a trail is taken for a report: %v, %v", all, err)
		}
		if _, err := s.Begin(head); err != nil {
			t.Fatal(err)
		}
		if now, _ = s.Now(); now.Ended || len(now.Steps) != 0 {
			t.Errorf("the next drill goes on where the last one ended: %+v", now)
		}
	})
}

// Half a line, as a reader may meet it, is no line.
func TestTrailWithHalfALine(t *testing.T) {
	s := Shelf(t.TempDir())
	text := `{"head":{"name":"www.test"}}` + "\n" + `{"ms":7,"phase":"fault","text":"gone"}` + "\n" + `{"ms":9,"pha`
	if err := os.WriteFile(s.TrailFile(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if now, err := s.Now(); err != nil || now.Name != "www.test" || len(now.Steps) != 1 {
		t.Errorf("%+v, %v", now, err)
	}
}
