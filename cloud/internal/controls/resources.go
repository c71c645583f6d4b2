package controls

import (
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// resource is a row of what create calls make.
type resource[Row any] interface {
	is() identity
	tags() map[string]string
	tagged(map[string]string) Row
}

// identity is an ARN and a name, which no other resource has within the same parent. A cluster has none.
type identity struct{ arn, name, parent string }

func (row clusterRow) is() identity { return identity{row.ARN, row.Name, ""} }
func (row panelRow) is() identity   { return identity{row.ARN, row.Name, row.Cluster} }
func (row controlRow) is() identity { return identity{row.ARN, row.Name, row.Panel} }
func (row ruleRow) is() identity    { return identity{row.ARN, row.Name, row.Panel} }

func (row clusterRow) tags() map[string]string { return row.Tags }
func (row panelRow) tags() map[string]string   { return row.Tags }
func (row controlRow) tags() map[string]string { return row.Tags }
func (row ruleRow) tags() map[string]string    { return row.Tags }

func (row clusterRow) tagged(tags map[string]string) clusterRow { row.Tags = tags; return row }
func (row panelRow) tagged(tags map[string]string) panelRow     { row.Tags = tags; return row }
func (row controlRow) tagged(tags map[string]string) controlRow { row.Tags = tags; return row }
func (row ruleRow) tagged(tags map[string]string) ruleRow       { row.Tags = tags; return row }

// kept are the resources of one kind, by ARN.
type kept[Row resource[Row]] struct {
	*store.Table[Row]
	kind string
}

// find finds a resource; a nil tx reads what is committed.
func (k kept[Row]) find(tx *store.Tx, arn *string) (Row, error) {
	row, ok := k.GetTx(tx, room.Deref(arn))
	if !ok {
		return row, missing(k.kind, room.Deref(arn))
	}
	return row, nil
}

// in returns the resources of one parent.
func (k kept[Row]) in(tx *store.Tx, parent string) (rows []Row) {
	for _, row := range k.AllTx(tx) {
		if row.is().parent == parent {
			rows = append(rows, row)
		}
	}
	return rows
}

// put writes a resource, unless its name is another's.
func (k kept[Row]) put(tx *store.Tx, row Row) error {
	id := row.is()
	for _, other := range k.in(tx, id.parent) {
		if o := other.is(); o.name == id.name && o.arn != id.arn {
			return conflict(k.kind, o.arn, "A %s with the name %s exists already%s.", k.kind, id.name, within[k.kind])
		}
	}
	return k.Put(tx, id.arn, row)
}

// page returns the part of rows that a size and a token ask for.
func (k kept[Row]) page(rows []Row, size *int32, token *string) ([]Row, *string, error) {
	return page(rows, func(row Row) string { return row.is().arn }, size, token)
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
