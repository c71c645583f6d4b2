package plan

import (
	"context"
	"strings"
)

// handover moves a listener's requests from a target group of an earlier generation to the declared one, when that one's
// targets are healthy. Requests that have begun are finished by the old.
type handover struct {
	scope
	listener *listener
}

// foreign says that there is nothing to delete: it is a setting of the listener.
func (h *handover) foreign() bool    { return true }
func (h *handover) momentary()       {}
func (h *handover) identity() string { return h.listener.arn }

// find looks at what the listener was found to do.
func (h *handover) find(context.Context) (bool, error) { return true, nil }

func (h *handover) desired() []Field {
	if len(h.listener.old()) == 0 {
		return nil
	}
	return []Field{{Name: "requests go to", Value: known(h.listener.group.arn)}}
}

func (h *handover) actual() []Field {
	var groups []string
	for _, s := range h.listener.shares {
		if s.weight > 0 {
			groups = append(groups, s.group)
		}
	}
	return []Field{{Name: "requests go to", Value: strings.Join(groups, ", ")}}
}

func (h *handover) create(ctx context.Context) error { return h.change(ctx, nil) }
func (h *handover) remove(context.Context) error     { return nil }

func (h *handover) change(ctx context.Context, _ []Difference) error {
	return h.listener.forward(ctx, h.listener.moves())
}

var _ resource = (*handover)(nil)
