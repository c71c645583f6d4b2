package identity

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/understudy/understudy/cloud/internal/policy"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// usualSession is a role's MaxSessionDuration in seconds where none is asked for.
const usualSession = 3600

// maxTrust is the quota of a trust policy's characters, without white space.
const maxTrust = 2048

func (r *Room) showRole(e entity) *types.Role {
	return &types.Role{
		RoleName: new(e.Name), Path: new(e.Path), RoleId: new(e.ID), Arn: new(r.arnOf(e)), CreateDate: new(e.Created),
		AssumeRolePolicyDocument: new(encoded(e.Trust)), Description: room.Some(e.Description), MaxSessionDuration: new(e.MaxSession),
		Tags: shownTags(e.Tags), PermissionsBoundary: shownBoundary(e.Boundary),
	}
}

// checkTrust reads a trust policy. The users and roles that it names must be there.
func (r *Room) checkTrust(tx *store.Tx, document string) error {
	d, err := policy.Trust(document)
	if err != nil {
		return malformed(err)
	}
	if size(document) > maxTrust {
		return overQuota("ACLSizePerRole", maxTrust)
	}
	for _, s := range d.Statements {
		for _, name := range s.Principals.AWS {
			if kind, named, ok := r.ownARN(name); ok {
				if _, there := r.entities.GetTx(tx, kind.row(named)); !there {
					return wire400("MalformedPolicyDocument", "Invalid principal in policy: \"AWS\":%q", name)
				}
			}
		}
	}
	return nil
}

func (r *Room) createRole(_ context.Context, in *iam.CreateRoleInput) (*iam.CreateRoleOutput, error) {
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	if err := r.checkTrust(nil, *in.AssumeRolePolicyDocument); err != nil {
		return nil, err
	}
	e := entity{
		Name: *in.RoleName, Trust: *in.AssumeRolePolicyDocument, Description: room.Deref(in.Description), MaxSession: usualSession,
		Boundary: room.Deref(in.PermissionsBoundary),
	}
	if in.MaxSessionDuration != nil {
		e.MaxSession = *in.MaxSessionDuration
	}
	if e, err = r.create(roles, e, in.Path, tags); err != nil {
		return nil, err
	}
	shown := r.showRole(e)
	if in.MaxSessionDuration == nil {
		shown.MaxSessionDuration = nil // CreateRole's answer has what the request has
	}
	return &iam.CreateRoleOutput{Role: shown}, nil
}

// getRole also tells when the role was used last, with an empty element where it was not.
func (r *Room) getRole(_ context.Context, in *iam.GetRoleInput) (*iam.GetRoleOutput, error) {
	e, err := r.find(nil, roles, *in.RoleName)
	if err != nil {
		return nil, err
	}
	shown := r.showRole(e)
	shown.RoleLastUsed = r.roleLastUsed(e.ID)
	return &iam.GetRoleOutput{Role: shown}, nil
}

func (r *Room) updateRole(_ context.Context, in *iam.UpdateRoleInput) (*iam.UpdateRoleOutput, error) {
	return &iam.UpdateRoleOutput{}, r.change(roles, *in.RoleName, func(_ *store.Tx, e *entity) error {
		if in.Description != nil {
			e.Description = *in.Description
		}
		if in.MaxSessionDuration != nil {
			e.MaxSession = *in.MaxSessionDuration
		}
		return nil
	})
}

func (r *Room) updateRoleDescription(_ context.Context, in *iam.UpdateRoleDescriptionInput) (*iam.UpdateRoleDescriptionOutput, error) {
	var shown *types.Role
	err := r.change(roles, *in.RoleName, func(_ *store.Tx, e *entity) error {
		e.Description = *in.Description
		shown = r.showRole(*e)
		return nil
	})
	return &iam.UpdateRoleDescriptionOutput{Role: shown}, err
}

func (r *Room) updateTrust(_ context.Context, in *iam.UpdateAssumeRolePolicyInput) (*iam.UpdateAssumeRolePolicyOutput, error) {
	return &iam.UpdateAssumeRolePolicyOutput{}, r.change(roles, *in.RoleName, func(tx *store.Tx, e *entity) error {
		e.Trust = *in.PolicyDocument
		return r.checkTrust(tx, e.Trust)
	})
}

func (r *Room) deleteRole(_ context.Context, in *iam.DeleteRoleInput) (*iam.DeleteRoleOutput, error) {
	return &iam.DeleteRoleOutput{}, r.Update(func(tx *store.Tx) error {
		e, err := r.find(tx, roles, *in.RoleName)
		if err != nil {
			return err
		}
		if e.Service != "" {
			return unmodifiable(e.Name)
		}
		if len(r.profilesOf(tx, e.Name)) > 0 {
			return conflict("Cannot delete entity, must remove roles from instance profile first.")
		}
		if err := e.bare(); err != nil {
			return err
		}
		return r.remove(tx, e)
	})
}

func (r *Room) listRoles(_ context.Context, in *iam.ListRolesInput) (*iam.ListRolesOutput, error) {
	rows, more, marker, err := page(in, r.below(roles, in), byName)
	if err != nil {
		return nil, err
	}
	out := &iam.ListRolesOutput{Roles: []types.Role{}, IsTruncated: more, Marker: marker}
	for _, e := range rows {
		e.Tags, e.Boundary = nil, "" // "this operation does not return ... PermissionsBoundary, RoleLastUsed, Tags"
		out.Roles = append(out.Roles, *r.showRole(e))
	}
	return out, nil
}

// profilesOf returns the instance profiles that have a role.
func (r *Room) profilesOf(tx *store.Tx, role string) []entity {
	return slices.DeleteFunc(r.all(tx, profiles), func(e entity) bool { return e.Role != role })
}
