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
	slices.SortFunc(rows, func(a, b T) int { return strings.Compare(key(a), key(b)) })
	if Deref(token) != "" {
		last, ok := OpenToken(*token)
		if !ok {
			return nil, nil, p.BadToken(*token)
		}
		at, found := slices.BinarySearchFunc(rows, last, func(row T, k string) int { return strings.Compare(key(row), k) })
		if found {
			at++
		}
		rows = rows[at:]
	}
	most := int(p.Usual)
	if size != nil {
		most = int(*size)
	}
	if most == 0 || len(rows) <= most {
		return rows, nil, nil
	}
	rows = rows[:most]
	return rows, new(SealToken(key(rows[len(rows)-1]))), nil
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
