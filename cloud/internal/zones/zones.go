// Package zones is Route 53's control plane: hosted zones, record sets and their tags.
//
// It keeps the state, checks every change as Route 53 does and hands the whole to the data planes that
// answer queries (package dns) and probe endpoints (package health). The invariant: a change that was
// acknowledged is on disk and is what the name servers answer.
package zones

import (
	"sync"
	"time"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/beacon"
	"github.com/understudy/understudy/cloud/internal/checks"
	"github.com/understudy/understudy/cloud/internal/health"
	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/routing"
	"github.com/understudy/understudy/cloud/internal/store"
)

// Room is Route 53 as its API shows it.
type Room struct {
	*room.Base
	health  *checks.Checks
	answers engine
	busy    sync.Map // the ids of the zones whose record sets are being changed

	zones          *store.Table[zone]
	delegationSets *store.Table[delegationSet]
	records        *recordTable
	collections    *store.Table[collection]
	policies       *store.Table[trafficPolicy]
	instances      *store.Table[policyInstance]
	signings       *store.Table[signing] // by the zone's id
	queryLogs      *store.Table[queryLogging]
	changes        *store.Table[change]
	tags           *store.Table[tagged]        // by type and id
	reports        *store.Table[beacon.Report] // what each region last told of its load balancers
	lastStates     *store.Table[lastState]     // what the data of health checks' alarms said last
	checks.Tables
}

// engine is what answers queries, as the API sees it.
type engine interface {
	// Publish puts what is stored in force before it returns.
	Publish()
	// Test answers a query of a zone as the name servers do: the response code and the values.
	Test(zone, name string, t r53types.RRType, from routing.Client) (code string, values []string)
}

// load reads the tables.
func load(base *room.Base) (*Room, error) {
	r := &Room{Base: base}
	var err error
	room.LoadTable(r.DB, "zones", &r.zones, &err)
	room.LoadTable(r.DB, "delegation-sets", &r.delegationSets, &err)
	room.LoadTable(r.DB, "cidr-collections", &r.collections, &err)
	room.LoadTable(r.DB, "traffic-policies", &r.policies, &err)
	room.LoadTable(r.DB, "traffic-policy-instances", &r.instances, &err)
	room.LoadTable(r.DB, "signings", &r.signings, &err)
	room.LoadTable(r.DB, "query-logging", &r.queryLogs, &err)
	room.LoadTable(r.DB, "changes", &r.changes, &err)
	room.LoadTable(r.DB, "tags", &r.tags, &err)
	room.LoadTable(r.DB, "reports", &r.reports, &err)
	room.LoadTable(r.DB, "last-alarm-states", &r.lastStates, &err)
	if err != nil {
		return nil, err
	}
	if r.Tables, err = checks.Load(r.DB); err != nil {
		return nil, err
	}
	r.records, err = loadRecords(r.DB)
	return r, err
}

// open begins to answer operations, once there is what answers queries and what probes.
func (r *Room) open(answers engine, probes checks.Engine) {
	r.answers = answers
	r.health = checks.New(r.Base, r.Tables, probes, func(tx *store.Tx, id string) error {
		return r.tags.Delete(tx, tagKey(r53types.TagResourceTypeHealthcheck, id))
	})
}

// commit makes a change and puts it in force.
func (r *Room) commit(f func(*store.Tx) error) error {
	return r.UpdateThen(f, func() { r.answers.Publish() })
}

func noZone(id string) error {
	return request.NotFound("NoSuchHostedZone", "No hosted zone found with ID: %s", id)
}

func (r *Room) zone(tx *store.Tx, id string) (zone, error) {
	return room.Find(tx, r.zones, id, noZone)
}

// Rows are never changed in place.

// zone is a hosted zone as kept.
type zone struct {
	ID        string
	Name      string
	Reference string
	Comment   string
	Created   time.Time // zero for one that was made before rows told it
	// VPCs are those that a private zone is answered to; a public zone has none. Authorized are those that
	// another account may associate.
	VPCs, Authorized []vpc
	// Delegation is the reusable delegation set that the zone has, if it has one.
	Delegation *delegationSet
}

func (z zone) private() bool { return len(z.VPCs) > 0 }

// vpc tells a VPC from all others.
type vpc struct {
	Region r53types.VPCRegion
	ID     string
}

// delegationSet is a reusable delegation set: four name servers' names that zones may share. All names of all sets
// lead to the same four addresses, the cloud's name servers.
type delegationSet struct {
	ID, Reference string
	Servers       []string
}

// collection is a CIDR collection as kept. A location exists while it has blocks.
type collection struct {
	ID, Name, Reference string
	Version             int64
	Locations           routing.Collection
}

// trafficPolicy is a traffic policy with its versions, in order. Numbers of versions that were deleted are not used
// again.
type trafficPolicy struct {
	ID, Name string
	Created  time.Time
	Last     int32
	Versions []policyVersion
}

type policyVersion struct {
	Version                 int32
	Type, Document, Comment string
}

// policyInstance is a traffic policy at work for a name of a zone. Change is another number after each change, of
// any instance.
type policyInstance struct {
	ID, ZoneID, Name, Type string
	TTL                    int64
	PolicyID               string
	PolicyVersion          int32
	Change                 int
}

// signing is what a hosted zone has of DNSSEC; a zone that never had a key has no row. Version rises with each
// change.
type signing struct {
	ZoneID  string
	Version int
	Enabled bool
	Keys    []keySigningKey
	// ZSK is the private key of the zone-signing key, made when signing is first enabled.
	ZSK []byte
}

// keySigningKey is a key-signing key as kept. On AWS the private key is in KMS, and the ARN says which it is; this
// cloud has no KMS, so it makes a pair of its own for the ARN.
type keySigningKey struct {
	Name, ARN         string
	Private           []byte
	Active            bool
	Created, Modified time.Time
}

// queryLogging is a configuration for query logging as kept. There is no CloudWatch Logs here: lines go to a file
// that is named for the log group and the zone.
type queryLogging struct {
	ID, ZoneID, Group string // Group is the log group's ARN
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

func tagKey(t r53types.TagResourceType, id string) string { return string(t) + "/" + id }

// lastState is what the data of a check's alarm said when there was enough of it last: what LastKnownStatus
// means, also after a restart, when no region has spoken yet.
type lastState struct {
	Check string
	State health.AlarmState
}
