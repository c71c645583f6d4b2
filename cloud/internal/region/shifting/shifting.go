// Package shifting is zonal shift of Application Recovery Controller in one region: for a time that is said, traffic of a load balancer is
// moved away from one of its zones. Nothing is shifted unasked: there are no practice runs and no autoshifts.
package shifting

import (
	"time"

	shifttypes "github.com/aws/aws-sdk-go-v2/service/arczonalshift/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Resources are what can be shifted, as Elastic Load Balancing has them. A method with a Tx runs inside the caller's change, or reads what is
// committed where the Tx is nil and it only reads.
type Resources interface {
	// Managed are those that can be shifted now.
	Managed(tx *store.Tx) []Resource
	// Shift has one move its traffic away from a zone, by its name, or from none where that is "". One that is gone is left alone.
	Shift(tx *store.Tx, arn, zone string) error
	// News is what to watch for a change of Managed.
	News() []store.Topic
}

// Resource is one of them.
type Resource struct {
	ARN, Name string
	Zones     []Zone
}

// Zone is an availability zone: this API knows it by its id alone, use1-az1.
type Zone struct{ Name, ID string }

// Room is zonal shift of one region.
type Room struct {
	*room.Base
	resources Resources
	zones     []Zone // the region's

	shifts *store.Table[shiftRow] // by id
}

// Load reads the table.
func Load(base *room.Base, resources Resources, zones []Zone) (*Room, error) {
	r := &Room{Base: base, resources: resources, zones: zones}
	var err error
	room.LoadTable(r.DB, "zonal-shifts", &r.shifts, &err)
	return r, err
}

// shiftRow is a zonal shift, also one that is over.
type shiftRow struct {
	ID, Resource     string
	Zone             Zone // that traffic is moved away from
	Comment          string
	Started, Expires time.Time
	Status           shifttypes.ZonalShiftStatus
	Ended            time.Time // when it was cancelled; zero for one that is active or has expired
}

// key lists shifts in the order of their starts.
func (row shiftRow) key() string { return row.Started.Format("20060102150405.000000000") + row.ID }

// over is when a shift that is not active ended.
func (row shiftRow) over() time.Time {
	if row.Ended.IsZero() {
		return row.Expires
	}
	return row.Ended
}

func (row shiftRow) active() bool { return row.Status == shifttypes.ZonalShiftStatusActive }

// Operations registers the handlers.
func (r *Room) Operations(m *wire.Mux) {
	wire.Handle(m, wire.ZonalShift, "CancelZonalShift", r.CancelZonalShift)
	wire.Handle(m, wire.ZonalShift, "GetAutoshiftObserverNotificationStatus", r.GetAutoshiftObserverNotificationStatus)
	wire.Handle(m, wire.ZonalShift, "GetManagedResource", r.GetManagedResource)
	wire.Handle(m, wire.ZonalShift, "ListAutoshifts", r.ListAutoshifts)
	wire.Handle(m, wire.ZonalShift, "ListManagedResources", r.ListManagedResources)
	wire.Handle(m, wire.ZonalShift, "ListZonalShifts", r.ListZonalShifts)
	wire.Handle(m, wire.ZonalShift, "StartZonalShift", r.StartZonalShift)
	wire.Handle(m, wire.ZonalShift, "UpdateZonalShift", r.UpdateZonalShift)
}
