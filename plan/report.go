package plan

import (
	"context"
	"time"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// Reporter is told what happens while a plan is applied, from several goroutines at once.
type Reporter interface {
	Began(Step)
	Ended(Step, time.Duration, error)
}

// Noting is a reporter that also hears what a step that goes on has to tell.
type Noting interface{ Noted(s Step, text string) }

// withNotes lets note reach the reporter.
func withNotes(ctx context.Context, s Step, r Reporter) context.Context {
	n, ok := r.(Noting)
	if !ok {
		return ctx
	}
	return resource.Noted(ctx, func(text string) { n.Noted(s, text) })
}

// Hearing is a reporter that also hears what a step waits for.
type Hearing interface{ Waits(s Step, what string) }

// watched lets a reporter hear what a step waits for.
func watched(ctx context.Context, s Step, r Reporter) context.Context {
	h, ok := r.(Hearing)
	if !ok {
		return ctx
	}
	return account.Watched(ctx, func(what string) { h.Waits(s, what) })
}

// Silent is a reporter that does nothing.
type Silent struct{}

// Began does nothing.
func (Silent) Began(Step) {}

// Ended does nothing.
func (Silent) Ended(Step, time.Duration, error) {}

var _ Reporter = Silent{}
