package region

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// listing is how one kind of resource is listed: by ids, by filters, in pages.
type listing[T any] struct {
	id      func(T) string
	fields  fields[T]
	missing func(id string) error // what asking for an unknown id answers
	min     int32                 // the smallest MaxResults; 5 where it is zero, as in most of EC2
}

// list returns the rows asked for, in the order of their ids, and the token for the next page.
func (l listing[T]) list(r *Region, rows []T, ids []string, filters []ec2types.Filter, size *int32, token *string) ([]T, *string, error) {
	if len(ids) > 0 {
		byID := make(map[string]T, len(rows))
		for _, row := range rows {
			byID[l.id(row)] = row
		}
		rows = nil
		for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
			row, ok := byID[id]
			if !ok {
				return nil, nil, l.missing(id)
			}
			rows = append(rows, row)
		}
	}
	rows, err := filter(r, rows, filters, l.id, l.fields)
	if err != nil {
		return nil, nil, err
	}
	least := l.min
	if least == 0 {
		least = 5
	}
	return page(rows, l.id, size, token, least, 1000)
}

// page returns the part of rows that a size and a token ask for. A token names the last row that the
// page before it held, so that rows made or removed meanwhile shift nothing.
func page[T any](rows []T, key func(T) string, size *int32, token *string, least, most int32) ([]T, *string, error) {
	slices.SortFunc(rows, func(a, b T) int { return strings.Compare(key(a), key(b)) })
	if token != nil && *token != "" {
		last, ok := openToken(*token)
		if !ok {
			return nil, nil, wire.Errorf("InvalidParameterValue", "Invalid value '%s' for nextToken.", *token)
		}
		at, found := slices.BinarySearchFunc(rows, last, func(row T, k string) int { return strings.Compare(key(row), k) })
		if found {
			at++
		}
		rows = rows[at:]
	}
	if size == nil {
		return rows, nil, nil
	}
	if *size < least || *size > most {
		return nil, nil, wire.Errorf("InvalidParameterValue", "Value ( %d ) for parameter maxResults is invalid. Expecting a value between %d and %d.", *size, least, most)
	}
	if len(rows) <= int(*size) {
		return rows, nil, nil
	}
	rows = rows[:*size]
	next := sealToken(key(rows[len(rows)-1]))
	return rows, &next, nil
}

// sealToken makes a page token: a checksum, by which a made-up token is told from ours, and the key.
func sealToken(key string) string {
	sum := sha256.Sum256([]byte("page " + key))
	return base64.RawURLEncoding.EncodeToString(append(sum[:6], key...))
}

func openToken(token string) (string, bool) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) < 6 {
		return "", false
	}
	key := string(b[6:])
	return key, sealToken(key) == token
}
