package identity

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/understudy/understudy/cloud/internal/store"
)

func (r *Room) showGroup(e entity) *types.Group {
	return &types.Group{GroupName: new(e.Name), Path: new(e.Path), GroupId: new(e.ID), Arn: new(r.arnOf(e)), CreateDate: new(e.Created)}
}

func (r *Room) createGroup(_ context.Context, in *iam.CreateGroupInput) (*iam.CreateGroupOutput, error) {
	e, err := r.create(groups, entity{Name: *in.GroupName}, in.Path, nil)
	if err != nil {
		return nil, err
	}
	return &iam.CreateGroupOutput{Group: r.showGroup(e)}, nil
}

// in returns the users who are in a group.
func (r *Room) in(tx *store.Tx, group string) []entity {
	return slices.DeleteFunc(r.all(tx, users), func(u entity) bool { return !slices.Contains(u.Groups, group) })
}

func (r *Room) getGroup(_ context.Context, in *iam.GetGroupInput) (*iam.GetGroupOutput, error) {
	e, err := r.find(nil, groups, *in.GroupName)
	if err != nil {
		return nil, err
	}
	rows, more, marker, err := page(in, r.in(nil, e.Name), byName)
	if err != nil {
		return nil, err
	}
	out := &iam.GetGroupOutput{Group: r.showGroup(e), Users: []types.User{}, IsTruncated: more, Marker: marker}
	for _, u := range rows {
		u.Tags, u.Boundary = nil, ""
		out.Users = append(out.Users, *r.showUser(u))
	}
	return out, nil
}

func (r *Room) updateGroup(_ context.Context, in *iam.UpdateGroupInput) (*iam.UpdateGroupOutput, error) {
	return &iam.UpdateGroupOutput{}, r.rename(groups, *in.GroupName, in.NewGroupName, in.NewPath, func(tx *store.Tx, from, to string) error {
		for _, u := range r.in(tx, from) {
			u.Groups = slices.Clone(u.Groups)
			u.Groups[slices.Index(u.Groups, from)] = to
			if err := r.put(tx, u); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r *Room) deleteGroup(_ context.Context, in *iam.DeleteGroupInput) (*iam.DeleteGroupOutput, error) {
	return &iam.DeleteGroupOutput{}, r.Update(func(tx *store.Tx) error {
		e, err := r.find(tx, groups, *in.GroupName)
		if err != nil {
			return err
		}
		if err := e.bare(); err != nil {
			return err
		}
		if len(r.in(tx, e.Name)) > 0 {
			return conflict("Cannot delete entity, must remove users from group first.")
		}
		return r.remove(tx, e)
	})
}

func (r *Room) listGroups(_ context.Context, in *iam.ListGroupsInput) (*iam.ListGroupsOutput, error) {
	rows, more, marker, err := page(in, r.below(groups, in), byName)
	if err != nil {
		return nil, err
	}
	out := &iam.ListGroupsOutput{Groups: []types.Group{}, IsTruncated: more, Marker: marker}
	for _, e := range rows {
		out.Groups = append(out.Groups, *r.showGroup(e))
	}
	return out, nil
}
