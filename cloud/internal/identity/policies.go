package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/understudy/understudy/cloud/internal/policy"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// maxPolicy and maxVersions are quotas of a managed policy: characters without white space, and versions.
const (
	maxPolicy   = 6144
	maxVersions = 5
)

func wire400(code, format string, args ...any) error { return wire.Errorf(code, format, args...) }

// ownARN splits the ARN of one of the account's entities.
func (r *Room) ownARN(arn string) (k *kind, name string, ok bool) {
	rest, ok := strings.CutPrefix(arn, r.arn(""))
	if !ok {
		return nil, "", false
	}
	for _, k := range []*kind{users, groups, roles, policies, profiles} {
		if path, ok := strings.CutPrefix(rest, k.resource+"/"); ok {
			return k, path[strings.LastIndexByte(path, '/')+1:], true
		}
	}
	return nil, "", false
}

// customerPolicy returns one of the account's own policies.
func (r *Room) customerPolicy(tx *store.Tx, arn string) (entity, bool) {
	k, name, ok := r.ownARN(arn)
	if !ok || k != policies {
		return entity{}, false
	}
	e, ok := r.entities.GetTx(tx, policies.row(name))
	return e, ok && r.arnOf(e) == arn
}

// managed returns a policy of the account or one of AWS's.
func (r *Room) managed(tx *store.Tx, arn string) (entity, bool) {
	if e, ok := ofAWS[arn]; ok {
		return e, true
	}
	return r.customerPolicy(tx, arn)
}

func (r *Room) policyARN(e entity) string {
	if e.ID == "" || ofAWS[awsPolicy+e.Path+e.Name].ID == e.ID {
		return awsPolicy + e.Path + e.Name
	}
	return r.arnOf(e)
}

// attachedTo returns what has a policy attached, and what has it as its boundary.
func (r *Room) attachedTo(tx *store.Tx, arn string) (attached, bounded []entity) {
	for _, e := range r.entities.AllTx(tx) {
		if slices.Contains(e.Attached, arn) {
			attached = append(attached, e)
		}
		if e.Boundary == arn {
			bounded = append(bounded, e)
		}
	}
	return attached, bounded
}

func (r *Room) showPolicy(e entity) *types.Policy {
	arn := r.policyARN(e)
	attached, bounded := r.attachedTo(nil, arn)
	return &types.Policy{
		PolicyName: new(e.Name), Path: new(e.Path), PolicyId: new(e.ID), Arn: &arn, Description: room.Some(e.Description),
		DefaultVersionId: new(e.Default), CreateDate: new(e.Created), UpdateDate: new(e.Updated), IsAttachable: true,
		AttachmentCount: new(int32(len(attached))), PermissionsBoundaryUsageCount: new(int32(len(bounded))), Tags: room.Listed(shownTags(e.Tags)),
	}
}

func checkDocument(document string) error {
	if _, err := policy.Identity(document); err != nil {
		return malformed(err)
	}
	if size(document) > maxPolicy {
		return overQuota("PolicySize", maxPolicy)
	}
	return nil
}

func (r *Room) createPolicy(_ context.Context, in *iam.CreatePolicyInput) (*iam.CreatePolicyOutput, error) {
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	if err := checkDocument(*in.PolicyDocument); err != nil {
		return nil, err
	}
	first := version{ID: "v1", Document: *in.PolicyDocument, Created: r.now()}
	e, err := r.create(policies, entity{
		Name: *in.PolicyName, Description: room.Deref(in.Description), Versions: []version{first}, Default: first.ID, Last: 1, Updated: first.Created,
	}, in.Path, tags)
	if err != nil {
		return nil, err
	}
	shown := r.showPolicy(e)
	shown.Description = nil // "not included in the response to the CreatePolicy operation"
	return &iam.CreatePolicyOutput{Policy: shown}, nil
}

func (r *Room) findPolicy(arn *string) (entity, error) {
	e, ok := r.managed(nil, *arn)
	if !ok {
		return e, noSuchEntity(policies.missing, *arn)
	}
	return e, nil
}

func (r *Room) getPolicy(_ context.Context, in *iam.GetPolicyInput) (*iam.GetPolicyOutput, error) {
	e, err := r.findPolicy(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	return &iam.GetPolicyOutput{Policy: r.showPolicy(e)}, nil
}

func (r *Room) deletePolicy(_ context.Context, in *iam.DeletePolicyInput) (*iam.DeletePolicyOutput, error) {
	return &iam.DeletePolicyOutput{}, r.Update(func(tx *store.Tx) error {
		e, err := r.ownPolicy(tx, *in.PolicyArn)
		if err != nil {
			return err
		}
		if attached, bounded := r.attachedTo(tx, *in.PolicyArn); len(attached)+len(bounded) > 0 {
			return conflict("Cannot delete a policy attached to entities.")
		}
		if len(e.Versions) > 1 {
			return conflict("This policy has more than one version. Before you delete a policy, you must delete the policy's versions. " +
				"The default version is deleted with the policy.")
		}
		return r.remove(tx, e)
	})
}

// ownPolicy returns a policy that the account may change. AWS's are not.
func (r *Room) ownPolicy(tx *store.Tx, arn string) (entity, error) {
	e, ok := r.customerPolicy(tx, arn)
	if !ok {
		if _, aws := ofAWS[arn]; aws {
			return e, &wire.Error{Code: "AccessDenied", Message: "Policy is outside your own account.", Status: 403}
		}
		return e, noSuchEntity(policies.missing, arn)
	}
	return e, nil
}

// listPolicies has the scopes All, AWS and Local.
func (r *Room) listPolicies(_ context.Context, in *iam.ListPoliciesInput) (*iam.ListPoliciesOutput, error) {
	var all []entity
	if in.Scope != types.PolicyScopeTypeAws {
		all = r.all(nil, policies)
	}
	if in.Scope != types.PolicyScopeTypeLocal {
		for _, e := range ofAWS {
			all = append(all, e)
		}
	}
	all = slices.DeleteFunc(all, func(e entity) bool {
		attached, bounded := r.attachedTo(nil, r.policyARN(e))
		unused := len(attached) == 0
		switch in.PolicyUsageFilter {
		case types.PolicyUsageTypePermissionsBoundary:
			unused = len(bounded) == 0
		case "":
			unused = in.OnlyAttached && len(attached)+len(bounded) == 0
		}
		return unused || !strings.HasPrefix(e.Path, pathOf(in))
	})
	rows, more, marker, err := page(in, all, func(e entity) string { return e.Name + "/" + e.ID })
	if err != nil {
		return nil, err
	}
	out := &iam.ListPoliciesOutput{Policies: []types.Policy{}, IsTruncated: more, Marker: marker}
	for _, e := range rows {
		shown := r.showPolicy(e)
		shown.Tags, shown.Description = nil, nil // "this operation does not return tags"; descriptions are GetPolicy's alone
		out.Policies = append(out.Policies, *shown)
	}
	return out, nil
}

func showVersion(e entity, v version, document bool) types.PolicyVersion {
	shown := types.PolicyVersion{VersionId: new(v.ID), CreateDate: new(v.Created), IsDefaultVersion: v.ID == e.Default}
	if document {
		shown.Document = new(encoded(v.Document))
	}
	return shown
}

func (r *Room) createPolicyVersion(_ context.Context, in *iam.CreatePolicyVersionInput) (*iam.CreatePolicyVersionOutput, error) {
	if err := checkDocument(*in.PolicyDocument); err != nil {
		return nil, err
	}
	var shown types.PolicyVersion
	err := r.changePolicy(*in.PolicyArn, func(e *entity) error {
		if len(e.Versions) >= maxVersions {
			return limitExceeded("A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", maxVersions)
		}
		e.Last++
		v := version{ID: fmt.Sprintf("v%d", e.Last), Document: *in.PolicyDocument, Created: r.now()}
		e.Versions, e.Updated = append(e.Versions, v), v.Created
		if in.SetAsDefault {
			e.Default = v.ID
		}
		shown = showVersion(*e, v, false)
		return nil
	})
	return &iam.CreatePolicyVersionOutput{PolicyVersion: &shown}, err
}

// changePolicy changes one of the account's own policies.
func (r *Room) changePolicy(arn string, f func(*entity) error) error {
	e, err := r.ownPolicy(nil, arn)
	if err != nil {
		return err
	}
	return r.change(policies, e.Name, func(_ *store.Tx, e *entity) error { return f(e) })
}

func (e entity) version(id string) int {
	return slices.IndexFunc(e.Versions, func(v version) bool { return v.ID == id })
}

func noVersion(arn, id string) error {
	return noSuchEntity("Policy %s version %s does not exist or is not attachable.", arn, id)
}

func (r *Room) getPolicyVersion(_ context.Context, in *iam.GetPolicyVersionInput) (*iam.GetPolicyVersionOutput, error) {
	e, err := r.findPolicy(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	i := e.version(*in.VersionId)
	if i < 0 {
		return nil, noVersion(*in.PolicyArn, *in.VersionId)
	}
	return &iam.GetPolicyVersionOutput{PolicyVersion: new(showVersion(e, e.Versions[i], true))}, nil
}

func (r *Room) deletePolicyVersion(_ context.Context, in *iam.DeletePolicyVersionInput) (*iam.DeletePolicyVersionOutput, error) {
	return &iam.DeletePolicyVersionOutput{}, r.changePolicy(*in.PolicyArn, func(e *entity) error {
		i := e.version(*in.VersionId)
		switch {
		case i < 0:
			return noVersion(*in.PolicyArn, *in.VersionId)
		case e.Default == *in.VersionId:
			return conflict("Cannot delete the default version of a policy.")
		}
		e.Versions = slices.Delete(e.Versions, i, i+1)
		return nil
	})
}

func (r *Room) setDefaultVersion(_ context.Context, in *iam.SetDefaultPolicyVersionInput) (*iam.SetDefaultPolicyVersionOutput, error) {
	return &iam.SetDefaultPolicyVersionOutput{}, r.changePolicy(*in.PolicyArn, func(e *entity) error {
		if e.version(*in.VersionId) < 0 {
			return noVersion(*in.PolicyArn, *in.VersionId)
		}
		e.Default, e.Updated = *in.VersionId, r.now()
		return nil
	})
}

// listPolicyVersions lists the newest first.
func (r *Room) listPolicyVersions(_ context.Context, in *iam.ListPolicyVersionsInput) (*iam.ListPolicyVersionsOutput, error) {
	e, err := r.findPolicy(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	rows, more, marker, err := page(in, slices.Clone(e.Versions), func(v version) string { return fmt.Sprintf("%09d", len(e.Versions)-e.version(v.ID)) })
	if err != nil {
		return nil, err
	}
	out := &iam.ListPolicyVersionsOutput{Versions: []types.PolicyVersion{}, IsTruncated: more, Marker: marker}
	for _, v := range rows {
		out.Versions = append(out.Versions, showVersion(e, v, false))
	}
	return out, nil
}

func (r *Room) listEntitiesForPolicy(_ context.Context, in *iam.ListEntitiesForPolicyInput) (*iam.ListEntitiesForPolicyOutput, error) {
	if _, err := r.findPolicy(in.PolicyArn); err != nil {
		return nil, err
	}
	attached, bounded := r.attachedTo(nil, *in.PolicyArn)
	if in.PolicyUsageFilter == types.PolicyUsageTypePermissionsBoundary {
		attached = bounded
	}
	attached = slices.DeleteFunc(attached, func(e entity) bool {
		of := map[types.EntityType]*kind{types.EntityTypeUser: users, types.EntityTypeGroup: groups, types.EntityTypeRole: roles}
		return in.EntityFilter != "" && of[in.EntityFilter] != e.kind() || !strings.HasPrefix(e.Path, pathOf(in))
	})
	rows, more, marker, err := page(in, attached, func(e entity) string { return e.Kind + "/" + e.Name })
	if err != nil {
		return nil, err
	}
	out := &iam.ListEntitiesForPolicyOutput{
		PolicyUsers: []types.PolicyUser{}, PolicyGroups: []types.PolicyGroup{}, PolicyRoles: []types.PolicyRole{}, IsTruncated: more, Marker: marker,
	}
	for _, e := range rows {
		switch e.kind() {
		case users:
			out.PolicyUsers = append(out.PolicyUsers, types.PolicyUser{UserName: new(e.Name), UserId: new(e.ID)})
		case groups:
			out.PolicyGroups = append(out.PolicyGroups, types.PolicyGroup{GroupName: new(e.Name), GroupId: new(e.ID)})
		case roles:
			out.PolicyRoles = append(out.PolicyRoles, types.PolicyRole{RoleName: new(e.Name), RoleId: new(e.ID)})
		}
	}
	return out, nil
}
