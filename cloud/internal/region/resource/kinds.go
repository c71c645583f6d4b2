package resource

import (
	"crypto/rand"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// A Kind is one sort of what EC2 gives ids to: everything that must be known of it wherever an id turns up. R is
// the room that keeps them.
type Kind[R any] struct {
	Prefix string // of its ids, without the dash
	// Tagged is what tags and tag specifications call it; empty for what cannot bear tags.
	Tagged ec2types.ResourceType
	// Missing answers an id that nothing has, as AWS does for this kind; nil for what calls name only with its owner.
	Missing func(id string) error
	// Exists tells whether there is one with this id; nil where Missing is.
	Exists func(r R, tx *store.Tx, id string) bool
	// Keeps tells whether one of these keeps a VPC from being deleted; nil for a kind that never does, or that is
	// always within one that does.
	Keeps func(r R, tx *store.Tx, vpc string) bool

	listed bool
}

// Kinds is every kind of a room. NewID makes ids of no other.
type Kinds[R any] []*Kind[R]

// Add puts a kind into the table.
func (all *Kinds[R]) Add(k Kind[R]) *Kind[R] {
	k.listed = true
	*all = append(*all, &k)
	return &k
}

// NewID returns a resource id: the kind's prefix and 17 hexadecimal digits, as AWS's have been since 2016.
func (k *Kind[R]) NewID() string {
	if !k.listed {
		panic("resource: an id of a kind that is not listed: " + k.Prefix)
	}
	var b [9]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return k.Prefix + "-" + hex.EncodeToString(b[:])[:17]
}

// Within is Exists for a kind whose table has its ids for keys.
func Within[R, T any](table func(R) *store.Table[T]) func(R, *store.Tx, string) bool {
	return func(r R, tx *store.Tx, id string) bool {
		_, ok := table(r).GetTx(tx, id)
		return ok
	}
}

// SomeOf is Exists or Keeps for a kind of which the rows of a table have to be asked.
func SomeOf[R, T any](table func(R) *store.Table[T], is func(row T, id string) bool) func(R, *store.Tx, string) bool {
	return func(r R, tx *store.Tx, id string) bool {
		return slices.ContainsFunc(table(r).AllTx(tx), func(row T) bool { return is(row, id) })
	}
}

// entry is a kind of a room that is open.
type entry struct {
	prefix  string
	tagged  ec2types.ResourceType
	missing func(id string) error
	exists  func(tx *store.Tx, id string) bool
	keeps   func(tx *store.Tx, vpc string) bool // never nil
}

// Enter makes a room's kinds known to the registry. It panics where one is incomplete or known already.
func Enter[R any](g *Registry, room R, kinds Kinds[R]) {
	for _, k := range kinds {
		if (k.Missing == nil) != (k.Exists == nil) || (k.Missing == nil) != (k.Tagged == "") {
			panic("resource: the kind " + k.Prefix + " has to have all of Tagged, Missing and Exists, or none")
		}
		if slices.ContainsFunc(g.kinds, func(e entry) bool { return e.prefix == k.Prefix || e.tagged != "" && e.tagged == k.Tagged }) {
			panic("resource: there is another kind " + k.Prefix + ", or another called " + string(k.Tagged))
		}
		e := entry{prefix: k.Prefix, tagged: k.Tagged, missing: k.Missing, keeps: func(*store.Tx, string) bool { return false }}
		if k.Exists != nil {
			e.exists = func(tx *store.Tx, id string) bool { return k.Exists(room, tx, id) }
		}
		if k.Keeps != nil {
			e.keeps = func(tx *store.Tx, vpc string) bool { return k.Keeps(room, tx, vpc) }
		}
		g.kinds = append(g.kinds, e)
	}
}

// kindOf tells an id's kind by its prefix.
func (g *Registry) kindOf(id string) (entry, bool) {
	for _, k := range g.kinds {
		if rest, ok := strings.CutPrefix(id, k.prefix+"-"); ok && !strings.Contains(rest, "-") {
			return k, true
		}
	}
	return entry{}, false
}

// Tagged are the names of all kinds that bear tags, by the prefixes of their ids.
func (g *Registry) Tagged() map[string]ec2types.ResourceType {
	all := map[string]ec2types.ResourceType{}
	for _, k := range g.kinds {
		if k.tagged != "" {
			all[k.prefix] = k.tagged
		}
	}
	return all
}

// MustExist answers AWS's error where a resource of any kind that bears tags does not exist.
func (g *Registry) MustExist(tx *store.Tx, id string) error {
	k, ok := g.kindOf(id)
	switch {
	case !ok || k.tagged == "":
		return wire.Errorf("InvalidID", "The ID '%s' is not valid", id)
	case !k.exists(tx, id):
		return k.missing(id)
	}
	return nil
}

// InUse tells whether anything but what came with a VPC is in it.
func (g *Registry) InUse(tx *store.Tx, vpc string) bool {
	return slices.ContainsFunc(g.kinds, func(k entry) bool { return k.keeps(tx, vpc) })
}

var idShape = regexp.MustCompile(`^[a-z]+-([0-9a-f]{8}|[0-9a-f]{17})$`)

// WellFormed tells whether an id could be one of the kind with this prefix ("ami-"), in its long or old short form.
func WellFormed(prefix, id string) bool {
	rest, ok := strings.CutPrefix(id, prefix)
	return ok && idShape.MatchString("x-"+rest)
}

// Missing is AWS's error for an id that nothing has, or that nothing could have: AWS says first whether an id is one. words tell
// the former, with %s for the id. How the codes are spelt differs from kind to kind
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html).
func Missing(prefix, id, malformed, notFound, words string) error {
	switch {
	case WellFormed(prefix, id):
		return wire.Errorf(notFound, words, id)
	case strings.HasPrefix(id, prefix):
		return wire.Errorf(malformed, "Invalid id: \"%s\"", id)
	}
	return wire.Errorf(malformed, "Invalid id: \"%s\" (expecting \"%s...\")", id, prefix)
}
