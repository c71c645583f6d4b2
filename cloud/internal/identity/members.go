package identity

import (
	"reflect"

	"github.com/understudy/understudy/cloud/internal/room"
)

// The operations on users, groups and roles are the same but for the member with the name, so that one function serves
// the three, and reads and sets members of the SDK's types by their names.

// text reads a member of a request, "" where it is not given.
func text(in any, member string) string {
	p, _ := reflect.Indirect(reflect.ValueOf(in)).FieldByName(member).Interface().(*string)
	return room.Deref(p)
}

// answer makes an answer with these members.
func answer[Out any](members map[string]any) *Out {
	out := new(Out)
	for name, value := range members {
		field := reflect.ValueOf(out).Elem().FieldByName(name)
		switch v := reflect.ValueOf(value); {
		case !v.IsValid():
		case field.Kind() == reflect.Pointer && v.Kind() != reflect.Pointer:
			field.Set(reflect.New(v.Type()))
			field.Elem().Set(v)
		default:
			field.Set(v)
		}
	}
	return out
}

// page cuts the page out of rows that a request's Marker and MaxItems ask for, 100 where it does not say.
func page[T any](in any, rows []T, key func(T) string) (of []T, truncated bool, marker *string, err error) {
	v := reflect.Indirect(reflect.ValueOf(in))
	size, _ := v.FieldByName("MaxItems").Interface().(*int32)
	token, _ := v.FieldByName("Marker").Interface().(*string)
	of, marker, err = room.Page(rows, key, size, token, room.Paging{
		Usual: 100, Least: 1, Most: 1000,
		BadSize:  func(size int32) error { return invalidInput("The value %d of MaxItems is not valid.", size) },
		BadToken: func(token string) error { return invalidMarker(token) },
	})
	return room.Listed(of), marker != nil, marker, err
}
