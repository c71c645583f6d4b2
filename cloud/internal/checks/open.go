package checks

import (
	"context"
	"time"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// Checks answers the operations of health checks.
type Checks struct {
	*room.Base
	tables Tables
	engine Engine
	untag  func(tx *store.Tx, id string) error
	now    func() time.Time
}

// New makes a control plane. untag deletes the tags of a health check that is deleted.
func New(base *room.Base, t Tables, e Engine, untag func(tx *store.Tx, id string) error) *Checks {
	return &Checks{Base: base, tables: t, engine: e, untag: untag, now: time.Now}
}

// Engine probes endpoints and watches alarms and routing controls.
type Engine interface {
	// Set starts or changes the probing of a health check; Remove ends it.
	Set(id string, c r53types.HealthCheckConfig)
	Remove(id string)
	// Alarm finds an alarm that a check is to watch, and Watch has it watched. Control tells whether there is
	// such a routing control.
	Alarm(context.Context, r53types.AlarmIdentifier) (Watched, error)
	Watch(id string, w *Watched)
	Control(arn string) bool
	// Observations and LastFailure are the checkers' reports on a health check, one from each.
	Observations(id string) []r53types.HealthCheckObservation
	LastFailure(id string) []r53types.HealthCheckObservation
}

// Watched is the alarm of a health check, with the settings that it had when the check was created or updated
// last: later edits are not picked up ("Updating health checks when you change CloudWatch alarm settings" in
// the developer guide).
type Watched struct {
	Region, Name, Fingerprint string
	Settings                  r53types.CloudWatchAlarmConfiguration
}

// Check is a stored health check. Config has all defaults filled in.
type Check struct {
	ID        string
	Reference string
	Version   int64
	Config    r53types.HealthCheckConfig
	Alarm     *Watched `json:",omitempty"` // of one of the type CLOUDWATCH_METRIC
}

// Tables are the rows of health checks.
type Tables struct {
	Checks *store.Table[Check]
	// Deleted are the references of deleted health checks, and when they were deleted.
	Deleted *store.Table[time.Time]
	// Unhealthy are the checks whose last result was unhealthy.
	Unhealthy *store.Table[bool]
}

// Check finds a health check; a nil tx reads the last committed state.
func (t Tables) Check(tx *store.Tx, id string) (Check, error) {
	return room.Find(tx, t.Checks, id, notFound)
}

// Load reads the tables.
func Load(db *store.DB) (t Tables, err error) {
	room.LoadTable(db, "health-checks", &t.Checks, &err)
	room.LoadTable(db, "deleted-references", &t.Deleted, &err)
	room.LoadTable(db, "unhealthy-checks", &t.Unhealthy, &err)
	return t, err
}
