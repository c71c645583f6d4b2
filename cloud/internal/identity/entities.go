package identity

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// entity is a user, group, role, policy or instance profile. Each kind uses a part of it.
type entity struct {
	Kind, Name, Path, ID string
	Created              time.Time
	Tags                 map[string]string

	// Of users, groups and roles.
	Inline   map[string]string // documents by their policy's name
	Attached []string          // ARNs of managed policies, in the order of attaching
	Boundary string            // the ARN of a managed policy

	Groups []string // of a user, by name

	// Of a role. An instance profile's Role is its role's name.
	Trust, Description string
	MaxSession         int32
	Service            string // of a service-linked role

	Role string

	// Of a policy, whose description is Description.
	Versions []version // the oldest first
	Default  string
	Last     int // the number of the newest version that there was
	Updated  time.Time
}

type version struct {
	ID, Document string
	Created      time.Time
}

// kind is one kind of entity.
type kind struct {
	key      string // of its rows
	resource string // in its ARN
	prefix   string // of its unique ids
	field    string // the member of requests with its name
	quota    int    // ("IAM and AWS STS quotas")
	plural   string // in the quota's name
	missing  string // AWS's words for one that is not there
	taken    string
}

var (
	users = &kind{
		"user", "user", "AIDA", "UserName", 5000, "Users",
		"The user with name %s cannot be found.", "User with name %s already exists.",
	}
	groups = &kind{
		"group", "group", "AGPA", "GroupName", 300, "Groups",
		"The group with name %s cannot be found.", "Group with name %s already exists.",
	}
	roles = &kind{
		"role", "role", "AROA", "RoleName", 1000, "Roles",
		"The role with name %s cannot be found.", "Role with name %s already exists.",
	}
	policies = &kind{
		"policy", "policy", "ANPA", "PolicyName", 1500, "Policies",
		"Policy %s was not found.", "A policy called %s already exists. Duplicate names are not allowed.",
	}
	profiles = &kind{
		"instance-profile", "instance-profile", "AIPA", "InstanceProfileName", 1000, "InstanceProfiles",
		"Instance Profile %s cannot be found.", "Instance Profile %s already exists.",
	}
)

// row is the key of an entity's row. Names differ in more than their case ("IAM name requirements").
func (k *kind) row(name string) string { return k.key + "/" + strings.ToLower(name) }

func (e entity) kind() *kind {
	for _, k := range []*kind{users, groups, roles, policies, profiles} {
		if k.key == e.Kind {
			return k
		}
	}
	panic("identity: an entity of the kind " + e.Kind) // Only create makes rows
}

func (r *Room) arnOf(e entity) string { return r.arn(e.kind().resource + e.Path + e.Name) }

// find reads an entity by name.
func (r *Room) find(tx *store.Tx, k *kind, name string) (entity, error) {
	return room.Find(tx, r.entities, k.row(name), func(string) error { return noSuchEntity(k.missing, name) })
}

func (r *Room) put(tx *store.Tx, e entity) error { return r.entities.Put(tx, e.kind().row(e.Name), e) }

func (r *Room) remove(tx *store.Tx, e entity) error {
	return r.entities.Delete(tx, e.kind().row(e.Name))
}

// all returns the entities of a kind.
func (r *Room) all(tx *store.Tx, k *kind) []entity {
	return slices.DeleteFunc(r.entities.AllTx(tx), func(e entity) bool { return e.Kind != k.key })
}

// create stores a new entity.
func (r *Room) create(k *kind, e entity, path *string, tags map[string]string) (entity, error) {
	if len(tags) > room.MaxTags {
		return e, limitExceeded("The number of tags has reached the maximum limit.")
	}
	e.Kind, e.Path, e.ID, e.Created, e.Tags = k.key, "/", newID(k.prefix), r.now(), tags
	if room.Deref(path) != "" {
		e.Path = *path
	}
	if !strings.HasPrefix(e.Path, "/") || !strings.HasSuffix(e.Path, "/") {
		return e, wire.Errorf("ValidationError", "The specified value for path is invalid. It must begin and end with / and contain only "+
			"alphanumeric characters and/or / characters.")
	}
	return e, r.Update(func(tx *store.Tx) error {
		if _, taken := r.entities.GetTx(tx, k.row(e.Name)); taken {
			return exists(k.taken, e.Name)
		}
		if len(r.all(tx, k)) >= k.quota {
			return overQuota(k.plural+"PerAccount", k.quota)
		}
		if err := r.mayBound(tx, e); err != nil {
			return err
		}
		return r.put(tx, e)
	})
}

// change replaces an entity by what f makes of it. Service-linked roles are AWS's own.
func (r *Room) change(k *kind, name string, f func(tx *store.Tx, e *entity) error) error {
	return r.Update(func(tx *store.Tx) error {
		e, err := r.find(tx, k, name)
		if err != nil {
			return err
		}
		if e.Service != "" {
			return unmodifiable(e.Name)
		}
		e.Inline, e.Attached, e.Tags = maps.Clone(e.Inline), slices.Clone(e.Attached), maps.Clone(e.Tags)
		e.Groups, e.Versions = slices.Clone(e.Groups), slices.Clone(e.Versions)
		if err := f(tx, &e); err != nil {
			return err
		}
		return r.put(tx, e)
	})
}

// rename gives an entity another name or path, and tells those that know it by name.
func (r *Room) rename(k *kind, name string, newName, newPath *string, follow func(tx *store.Tx, from, to string) error) error {
	return r.Update(func(tx *store.Tx) error {
		e, err := r.find(tx, k, name)
		if err != nil {
			return err
		}
		to := e
		if room.Deref(newName) != "" {
			to.Name = *newName
		}
		if room.Deref(newPath) != "" {
			to.Path = *newPath
		}
		if _, taken := r.entities.GetTx(tx, k.row(to.Name)); taken && k.row(to.Name) != k.row(e.Name) {
			return exists(k.taken, to.Name)
		}
		if err := r.remove(tx, e); err != nil {
			return err
		}
		if err := r.put(tx, to); err != nil {
			return err
		}
		return follow(tx, e.Name, to.Name)
	})
}

// noSuchEntity, exists and the like are IAM's errors, whose statuses its API reference has beside them.
func noSuchEntity(format string, args ...any) error {
	e := wire.Errorf("NoSuchEntity", format, args...)
	e.Status = http.StatusNotFound
	return e
}

func exists(format string, args ...any) error {
	e := wire.Errorf("EntityAlreadyExists", format, args...)
	e.Status = http.StatusConflict
	return e
}

func conflict(message string) error {
	return &wire.Error{Code: "DeleteConflict", Message: message, Status: http.StatusConflict}
}

func limitExceeded(format string, args ...any) error {
	e := wire.Errorf("LimitExceeded", format, args...)
	e.Status = http.StatusConflict
	return e
}

func overQuota(name string, most int) error {
	return limitExceeded("Cannot exceed quota for %s: %d", name, most)
}

func unmodifiable(role string) error {
	return wire.Errorf("UnmodifiableEntity", "Cannot perform the operation on the protected role '%s' - this role is only modifiable by AWS", role)
}

func malformed(err error) error { return wire.Errorf("MalformedPolicyDocument", "%v", err) }
