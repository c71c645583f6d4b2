package zones

import (
	"errors"

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
	unhealthy      *store.Table[bool]
}

func (t *tables) load(db *store.DB) error {
	return errors.Join(
		loadTable(db, "signings", &t.signings),
		loadTable(db, "cidr-collections", &t.collections),
		loadTable(db, "delegation-sets", &t.delegationSets),
		loadTable(db, "query-logging", &t.queryLogs),
		loadTable(db, "traffic-policies", &t.policies),
		loadTable(db, "traffic-policy-instances", &t.instances),
		loadTable(db, "unhealthy-checks", &t.unhealthy),
	)
}

func loadTable[T any](db *store.DB, name string, table **store.Table[T]) (err error) {
	*table, err = store.Load[T](db, name)
	return err
}
