package machines

import (
	"context"

	"github.com/understudy/understudy/plan/resource"
)

// Preset is the default version of a launch template, and its latest: both are the one that the fleet has shown to be
// good. Versions made after it are somebody else's, or of a change that was given up; what $Latest means is as much the
// stack's as what $Default does.
type Preset struct {
	resource.Scope
	Template *Template
}

// Foreign says that there is nothing to delete: a default version goes with its template.
func (p *Preset) Foreign() bool    { return true }
func (p *Preset) Identity() string { return p.Template.ID }

// Find finds nothing amiss where there is no template yet: its first version is its default.
func (p *Preset) Find(context.Context) (bool, error) { return true, nil }

func (p *Preset) Desired() []resource.Field {
	if p.Template.ID == "" {
		return nil
	}
	return []resource.Field{{Name: "version", Value: p.Template.Next()}, {Name: "later versions"}}
}

func (p *Preset) Actual() []resource.Field {
	return []resource.Field{{Name: "version", Value: resource.Number(p.Template.Preset)}, {Name: "later versions", Value: resource.Set(p.Template.later()...)}}
}

func (p *Preset) Create(ctx context.Context) error { return p.Change(ctx, nil) }

func (p *Preset) Change(ctx context.Context, _ []resource.Difference) error {
	if err := p.Template.makeDefault(ctx, resource.Number(p.Template.Version)); err != nil {
		return err
	}
	return p.Template.deleteVersions(ctx, p.Template.later())
}

func (p *Preset) Remove(context.Context) error { return nil }

var _ resource.Resource = (*Preset)(nil)
