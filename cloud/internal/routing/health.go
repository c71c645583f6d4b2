package routing

import (
	"hash/maphash"
	"maps"
)

// shards is into how many parts health is divided, of which a change copies those that it is in: at 100,000
// checks a hundred entries and these pointers.
const shards = 1024

// health is what is known of every health check. It never changes; with makes another.
type health struct {
	shards *[shards]map[string]bool
}

var seed = maphash.MakeSeed()

func shardOf(id string) int { return int(maphash.String(seed, id) % shards) }

// healthy tells whether a check is healthy. One that is unknown is.
func (h health) healthy(id string) bool {
	if h.shards == nil {
		return true
	}
	healthy, known := h.shards[shardOf(id)][id]
	return healthy || !known
}

func (h health) with(changes map[string]bool, removed []string) health {
	next := new([shards]map[string]bool)
	if h.shards != nil {
		*next = *h.shards
	}
	copied := map[int]bool{}
	own := func(id string) map[string]bool {
		n := shardOf(id)
		if !copied[n] {
			copied[n] = true
			next[n] = maps.Clone(next[n])
		}
		if next[n] == nil {
			next[n] = map[string]bool{}
		}
		return next[n]
	}
	for id, healthy := range changes {
		own(id)[id] = healthy
	}
	for _, id := range removed {
		delete(own(id), id)
	}
	return health{next}
}
