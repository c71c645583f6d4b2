package fault

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// Check fills in a rule's defaults, and tells what is wrong with it in a cloud that has these regions, or may have them.
func (r *Rule) Check(regions []string) error {
	if r.Share == 0 {
		r.Share = 1
	}
	if r.Kill != 0 && r.When == "" {
		r.When = Answered
	}
	return errors.Join(r.checkCalls(regions), r.checkCount(), r.checkEffect())
}

// checkCalls holds the service, operation and region against those that there are.
func (r *Rule) checkCalls(regions []string) error {
	if r.Service != "" && wire.ServiceNamed(r.Service) == nil {
		return fmt.Errorf("service %q is unknown%s: this cloud has %s", r.Service, meant(r.Service, services()), strings.Join(services(), ", "))
	}
	if r.Region != "" && !slices.Contains(regions, r.Region) {
		return fmt.Errorf("region %q is neither of this cloud nor AWS's%s", r.Region, meant(r.Region, regions))
	}
	if r.Region != "" && r.Service != "" && wire.ServiceNamed(r.Service).Global() {
		return fmt.Errorf("%s is a global service: its calls are of no region", r.Service)
	}
	return r.checkOperation()
}

func (r *Rule) checkOperation() error {
	all, pattern := Operations(r.Service), or(r.Operation, "*")
	matching := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return !like(name, pattern) })
	if len(matching) == 0 {
		return fmt.Errorf("operation %q is none of %s's%s", r.Operation, or(r.Service, "any service"), r.meantOperation(all))
	}
	if r.Unseen != 0 && !slices.ContainsFunc(matching, func(name string) bool { return makes(name) != "" }) {
		return fmt.Errorf("%s %s makes nothing that could be unseen: want an operation that begins with %s",
			or(r.Service, "operation"), pattern, strings.Join(makers, ", "))
	}
	return nil
}

// meantOperation guesses at another spelling, or at another service that has the operation.
func (r *Rule) meantOperation(all []string) string {
	if m := meant(r.Operation, all); m != "" {
		return m
	}
	for _, s := range wire.Services {
		if slices.ContainsFunc(s.Operations(), func(name string) bool { return like(name, r.Operation) }) {
			return "; " + s.SigningName + " has it"
		}
	}
	return ""
}

func (r *Rule) checkCount() error {
	switch {
	case !(r.Share > 0 && r.Share <= 1):
		return fmt.Errorf("share %g: want a number above 0 and up to 1", r.Share)
	case r.First < 0 || r.Nth < 0:
		return errors.New("first and nth count from 1")
	case r.First != 0 && r.Nth != 0:
		return errors.New("first and nth: want one of them")
	case r.Nth != 0 && r.Share < 1:
		return errors.New("nth with a share: one call cannot be shared")
	}
	return nil
}

func (r *Rule) checkEffect() error {
	effects := 0
	for _, has := range []bool{r.Error != "", r.Delay != 0, r.Lose, r.Hang, r.Unseen != 0, r.Kill != 0} {
		if has {
			effects++
		}
	}
	switch {
	case effects != 1:
		return errors.New("want exactly one of error, delay, lose, hang, unseen and kill")
	case r.Delay < 0 || r.Unseen < 0:
		return errors.New("want a duration above 0")
	case r.Error == "" && (r.Status != 0 || r.Message != ""):
		return errors.New("status and message are an error's")
	case r.Kill < 0 || r.Kill == 1:
		return fmt.Errorf("kill %d: want a process's id", r.Kill)
	case r.When != "" && r.Kill == 0:
		return errors.New("when is for kill")
	case r.When != "" && r.When != Asked && r.When != Done && r.When != Answered:
		return fmt.Errorf("when %q: want %s, %s or %s", r.When, Asked, Done, Answered)
	case r.Error != "":
		return r.checkError()
	}
	return nil
}

// checkError refuses statuses that are no errors, and those that AWS's words have already.
func (r *Rule) checkError() error {
	switch {
	case r.Status != 0 && worded(r.Error):
		return fmt.Errorf("error %s has a status of its own", r.Error)
	case r.Status != 0 && (r.Status < 400 || r.Status > 599):
		return fmt.Errorf("status %d: want one from 400 to 599", r.Status)
	case strings.Trim(r.Error, "0123456789") == "" && !worded(r.Error):
		return fmt.Errorf("error %s: want throttling, 500, 503, or a code as AWS spells it, whose status may be given with it", r.Error)
	case strings.ContainsFunc(r.Error, func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune(`<>&"`, c) }):
		return fmt.Errorf("error %q: want a code as AWS spells it", r.Error)
	case http.StatusText(r.Status) == "" && r.Status != 0:
		return fmt.Errorf("status %d: HTTP has none such", r.Status)
	}
	return nil
}

func services() (names []string) {
	for _, s := range wire.Services {
		names = append(names, s.SigningName)
	}
	return names
}

// Services are the names that a rule's service may have.
func Services() []string { return services() }

// Operations are the names that a rule's operation may have, for a service or, where it is "", for any.
func Operations(service string) []string {
	var all []string
	for _, s := range wire.Services {
		if service == "" || s.SigningName == service {
			all = append(all, s.Operations()...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// meant guesses which of the names was meant, in words to put behind the wrong one.
func meant(wrong string, names []string) string {
	best, least := "", max(2, len(wrong)/4)+1
	for _, name := range names {
		if d := distance(strings.ToLower(wrong), strings.ToLower(name)); d < least {
			best, least = name, d
		}
	}
	if best == "" {
		return ""
	}
	return " (did you mean " + best + "?)"
}

// distance is how many letters must be put in, left out or changed to make b of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, before+1, row[j]+1)
		}
	}
	return row[len(b)]
}
