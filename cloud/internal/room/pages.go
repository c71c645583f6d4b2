package room

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
)

// Paging is a service's rules for pages, with its errors.
type Paging struct {
	Usual, Least, Most int32 // rows in a page; Usual is zero where all rows come unless a size is asked for
	BadSize            func(size int32) error
	BadToken           func(token string) error
}

// Page returns the page of rows of this size that a token begins, and the token of the next page. A token names
// the last row of the page before it, so that rows made or deleted in the meantime do not move others to another page.
func Page[T any](rows []T, key func(T) string, size *int32, token *string, p Paging) ([]T, *string, error) {
	if size != nil && (*size < p.Least || *size > p.Most) {
		return nil, nil, p.BadSize(*size)
	}
	places := sorted(rows, key)
	if Deref(token) != "" {
		last, ok := OpenToken(*token)
		if !ok {
			return nil, nil, p.BadToken(*token)
		}
		at, found := slices.BinarySearchFunc(places, last, func(p place, k string) int { return strings.Compare(p.key, k) })
		if found {
			at++
		}
		places = places[at:]
	}
	most := int(p.Usual)
	if size != nil {
		most = int(*size)
	}
	var next *string
	if most != 0 && len(places) > most {
		places = places[:most]
		next = new(SealToken(places[most-1].key))
	}
	page := slices.Grow(rows[:0:0], len(places)) // nil where rows is
	for _, at := range places {
		page = append(page, rows[at.index])
	}
	return page, next, nil
}

// place is where a row stands: rows are large, and are not moved to be sorted.
type place struct {
	key   string
	index int
}

func sorted[T any](rows []T, key func(T) string) []place {
	places := make([]place, len(rows))
	for n, row := range rows {
		places[n] = place{key(row), n}
	}
	slices.SortFunc(places, func(a, b place) int { return strings.Compare(a.key, b.key) })
	return places
}

// SealToken makes a page token from the key and a checksum, by which OpenToken recognises invented tokens.
func SealToken(key string) string {
	sum := sha256.Sum256([]byte("page " + key))
	return base64.RawURLEncoding.EncodeToString(append(sum[:6], key...))
}

// OpenToken returns the key in a token; false if SealToken did not make the token.
func OpenToken(token string) (string, bool) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) < 6 {
		return "", false
	}
	key := string(b[6:])
	return key, SealToken(key) == token
}
