package plan

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// adopted is a resource that others made. It is found by its id, held in the settings that are written of it, and gets no tags. It is never
// made and never deleted: where it is gone, nobody knows what else it was.
type adopted struct {
	*account.Account
	understudy.AdoptedResource
	record string            // whose stack it is of
	seen   map[string]string // nil where it is gone
}

// adoptable is how a kind of resource is held.
type adoptable struct {
	// knows returns an error where no setting has this name, or where none of this name may have this value.
	knows func(name, value string) error
	// read returns the settings of what stands, nil where there is nothing.
	read func(ctx context.Context, a *account.Account, id string) (map[string]string, error)
	// write makes some settings as wanted, where others were seen.
	write func(ctx context.Context, a *account.Account, id string, wanted, seen map[string]string) error
}

var adoptables = map[understudy.AdoptedKind]adoptable{
	understudy.AdoptedBalancer:    {knowsAttribute, readAdoptedBalancer, writeAdoptedBalancer},
	understudy.AdoptedFilter:      {knowsRules, readAdoptedFilter, writeAdoptedFilter},
	understudy.AdoptedFleet:       {knowsFleet, readAdoptedFleet, writeAdoptedFleet},
	understudy.AdoptedCheck:       {knowsCheck, readAdoptedCheck, writeAdoptedCheck},
	understudy.AdoptedListener:    {knowsListener, readAdoptedListener, writeAdoptedListener},
	understudy.AdoptedRecord:      {knowsRecord, readAdoptedRecord, writeAdoptedRecord},
	understudy.AdoptedRule:        {knowsRule, readAdoptedRule, writeAdoptedRule},
	understudy.AdoptedTemplate:    {knowsTemplate, readAdoptedTemplate, writeAdoptedTemplate},
	understudy.AdoptedTargetGroup: {knowsTargetGroup, readAdoptedTargetGroup, writeAdoptedTargetGroup},
}

func (a *adopted) Identity() string          { return a.ID }
func (a *adopted) Desired() []resource.Field { return fieldsOf(a.Settings) }
func (a *adopted) Actual() []resource.Field  { return fieldsOf(a.seen) }

func (a *adopted) Find(ctx context.Context) (there bool, err error) {
	a.seen, err = adoptables[a.Kind].read(ctx, a.Account, a.ID)
	if err != nil {
		return false, fmt.Errorf("read %s: %w", a.ID, err)
	}
	return a.seen != nil, nil
}

// Refused tells of what is gone, which nothing may be made in place of.
func (a *adopted) Refused() error {
	if a.seen != nil {
		return nil
	}
	return fmt.Errorf("%s in %s is gone, and an adopted resource is not made again: name in the file what stands in its place, take it out of the file, or "+
		"write another file of what stands now: understudy adopt --record %s --out FILE", a.ID, a.AdoptedResource.Region, a.record)
}

func (a *adopted) Create(context.Context) error { return a.Refused() }

func (a *adopted) Remove(context.Context) error {
	return fmt.Errorf("%s is adopted, and is not deleted", a.ID)
}

func (a *adopted) Change(ctx context.Context, differences []resource.Difference) error {
	wanted := map[string]string{}
	for _, d := range differences {
		wanted[d.Name] = d.Desired
	}
	if err := adoptables[a.Kind].write(ctx, a.Account, a.ID, wanted, a.seen); err != nil {
		return fmt.Errorf("change %s: %w", a.ID, err)
	}
	return nil
}

// fieldsOf returns settings in the order of their names. Texts that are sets are compared as such.
func fieldsOf(settings map[string]string) (fields []resource.Field) {
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		value := settings[name]
		if name == ingressSetting || name == egressSetting {
			value = resource.Set(strings.Split(value, ", ")...)
		}
		fields = append(fields, resource.Field{Name: name, Value: value})
	}
	return fields
}

// Adopt makes the stack one that others built. An error is of the file: it names a setting that is not known.
func (s *Stack) Adopt(a *understudy.Adopted) error {
	for _, r := range a.Adopt.Resources {
		for _, f := range fieldsOf(r.Settings) {
			if err := adoptables[r.Kind].knows(f.Name, f.Value); err != nil {
				return fmt.Errorf("%s %s: %w", r.Kind, r.ID, err)
			}
		}
	}
	s.adopted = a
	return nil
}

// Adopted tells whether others built the stack.
func (s *Stack) Adopted() bool { return s.adopted != nil }

// adoptedGraph has an adopted stack's resources. The secondary's come first: what goes wrong there leaves the primary as it is.
func (s *Stack) adoptedGraph() *graph {
	g := &graph{}
	var before []*node
	for _, side := range []understudy.Side{understudy.Secondary, understudy.Primary} {
		var here []*node
		for _, r := range s.adopted.Adopt.Resources {
			if r.Region != s.Declaration.Regions[side].Name {
				continue
			}
			id := fmt.Sprintf("%s/%s %s", side, r.Kind, r.Name)
			if g.byID[id] != nil {
				id += " " + r.ID // VPCs may have security groups of one name
			}
			here = append(here, g.add(id, &adopted{s.Accounts[side], r, s.adopted.Adopt.Record, nil}, before...).finding())
		}
		before = here
	}
	return g
}

// upAdopted plans what holds an adopted stack as it is written.
func (s *Stack) upAdopted(ctx context.Context) (*Plan, error) {
	g := s.adoptedGraph()
	found, err := g.examine(ctx, none)
	if err != nil {
		return nil, err
	}
	steps, err := g.differing(found)
	if err != nil {
		return nil, err
	}
	return newPlan(g, round{forward, steps}), nil
}

// ReadAdopted reads the settings to hold of resources, and says what cannot be held.
func ReadAdopted(
	ctx context.Context, accounts map[string]*account.Account, all []understudy.AdoptedResource,
) (held []understudy.AdoptedResource, unsaid []string, err error) {
	for _, r := range all {
		kind := adoptables[r.Kind]
		if r.Settings, err = kind.read(ctx, accounts[r.Region], r.ID); err != nil {
			return nil, nil, fmt.Errorf("read %s %s: %w", r.Kind, r.ID, err)
		}
		if r.Settings == nil {
			unsaid = append(unsaid, fmt.Sprintf("the %s %s in %s: it is gone since it was found", r.Kind, r.Name, r.Region))
		}
		for _, f := range fieldsOf(r.Settings) {
			if err := kind.knows(f.Name, f.Value); err != nil {
				unsaid = append(unsaid, fmt.Sprintf("of the %s %s in %s: %s", r.Kind, r.Name, r.Region, err))
				delete(r.Settings, f.Name)
			}
		}
		if len(r.Settings) > 0 {
			held = append(held, r)
		}
	}
	return held, unsaid, nil
}

var (
	_ resource.Resource   = (*adopted)(nil)
	_ resource.Obstructed = (*adopted)(nil)
)

// Stays refuses to delete an adopted stack.
func Stays(name string) error {
	return fmt.Errorf("%s is adopted: others built it, nothing of it was made by up, and nothing is deleted", name)
}
