package drill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/understudy/understudy/resolvers"
)

// mostPrograms is how many resolvers that others wrote are started of a kind: each of its users has one alone, as those of other kinds have, until they
// are more than that and share them.
const mostPrograms = 32

// programs are the resolvers that run, by their name.
type programs map[string][]*resolvers.Process

// Missing refuses kinds of users whose resolver is not installed, by name.
func Missing(parts []Part) error {
	var all []error
	for _, part := range parts {
		if part.Kind.Program == "" {
			continue
		}
		p, err := resolvers.Named(part.Kind.Program)
		if err == nil {
			_, err = p.Path()
		}
		if err != nil {
			all = append(all, fmt.Errorf("users of the kind %s: %w", part.Kind.Name, err))
		}
	}
	return errors.Join(all...)
}

// startPrograms starts the resolvers of the users, and has each of them ask for the name once.
func (d *Drill) startPrograms(ctx context.Context) (err error) {
	d.programs = programs{}
	for _, k := range d.kinds {
		if n := len(d.programs[k.Program]); k.Program != "" && n < mostPrograms {
			d.programs[k.Program] = append(d.programs[k.Program], nil)
		}
	}
	if err = d.programs.start(ctx, d.Upstream); err == nil {
		err = d.learn(ctx)
	}
	if err != nil {
		d.programs.close()
	}
	return err
}

// start starts all of them at once.
func (p programs) start(ctx context.Context, up resolvers.Upstream) error {
	var all sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	for name, of := range p {
		program, err := resolvers.Named(name)
		if err != nil {
			return err
		}
		for i := range of {
			all.Go(func() {
				one, err := program.Start(ctx, up)
				if of[i] = one; err != nil {
					mu.Lock()
					defer mu.Unlock()
					errs = append(errs, err)
				}
			})
		}
	}
	all.Wait()
	return errors.Join(errs...)
}

// learn has each resolver ask for the name once, one after the other over the time for which an answer is kept: so their answers end at
// different times, as those of users do who have been there for long.
func (d *Drill) learn(ctx context.Context) error {
	var all sync.WaitGroup
	errs := make(chan error, mostPrograms*len(resolvers.Programs))
	began := time.Now()
	for name, of := range d.programs {
		i := slices.IndexFunc(d.kinds, func(k *UserKind) bool { return k.Program == name })
		keeps := d.Settings.TTL + d.kinds[i].Past
		d.Tell(Event{Phase: "baseline", Text: fmt.Sprintf("%d of %s %s learn the name within %s", len(of), name, of[0].Version, keeps.Round(time.Millisecond))})
		for n, p := range of {
			all.Go(func() {
				sleep(ctx, time.Until(began.Add(keeps*time.Duration(n)/time.Duration(len(of)))))
				if _, err := d.askingAt(p).Lookup(ctx, d.URL.Hostname()); err != nil {
					errs <- errors.Join(fmt.Errorf("%s: %w", name, err), p.Died())
				}
			})
		}
	}
	all.Wait()
	close(errs)
	var failed []error
	for err := range errs {
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// askingAt is a user's way to ask a program.
func (d *Drill) askingAt(p *resolvers.Process) Resolver {
	return Resolver{Server: p.Address, Recursive: true, Elsewhere: d.Elsewhere}
}

// programOf is the one that a user asks: those of a kind take them in turns.
func (d *Drill) programOf(user int) *resolvers.Process {
	turn, name := 0, d.kinds[user].Program
	for _, k := range d.kinds[:user] {
		if k.Program == name {
			turn++
		}
	}
	return d.programs[name][turn%len(d.programs[name])]
}

// died is how those ended that were not to end.
func (p programs) died() (all []error) {
	for _, of := range p {
		for _, one := range of {
			if err := one.Died(); err != nil {
				all = append(all, err)
			}
		}
	}
	return all
}

// texts are what errors say.
func texts(all []error) (said []string) {
	for _, err := range all {
		said = append(said, err.Error())
	}
	return said
}

// close ends all that were started.
func (p programs) close() {
	for _, of := range p {
		for _, one := range of {
			if one != nil {
				one.Close()
			}
		}
	}
}

// resolvedBy says which program the users of a kind asked.
func (r *Report) resolvedBy(p programs) {
	for i := range r.Kinds {
		k := &r.Kinds[i]
		if of := p[kindNamed(k.Kind).Program]; len(of) > 0 {
			k.Resolver = of[0].Name + " " + of[0].Version
		}
	}
}
