package identity

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/understudy/understudy/cloud/internal/policy"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// The sizes of all inline policies of one entity together, without white space ("IAM and AWS STS quotas").
var inlineSizes = map[*kind]int{users: 2048, roles: 10240, groups: 5120}

// maxAttached is how many managed policies an entity may have.
const maxAttached = 10

// encoded is a document as answers have it ("URL-encoded compliant with RFC 3986", GetRolePolicy).
func encoded(document string) string {
	return strings.ReplaceAll(url.QueryEscape(document), "+", "%20")
}

// size counts what counts of a document.
func size(document string) (n int) {
	for _, r := range document {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

func title(k *kind) string { return strings.ToUpper(k.key[:1]) + k.key[1:] }

func putInline[In, Out any](r *Room, k *kind) func(context.Context, *In) (*Out, error) {
	return func(_ context.Context, in *In) (*Out, error) {
		document := text(in, "PolicyDocument")
		if _, err := policy.Identity(document); err != nil {
			return nil, malformed(err)
		}
		return new(Out), r.change(k, text(in, k.field), func(_ *store.Tx, e *entity) error {
			if e.Inline == nil {
				e.Inline = map[string]string{}
			}
			e.Inline[text(in, "PolicyName")] = document
			total := 0
			for _, d := range e.Inline {
				total += size(d)
			}
			if most := inlineSizes[k]; total > most {
				return limitExceeded("Maximum policy size of %d bytes exceeded for %s %s", most, k.key, e.Name)
			}
			return nil
		})
	}
}

func noInline(k *kind, name string) error {
	return noSuchEntity("The %s policy with name %s cannot be found.", k.key, name)
}

func getInline[In, Out any](r *Room, k *kind) func(context.Context, *In) (*Out, error) {
	return func(_ context.Context, in *In) (*Out, error) {
		e, err := r.find(nil, k, text(in, k.field))
		if err != nil {
			return nil, err
		}
		name := text(in, "PolicyName")
		document, ok := e.Inline[name]
		if !ok {
			return nil, noInline(k, name)
		}
		return answer[Out](map[string]any{k.field: e.Name, "PolicyName": name, "PolicyDocument": encoded(document)}), nil
	}
}

func deleteInline[In, Out any](r *Room, k *kind) func(context.Context, *In) (*Out, error) {
	return func(_ context.Context, in *In) (*Out, error) {
		name := text(in, "PolicyName")
		return new(Out), r.change(k, text(in, k.field), func(_ *store.Tx, e *entity) error {
			if _, ok := e.Inline[name]; !ok {
				return noInline(k, name)
			}
			delete(e.Inline, name)
			return nil
		})
	}
}

func listInline[In, Out any](r *Room, k *kind) func(context.Context, *In) (*Out, error) {
	return func(_ context.Context, in *In) (*Out, error) {
		e, err := r.find(nil, k, text(in, k.field))
		if err != nil {
			return nil, err
		}
		names, more, marker, err := page(in, slices.Collect(maps.Keys(e.Inline)), func(n string) string { return n })
		if err != nil {
			return nil, err
		}
		return answer[Out](map[string]any{"PolicyNames": names, "IsTruncated": more, "Marker": marker}), nil
	}
}

func attach[In, Out any](r *Room, k *kind) func(context.Context, *In) (*Out, error) {
	return func(_ context.Context, in *In) (*Out, error) {
		arn := text(in, "PolicyArn")
		return new(Out), r.change(k, text(in, k.field), func(tx *store.Tx, e *entity) error {
			if _, ok := r.managed(tx, arn); !ok {
				return noSuchEntity("Policy %s does not exist or is not attachable.", arn)
			}
			if slices.Contains(e.Attached, arn) {
				return nil
			}
			if len(e.Attached) >= maxAttached {
				return overQuota("PoliciesPer"+title(k), maxAttached)
			}
			e.Attached = append(e.Attached, arn)
			return nil
		})
	}
}

func detach[In, Out any](r *Room, k *kind) func(context.Context, *In) (*Out, error) {
	return func(_ context.Context, in *In) (*Out, error) {
		arn := text(in, "PolicyArn")
		return new(Out), r.change(k, text(in, k.field), func(_ *store.Tx, e *entity) error {
			if !slices.Contains(e.Attached, arn) {
				return noSuchEntity("Policy %s was not found.", arn)
			}
			e.Attached = slices.DeleteFunc(e.Attached, func(a string) bool { return a == arn })
			return nil
		})
	}
}

func listAttached[In, Out any](r *Room, k *kind) func(context.Context, *In) (*Out, error) {
	return func(_ context.Context, in *In) (*Out, error) {
		e, err := r.find(nil, k, text(in, k.field))
		if err != nil {
			return nil, err
		}
		var all []types.AttachedPolicy
		for _, arn := range e.Attached {
			if m, ok := r.managed(nil, arn); ok && strings.HasPrefix(m.Path, pathOf(in)) {
				all = append(all, types.AttachedPolicy{PolicyArn: new(arn), PolicyName: new(m.Name)})
			}
		}
		shown, more, marker, err := page(in, all, func(p types.AttachedPolicy) string { return *p.PolicyName })
		if err != nil {
			return nil, err
		}
		return answer[Out](map[string]any{"AttachedPolicies": shown, "IsTruncated": more, "Marker": marker}), nil
	}
}

// pathOf is a list's PathPrefix.
func pathOf(in any) string {
	if prefix := text(in, "PathPrefix"); prefix != "" {
		return prefix
	}
	return "/"
}

// setBoundary serves PutUserPermissionsBoundary and DeleteUserPermissionsBoundary, and those of roles.
func setBoundary[In, Out any](r *Room, k *kind) func(context.Context, *In) (*Out, error) {
	return func(_ context.Context, in *In) (*Out, error) {
		return new(Out), r.change(k, text(in, k.field), func(tx *store.Tx, e *entity) error {
			e.Boundary = text(in, "PermissionsBoundary")
			return r.mayBound(tx, *e)
		})
	}
}

func deleteBoundary[In, Out any](r *Room, k *kind) func(context.Context, *In) (*Out, error) {
	return func(_ context.Context, in *In) (*Out, error) {
		return new(Out), r.change(k, text(in, k.field), func(_ *store.Tx, e *entity) error {
			if e.Boundary == "" {
				return noSuchEntity("%s", fmt.Sprintf("%s permissions boundary was not found.", title(k)))
			}
			e.Boundary = ""
			return nil
		})
	}
}

// mayBound checks that a boundary is a policy.
func (r *Room) mayBound(tx *store.Tx, e entity) error {
	if e.Boundary == "" {
		return nil
	}
	if _, ok := r.managed(tx, e.Boundary); !ok {
		return noSuchEntity("Scope ARN: %s does not exist or is not attachable.", e.Boundary)
	}
	return nil
}

func shownBoundary(arn string) *types.AttachedPermissionsBoundary {
	if arn == "" {
		return nil
	}
	return &types.AttachedPermissionsBoundary{PermissionsBoundaryArn: room.Some(arn), PermissionsBoundaryType: "Policy"}
}

// bare refuses to delete what has policies.
func (e entity) bare() error {
	switch {
	case len(e.Attached) > 0:
		return conflict("Cannot delete entity, must detach all policies first.")
	case len(e.Inline) > 0:
		return conflict("Cannot delete entity, must delete policies first.")
	}
	return nil
}
