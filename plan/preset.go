package plan

import "context"

// preset is the default version of a launch template, and its latest: both are the one that the fleet has shown to be
// good. Versions made after it are somebody else's, or of a change that was given up; what $Latest means is as much the
// stack's as what $Default does.
type preset struct {
	scope
	template *template
}

// foreign says that there is nothing to delete: a default version goes with its template.
func (p *preset) foreign() bool    { return true }
func (p *preset) identity() string { return p.template.id }

// find finds nothing amiss where there is no template yet: its first version is its default.
func (p *preset) find(context.Context) (bool, error) { return true, nil }

func (p *preset) desired() []Field {
	if p.template.id == "" {
		return nil
	}
	return []Field{{Name: "version", Value: p.template.next()}, {Name: "later versions"}}
}

func (p *preset) actual() []Field {
	return []Field{{Name: "version", Value: number(p.template.preset)}, {Name: "later versions", Value: set(p.template.later()...)}}
}

func (p *preset) create(ctx context.Context) error { return p.change(ctx, nil) }

func (p *preset) change(ctx context.Context, _ []Difference) error {
	if err := p.template.makeDefault(ctx, number(p.template.version)); err != nil {
		return err
	}
	return p.template.deleteVersions(ctx, p.template.later())
}

func (p *preset) remove(context.Context) error { return nil }

var _ resource = (*preset)(nil)
