package identity_test

import (
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
)

// The walks ask as Terraform's AWS provider does (v6.58.0, internal/service/iam): with what it sends by default, in its order. Each
// read is made twice, and once more after a restart: a difference would be a plan that never becomes empty.

func (d *desk) same(what string, read func() any) {
	d.t.Helper()
	whole := cmp.Exporter(func(reflect.Type) bool { return true })
	first := read()
	if diff := cmp.Diff(first, read(), whole); diff != "" {
		d.t.Errorf("another read of %s differs (-first +second):\n%s", what, diff)
	}
	d.reopen()
	if diff := cmp.Diff(first, read(), whole); diff != "" {
		d.t.Errorf("%s after a restart (-before +after):\n%s", what, diff)
	}
}

func must[T any](out T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// gone fails unless an error is the code that the provider takes for "not found".
func gone(t *testing.T, err error) {
	t.Helper()
	var fault smithy.APIError
	if !errors.As(err, &fault) || fault.ErrorCode() != "NoSuchEntity" {
		t.Errorf("after its deletion: %v", err)
	}
}

func TestProviderWalksARole(t *testing.T) {
	d := open(t)
	ctx, name := t.Context(), new("walk")
	must(d.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: name, AssumeRolePolicyDocument: new(trustEC2), Path: new("/"), MaxSessionDuration: new(int32(3600)),
		Tags: []iamtypes.Tag{{Key: new("Name"), Value: new("walk")}, {Key: new("empty"), Value: new("")}},
	}))(t)
	read := func() any {
		role := must(d.GetRole(ctx, &iam.GetRoleInput{RoleName: name}))(t).Role
		if role.CreateDate == nil || !strings.HasPrefix(*role.Arn, "arn:aws:iam::") {
			t.Fatalf("the provider dereferences CreateDate %v, and reads the ARN %s", role.CreateDate, *role.Arn)
		}
		if text, err := url.QueryUnescape(*role.AssumeRolePolicyDocument); err != nil || text != trustEC2 {
			t.Errorf("the trust policy is %s, %v", *role.AssumeRolePolicyDocument, err)
		}
		inline := must(d.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: name}))(t).PolicyNames
		var documents []string
		for _, p := range inline {
			documents = append(documents, *must(d.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: name, PolicyName: &p}))(t).PolicyDocument)
		}
		attached := must(d.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: name}))(t).AttachedPolicies
		return []any{*role, documents, attached}
	}
	d.same("a role", read)
	must(d.UpdateRoleDescription(ctx, &iam.UpdateRoleDescriptionInput{RoleName: name, Description: new("changed")}))(t)
	must(d.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name, MaxSessionDuration: new(int32(7200))}))(t)
	must(d.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: name, PolicyName: new("inline"), PolicyDocument: new(allowEC2)}))(t)
	must(d.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: new(managed)}))(t)
	must(d.UntagRole(ctx, &iam.UntagRoleInput{RoleName: name, TagKeys: []string{"empty"}}))(t)
	d.same("a changed role", read)

	must(d.ListInstanceProfilesForRole(ctx, &iam.ListInstanceProfilesForRoleInput{RoleName: name}))(t)
	must(d.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: new(managed)}))(t)
	must(d.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: new("inline")}))(t)
	_, err := d.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: name, PolicyName: new("inline")})
	gone(t, err)
	must(d.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name}))(t)
	_, err = d.GetRole(ctx, &iam.GetRoleInput{RoleName: name})
	gone(t, err)
}

func TestProviderWalksAPolicy(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	arn := must(d.CreatePolicy(ctx, &iam.CreatePolicyInput{
		PolicyName: new("walk"), PolicyDocument: new(allowEC2), Path: new("/"), Description: new(""), // as it is sent where there is none
	}))(t).Policy.Arn
	read := func() any {
		policy := must(d.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: arn}))(t).Policy
		version := must(d.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: arn, VersionId: policy.DefaultVersionId}))(t).PolicyVersion
		return []any{*policy, *version}
	}
	d.same("a policy", read)
	for range 5 { // more versions than a policy may have: the oldest goes first
		versions := must(d.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: arn}))(t).Versions
		if len(versions) == 5 {
			oldest := versions[len(versions)-1].VersionId
			must(d.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: oldest}))(t)
		}
		must(d.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: new(allowS3), SetAsDefault: true}))(t)
	}
	d.same("a changed policy", read)
	for _, v := range must(d.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: arn}))(t).Versions {
		if !v.IsDefaultVersion {
			must(d.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: v.VersionId}))(t)
		}
	}
	must(d.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: arn}))(t)
	_, err := d.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: arn})
	gone(t, err)
}

func TestProviderWalksAnInstanceProfile(t *testing.T) {
	d := open(t)
	ctx, name := t.Context(), new("walk")
	must(d.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: new(trustEC2)}))(t)
	must(d.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: name, Path: new("/")}))(t)
	must(d.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: name}))(t)
	d.same("an instance profile", func() any {
		profile := must(d.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: name}))(t).InstanceProfile
		if profile.CreateDate == nil || len(profile.Roles) != 1 {
			t.Fatalf("the profile is %+v", profile)
		}
		return []any{*profile, *must(d.GetRole(ctx, &iam.GetRoleInput{RoleName: profile.Roles[0].RoleName}))(t).Role}
	})
	must(d.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: name, RoleName: name}))(t)
	must(d.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: name}))(t)
	_, err := d.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: name})
	gone(t, err)
}
