package identity

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/understudy/understudy/cloud/internal/store"
)

func (r *Room) showProfile(e entity) types.InstanceProfile {
	p := types.InstanceProfile{
		InstanceProfileName: new(e.Name), Path: new(e.Path), InstanceProfileId: new(e.ID), Arn: new(r.arnOf(e)), CreateDate: new(e.Created),
		Roles: []types.Role{}, Tags: shownTags(e.Tags),
	}
	if role, err := r.find(nil, roles, e.Role); err == nil && e.Role != "" {
		role.Tags, role.Boundary = nil, ""
		shown := r.showRole(role)
		shown.MaxSessionDuration, shown.Description = nil, nil // not in a profile's roles
		p.Roles = append(p.Roles, *shown)
	}
	return p
}

func (r *Room) createProfile(_ context.Context, in *iam.CreateInstanceProfileInput) (*iam.CreateInstanceProfileOutput, error) {
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	e, err := r.create(profiles, entity{Name: *in.InstanceProfileName}, in.Path, tags)
	if err != nil {
		return nil, err
	}
	return &iam.CreateInstanceProfileOutput{InstanceProfile: new(r.showProfile(e))}, nil
}

func (r *Room) getProfile(_ context.Context, in *iam.GetInstanceProfileInput) (*iam.GetInstanceProfileOutput, error) {
	e, err := r.find(nil, profiles, *in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	return &iam.GetInstanceProfileOutput{InstanceProfile: new(r.showProfile(e))}, nil
}

func (r *Room) deleteProfile(_ context.Context, in *iam.DeleteInstanceProfileInput) (*iam.DeleteInstanceProfileOutput, error) {
	return &iam.DeleteInstanceProfileOutput{}, r.Update(func(tx *store.Tx) error {
		e, err := r.find(tx, profiles, *in.InstanceProfileName)
		if err != nil {
			return err
		}
		if e.Role != "" {
			return conflict("Cannot delete entity, must remove roles from instance profile first.")
		}
		return r.remove(tx, e)
	})
}

// addRole adds the one role that a profile may have, a quota that "cannot be changed".
func (r *Room) addRole(_ context.Context, in *iam.AddRoleToInstanceProfileInput) (*iam.AddRoleToInstanceProfileOutput, error) {
	return &iam.AddRoleToInstanceProfileOutput{}, r.change(profiles, *in.InstanceProfileName, func(tx *store.Tx, e *entity) error {
		role, err := r.find(tx, roles, *in.RoleName)
		if err != nil {
			return err
		}
		if role.Service != "" {
			return unmodifiable(role.Name)
		}
		if e.Role != "" {
			return overQuota("InstanceSessionsPerInstanceProfile", 1)
		}
		e.Role = role.Name
		return nil
	})
}

func (r *Room) removeRole(_ context.Context, in *iam.RemoveRoleFromInstanceProfileInput) (*iam.RemoveRoleFromInstanceProfileOutput, error) {
	return &iam.RemoveRoleFromInstanceProfileOutput{}, r.change(profiles, *in.InstanceProfileName, func(tx *store.Tx, e *entity) error {
		role, err := r.find(tx, roles, *in.RoleName)
		if err != nil {
			return err
		}
		if e.Role != role.Name {
			return noSuchEntity(roles.missing, role.Name)
		}
		e.Role = ""
		return nil
	})
}

func (r *Room) listProfiles(_ context.Context, in *iam.ListInstanceProfilesInput) (*iam.ListInstanceProfilesOutput, error) {
	shown, more, marker, err := r.profilePage(in, r.below(profiles, in))
	return &iam.ListInstanceProfilesOutput{InstanceProfiles: shown, IsTruncated: more, Marker: marker}, err
}

func (r *Room) listProfilesForRole(
	_ context.Context, in *iam.ListInstanceProfilesForRoleInput,
) (*iam.ListInstanceProfilesForRoleOutput, error) {
	role, err := r.find(nil, roles, *in.RoleName)
	if err != nil {
		return nil, err
	}
	shown, more, marker, err := r.profilePage(in, r.profilesOf(nil, role.Name))
	return &iam.ListInstanceProfilesForRoleOutput{InstanceProfiles: shown, IsTruncated: more, Marker: marker}, err
}

func (r *Room) profilePage(in any, rows []entity) (shown []types.InstanceProfile, more bool, marker *string, err error) {
	rows, more, marker, err = page(in, rows, byName)
	shown = []types.InstanceProfile{}
	for _, e := range rows {
		e.Tags = nil // "this operation does not return tags"
		shown = append(shown, r.showProfile(e))
	}
	return shown, more, marker, err
}
