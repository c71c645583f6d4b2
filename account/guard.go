package account

import (
	"context"

	"github.com/aws/smithy-go/middleware"
)

type guardKey struct{}

// Guarded returns a context whose calls are sent only while may returns nil, each attempt of them: a process that slept,
// or whose call is tried again, learns before it sends that it is no longer the one to send it.
func Guarded(ctx context.Context, may func() error) context.Context {
	return context.WithValue(ctx, guardKey{}, may)
}

// guard comes after the retries, so that it is asked before each attempt.
func guard(stack *middleware.Stack) error {
	return stack.Finalize.Add(middleware.FinalizeMiddlewareFunc("UnderstudyGuard",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			if may, ok := ctx.Value(guardKey{}).(func() error); ok {
				if err := may(); err != nil {
					return middleware.FinalizeOutput{}, middleware.Metadata{}, err
				}
			}
			return next.HandleFinalize(ctx, in)
		}), middleware.After)
}
