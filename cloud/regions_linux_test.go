package cloud

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/door"
	"github.com/understudy/understudy/cloud/internal/partition"
)

func TestRegionsThatAreAskedForAtOnceStartOnce(t *testing.T) {
	t.Parallel()
	begun, goOn := make(chan string), make(chan bool)
	var underway atomic.Int32
	r := &regions{names: []string{"us-east-1"}, begin: func(name string, all []string) error {
		if underway.Add(1) != 1 {
			t.Error("two regions start at a time, and have the same place")
		}
		if all[len(all)-1] != name {
			t.Errorf("%s is to be kept as the last of %v", name, all)
		}
		begun <- name
		<-goOn
		underway.Add(-1)
		return nil
	}}
	var asked sync.WaitGroup
	for range 3 {
		for _, name := range []string{"eu-west-1", "sa-east-1", "us-east-1"} {
			asked.Go(func() {
				if err := r.Ask(t.Context(), name); err != nil || r.index(name) == 0 {
					t.Errorf("%s: %v, of %v", name, err, r.List())
				}
			})
		}
	}
	first := <-begun
	impatient, stop := context.WithCancel(t.Context())
	stop()
	if err := r.Ask(impatient, first); !errors.Is(err, context.Canceled) {
		t.Errorf("who waits no longer is told %v", err)
	}
	goOn <- true
	second := <-begun
	goOn <- true
	asked.Wait()
	if got, want := r.List(), []string{"us-east-1", first, second}; !slices.Equal(got, want) || first == second {
		t.Errorf("the cloud has %v, want %v", got, want)
	}
}

func TestFailedStartIsTriedAgainAndTakesNoPlace(t *testing.T) {
	t.Parallel()
	broken := errors.New("it does not start")
	var err error
	r := &regions{names: []string{"us-east-1"}, begin: func(string, []string) error { return err }}
	for _, err = range []error{broken, broken, nil} {
		if got := r.Ask(t.Context(), "eu-west-1"); !errors.Is(got, err) {
			t.Errorf("asked for: %v, want %v", got, err)
		}
	}
	if r.index("eu-west-1") != 2 {
		t.Errorf("the cloud has %v", r.List())
	}
}

func TestRegionsAreAWSsAndEight(t *testing.T) {
	t.Parallel()
	r := &regions{begin: func(string, []string) error { return nil }}
	for n, name := range partition.Names() {
		err := r.Ask(t.Context(), name)
		if full := n >= address.Regions; errors.Is(err, door.ErrFull) != full || !full && r.index(name) != n+1 {
			t.Errorf("region %d, %s: %v", n+1, name, err)
		}
	}
	for _, name := range []string{"us-east-9", "us-gov-west-1", "aws-global", "../x", ""} {
		if err := r.Ask(t.Context(), name); err == nil || errors.Is(err, door.ErrFull) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if err := r.Ask(t.Context(), r.List()[3]); err != nil {
		t.Errorf("one of a full cloud's: %v", err)
	}
	r = &regions{begin: r.begin}
	r.close()
	if err := r.Ask(t.Context(), "us-east-1"); err == nil || len(r.List()) > 0 {
		t.Errorf("a cloud that ends has %v, %v", r.List(), err)
	}
}

// A folder keeps each region's place: it is started with the same ones, fewer or more, but not with others.
func TestFolderKeepsTheOrderOfItsRegions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := (settings{Regions: []string{"us-east-1", "us-west-2", "eu-west-1"}}).save(dir); err != nil {
		t.Fatal(err)
	}
	three := []string{"us-east-1", "us-west-2", "eu-west-1"}
	for _, c := range []struct{ given, want []string }{
		{nil, three},
		{three[:2], three},
		{three, three},
		{append(slices.Clone(three), "sa-east-1"), append(slices.Clone(three), "sa-east-1")},
		{[]string{"us-west-2", "us-east-1"}, nil},
		{[]string{"us-east-1", "eu-west-1"}, nil},
	} {
		s, err := loadSettings(dir, Options{Regions: c.given})
		if (err == nil) != (c.want != nil) || err == nil && !slices.Equal(s.Regions, c.want) {
			t.Errorf("started with %v: %v, %v; want %v", c.given, s.Regions, err, c.want)
		}
	}
}

func TestFolderKeepsItsPace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const given = 3 * time.Second
	for _, o := range []Options{{Speed: 30, LeastTimeout: given}, {}, {Speed: 30}} {
		s, err := loadSettings(dir, o)
		if err != nil || s.Speed != 30 || s.LeastTimeout != given {
			t.Fatalf("started with %+v: %+v, %v", o, s, err)
		}
		if err := s.save(dir); err != nil {
			t.Fatal(err)
		}
		if got := environment(dir, s, credentials{}, "")["UNDERSTUDY_LEAST_TIMEOUT"]; got != given.String() {
			t.Errorf("clients are told %q", got)
		}
	}
}
