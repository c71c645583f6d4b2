package zones

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/store"
)

// recordSet is a record set as kept. It is never changed in place, so a pointer to it tells it from all others,
// by which the data plane knows what is new.
type recordSet = *r53types.ResourceRecordSet

// recordSets are a zone's record sets, sorted as they are listed. They are never changed in place.
type recordSets []recordSet

// at returns where a key is, or would be, and whether it is there.
func (s recordSets) at(k setKey) (int, bool) {
	return slices.BinarySearchFunc(s, k, func(set recordSet, k setKey) int { return keyOf(set).compare(k) })
}

// named returns the record sets of one name.
func (s recordSets) named(name string) recordSets {
	from, _ := s.at(setKey{name: name})
	to := from
	for to < len(s) && *s[to].Name == name {
		to++
	}
	return s[from:to]
}

// with returns the record sets after changes, where nil stands for none.
func (s recordSets) with(changes map[setKey]recordSet) recordSets {
	next, from := make(recordSets, 0, len(s)+len(changes)), 0
	for _, k := range slices.SortedFunc(maps.Keys(changes), setKey.compare) {
		at, there := s.at(k)
		next = append(next, s[from:at]...)
		if from = at; there {
			from++
		}
		if set := changes[k]; set != nil {
			next = append(next, set)
		}
	}
	return append(next, s[from:]...)
}

// records are the record sets of all zones: a row each in the store, and in memory sorted by zone.
type records struct {
	table *store.Table[recordSet]
	mu    sync.RWMutex
	zones map[string]recordSets // by the zone's id
}

func loadRecords(db *store.DB) (*records, error) {
	table, err := store.Load[recordSet](db, "record-sets")
	if err != nil {
		return nil, err
	}
	r := &records{table: table, zones: map[string]recordSets{}}
	for key, set := range table.Rows() {
		id, _, _ := strings.Cut(key, " ")
		r.zones[id] = append(r.zones[id], set)
	}
	for _, sets := range r.zones {
		slices.SortFunc(sets, compareSets)
	}
	return r, nil
}

// of returns a zone's record sets as last committed.
func (r *records) of(zone string) recordSets {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.zones[zone]
}

// put writes changes of a zone's record sets, where nil stands for none, and returns what puts them in force once
// they are committed.
func (r *records) put(tx *store.Tx, zone string, changes map[setKey]recordSet) (commit func(), err error) {
	for k, set := range changes {
		key := strings.Join([]string{zone, k.name, string(k.kind), k.id}, " ")
		if set == nil {
			err = r.table.Delete(tx, key)
		} else {
			err = r.table.Put(tx, key, set)
		}
		if err != nil {
			return nil, err
		}
	}
	next := r.of(zone).with(changes)
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if len(next) == 0 {
			delete(r.zones, zone)
			return
		}
		r.zones[zone] = next
	}, nil
}

// changesOf are the changes that make record sets, or take them away.
func changesOf(sets recordSets, away bool) map[setKey]recordSet {
	changes := make(map[setKey]recordSet, len(sets))
	for _, set := range sets {
		changes[keyOf(set)] = set
		if away {
			changes[keyOf(set)] = nil
		}
	}
	return changes
}

// setKey tells the record sets of a zone apart.
type setKey struct {
	name string
	kind r53types.RRType
	id   string
}

func keyOf(set recordSet) setKey {
	return setKey{aws.ToString(set.Name), set.Type, aws.ToString(set.SetIdentifier)}
}

// compareSets orders as ListResourceRecordSets does: by the name with its labels reversed, its dots
// included, then by type and identifier.
func compareSets(a, b recordSet) int { return keyOf(a).compare(keyOf(b)) }

func (k setKey) compare(other setKey) int {
	if k.name != other.name {
		if c := strings.Compare(reversed(k.name), reversed(other.name)); c != 0 {
			return c
		}
	}
	if c := strings.Compare(string(k.kind), string(other.kind)); c != 0 {
		return c
	}
	return strings.Compare(k.id, other.id)
}

// words names a set in the middle of Route 53's messages.
func (k setKey) words() string {
	w := "[name='" + k.name + "', type='" + string(k.kind) + "'"
	if k.id != "" {
		w += ", set identifier='" + k.id + "'"
	}
	return w + "]"
}
