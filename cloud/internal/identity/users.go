package identity

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/understudy/understudy/cloud/internal/door"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// maxGroups is how many groups a user may be in.
const maxGroups = 10

func (r *Room) showUser(e entity) *types.User {
	return &types.User{
		UserName: new(e.Name), Path: new(e.Path), UserId: new(e.ID), Arn: new(r.arnOf(e)), CreateDate: new(e.Created),
		Tags: shownTags(e.Tags), PermissionsBoundary: shownBoundary(e.Boundary),
	}
}

func (r *Room) createUser(_ context.Context, in *iam.CreateUserInput) (*iam.CreateUserOutput, error) {
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	e, err := r.create(users, entity{Name: *in.UserName, Boundary: room.Deref(in.PermissionsBoundary)}, in.Path, tags)
	if err != nil {
		return nil, err
	}
	return &iam.CreateUserOutput{User: r.showUser(e)}, nil
}

// getUser without a name tells about the caller: for the account's own key that is the root user, which has no name.
func (r *Room) getUser(ctx context.Context, in *iam.GetUserInput) (*iam.GetUserOutput, error) {
	name := room.Deref(in.UserName)
	if name == "" {
		c := door.CallerOf(ctx)
		if c.User == "" && !c.Root() {
			return nil, invalidInput("Must specify userName when calling with non-User credentials")
		}
		if name = c.User; c.Root() {
			return &iam.GetUserOutput{User: &types.User{UserId: &r.Account, Arn: new(r.arn("root")), CreateDate: new(r.born())}}, nil
		}
	}
	e, err := r.find(nil, users, name)
	if err != nil {
		return nil, err
	}
	return &iam.GetUserOutput{User: r.showUser(e)}, nil
}

func (r *Room) updateUser(_ context.Context, in *iam.UpdateUserInput) (*iam.UpdateUserOutput, error) {
	return &iam.UpdateUserOutput{}, r.rename(users, *in.UserName, in.NewUserName, in.NewPath, func(tx *store.Tx, from, to string) error {
		for _, k := range r.keys.AllTx(tx) {
			if k.User == from {
				k.User = to
				if err := r.keys.Put(tx, k.ID, k); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// deleteUser refuses a user who still has something ("DeleteUser", which lists what must be deleted before).
func (r *Room) deleteUser(_ context.Context, in *iam.DeleteUserInput) (*iam.DeleteUserOutput, error) {
	return &iam.DeleteUserOutput{}, r.Update(func(tx *store.Tx) error {
		e, err := r.find(tx, users, *in.UserName)
		if err != nil {
			return err
		}
		if err := e.bare(); err != nil {
			return err
		}
		if len(r.keysOf(tx, e.Name)) > 0 {
			return conflict("Cannot delete entity, must delete access keys first.")
		}
		if len(e.Groups) > 0 {
			return conflict("Cannot delete entity, must remove users from group first.")
		}
		return r.remove(tx, e)
	})
}

// below returns the entities of a kind whose paths begin with a request's PathPrefix.
func (r *Room) below(k *kind, in any) []entity {
	return slices.DeleteFunc(r.all(nil, k), func(e entity) bool { return !strings.HasPrefix(e.Path, pathOf(in)) })
}

func byName(e entity) string { return e.Name }

func (r *Room) listUsers(_ context.Context, in *iam.ListUsersInput) (*iam.ListUsersOutput, error) {
	rows, more, marker, err := page(in, r.below(users, in), byName)
	if err != nil {
		return nil, err
	}
	out := &iam.ListUsersOutput{Users: []types.User{}, IsTruncated: more, Marker: marker}
	for _, e := range rows {
		e.Tags, e.Boundary = nil, "" // "this operation does not return ... PermissionsBoundary, Tags"
		out.Users = append(out.Users, *r.showUser(e))
	}
	return out, nil
}

func (r *Room) addUserToGroup(_ context.Context, in *iam.AddUserToGroupInput) (*iam.AddUserToGroupOutput, error) {
	return &iam.AddUserToGroupOutput{}, r.change(users, *in.UserName, func(tx *store.Tx, e *entity) error {
		g, err := r.find(tx, groups, *in.GroupName)
		if err != nil || slices.Contains(e.Groups, g.Name) {
			return err
		}
		if len(e.Groups) >= maxGroups {
			return overQuota("GroupsPerUser", maxGroups)
		}
		e.Groups = append(e.Groups, g.Name)
		return nil
	})
}

func (r *Room) removeUserFromGroup(_ context.Context, in *iam.RemoveUserFromGroupInput) (*iam.RemoveUserFromGroupOutput, error) {
	return &iam.RemoveUserFromGroupOutput{}, r.change(users, *in.UserName, func(tx *store.Tx, e *entity) error {
		g, err := r.find(tx, groups, *in.GroupName)
		if err != nil {
			return err
		}
		e.Groups = slices.DeleteFunc(e.Groups, func(name string) bool { return name == g.Name })
		return nil
	})
}

func (r *Room) listGroupsForUser(_ context.Context, in *iam.ListGroupsForUserInput) (*iam.ListGroupsForUserOutput, error) {
	e, err := r.find(nil, users, *in.UserName)
	if err != nil {
		return nil, err
	}
	var all []types.Group
	for _, name := range e.Groups {
		if g, err := r.find(nil, groups, name); err == nil {
			all = append(all, *r.showGroup(g))
		}
	}
	shown, more, marker, err := page(in, all, func(g types.Group) string { return *g.GroupName })
	return &iam.ListGroupsForUserOutput{Groups: shown, IsTruncated: more, Marker: marker}, err
}

// What follows tells that a user has none of what this cloud does not make, so that clients who look for it before they
// delete a user go on.

func (r *Room) getLoginProfile(_ context.Context, in *iam.GetLoginProfileInput) (*iam.GetLoginProfileOutput, error) {
	name := text(in, "UserName")
	if _, err := r.find(nil, users, name); err != nil {
		return nil, err
	}
	return nil, noSuchEntity("Login Profile for User %s cannot be found.", name)
}

func (r *Room) deleteLoginProfile(_ context.Context, in *iam.DeleteLoginProfileInput) (*iam.DeleteLoginProfileOutput, error) {
	name := text(in, "UserName")
	if _, err := r.find(nil, users, name); err != nil {
		return nil, err
	}
	return nil, noSuchEntity("Login Profile for User %s cannot be found.", name)
}

// noneOf answers a list of a user's things of which there are none.
func noneOf[In, Out any](r *Room, member string, empty any) func(context.Context, *In) (*Out, error) {
	return func(ctx context.Context, in *In) (*Out, error) {
		if name := text(in, "UserName"); name != "" {
			if _, err := r.find(nil, users, name); err != nil {
				return nil, err
			}
		}
		return answer[Out](map[string]any{member: empty}), nil
	}
}
