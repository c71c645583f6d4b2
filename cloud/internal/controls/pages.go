package controls

import (
	"github.com/understudy/understudy/cloud/internal/room"
)

// maxPage is how many items a page may hold (MaxResults of each list in the API reference).
const maxPage = 1000

// page returns the part of rows that a size and a token ask for, in the order of their keys; all of them where
// no size is asked for. A token has one character at least.
func page[T any](rows []T, key func(T) string, size *int32, token *string) ([]T, *string, error) {
	badToken := func(token string) error { return invalid("The value '%s' of NextToken is not valid.", token) }
	if token != nil && *token == "" {
		return nil, nil, badToken("")
	}
	return room.Page(rows, key, size, token, room.Paging{
		Least: 1, Most: maxPage,
		BadSize: func(size int32) error {
			return invalid("The value %d of MaxResults is not between 1 and %d.", size, maxPage)
		},
		BadToken: badToken,
	})
}
