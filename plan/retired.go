package plan

import "context"

// retired is a resource that the declaration does not ask for. If it exists, up deletes it when all else is as declared.
type retired struct {
	resource
	there bool
}

func (r *retired) find(ctx context.Context) (_ bool, err error) {
	r.there, err = r.resource.find(ctx)
	r.there = r.there || leaves(r.resource)
	return true, err
}

func (r *retired) identity() string { return identity(r.resource) }
func (r *retired) desired() []Field { return nil }
func (r *retired) actual() []Field  { return nil }

// others are the resource's doubles, which it does not ask for either.
func (r *retired) others() []double {
	if d, ok := r.resource.(doubled); ok {
		return d.others()
	}
	return nil
}

// foreign keeps down from listing what is not there.
func (r *retired) foreign() bool { return !r.there }

// retirement returns the step that deletes a node's retired resource, if it exists.
func retirement(n *node) (Step, bool) {
	r, ok := n.resource.(*retired)
	if !ok || !r.there {
		return Step{}, false
	}
	return Step{Resource: n.id, Action: Delete, ID: r.identity(), node: n}, true
}
