package identity

import (
	"slices"
	"strings"

	"github.com/understudy/understudy/cloud/internal/door"
	"github.com/understudy/understudy/cloud/internal/policy"
)

// PoliciesOf returns what the policies of a caller are, and the condition keys that tell who it is.
func (r *Room) PoliciesOf(c door.Caller) (p policy.Policies, about policy.Context, err error) {
	if c.Root() { // whom none limits
		return p, r.contextOf(c), nil
	}
	k, name := users, c.User
	if c.Role != "" {
		k, name = roles, c.Role
	}
	e, err := r.find(nil, k, name)
	if err != nil {
		return p, nil, err
	}
	given, bound := r.textsOf(e)
	if p.Identity, err = documents(given); err != nil {
		return p, nil, err
	}
	if p.Boundary, err = documents(bound); err != nil {
		return p, nil, err
	}
	p.Session, err = documents(c.Policies)
	return p, r.contextOf(c), err
}

// ARNOf returns the ARN of a user, group, role, policy or instance profile by its name.
func (r *Room) ARNOf(kind, name string) (arn string, ok bool) {
	e, ok := r.entities.Get(kind + "/" + strings.ToLower(name))
	if !ok {
		return "", false
	}
	return r.arnOf(e), true
}

// RoleOf returns the ARN of the role of an instance profile, which is named by name or ARN.
func (r *Room) RoleOf(profile string) (arn string, ok bool) {
	p, err := r.find(nil, profiles, profile[strings.LastIndexByte(profile, '/')+1:])
	if err != nil || p.Role == "" {
		return "", false
	}
	return r.ARNOf(roles.key, p.Role)
}

// HasServiceRole tells whether a service has its service-linked role, the one without a suffix.
func (r *Room) HasServiceRole(service string) bool {
	s, ok := serviceLinkedOf(service)
	_, there := r.entities.Get(roles.row(s.role))
	return ok && there
}

// Names tells whether a role's trust policy allows it to the caller by the caller's own name. One that names the account leaves it
// to the caller's policies ("Cross-account policy evaluation logic", "The principal of a trust policy").
func (r *Room) Names(role string, c door.Caller) bool {
	k, name, ok := r.ownARN(role)
	if !ok || k != roles {
		return false
	}
	e, err := r.find(nil, roles, name)
	if err != nil {
		return false
	}
	d, err := policy.Parse(e.Trust)
	if err != nil {
		return false
	}
	who := r.policyCaller(c)
	return slices.ContainsFunc(d.Statements, func(s policy.Statement) bool {
		return s.Allow && s.Principals != nil && (s.Principals.Anyone || slices.ContainsFunc(s.Principals.AWS, func(p string) bool {
			return slices.Contains(who.ARNs, p) || p == who.ID
		}))
	})
}
