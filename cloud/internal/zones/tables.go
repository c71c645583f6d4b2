package zones

import (
	"errors"

	"github.com/understudy/understudy/cloud/internal/store"
)

// tables are of what stands beside zones and their records.
type tables struct {
	signings *store.Table[signing]
}

func (t *tables) load(db *store.DB) error {
	return errors.Join(
		load1(db, "signings", &t.signings),
	)
}

func load1[T any](db *store.DB, name string, table **store.Table[T]) (err error) {
	*table, err = store.Load[T](db, name)
	return err
}
