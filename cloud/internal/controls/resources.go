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

// kept are the resources of one kind, by ARN.
type kept[Row resource[Row]] struct {
	*store.Table[Row]
	kind string
}

// find finds a resource; a nil tx reads what is committed.
func (k kept[Row]) find(tx *store.Tx, arn *string) (Row, error) {
	return room.Find(tx, k.Table, room.Deref(arn), func(arn string) error { return missing(k.kind, arn) })
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
