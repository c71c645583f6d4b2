package account

import (
	"context"
	"strings"
	"time"

	"github.com/aws/smithy-go/middleware"
)

// eventually is how long what was just made may be unknown to other calls. "You should not expect it to be available
// immediately": Amazon EC2 API Reference, "Eventual consistency in the Amazon EC2 API".
const eventually = time.Minute

type eventualKey struct{}

// Eventual returns a context whose calls are made again while AWS answers that it does not find what they name: it was just
// made, and may not be known everywhere yet. A call that removes something is not, nor one of Poll's look: there the answer
// means that it is gone, or not there yet.
func Eventual(ctx context.Context) context.Context {
	return context.WithValue(ctx, eventualKey{}, true)
}

func immediate(ctx context.Context) context.Context {
	return context.WithValue(ctx, eventualKey{}, false)
}

// patience comes before everything else, so that each round has the SDK's retries.
func patience(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("UnderstudyPatience",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
			out middleware.InitializeOutput, data middleware.Metadata, err error,
		) {
			if is, _ := ctx.Value(eventualKey{}).(bool); !is || removes(middleware.GetOperationName(ctx)) {
				return next.HandleInitialize(ctx, in)
			}
			began := time.Now()
			for pause := firstPause; ; pause = min(pause+pause/5, lastPause) {
				out, data, err = next.HandleInitialize(ctx, in)
				if !IsNotFound(err) && !isUnheard(err) || time.Since(began) > eventually {
					return out, data, err
				}
				select {
				case <-ctx.Done():
					return out, data, err
				case <-time.After(pause):
				}
			}
		}), middleware.Before)
}

// removers begin the names of operations that take away what they name.
var removers = []string{"Delete", "Deregister", "Detach", "Disassociate", "Release", "Remove", "Revoke", "Terminate"}

func removes(operation string) bool {
	for _, verb := range removers {
		if strings.HasPrefix(operation, verb) {
			return true
		}
	}
	return false
}
