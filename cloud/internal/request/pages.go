package request

import (
	"slices"
	"strings"
)

// Size returns how many items a page may have. A number above AWS's limit becomes the limit, without an error.
func Size(asked *int32, most int) (int, error) {
	if asked == nil {
		return most, nil
	}
	if *asked < 1 {
		return 0, BadInput(
			"1 validation error detected: Value '%d' at 'maxItems' failed to satisfy constraint: Member must have value greater than or equal to 1",
			*asked,
		)
	}
	return min(int(*asked), most), nil
}

// Page returns the page of rows, sorted by key, that begins at the first key not below start, and the key at which the next
// page begins, or nil if this is the last.
func Page[T any](rows []T, key func(T) string, start string, n int) (cut []T, next *string) {
	cut, first := Cut(rows, key, start, n)
	if first == nil {
		return cut, nil
	}
	return cut, new(key(*first))
}

// Cut is Page for a list whose next page needs more than a key: it returns the first row of the next page.
func Cut[T any](rows []T, key func(T) string, start string, n int) (cut []T, next *T) {
	slices.SortFunc(rows, func(a, b T) int { return strings.Compare(key(a), key(b)) })
	at, _ := slices.BinarySearchFunc(rows, start, func(row T, k string) int { return strings.Compare(key(row), k) })
	rows = rows[at:]
	if len(rows) <= n {
		return rows, nil
	}
	return rows[:n], &rows[n]
}
