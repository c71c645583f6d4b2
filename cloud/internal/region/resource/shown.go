package resource

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// filterTime is how filters write a time.
const filterTime = "2006-01-02T15:04:05.000Z"

// Shown makes filters of what a row's answer shows: path names a member of the answer, with dots before those of structures and
// of lists' elements, "NetworkInterfaces.Attachment.InstanceOwnerId". What is absent has no value. A path that the answer's type
// does not have is a mistake in the program.
func Shown[T, S any](show func(T) S, path string) func(T) []string {
	names := strings.Split(path, ".")
	if !reaches(reflect.TypeFor[S](), names) {
		panic(fmt.Sprintf("resource: %s has no %s", reflect.TypeFor[S](), path))
	}
	return func(row T) []string { return values(reflect.ValueOf(show(row)), names) }
}

func reaches(t reflect.Type, names []string) bool {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if len(names) == 0 {
		return t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]()
	}
	if t.Kind() != reflect.Struct {
		return false
	}
	f, ok := t.FieldByName(names[0])
	return ok && reaches(f.Type, names[1:])
}

func values(v reflect.Value, names []string) (all []string) {
	switch {
	case v.Kind() == reflect.Pointer && v.IsNil():
	case v.Kind() == reflect.Pointer:
		return values(v.Elem(), names)
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			all = append(all, values(v.Index(i), names)...)
		}
	case len(names) > 0:
		return values(v.FieldByName(names[0]), names[1:])
	case v.Kind() == reflect.String && v.Len() == 0:
	default:
		if t, ok := v.Interface().(time.Time); ok {
			return []string{t.UTC().Format(filterTime)}
		}
		return []string{fmt.Sprint(v.Interface())}
	}
	return all
}

// Nothing makes a filter of what no row of a kind here has.
func Nothing[T any](T) []string { return nil }

// With adds filters that a row's answer shows, by name and path, and those that no row matches.
func With[T, S any](known Fields[T], show func(T) S, paths map[string]string, nothing ...string) Fields[T] {
	for name, path := range paths {
		known[name] = Shown(show, path)
	}
	for _, name := range nothing {
		known[name] = Nothing[T]
	}
	return known
}
