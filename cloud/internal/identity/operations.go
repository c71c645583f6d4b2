package identity

import (
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/understudy/understudy/cloud/internal/door"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Handler answers IAM and STS.
func (r *Room) Handler() http.Handler {
	m := wire.NewMux(r.Log)
	m.Steady(r.DB.Changes)
	r.Operations(m)
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		c := door.CallerOf(req.Context())
		if scope, _ := wire.ScopeOf(req); scope.Service == wire.IAM.SigningName && c.Temporary && c.Role == "" {
			// "You cannot call any IAM API operations unless MFA authentication information is included in the request"
			// (GetSessionToken).
			wire.WriteError(w, req, wire.IAM, &wire.Error{
				Code: "InvalidClientTokenId", Message: "The security token included in the request is invalid", Status: http.StatusForbidden,
			})
			return
		}
		m.ServeHTTP(w, req)
	})
}

// Operations registers every operation that this cloud has of the two APIs.
func (r *Room) Operations(m *wire.Mux) {
	wire.Handle(m, wire.STS, "GetCallerIdentity", r.getCallerIdentity)
	wire.Handle(m, wire.STS, "AssumeRole", r.assumeRole)
	wire.Handle(m, wire.STS, "GetSessionToken", r.getSessionToken)
	wire.Handle(m, wire.STS, "GetAccessKeyInfo", r.getAccessKeyInfo)
	r.userOperations(m)
	r.groupOperations(m)
	r.roleOperations(m)
	r.policyOperations(m)
	r.profileOperations(m)
	r.accountOperations(m)
}

func (r *Room) userOperations(m *wire.Mux) {
	wire.Handle(m, wire.IAM, "CreateUser", r.createUser)
	wire.Handle(m, wire.IAM, "GetUser", r.getUser)
	wire.Handle(m, wire.IAM, "UpdateUser", r.updateUser)
	wire.Handle(m, wire.IAM, "DeleteUser", r.deleteUser)
	wire.Handle(m, wire.IAM, "ListUsers", r.listUsers)
	wire.Handle(m, wire.IAM, "AddUserToGroup", r.addUserToGroup)
	wire.Handle(m, wire.IAM, "RemoveUserFromGroup", r.removeUserFromGroup)
	wire.Handle(m, wire.IAM, "ListGroupsForUser", r.listGroupsForUser)
	wire.Handle(m, wire.IAM, "GetLoginProfile", r.getLoginProfile)
	wire.Handle(m, wire.IAM, "DeleteLoginProfile", r.deleteLoginProfile)
	wire.Handle(m, wire.IAM, "ListMFADevices", noneOf[iam.ListMFADevicesInput, iam.ListMFADevicesOutput](r, "MFADevices", []types.MFADevice{}))
	wire.Handle(m, wire.IAM, "ListSigningCertificates",
		noneOf[iam.ListSigningCertificatesInput, iam.ListSigningCertificatesOutput](r, "Certificates", []types.SigningCertificate{}))
	wire.Handle(m, wire.IAM, "ListSSHPublicKeys",
		noneOf[iam.ListSSHPublicKeysInput, iam.ListSSHPublicKeysOutput](r, "SSHPublicKeys", []types.SSHPublicKeyMetadata{}))
	wire.Handle(m, wire.IAM, "ListServiceSpecificCredentials", noneOf[iam.ListServiceSpecificCredentialsInput, iam.ListServiceSpecificCredentialsOutput](
		r, "ServiceSpecificCredentials", []types.ServiceSpecificCredentialMetadata{}))

	wire.Handle(m, wire.IAM, "CreateAccessKey", r.createAccessKey)
	wire.Handle(m, wire.IAM, "UpdateAccessKey", r.updateAccessKey)
	wire.Handle(m, wire.IAM, "DeleteAccessKey", r.deleteAccessKey)
	wire.Handle(m, wire.IAM, "ListAccessKeys", r.listAccessKeys)
	wire.Handle(m, wire.IAM, "GetAccessKeyLastUsed", r.getAccessKeyLastUsed)

	wire.Handle(m, wire.IAM, "PutUserPolicy", putInline[iam.PutUserPolicyInput, iam.PutUserPolicyOutput](r, users))
	wire.Handle(m, wire.IAM, "GetUserPolicy", getInline[iam.GetUserPolicyInput, iam.GetUserPolicyOutput](r, users))
	wire.Handle(m, wire.IAM, "DeleteUserPolicy", deleteInline[iam.DeleteUserPolicyInput, iam.DeleteUserPolicyOutput](r, users))
	wire.Handle(m, wire.IAM, "ListUserPolicies", listInline[iam.ListUserPoliciesInput, iam.ListUserPoliciesOutput](r, users))
	wire.Handle(m, wire.IAM, "AttachUserPolicy", attach[iam.AttachUserPolicyInput, iam.AttachUserPolicyOutput](r, users))
	wire.Handle(m, wire.IAM, "DetachUserPolicy", detach[iam.DetachUserPolicyInput, iam.DetachUserPolicyOutput](r, users))
	wire.Handle(m, wire.IAM, "ListAttachedUserPolicies", listAttached[iam.ListAttachedUserPoliciesInput, iam.ListAttachedUserPoliciesOutput](r, users))
	wire.Handle(m, wire.IAM, "PutUserPermissionsBoundary",
		setBoundary[iam.PutUserPermissionsBoundaryInput, iam.PutUserPermissionsBoundaryOutput](r, users))
	wire.Handle(m, wire.IAM, "DeleteUserPermissionsBoundary",
		deleteBoundary[iam.DeleteUserPermissionsBoundaryInput, iam.DeleteUserPermissionsBoundaryOutput](r, users))
	wire.Handle(m, wire.IAM, "TagUser", tag[iam.TagUserInput, iam.TagUserOutput](r, users))
	wire.Handle(m, wire.IAM, "UntagUser", untag[iam.UntagUserInput, iam.UntagUserOutput](r, users))
	wire.Handle(m, wire.IAM, "ListUserTags", listTags[iam.ListUserTagsInput, iam.ListUserTagsOutput](r, users))
}

func (r *Room) groupOperations(m *wire.Mux) {
	wire.Handle(m, wire.IAM, "CreateGroup", r.createGroup)
	wire.Handle(m, wire.IAM, "GetGroup", r.getGroup)
	wire.Handle(m, wire.IAM, "UpdateGroup", r.updateGroup)
	wire.Handle(m, wire.IAM, "DeleteGroup", r.deleteGroup)
	wire.Handle(m, wire.IAM, "ListGroups", r.listGroups)
	wire.Handle(m, wire.IAM, "PutGroupPolicy", putInline[iam.PutGroupPolicyInput, iam.PutGroupPolicyOutput](r, groups))
	wire.Handle(m, wire.IAM, "GetGroupPolicy", getInline[iam.GetGroupPolicyInput, iam.GetGroupPolicyOutput](r, groups))
	wire.Handle(m, wire.IAM, "DeleteGroupPolicy", deleteInline[iam.DeleteGroupPolicyInput, iam.DeleteGroupPolicyOutput](r, groups))
	wire.Handle(m, wire.IAM, "ListGroupPolicies", listInline[iam.ListGroupPoliciesInput, iam.ListGroupPoliciesOutput](r, groups))
	wire.Handle(m, wire.IAM, "AttachGroupPolicy", attach[iam.AttachGroupPolicyInput, iam.AttachGroupPolicyOutput](r, groups))
	wire.Handle(m, wire.IAM, "DetachGroupPolicy", detach[iam.DetachGroupPolicyInput, iam.DetachGroupPolicyOutput](r, groups))
	wire.Handle(m, wire.IAM, "ListAttachedGroupPolicies", listAttached[iam.ListAttachedGroupPoliciesInput, iam.ListAttachedGroupPoliciesOutput](r, groups))
}

func (r *Room) roleOperations(m *wire.Mux) {
	wire.Handle(m, wire.IAM, "CreateRole", r.createRole)
	wire.Handle(m, wire.IAM, "GetRole", r.getRole)
	wire.Handle(m, wire.IAM, "UpdateRole", r.updateRole)
	wire.Handle(m, wire.IAM, "UpdateRoleDescription", r.updateRoleDescription)
	wire.Handle(m, wire.IAM, "UpdateAssumeRolePolicy", r.updateTrust)
	wire.Handle(m, wire.IAM, "DeleteRole", r.deleteRole)
	wire.Handle(m, wire.IAM, "ListRoles", r.listRoles)
	wire.Handle(m, wire.IAM, "CreateServiceLinkedRole", r.createServiceLinkedRole)
	wire.Handle(m, wire.IAM, "DeleteServiceLinkedRole", r.deleteServiceLinkedRole)
	wire.Handle(m, wire.IAM, "GetServiceLinkedRoleDeletionStatus", r.getServiceLinkedRoleDeletionStatus)
	wire.Handle(m, wire.IAM, "PutRolePolicy", putInline[iam.PutRolePolicyInput, iam.PutRolePolicyOutput](r, roles))
	wire.Handle(m, wire.IAM, "GetRolePolicy", getInline[iam.GetRolePolicyInput, iam.GetRolePolicyOutput](r, roles))
	wire.Handle(m, wire.IAM, "DeleteRolePolicy", deleteInline[iam.DeleteRolePolicyInput, iam.DeleteRolePolicyOutput](r, roles))
	wire.Handle(m, wire.IAM, "ListRolePolicies", listInline[iam.ListRolePoliciesInput, iam.ListRolePoliciesOutput](r, roles))
	wire.Handle(m, wire.IAM, "AttachRolePolicy", attach[iam.AttachRolePolicyInput, iam.AttachRolePolicyOutput](r, roles))
	wire.Handle(m, wire.IAM, "DetachRolePolicy", detach[iam.DetachRolePolicyInput, iam.DetachRolePolicyOutput](r, roles))
	wire.Handle(m, wire.IAM, "ListAttachedRolePolicies", listAttached[iam.ListAttachedRolePoliciesInput, iam.ListAttachedRolePoliciesOutput](r, roles))
	wire.Handle(m, wire.IAM, "PutRolePermissionsBoundary",
		setBoundary[iam.PutRolePermissionsBoundaryInput, iam.PutRolePermissionsBoundaryOutput](r, roles))
	wire.Handle(m, wire.IAM, "DeleteRolePermissionsBoundary",
		deleteBoundary[iam.DeleteRolePermissionsBoundaryInput, iam.DeleteRolePermissionsBoundaryOutput](r, roles))
	wire.Handle(m, wire.IAM, "TagRole", tag[iam.TagRoleInput, iam.TagRoleOutput](r, roles))
	wire.Handle(m, wire.IAM, "UntagRole", untag[iam.UntagRoleInput, iam.UntagRoleOutput](r, roles))
	wire.Handle(m, wire.IAM, "ListRoleTags", listTags[iam.ListRoleTagsInput, iam.ListRoleTagsOutput](r, roles))
}

func (r *Room) policyOperations(m *wire.Mux) {
	wire.Handle(m, wire.IAM, "CreatePolicy", r.createPolicy)
	wire.Handle(m, wire.IAM, "GetPolicy", r.getPolicy)
	wire.Handle(m, wire.IAM, "DeletePolicy", r.deletePolicy)
	wire.Handle(m, wire.IAM, "ListPolicies", r.listPolicies)
	wire.Handle(m, wire.IAM, "CreatePolicyVersion", r.createPolicyVersion)
	wire.Handle(m, wire.IAM, "GetPolicyVersion", r.getPolicyVersion)
	wire.Handle(m, wire.IAM, "DeletePolicyVersion", r.deletePolicyVersion)
	wire.Handle(m, wire.IAM, "SetDefaultPolicyVersion", r.setDefaultVersion)
	wire.Handle(m, wire.IAM, "ListPolicyVersions", r.listPolicyVersions)
	wire.Handle(m, wire.IAM, "ListEntitiesForPolicy", r.listEntitiesForPolicy)
	wire.Handle(m, wire.IAM, "TagPolicy", tag[iam.TagPolicyInput, iam.TagPolicyOutput](r, policies))
	wire.Handle(m, wire.IAM, "UntagPolicy", untag[iam.UntagPolicyInput, iam.UntagPolicyOutput](r, policies))
	wire.Handle(m, wire.IAM, "ListPolicyTags", listTags[iam.ListPolicyTagsInput, iam.ListPolicyTagsOutput](r, policies))
}

func (r *Room) profileOperations(m *wire.Mux) {
	wire.Handle(m, wire.IAM, "CreateInstanceProfile", r.createProfile)
	wire.Handle(m, wire.IAM, "GetInstanceProfile", r.getProfile)
	wire.Handle(m, wire.IAM, "DeleteInstanceProfile", r.deleteProfile)
	wire.Handle(m, wire.IAM, "AddRoleToInstanceProfile", r.addRole)
	wire.Handle(m, wire.IAM, "RemoveRoleFromInstanceProfile", r.removeRole)
	wire.Handle(m, wire.IAM, "ListInstanceProfiles", r.listProfiles)
	wire.Handle(m, wire.IAM, "ListInstanceProfilesForRole", r.listProfilesForRole)
	wire.Handle(m, wire.IAM, "TagInstanceProfile", tag[iam.TagInstanceProfileInput, iam.TagInstanceProfileOutput](r, profiles))
	wire.Handle(m, wire.IAM, "UntagInstanceProfile", untag[iam.UntagInstanceProfileInput, iam.UntagInstanceProfileOutput](r, profiles))
	wire.Handle(m, wire.IAM, "ListInstanceProfileTags",
		listTags[iam.ListInstanceProfileTagsInput, iam.ListInstanceProfileTagsOutput](r, profiles))
}

func (r *Room) accountOperations(m *wire.Mux) {
	wire.Handle(m, wire.IAM, "CreateAccountAlias", r.createAccountAlias)
	wire.Handle(m, wire.IAM, "DeleteAccountAlias", r.deleteAccountAlias)
	wire.Handle(m, wire.IAM, "ListAccountAliases", r.listAccountAliases)
	wire.Handle(m, wire.IAM, "GetAccountSummary", r.getAccountSummary)
	wire.Handle(m, wire.IAM, "GetAccountPasswordPolicy", r.getPasswordPolicy)
	wire.Handle(m, wire.IAM, "SimulateCustomPolicy", r.simulateCustom)
	wire.Handle(m, wire.IAM, "SimulatePrincipalPolicy", r.simulatePrincipal)
}
