// Package resource is what all of EC2 does alike in a region: ids and kinds, tags, filters, listings in pages, client
// tokens, missing parameters. Networks and machines stand on it, each in a package of its own.
package resource

import (
	"context"
	"time"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Registry is what EC2's rooms share: the kinds of their resources, tags and client tokens.
type Registry struct {
	*room.Base
	kinds   []entry
	tagSets *store.Table[tagsRow]
	tokens  *store.Table[tokenRow]
}

// Load reads the tables. Each room then makes its kinds known by Enter.
func Load(base *room.Base) (*Registry, error) {
	g := &Registry{Base: base}
	var err error
	room.LoadTable(g.DB, "tags", &g.tagSets, &err)
	room.LoadTable(g.DB, "client-tokens", &g.tokens, &err)
	return g, err
}

// Operations registers the handlers of what resources of every kind have.
func (g *Registry) Operations(m *wire.Mux) {
	wire.Handle(m, wire.EC2, "CreateTags", g.CreateTags)
	wire.Handle(m, wire.EC2, "DeleteTags", g.DeleteTags)
	Ask(m, "DescribeTags", g.DescribeTags)
}

// Ask registers a handler of EC2 that changes nothing: to DryRun it answers whether the question would have been
// answered. A handler that changes something calls room.DryRun itself, within the transaction that it would commit.
func Ask[In, Out any](m *wire.Mux, op string, h func(context.Context, *In) (*Out, error)) {
	wire.Handle(m, wire.EC2, op, func(ctx context.Context, in *In) (*Out, error) {
		out, err := h(ctx, in)
		if err == nil {
			err = room.DryRun(in)
		}
		if err != nil {
			return nil, err
		}
		return out, nil
	})
}

// Listed is how long what is terminated, deleted or failed stays in lists: an hour, but long enough to be seen.
func (g *Registry) Listed() time.Duration { return max(time.Minute, g.Speed.Of(time.Hour)) }

// Remove deletes a resource and its tags.
func (g *Registry) Remove(tx *store.Tx, id string, from func(*store.Tx, string) error) error {
	if err := g.DropTags(tx, id); err != nil {
		return err
	}
	return from(tx, id)
}
