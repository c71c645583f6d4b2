package zones

import (
	"slices"
	"strings"
	"sync"

	"github.com/understudy/understudy/cloud/internal/records"
	"github.com/understudy/understudy/cloud/internal/store"
)

// recordTable are the record sets of all zones: a row each in the store, and in memory sorted by zone.
type recordTable struct {
	table *store.Table[records.Set]
	mu    sync.RWMutex
	zones map[string]records.Sets // by the zone's id
}

func loadRecords(db *store.DB) (*recordTable, error) {
	table, err := store.Load[records.Set](db, "record-sets")
	if err != nil {
		return nil, err
	}
	r := &recordTable{table: table, zones: map[string]records.Sets{}}
	for key, set := range table.Rows() {
		id, _, _ := strings.Cut(key, " ")
		r.zones[id] = append(r.zones[id], set)
	}
	for _, sets := range r.zones {
		slices.SortFunc(sets, records.CompareSets)
	}
	return r, nil
}

// of returns a zone's record sets as last committed.
func (r *recordTable) of(zone string) records.Sets {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.zones[zone]
}

// put writes changes of a zone's record sets; nil deletes one. It is called once for a zone in a transaction.
func (r *recordTable) put(tx *store.Tx, zone string, changes map[records.Key]records.Set) (err error) {
	for k, set := range changes {
		key := strings.Join([]string{zone, k.Name, string(k.Kind), k.ID}, " ")
		if set == nil {
			err = r.table.Delete(tx, key)
		} else {
			err = r.table.Put(tx, key, set)
		}
		if err != nil {
			return err
		}
	}
	next := r.of(zone).With(changes)
	tx.Then(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if len(next) == 0 {
			delete(r.zones, zone)
			return
		}
		r.zones[zone] = next
	})
	return nil
}
