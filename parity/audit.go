package parity

import (
	"context"
	"fmt"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"golang.org/x/sync/errgroup"
)

// Options say what an audit reads beside the usual.
type Options struct {
	Tags bool // compare the tags of others, too
}

// Audit reads both regions of a declaration and compares them.
func Audit(ctx context.Context, d *understudy.Declaration, accounts map[understudy.Side]*account.Account, o Options) (*Report, error) {
	places := map[understudy.Side]place{}
	for _, side := range understudy.Sides {
		places[side] = place{Account: accounts[side], side: side, declared: d, tags: o.Tags}
	}
	p, err := read(ctx, places, d.Host(), d.Domain, nil)
	if err != nil {
		return nil, err
	}
	return Compare(*p, d), nil
}

// read reads both regions and the records that name them, all at once. What is known of the names already is not read again.
func read(ctx context.Context, places map[understudy.Side]place, host, domain string, known *names) (*Pair, error) {
	read := map[understudy.Side]*facts{}
	notes := map[understudy.Side][]Note{}
	for _, side := range understudy.Sides {
		read[side] = nil
	}
	both, ctx := errgroup.WithContext(ctx)
	results := make([]*facts, len(understudy.Sides))
	said := make([][]Note, len(understudy.Sides))
	for n, side := range understudy.Sides {
		both.Go(func() (err error) {
			results[n], said[n], err = fetch(ctx, places[side])
			return err
		})
	}
	both.Go(func() (err error) {
		if known == nil {
			known, err = fetchNames(ctx, places[understudy.Primary].Account, host, domain)
		}
		return err
	})
	if err := both.Wait(); err != nil {
		return nil, err
	}
	for n, side := range understudy.Sides {
		read[side], notes[side] = results[n], said[n]
	}
	return assemble(places, read, notes, known), nil
}

// assemble puts canonical regions and what Route 53 has of each together.
func assemble(places map[understudy.Side]place, read map[understudy.Side]*facts, notes map[understudy.Side][]Note, known *names) *Pair {
	p := &Pair{}
	n := &naming{
		names: known, declared: places[understudy.Primary].declared,
		regions: map[understudy.Side]*Region{understudy.Primary: &p.Left, understudy.Secondary: &p.Right},
	}
	for _, side := range understudy.Sides {
		*n.regions[side] = canonical(places[side], read[side])
		n.fronts = append(n.fronts, fronts(places[side], read[side], *n.regions[side])...)
		p.Notes = append(p.Notes, notes[side]...)
	}
	if len(p.Left.Resources) > 0 || len(p.Right.Resources) > 0 {
		n.describe()
	}
	p.Names, p.Notes = n.foreign, append(p.Notes, n.notes...)
	p.Notes = append(p.Notes, aged(places, read)...)
	return p
}

// aged notes images that are older than the base that the next one would be made from.
func aged(places map[understudy.Side]place, read map[understudy.Side]*facts) []Note {
	p, f := places[understudy.Primary], read[understudy.Primary]
	if f == nil || f.base == nil || f.vpc == nil {
		return nil
	}
	c := &canon{place: p, f: f}
	launched := c.launchedImage()
	for _, i := range f.images {
		if *i.ImageId == launched && *i.CreationDate < *f.base.CreationDate {
			return []Note{{"image " + launched, fmt.Sprintf("made on %s; its base has a newer one since %s: %s", *i.CreationDate, *f.base.CreationDate, *f.base.Name)}}
		}
	}
	return nil
}
