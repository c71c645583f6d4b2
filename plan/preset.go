package plan

import (
	"context"

	"github.com/understudy/understudy/plan/resource"
)

// preset is the default version of a launch template, and its latest: both are the one that the fleet has shown to be
// good. Versions made after it are somebody else's, or of a change that was given up; what $Latest means is as much the
// stack's as what $Default does.
type preset struct {
	resource.Scope
	template *template
}

// Foreign says that there is nothing to delete: a default version goes with its template.
func (p *preset) Foreign() bool    { return true }
func (p *preset) Identity() string { return p.template.id }

// Find finds nothing amiss where there is no template yet: its first version is its default.
func (p *preset) Find(context.Context) (bool, error) { return true, nil }

func (p *preset) Desired() []resource.Field {
	if p.template.id == "" {
		return nil
	}
	return []resource.Field{{Name: "version", Value: p.template.next()}, {Name: "later versions"}}
}

func (p *preset) Actual() []resource.Field {
	return []resource.Field{{Name: "version", Value: resource.Number(p.template.preset)}, {Name: "later versions", Value: resource.Set(p.template.later()...)}}
}

func (p *preset) Create(ctx context.Context) error { return p.Change(ctx, nil) }

func (p *preset) Change(ctx context.Context, _ []resource.Difference) error {
	if err := p.template.makeDefault(ctx, resource.Number(p.template.version)); err != nil {
		return err
	}
	return p.template.deleteVersions(ctx, p.template.later())
}

func (p *preset) Remove(context.Context) error { return nil }

var _ resource.Resource = (*preset)(nil)
