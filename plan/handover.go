package plan

import (
	"context"
	"strings"

	"github.com/understudy/understudy/plan/resource"
)

// handover moves a listener's requests from a target group of an earlier generation to the declared one, when that one's
// targets are healthy. Requests that have begun are finished by the old.
type handover struct {
	resource.Scope
	listener *listener
}

// Foreign says that there is nothing to delete: it is a setting of the listener.
func (h *handover) Foreign() bool    { return true }
func (h *handover) Momentary()       {}
func (h *handover) Identity() string { return h.listener.arn }

// Find looks at what the listener was found to do.
func (h *handover) Find(context.Context) (bool, error) { return true, nil }

func (h *handover) Desired() []resource.Field {
	if len(h.listener.old()) == 0 {
		return nil
	}
	return []resource.Field{{Name: "requests go to", Value: resource.Known(h.listener.group.arn)}}
}

func (h *handover) Actual() []resource.Field {
	var groups []string
	for _, s := range h.listener.shares {
		if s.weight > 0 {
			groups = append(groups, s.group)
		}
	}
	return []resource.Field{{Name: "requests go to", Value: strings.Join(groups, ", ")}}
}

func (h *handover) Create(ctx context.Context) error { return h.Change(ctx, nil) }
func (h *handover) Remove(context.Context) error     { return nil }

func (h *handover) Change(ctx context.Context, _ []resource.Difference) error {
	return h.listener.forward(ctx, h.listener.moves())
}

var _ resource.Resource = (*handover)(nil)
