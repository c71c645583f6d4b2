// Package zones is Route 53's control plane: hosted zones, record sets and their tags.
//
// It keeps the state, checks every change as Route 53 does and hands the whole to the data planes that
// answer queries (package dns) and probe endpoints (package health). The invariant: a change that was
// acknowledged is on disk and is what the name servers answer.
package zones

import (
	"slices"
	"sync"
	"time"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/beacon"
	"github.com/understudy/understudy/cloud/internal/checks"
	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/room"
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
	tags    *store.Table[tagged]
	// reports are what each region last told of its load balancers.
	reports *store.Table[beacon.Report]
	// lastStates are what the data of health checks' alarms said last.
	lastStates *store.Table[lastState]
	tables
	checks.Tables
}

func load(db *store.DB) (*state, error) {
	s := &state{db: db}
	var err error
	room.LoadTable(db, "zones", &s.zones, &err)
	room.LoadTable(db, "changes", &s.changes, &err)
	room.LoadTable(db, "tags", &s.tags, &err)
	room.LoadTable(db, "reports", &s.reports, &err)
	room.LoadTable(db, "last-alarm-states", &s.lastStates, &err)
	if err != nil {
		return nil, err
	}
	if s.Tables, err = checks.Load(db); err != nil {
		return nil, err
	}
	if s.records, err = loadRecords(db); err != nil {
		return nil, err
	}
	return s, s.tables.load(db)
}

// api answers the operations.
type api struct {
	*state
	health  *checks.Checks
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
	// LogQueries puts the query logs as stored in force before it returns.
	LogQueries()
	// Test answers a query of a zone as the name servers do: the response code and the values.
	Test(zone, name string, t r53types.RRType, from routing.Client) (code string, values []string)
}

// newAPI makes what answers the operations, on data planes that are there.
func newAPI(s *state, account string, data engine, probes checks.Engine) *api {
	a := &api{state: s, account: account, data: data, now: time.Now}
	a.health = checks.New(s.Tables, probes, a.updateThen, func(tx *store.Tx, id string) error {
		return a.tags.Delete(tx, tagKey(r53types.TagResourceTypeHealthcheck, id))
	})
	return a
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
