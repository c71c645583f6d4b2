package controls

import (
	"github.com/understudy/understudy/cloud/internal/store"
)

// commit commits a change and reports the states that it changed.
func (r *Room) commit(f func(*store.Tx) error) error {
	return r.UpdateThen(f, func() {
		states, changed := r.States(), map[string]bool{}
		for arn, on := range states {
			if was, known := r.told[arn]; !known || was != on {
				changed[arn] = on
			}
		}
		for arn := range r.told {
			if _, there := states[arn]; !there {
				changed[arn] = false
			}
		}
		if r.told = states; len(changed) > 0 {
			r.cfg.Changed(changed)
		}
	})
}

// update changes a resource.
func update[Row resource[Row]](r *Room, k kept[Row], arn *string, f func(*Row) error) (row Row, err error) {
	err = r.commit(func(tx *store.Tx) error {
		if row, err = k.find(tx, arn); err != nil {
			return err
		}
		if err := f(&row); err != nil {
			return err
		}
		return k.put(tx, row)
	})
	return row, err
}

// remove deletes a resource, unless release refuses it.
func remove[Row resource[Row]](r *Room, k kept[Row], arn *string, release func(*store.Tx, Row) error) error {
	return r.commit(func(tx *store.Tx) error {
		row, err := k.find(tx, arn)
		if err != nil {
			return err
		}
		if err := release(tx, row); err != nil {
			return err
		}
		return k.Delete(tx, row.is().arn)
	})
}
