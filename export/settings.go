package export

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/understudy/understudy/plan/blueprint"
)

// Language is one that a blueprint is written in.
type Language[T any] struct {
	Name  string
	Kinds map[blueprint.Kind]func(T, *Settings) // the translations
}

// Translate translates every piece. What is wrong is an error for each: a kind that the language does not know, a setting that nobody has read,
// what the language cannot say.
func (l Language[T]) Translate(to T, b *blueprint.Blueprint) error {
	var errs []error
	for _, p := range b.Pieces {
		translate, ok := l.Kinds[p.Kind]
		if !ok {
			errs = append(errs, fmt.Errorf("%s: %s's export knows no %s", p.ID, l.Name, p.Kind))
			continue
		}
		s := read(p, l.Name)
		translate(to, s)
		errs = append(errs, s.err())
	}
	return errors.Join(errs...)
}

// Settings reads what a piece is to be, and knows what nobody has read.
type Settings struct {
	blueprint.Piece
	language string
	left     map[string]string
	errs     []error
}

func read(p blueprint.Piece, language string) *Settings {
	s := &Settings{Piece: p, language: language, left: map[string]string{}}
	for _, f := range p.Settings {
		s.left[f.Name] = f.Value
	}
	return s
}

func (s *Settings) fail(format string, args ...any) {
	s.errs = append(s.errs, fmt.Errorf(s.ID+": "+format, args...))
}

// Refuse says that the language cannot say something.
func (s *Settings) Refuse(format string, args ...any) {
	s.fail("%s's export cannot say %s", s.language, fmt.Sprintf(format, args...))
}

// Text reads a setting that must be there.
func (s *Settings) Text(name string) string {
	value, ok := s.left[name]
	if !ok {
		s.fail("there is no setting %q", name)
	}
	delete(s.left, name)
	return value
}

// Has tells whether there is such a setting, which nobody has read.
func (s *Settings) Has(name string) bool { _, ok := s.left[name]; return ok }

// Optional reads a setting that may be missing.
func (s *Settings) Optional(name string) string {
	value := s.left[name]
	delete(s.left, name)
	return value
}

// Number reads a whole number.
func (s *Settings) Number(name string) int {
	text := s.Text(name)
	n, err := strconv.Atoi(text)
	if err != nil {
		s.fail("%s is %q and no number", name, text)
	}
	return n
}

// Yes reads a yes or a no.
func (s *Settings) Yes(name string) bool {
	text := s.Text(name)
	if text != "yes" && text != "no" {
		s.fail("%s is %q, neither yes nor no", name, text)
	}
	return text == "yes"
}

// Ref reads the id of another piece.
func (s *Settings) Ref(name string) blueprint.Ref {
	text := s.Text(name)
	r, ok := blueprint.ParseRef(text)
	if !ok {
		s.fail("%s is %q and refers to nothing", name, text)
	}
	return r
}

// Refs reads the ids of others, in the order of the plan.
func (s *Settings) Refs(name string) (refs []blueprint.Ref) {
	for text := range strings.SplitSeq(s.Text(name), ", ") {
		r, ok := blueprint.ParseRef(text)
		if !ok {
			s.fail("%s is %q and refers to nothing", name, text)
		}
		refs = append(refs, r)
	}
	return refs
}

// Is passes over a setting that the other language need not mention, since it is so without a word: any other value is refused.
func (s *Settings) Is(name, usual string) {
	if value := s.Text(name); value != usual {
		s.fail("%s is %q, and this export knows %q alone", name, value, usual)
	}
}

// Told passes over settings that are written from elsewhere: from the piece's content, or in another piece.
func (s *Settings) Told(names ...string) {
	for _, name := range names {
		s.Text(name)
	}
}

// err returns what was wrong, and what was not read: settings that say nothing, as of things that must not be there, need no reader.
func (s *Settings) err() error {
	errs := s.errs
	for _, name := range slices.Sorted(maps.Keys(s.left)) {
		if value := s.left[name]; value != "" {
			errs = append(errs, fmt.Errorf("%s: %s is %q, which this export cannot say", s.ID, name, value))
		}
	}
	return errors.Join(errs...)
}
