package terraform

import (
	"slices"

	"github.com/understudy/understudy/plan/blueprint"
)

// Terraform makes a resource after those that it refers to. What a piece needs beyond that, as a load balancer needs the way to the internet,
// it is told.

// order tells each resource what it has to wait for.
func (t *translation) order() {
	for _, p := range t.blueprint.Pieces {
		r := t.of[p.ID]
		if r.data {
			continue // to look something up later than need be would leave it unknown in a plan
		}
		before := t.closure(p.ID)
		var waits list
		for _, need := range p.Needs {
			if !before[need] && !t.of[need].data {
				waits = append(waits, t.addresses(p, need)...)
			}
		}
		if len(waits) > 0 {
			r.set("depends_on", t.unique(waits))
		}
	}
}

// closure returns the pieces that are made before one in any case.
func (t *translation) closure(id string) map[string]bool {
	before := map[string]bool{}
	var follow func(id string)
	follow = func(id string) {
		for _, r := range t.resources {
			if r.piece.ID != id {
				continue
			}
			for _, ref := range refsIn(&r.block) {
				if !before[ref.Piece] {
					before[ref.Piece] = true
					follow(ref.Piece)
				}
			}
		}
	}
	follow(id)
	return before
}

// addresses returns all resources of a piece, as another one depends on them. From above a module that is the output by which the piece is known
// there, and not the whole module: something else in that may need what is above, as an alarm on a health check does.
func (t *translation) addresses(from blueprint.Piece, need string) (all list) {
	for _, r := range t.resources {
		switch {
		case r.piece.ID != need:
		case t.inModule(r.piece) && !t.inModule(from):
			return list{verbatim(t.above(blueprint.Ref{Piece: need}, ""))}
		default:
			all = append(all, verbatim(r.address()))
		}
	}
	return all
}

func (t *translation) unique(l list) list {
	var once list
	for _, v := range l {
		if !slices.Contains(once, v) {
			once = append(once, v)
		}
	}
	return once
}

// refsIn lists what a block refers to.
func refsIn(b *block) (all []blueprint.Ref) {
	for _, it := range b.body {
		if it.block != nil {
			all = append(all, refsIn(it.block)...)
		} else {
			all = append(all, refsOf(it.value)...)
		}
	}
	return all
}

func refsOf(v value) (all []blueprint.Ref) {
	switch v := v.(type) {
	case ref:
		return []blueprint.Ref{v.Ref}
	case list:
		for _, one := range v {
			all = append(all, refsOf(one)...)
		}
	case joined:
		for _, one := range v {
			all = append(all, refsOf(one)...)
		}
	case call:
		for _, one := range v.arguments {
			all = append(all, refsOf(one)...)
		}
	case object:
		for _, e := range v {
			all = append(all, refsOf(e.value)...)
		}
	}
	return all
}
