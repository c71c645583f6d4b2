package resource

import (
	"context"
	"fmt"
)

type notesKey struct{}

// Noted returns a context in which note reaches a function.
func Noted(ctx context.Context, tell func(text string)) context.Context {
	return context.WithValue(ctx, notesKey{}, tell)
}

// Note tells whoever listens something about the step that is carried out.
func Note(ctx context.Context, format string, args ...any) {
	if tell, ok := ctx.Value(notesKey{}).(func(string)); ok {
		tell(fmt.Sprintf(format, args...))
	}
}
