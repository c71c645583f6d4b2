package routing

import (
	"hash/maphash"
	"maps"
)

// Health is divided into fanout parts of fanout shards each. A change copies the shard and the pointers to it: at 100,000
// checks, two times 64 pointers and about 25 entries.
const fanout = 64

// health is the health of every health check. It never changes; with returns a changed copy.
type health struct {
	parts *[fanout]*shards
}

type shards [fanout]map[string]bool

var seed = maphash.MakeSeed()

func shardOf(id string) (part, shard int) {
	h := maphash.String(seed, id)
	return int(h % fanout), int(h / fanout % fanout)
}

// healthy tells whether a check is healthy. An unknown check is healthy.
func (h health) healthy(id string) bool {
	part, shard := shardOf(id)
	if h.parts == nil || h.parts[part] == nil {
		return true
	}
	healthy, known := h.parts[part][shard][id]
	return healthy || !known
}

func (h health) with(changes map[string]bool, removed []string) health {
	next := new([fanout]*shards)
	if h.parts != nil {
		*next = *h.parts
	}
	var copied [fanout]*[fanout]bool // which are this call's own, and may be changed
	own := func(id string) map[string]bool {
		part, shard := shardOf(id)
		if copied[part] == nil {
			copied[part] = new([fanout]bool)
			before := next[part]
			next[part] = new(shards)
			if before != nil {
				*next[part] = *before
			}
		}
		if !copied[part][shard] {
			copied[part][shard] = true
			next[part][shard] = maps.Clone(next[part][shard])
		}
		if next[part][shard] == nil {
			next[part][shard] = map[string]bool{}
		}
		return next[part][shard]
	}
	for id, healthy := range changes {
		own(id)[id] = healthy
	}
	for _, id := range removed {
		delete(own(id), id)
	}
	return health{next}
}
