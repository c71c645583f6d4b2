package records

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// Set is a stored record set. It is never changed in place, so that the data plane finds new ones by comparing
// pointers.
type Set = *r53types.ResourceRecordSet

// Sets are a zone's record sets, sorted as they are listed. They are never changed in place.
type Sets []Set

// At returns the index at which a key is, or would be inserted, and whether it is there.
func (s Sets) At(k Key) (int, bool) {
	return slices.BinarySearchFunc(s, k, func(set Set, k Key) int { return KeyOf(set).compare(k) })
}

// Named returns the record sets of one name.
func (s Sets) Named(name string) Sets {
	from, _ := s.At(Key{Name: name})
	to := from
	for to < len(s) && *s[to].Name == name {
		to++
	}
	return s[from:to]
}

// With returns the record sets after changes; nil removes one.
func (s Sets) With(changes map[Key]Set) Sets {
	next, from := make(Sets, 0, len(s)+len(changes)), 0
	for _, k := range slices.SortedFunc(maps.Keys(changes), Key.compare) {
		at, there := s.At(k)
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

// ChangesOf are the changes that create record sets, or delete them.
func ChangesOf(sets Sets, away bool) map[Key]Set {
	changes := make(map[Key]Set, len(sets))
	for _, set := range sets {
		changes[KeyOf(set)] = set
		if away {
			changes[KeyOf(set)] = nil
		}
	}
	return changes
}

// Key identifies a record set in its zone.
type Key struct {
	Name string
	Kind r53types.RRType
	ID   string
}

// KeyOf returns a record set's key.
func KeyOf(set Set) Key {
	return Key{aws.ToString(set.Name), set.Type, aws.ToString(set.SetIdentifier)}
}

// CompareSets orders as ListResourceRecordSets does: by the name with its labels reversed, its dots
// included, then by type and identifier.
func CompareSets(a, b Set) int { return KeyOf(a).compare(KeyOf(b)) }

func (k Key) compare(other Key) int {
	if k.Name != other.Name {
		if c := strings.Compare(Reversed(k.Name), Reversed(other.Name)); c != 0 {
			return c
		}
	}
	if c := strings.Compare(string(k.Kind), string(other.Kind)); c != 0 {
		return c
	}
	return strings.Compare(k.ID, other.ID)
}

// Words returns a set's name, type and identifier as they appear in Route 53's messages.
func (k Key) Words() string {
	w := "[name='" + k.Name + "', type='" + string(k.Kind) + "'"
	if k.ID != "" {
		w += ", set identifier='" + k.ID + "'"
	}
	return w + "]"
}
