// Package adopted has resources that others made: each is found by its id, and held in the settings that were written down of it, which is all
// that is known.
package adopted

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

// Resource is a resource that others made. It is found by its id, held in the settings that are written of it, and gets no tags. It is never
// made and never deleted: where it is gone, nobody knows what else it was.
type Resource struct {
	*account.Account
	understudy.AdoptedResource
	Record string            // whose stack it is of
	Seen   map[string]string // nil where it is gone
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

func (a *Resource) Identity() string          { return a.ID }
func (a *Resource) Desired() []resource.Field { return fieldsOf(a.Settings) }
func (a *Resource) Actual() []resource.Field  { return fieldsOf(a.Seen) }

func (a *Resource) Find(ctx context.Context) (there bool, err error) {
	a.Seen, err = adoptables[a.Kind].read(ctx, a.Account, a.ID)
	if err != nil {
		return false, fmt.Errorf("read %s: %w", a.ID, err)
	}
	return a.Seen != nil, nil
}

// Refused tells of what is gone, which nothing may be made in place of.
func (a *Resource) Refused() error {
	if a.Seen != nil {
		return nil
	}
	return fmt.Errorf("%s in %s is gone, and an adopted resource is not made again: name in the file what stands in its place, take it out of the file, or "+
		"write another file of what stands now: understudy adopt --record %s --out FILE", a.ID, a.AdoptedResource.Region, a.Record)
}

func (a *Resource) Create(context.Context) error { return a.Refused() }

func (a *Resource) Remove(context.Context) error {
	return fmt.Errorf("%s is adopted, and is not deleted", a.ID)
}

func (a *Resource) Change(ctx context.Context, differences []resource.Difference) error {
	wanted := map[string]string{}
	for _, d := range differences {
		wanted[d.Name] = d.Desired
	}
	if err := adoptables[a.Kind].write(ctx, a.Account, a.ID, wanted, a.Seen); err != nil {
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

// Holdable returns an error that names a setting that is not known.
func Holdable(all []understudy.AdoptedResource) error {
	for _, r := range all {
		for _, f := range fieldsOf(r.Settings) {
			if err := adoptables[r.Kind].knows(f.Name, f.Value); err != nil {
				return fmt.Errorf("%s %s: %w", r.Kind, r.ID, err)
			}
		}
	}
	return nil
}

// Read reads the settings to hold of resources, and says what cannot be held.
func Read(
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
	_ resource.Resource   = (*Resource)(nil)
	_ resource.Obstructed = (*Resource)(nil)
)
