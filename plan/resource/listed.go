package resource

import (
	"context"
	"sync"
)

// lists are what finds of one walk list once and share, by what is listed.
type lists struct {
	mu sync.Mutex
	of map[string]any // functions of sync.OnceValues
}

type listsKey struct{}

// WithSharedLists returns a context in which what listed lists is listed once.
func WithSharedLists(ctx context.Context) context.Context {
	return context.WithValue(ctx, listsKey{}, &lists{of: map[string]any{}})
}

// Listed returns what a function lists, which another find may have done already. What is always names the same list, of one type.
func Listed[T any](ctx context.Context, what string, list func() (T, error)) (T, error) {
	shared, ok := ctx.Value(listsKey{}).(*lists)
	if !ok {
		return list()
	}
	shared.mu.Lock()
	once, ok := shared.of[what].(func() (T, error))
	if !ok {
		once = sync.OnceValues(list)
		shared.of[what] = once
	}
	shared.mu.Unlock()
	return once()
}
