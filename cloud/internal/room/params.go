package room

import (
	"reflect"
	"slices"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// Only refuses every parameter that is set and is not among those that the operation acts on, so that
// nothing is ever ignored silently. A pointer to a zero value asks for the default and passes.
func Only(in any, names ...string) error {
	v := reflect.Indirect(reflect.ValueOf(in))
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || f.Name == "DryRun" || slices.Contains(names, f.Name) || unset(v.Field(i)) {
			continue
		}
		return wire.Errorf("UnsupportedOperation", "The parameter '%s' is not supported here.", f.Name)
	}
	return nil
}

func unset(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer:
		return v.IsNil() || v.Elem().IsZero()
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	}
	return v.IsZero()
}

// DryRun returns the error with which an operation that would succeed answers the parameter DryRun.
func DryRun(in any) error {
	f := reflect.Indirect(reflect.ValueOf(in)).FieldByName("DryRun")
	if !f.IsValid() || f.Kind() != reflect.Pointer || unset(f) {
		return nil
	}
	return &wire.Error{Code: "DryRunOperation", Message: "Request would have succeeded, but DryRun flag is set.", Status: 412}
}

// Deref returns what a pointer points to, or the zero value.
func Deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// Some returns a pointer to v, or nil if v is the zero value, which AWS leaves out of answers.
func Some[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// Listed returns a list that is empty but not nil for an empty one, so that the answer has an empty list. It is not used
// for lists that AWS leaves out if they are empty, such as the tags of most kinds.
func Listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Overlay returns base with every member that over sets taken from over.
func Overlay[T any](base, over T) T {
	from, into := reflect.ValueOf(over), reflect.ValueOf(&base).Elem()
	for i := range from.NumField() {
		if f := from.Field(i); from.Type().Field(i).IsExported() && !f.IsZero() {
			into.Field(i).Set(f)
		}
	}
	return base
}
