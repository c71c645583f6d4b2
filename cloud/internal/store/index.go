package store

import "slices"

// Index finds a table's rows by a value of theirs that is not their key, without a look at every row.
type Index[T any] struct {
	table *Table[T]
	value func(row T) string
	keys  map[string][]string // of the rows by their values, as last committed; guarded by DB.mu
}

// Index makes an index by what value returns, where that is not empty. Call it after Load, before any use.
func (t *Table[T]) Index(value func(row T) string) *Index[T] {
	x := &Index[T]{table: t, value: value, keys: map[string][]string{}}
	for key, row := range t.rows {
		x.add(key, row)
	}
	t.indexes = append(t.indexes, x)
	return x
}

// AllTx returns the rows that have a value, as Table.AllTx would with the others left out.
func (x *Index[T]) AllTx(tx *Tx, value string) []T {
	var all []T
	if value == "" {
		return nil
	}
	x.table.db.mu.RLock()
	for _, key := range x.keys[value] {
		if tx == nil || !tx.touched(x.table.key(key)) {
			all = append(all, x.table.rows[key])
		}
	}
	x.table.db.mu.RUnlock()
	if tx == nil {
		return all
	}
	for _, row := range x.table.own(tx) {
		if x.value(row) == value {
			all = append(all, row)
		}
	}
	return all
}

func (x *Index[T]) add(key string, row T) {
	if value := x.value(row); value != "" {
		x.keys[value] = append(x.keys[value], key)
	}
}

func (x *Index[T]) remove(key string, row T) {
	value := x.value(row)
	keys := x.keys[value]
	at := slices.Index(keys, key)
	switch {
	case at < 0:
	case len(keys) == 1:
		delete(x.keys, value)
	default:
		x.keys[value] = slices.Delete(keys, at, at+1)
	}
}
