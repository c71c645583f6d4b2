package balancing

import (
	"context"
	"strings"

	"github.com/understudy/understudy/plan/resource"
)

// Handover moves a listener's requests from a target group of an earlier generation to the declared one, when that one's
// targets are healthy. Requests that have begun are finished by the old.
type Handover struct {
	resource.Scope
	Listener *Listener
}

// Foreign says that there is nothing to delete: it is a setting of the listener.
func (h *Handover) Foreign() bool    { return true }
func (h *Handover) Momentary()       {}
func (h *Handover) Identity() string { return h.Listener.arn }

// Find looks at what the listener was found to do.
func (h *Handover) Find(context.Context) (bool, error) { return true, nil }

func (h *Handover) Desired() []resource.Field {
	if len(h.Listener.old()) == 0 {
		return nil
	}
	return []resource.Field{{Name: "requests go to", Value: resource.Known(h.Listener.Group.ARN)}}
}

func (h *Handover) Actual() []resource.Field {
	var groups []string
	for _, s := range h.Listener.shares {
		if s.Weight > 0 {
			groups = append(groups, s.Group)
		}
	}
	return []resource.Field{{Name: "requests go to", Value: strings.Join(groups, ", ")}}
}

func (h *Handover) Create(ctx context.Context) error { return h.Change(ctx, nil) }
func (h *Handover) Remove(context.Context) error     { return nil }

func (h *Handover) Change(ctx context.Context, _ []resource.Difference) error {
	return h.Listener.Forward(ctx, h.Listener.moves())
}

var _ resource.Resource = (*Handover)(nil)
