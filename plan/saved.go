package plan

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// Changed compares a plan that was made before with one made now, and says what is no longer as it was, one line each.
// Waits are left out: health comes and goes by itself.
func Changed(before, now []Step) []string {
	var lines []string
	was := map[string]Step{}
	for _, s := range before {
		if s.Action != Wait {
			was[s.key()] = s
		}
	}
	for _, s := range now {
		if s.Action == Wait {
			continue
		}
		old, planned := was[s.key()]
		delete(was, s.key())
		switch {
		case !planned:
			lines = append(lines, fmt.Sprintf("%s: now to %s, which was not planned", s.Resource, s.Action))
		case old.Action != s.Action:
			lines = append(lines, fmt.Sprintf("%s: planned to %s, now to %s", s.Resource, old.Action, s.Action))
		case old.ID != s.ID:
			lines = append(lines, fmt.Sprintf("%s: it was %s, and is %s now", s.Resource, cmp.Or(old.ID, "not there"), cmp.Or(s.ID, "not there")))
		case !slices.Equal(old.Differences, s.Differences):
			lines = append(lines, fmt.Sprintf("%s: %s", s.Resource, changedField(old.Differences, s.Differences)))
		}
	}
	for _, s := range before {
		if _, missed := was[s.key()]; missed && s.Action != Wait {
			lines = append(lines, fmt.Sprintf("%s: planned to %s, which is not needed now", s.Resource, s.Action))
		}
	}
	return lines
}

// key names the thing that a step is about: a double by its own id, since several may have one role.
func (s Step) key() string {
	if s.DoubleOf != "" {
		return s.Resource + " " + s.ID
	}
	return s.Resource
}

// changedField says in which setting two lists of differences differ first.
func changedField(before, now []resource.Difference) string {
	for _, d := range now {
		if !slices.Contains(before, d) {
			return fmt.Sprintf("%s is %q now and is to be %q", d.Name, d.Actual, d.Desired)
		}
	}
	for _, d := range before {
		if !slices.Contains(now, d) {
			return fmt.Sprintf("%s was %q and is as declared now", d.Name, d.Actual)
		}
	}
	return "its settings are in another order"
}

// Saved is a plan in a file: what it was made from and what was seen then. It is not applied itself; `up` makes a new
// plan, and refuses if that one is not the same.
type Saved struct {
	Format  int       `json:"understudy_plan"` // of this file: 1
	Stack   string    `json:"stack"`
	Account string    `json:"account"`
	File    string    `json:"file"`   // the declaration's path
	Digest  string    `json:"digest"` // of the declaration
	Made    time.Time `json:"made"`
	Steps   []Step    `json:"steps"`
}

const savedFormat = 1

// Save returns what a file needs to hold of a plan of Up.
func (s *Stack) Save(p *Plan, number, file string) (Saved, error) {
	digest, err := digestOfDeclaration(s.Declaration)
	return Saved{savedFormat, s.Declaration.Name, number, file, digest, time.Now().UTC().Truncate(time.Second), p.Steps}, err
}

// Fits returns an error if a saved plan is not of this stack, its declaration and this account.
func (s *Stack) Fits(saved Saved, number string) error {
	digest, err := digestOfDeclaration(s.Declaration)
	switch {
	case err != nil:
		return err
	case saved.Format != savedFormat:
		return fmt.Errorf("it is not a plan that this version of understudy reads (format %d, not %d)", saved.Format, savedFormat)
	case saved.Stack != s.Declaration.Name:
		return fmt.Errorf("it is of the stack %s, and the declaration is of %s", saved.Stack, s.Declaration.Name)
	case saved.Account != number:
		return fmt.Errorf("it was made in account %s, and this is %s", saved.Account, number)
	case saved.Digest != digest:
		return fmt.Errorf("the declaration has changed since it was made (%s)", saved.Made.Format(time.RFC3339))
	}
	return nil
}

func digestOfDeclaration(d *understudy.Declaration) (string, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return "", fmt.Errorf("digest of the declaration: %w", err)
	}
	return account.Token(string(text)), nil
}
