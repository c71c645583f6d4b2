package zones

import (
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// tables are of what stands beside zones and their records.
type tables struct {
	signings       *store.Table[signing]
	collections    *store.Table[collection]
	delegationSets *store.Table[delegationSet]
	queryLogs      *store.Table[queryLogging]
	policies       *store.Table[trafficPolicy]
	instances      *store.Table[policyInstance]
}

func (t *tables) load(db *store.DB) (err error) {
	room.LoadTable(db, "signings", &t.signings, &err)
	room.LoadTable(db, "cidr-collections", &t.collections, &err)
	room.LoadTable(db, "delegation-sets", &t.delegationSets, &err)
	room.LoadTable(db, "query-logging", &t.queryLogs, &err)
	room.LoadTable(db, "traffic-policies", &t.policies, &err)
	room.LoadTable(db, "traffic-policy-instances", &t.instances, &err)
	return err
}
