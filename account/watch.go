package account

import "context"

type watchKey struct{}

// Watched returns a context by which Poll, and whoever calls Tell, say what they wait for.
func Watched(ctx context.Context, hear func(what string)) context.Context {
	return context.WithValue(ctx, watchKey{}, hear)
}

// Tell says what is waited for, or why it takes so long.
func Tell(ctx context.Context, what string) {
	if hear, ok := ctx.Value(watchKey{}).(func(string)); ok {
		hear(what)
	}
}
