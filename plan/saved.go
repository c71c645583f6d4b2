package plan

import (
	"cmp"
	"fmt"
	"slices"
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
func changedField(before, now []Difference) string {
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
