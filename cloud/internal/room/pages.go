package room

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
)

// Paging is how a service lists in pages, and its errors.
type Paging struct {
	Usual, Least, Most int32 // rows in a page; Usual is zero where all rows come unless a size is asked for
	BadSize            func(size int32) error
	BadToken           func(token string) error
}

// Page returns the part of rows that a size and a token ask for, and the token of the next page. A token names
// the last row that the page before it held, so that rows made or removed meanwhile shift nothing.
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

// SealToken makes a page token: a checksum, by which a made-up token is told from ours, and the key.
func SealToken(key string) string {
	sum := sha256.Sum256([]byte("page " + key))
	return base64.RawURLEncoding.EncodeToString(append(sum[:6], key...))
}

// OpenToken returns the key in a token; false where the token is not one of SealToken's.
func OpenToken(token string) (string, bool) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) < 6 {
		return "", false
	}
	key := string(b[6:])
	return key, SealToken(key) == token
}
