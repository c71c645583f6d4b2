package doctor

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// alone is what is known of what the hosts need, where they are declared otherwise than the fleet.
type alone struct {
	offered fact[[]string]
	kind    fact[kind]
	keyPair fact[bool]
	image   fact[*base]
	running fact[running]
}

// ofHosts returns the declaration as if a region's hosts were its fleet, nil where they are as it is.
func ofHosts(d *understudy.Declaration, side understudy.Side) *understudy.Declaration {
	of := *d
	of.Instance.Key = d.HostKey()
	image := d.Hosts.Image
	if d.Hosts.Count == 0 || d.HostType(side) == d.InstanceType(side) && of.Instance.Key == d.Instance.Key && image.Name == "" {
		return nil
	}
	if image.Name != "" {
		of.Image.Parameter, of.Image.Base = "", understudy.Base{Owners: []string{image.Owner}, Names: []string{image.Name}}
	}
	of.Regions = maps.Clone(d.Regions)
	for at, r := range of.Regions {
		r.Type = d.HostType(at)
		if image.Name != "" {
			r.Image = ""
		}
		of.Regions[at] = r
	}
	return &of
}

func readHosts(ctx context.Context, a *account.Account, d *understudy.Declaration, side understudy.Side) *alone {
	of := ofHosts(d, side)
	if of == nil {
		return nil
	}
	h, q := &alone{}, asker{a, of, side}
	var all sync.WaitGroup
	ask(&all, &h.offered, func() ([]string, error) { return q.offered(ctx) })
	ask(&all, &h.kind, func() (kind, error) { return q.kind(ctx) })
	ask(&all, &h.keyPair, func() (bool, error) { return q.hasKey(ctx) })
	ask(&all, &h.image, func() (*base, error) { return q.image(ctx) })
	ask(&all, &h.running, func() (running, error) { return q.running(ctx) })
	all.Wait()
	return h
}

const whyHosts = "the hosts cannot launch there, and up makes nothing that comes after them"

// judgeHosts judges the hosts as the fleet is judged.
func judgeHosts(d *understudy.Declaration, side understudy.Side, r region) (all []Finding) {
	of := ofHosts(d, side)
	if of == nil || r.hosts == nil {
		return nil
	}
	h := r.hosts
	r.offered, r.kind, r.keyPair, r.image = h.offered, h.kind, h.keyPair, h.image
	if d.HostType(side) != d.InstanceType(side) {
		all = append(all, judgeType(of, side, r)...)
	}
	if d.HostKey() != d.Instance.Key {
		all = append(all, judgeKeyPair(of, side, r)...)
	}
	switch {
	case h.image.err != nil:
		all = append(all, unread(CheckImage, side, "ec2:DescribeImages", h.image.err))
	case h.image.value != nil:
		all = append(all, judgeArchitecture(of, side, r)...)
	case d.Hosts.Image.Name != "":
		all = append(all, Finding{
			Check: CheckImage, Severity: Blocker, Side: side,
			What: fmt.Sprintf("no image of %s in %s is named %s", d.Hosts.Image.Owner, r.name, d.Hosts.Image.Name),
			Heal: "aws ec2 copy-image to " + r.name + ", or declare hosts.image by a name that both regions have",
		})
	}
	for i := range all {
		if all[i].Severity == Blocker {
			all[i].Why = whyHosts
		}
	}
	return all
}
