// Package zones is Route 53's control plane: hosted zones, record sets, health checks and their tags.
//
// It keeps the state, checks every change as Route 53 does and hands the whole to the data planes that
// answer queries (package dns) and probe endpoints (package health). The invariant: a change that was
// acknowledged is on disk and is what the name servers answer.
package zones

import (
	"context"
	"slices"
	"sync"
	"time"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/beacon"
	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/routing"
	"github.com/understudy/understudy/cloud/internal/store"
)

// zone is a hosted zone as kept.
type zone struct {
	ID        string
	Name      string
	Reference string
	Comment   string
	// VPCs are those that a private zone is answered to; a public zone has none. Authorized are those that
	// another account may associate.
	VPCs, Authorized []vpc
	// Delegation is the reusable delegation set that the zone has, if it has one.
	Delegation *delegationSet
}

// change is one that was acknowledged. All of them are in force.
type change struct {
	ID        string
	Comment   string
	Submitted time.Time
}

// check is a health check as kept. Config has all defaults filled in.
type check struct {
	ID        string
	Reference string
	Version   int64
	Config    r53types.HealthCheckConfig
	Alarm     *watched `json:",omitempty"` // of one of the type CLOUDWATCH_METRIC
}

// tagged holds the tags of one health check or hosted zone.
type tagged struct {
	Type r53types.TagResourceType
	ID   string
	Tags []r53types.Tag
}

// state is what survives the process.
type state struct {
	db      *store.DB
	zones   *store.Table[zone]
	records *recordTable
	changes *store.Table[change]
	checks  *store.Table[check]
	// deleted are the references of deleted health checks, and when they were deleted.
	deleted *store.Table[time.Time]
	tags    *store.Table[tagged]
	// reports are what each region last told of its load balancers.
	reports *store.Table[beacon.Report]
	// lastStates are what the data of health checks' alarms said last.
	lastStates *store.Table[lastState]
	tables
}

func load(db *store.DB) (*state, error) {
	s := &state{db: db}
	var errs [9]error
	s.zones, errs[0] = store.Load[zone](db, "zones")
	s.changes, errs[1] = store.Load[change](db, "changes")
	s.checks, errs[2] = store.Load[check](db, "health-checks")
	s.deleted, errs[3] = store.Load[time.Time](db, "deleted-references")
	s.tags, errs[4] = store.Load[tagged](db, "tags")
	s.reports, errs[5] = store.Load[beacon.Report](db, "reports")
	s.records, errs[6] = loadRecords(db)
	errs[7] = s.tables.load(db)
	s.lastStates, errs[8] = store.Load[lastState](db, "last-alarm-states")
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

// api answers the operations.
type api struct {
	*state
	account string
	data    engine
	now     func() time.Time
	busy    sync.Map   // the ids of the zones whose record sets are being changed
	mu      sync.Mutex // held from a change's commit to its being in force, so that answers keep the order
}

// engine is the data planes as the API sees them.
type engine interface {
	// Publish puts the zones as stored in force before it returns.
	Publish()
	// Set starts or changes the probing of a health check; Remove ends it.
	Set(id string, c r53types.HealthCheckConfig)
	Remove(id string)
	// Alarm finds an alarm that a check is to watch, and Watch has it watched. Control tells whether there is
	// such a routing control.
	Alarm(context.Context, r53types.AlarmIdentifier) (watched, error)
	Watch(id string, w *watched)
	Control(arn string) bool
	// Observations and LastFailure are what the checkers say of it, one each.
	Observations(id string) []r53types.HealthCheckObservation
	LastFailure(id string) []r53types.HealthCheckObservation
	// LogQueries puts the query logs as stored in force before it returns.
	LogQueries()
	// Test answers a query of a zone as the name servers do: the response code and the values.
	Test(zone, name string, t r53types.RRType, from routing.Client) (code string, values []string)
}

// update commits a change and puts it in force.
func (a *api) update(f func(*store.Tx) error) error { return a.updateThen(f, func() {}) }

// updateThen is update for a change that health checkers must know of, which then tells them.
func (a *api) updateThen(f func(*store.Tx) error, then func()) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.db.Update(f); err != nil {
		return err
	}
	then()
	a.data.Publish()
	return nil
}

// submit records a change within tx. It is answered as PENDING, as AWS always does, and is INSYNC as
// soon as anybody can ask for it, since update does not return before the change is in force.
func (a *api) submit(tx *store.Tx, comment string) (*r53types.ChangeInfo, error) {
	if err := a.forget(tx); err != nil {
		return nil, err
	}
	c := change{ID: request.NewID("C"), Comment: comment, Submitted: a.now().UTC()}
	if err := a.changes.Put(tx, c.ID, c); err != nil {
		return nil, err
	}
	return c.info(r53types.ChangeStatusPending), nil
}

// maxChanges is how many changes are remembered. AWS does not say for how long GetChange knows one; clients ask
// until it is INSYNC, which here is at once.
const maxChanges = 10_000

// forget drops the older half of the changes once there are too many.
func (a *api) forget(tx *store.Tx) error {
	if a.changes.Len() < maxChanges {
		return nil
	}
	all := a.changes.AllTx(tx)
	slices.SortFunc(all, func(x, y change) int { return x.Submitted.Compare(y.Submitted) })
	for _, c := range all[:len(all)/2] {
		if err := a.changes.Delete(tx, c.ID); err != nil {
			return err
		}
	}
	return nil
}

func (c change) info(status r53types.ChangeStatus) *r53types.ChangeInfo {
	id := "/change/" + c.ID
	info := &r53types.ChangeInfo{Id: &id, Status: status, SubmittedAt: &c.Submitted}
	if c.Comment != "" {
		info.Comment = &c.Comment
	}
	return info
}
