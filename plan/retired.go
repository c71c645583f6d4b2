package plan

import (
	"context"

	"github.com/understudy/understudy/plan/resource"
)

// retired is a resource that the declaration does not ask for. If it exists, up deletes it when all else is as declared.
type retired struct {
	resource.Resource
	there bool
}

func (r *retired) Find(ctx context.Context) (_ bool, err error) {
	r.there, err = r.Resource.Find(ctx)
	r.there = r.there || resource.Leaves(r.Resource)
	return true, err
}

func (r *retired) Identity() string          { return resource.Identity(r.Resource) }
func (r *retired) Desired() []resource.Field { return nil }
func (r *retired) Actual() []resource.Field  { return nil }

// Others are the resource's doubles, which it does not ask for either.
func (r *retired) Others() []resource.Double {
	if d, ok := r.Resource.(resource.Doubled); ok {
		return d.Others()
	}
	return nil
}

// Foreign keeps down from listing what is not there.
func (r *retired) Foreign() bool { return !r.there }

// retirement returns the step that deletes a node's retired resource, if it exists.
func retirement(n *node) (Step, bool) {
	r, ok := n.resource.(*retired)
	if !ok || !r.there {
		return Step{}, false
	}
	return Step{Resource: n.id, Action: Delete, ID: r.Identity(), node: n}, true
}
