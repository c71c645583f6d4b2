package controls

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// arn names a resource; routing control is of no region.
func (c *Controls) arn(resource string) string {
	return "arn:aws:route53-recovery-control::" + c.cfg.Account + ":" + resource
}

// newHex returns so many hexadecimal digits, as control panels, routing controls and safety rules have.
func newHex(digits int) string {
	b := make([]byte, digits/2)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// newUUID makes the id of a cluster.
func newUUID() string {
	h := newHex(32)
	return fmt.Sprintf("%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:])
}

// page returns the part of rows that a size and a token ask for, in the order of their keys. A token names
// the last row of the page before it.
func page[T any](rows []T, key func(T) string, size *int32, token *string) ([]T, *string, error) {
	slices.SortFunc(rows, func(a, b T) int { return strings.Compare(key(a), key(b)) })
	if token != nil {
		last, err := base64.RawURLEncoding.DecodeString(*token)
		if err != nil || len(last) == 0 {
			return nil, nil, invalid("The value '%s' of NextToken is not valid.", *token)
		}
		at, found := slices.BinarySearchFunc(rows, string(last), func(row T, k string) int { return strings.Compare(key(row), k) })
		if found {
			at++
		}
		rows = rows[at:]
	}
	if size == nil {
		return rows, nil, nil
	}
	if *size < 1 || *size > 1000 {
		return nil, nil, invalid("The value %d of MaxResults is not between 1 and 1000.", *size)
	}
	if len(rows) <= int(*size) {
		return rows, nil, nil
	}
	rows = rows[:*size]
	next := base64.RawURLEncoding.EncodeToString([]byte(key(rows[len(rows)-1])))
	return rows, &next, nil
}
