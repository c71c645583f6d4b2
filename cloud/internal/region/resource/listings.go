package resource

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Listing is how one kind of resource is listed: by ids, by filters, in pages.
type Listing[T any] struct {
	ID      func(T) string
	Fields  Fields[T]
	Missing func(id string) error // what asking for an unknown id answers
	Several string                // the words for several unknown ids, with %s for all of them; empty where AWS names the first
	Min     int32                 // the smallest MaxResults; 5 where it is zero, as in most of EC2
	Max     int32                 // the largest MaxResults; 1000 where it is zero, as in most of EC2
}

// List returns the rows asked for, in the order of their ids, and the token for the next page.
func (l Listing[T]) List(
	g *Registry, rows []T, ids []string, filters []ec2types.Filter, size *int32, token *string,
) ([]T, *string, error) {
	if len(ids) > 0 {
		rows = l.among(rows, ids)
		if err := l.Know(rows, ids); err != nil {
			return nil, nil, err
		}
	}
	rows, err := Filter(g, rows, filters, l.ID, l.Fields)
	if err != nil {
		return nil, nil, err
	}
	return Page(rows, l.ID, size, token, cmp.Or(l.Min, 5), cmp.Or(l.Max, 1000))
}

// among returns the rows that have one of the ids.
func (l Listing[T]) among(rows []T, ids []string) (found []T) {
	asked := make(map[string]bool, len(ids))
	for _, id := range ids {
		asked[id] = true
	}
	for _, row := range rows {
		if asked[l.ID(row)] {
			found = append(found, row)
		}
	}
	return found
}

// Know refuses ids of which there is none among the rows: the first that could be none, or all that are unknown.
func (l Listing[T]) Know(rows []T, ids []string) error {
	known := make(map[string]bool, len(rows))
	for _, row := range rows {
		known[l.ID(row)] = true
	}
	var unknown []string
	var fault *wire.Error
	for _, id := range ids {
		if known[id] || slices.Contains(unknown, id) {
			continue
		}
		err := l.Missing(id)
		if !errors.As(err, &fault) || strings.HasSuffix(fault.Code, "Malformed") {
			return err
		}
		unknown = append(unknown, id)
	}
	switch {
	case len(unknown) == 0:
		return nil
	case len(unknown) == 1 || l.Several == "":
		return l.Missing(unknown[0])
	}
	return wire.Errorf(fault.Code, l.Several, strings.Join(unknown, ", "))
}

// NotPaged refuses ids together with a page's size, which a few operations do not take at once. set is the name of the ids'
// parameter in AWS's message.
func NotPaged(set string, ids []string, size *int32) error {
	if len(ids) > 0 && size != nil {
		return wire.Errorf("InvalidParameterCombination", "The parameter %s cannot be used with the parameter maxResults", set)
	}
	return nil
}

// Page cuts a listing as EC2 does: all rows come unless a size is asked for.
func Page[T any](rows []T, key func(T) string, size *int32, token *string, least, most int32) ([]T, *string, error) {
	return room.Page(rows, key, size, token, room.Paging{
		Least: least, Most: most,
		BadSize: func(size int32) error {
			return wire.Errorf("InvalidParameterValue", "Value ( %d ) for parameter maxResults is invalid. Expecting a value between %d and %d.", size, least, most)
		},
		BadToken: func(token string) error {
			return wire.Errorf("InvalidParameterValue", "Invalid value '%s' for nextToken.", token)
		},
	})
}
