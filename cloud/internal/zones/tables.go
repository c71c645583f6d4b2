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
}

func (t *tables) load(db *store.DB) error {
	return errors.Join(
		load1(db, "signings", &t.signings),
		load1(db, "cidr-collections", &t.collections),
		load1(db, "delegation-sets", &t.delegationSets),
		load1(db, "query-logging", &t.queryLogs),
	)
}

func load1[T any](db *store.DB, name string, table **store.Table[T]) (err error) {
	*table, err = store.Load[T](db, name)
	return err
}
