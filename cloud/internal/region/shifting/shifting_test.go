package shifting

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/arczonalshift"
	shifttypes "github.com/aws/aws-sdk-go-v2/service/arczonalshift/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

const balancer = "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/a/0123456789abcdef"

// switchboard is one resource that can be shifted, and notes what it was told.
type switchboard struct {
	base  *room.Base
	there *store.Table[bool]
	told  []string
}

func (s *switchboard) Managed(tx *store.Tx) []Resource {
	if there, _ := s.there.GetTx(tx, balancer); !there {
		return nil
	}
	return []Resource{{ARN: balancer, Name: "a", Zones: []Zone{{"us-east-1a", "use1-az1"}, {"us-east-1b", "use1-az2"}}}}
}

func (s *switchboard) Shift(_ *store.Tx, arn, zone string) error {
	s.told = append(s.told, fmt.Sprintf("%s %q", arn[len(arn)-4:], zone))
	return nil
}

func (s *switchboard) News() []store.Topic { return []store.Topic{s.there.Any()} }

// manage has the resource be there, or not.
func (s *switchboard) manage(t *testing.T, there bool) {
	t.Helper()
	if err := s.base.Update(func(tx *store.Tx) error { return s.there.Put(tx, balancer, there) }); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, dir string, speed tempo.Speed) (*Room, *switchboard, func()) {
	t.Helper()
	base, shut := roomtest.Open(t, dir, speed)
	s := &switchboard{base: base}
	var err error
	if room.LoadTable(base.DB, "test-resources", &s.there, &err); err != nil {
		t.Fatal(err)
	}
	s.manage(t, true)
	r, err := Load(base, s, []Zone{{"us-east-1a", "use1-az1"}, {"us-east-1b", "use1-az2"}, {"us-east-1c", "use1-az3"}})
	if err != nil {
		t.Fatal(err)
	}
	r.Open()
	return r, s, shut
}

func (r *Room) listed(t *testing.T, status shifttypes.ZonalShiftStatus) (ids []string) {
	t.Helper()
	for _, x := range roomtest.Must(r.ListZonalShifts(t.Context(), &arczonalshift.ListZonalShiftsInput{Status: status}))(t).Items {
		ids = append(ids, *x.ZonalShiftId)
	}
	return ids
}

func (r *Room) start(t *testing.T, lasts string) string {
	t.Helper()
	return *roomtest.Must(r.StartZonalShift(t.Context(), &arczonalshift.StartZonalShiftInput{
		ResourceIdentifier: new(balancer), AwayFrom: new("use1-az1"), ExpiresIn: &lasts, Comment: new("drill"),
	}))(t).ZonalShiftId
}

// A shift ends when it was said, is listed as what it ended as, and is forgotten at last; across the end of the region, too.
func TestShiftsEndAndAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		r, s, shut := open(t, dir, 60)
		expires := r.start(t, "2h")
		time.Sleep(2*time.Minute - time.Second)
		synctest.Wait()
		if got := r.listed(t, ""); !slices.Equal(got, []string{expires}) {
			t.Fatalf("before its end: %v are active", got)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := r.listed(t, "EXPIRED"); !slices.Equal(got, []string{expires}) {
			t.Fatalf("at its end: %v have expired", got)
		}
		cancelled := r.start(t, "72h")
		roomtest.Must(r.CancelZonalShift(t.Context(), &arczonalshift.CancelZonalShiftInput{ZonalShiftId: &cancelled}))(t)
		time.Sleep(time.Millisecond) // they are listed in the order of their starts
		gone := r.start(t, "72h")
		s.manage(t, false)
		synctest.Wait()
		if got := r.listed(t, "CANCELED"); !slices.Equal(got, []string{cancelled, gone}) {
			t.Fatalf("%v are cancelled", got)
		}
		if want := []string{`cdef "us-east-1a"`, `cdef ""`, `cdef "us-east-1a"`, `cdef ""`, `cdef "us-east-1a"`, `cdef ""`}; !slices.Equal(s.told, want) {
			t.Errorf("the resource was told %v", s.told)
		}
		shut()
		r, _, _ = open(t, dir, 60)
		day := 24 * time.Minute // at this speed
		time.Sleep(90*day - time.Second)
		synctest.Wait()
		if got := append(r.listed(t, "EXPIRED"), r.listed(t, "CANCELED")...); len(got) != 3 {
			t.Errorf("%v are remembered", got)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := append(r.listed(t, "EXPIRED"), r.listed(t, "CANCELED")...); len(got) != 0 {
			t.Errorf("%v are still remembered", got)
		}
	})
}

// The time of a shift counts from when it is said, and an update says it again.
func TestUpdatedShiftLastsFromThenOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _, _ := open(t, t.TempDir(), 1)
		id := r.start(t, "1h")
		time.Sleep(30 * time.Minute)
		roomtest.Must(r.UpdateZonalShift(t.Context(), &arczonalshift.UpdateZonalShiftInput{ZonalShiftId: &id, ExpiresIn: new("1h")}))(t)
		time.Sleep(time.Hour - time.Second)
		synctest.Wait()
		if got := r.listed(t, ""); !slices.Equal(got, []string{id}) {
			t.Errorf("%v are active", got)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := r.listed(t, ""); len(got) != 0 {
			t.Errorf("%v are still active", got)
		}
		_, err := r.UpdateZonalShift(t.Context(), &arczonalshift.UpdateZonalShiftInput{ZonalShiftId: &id, Comment: new("late")})
		roomtest.WantCode(t, err, "ConflictException")
	})
}
