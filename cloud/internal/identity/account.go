package identity

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/understudy/understudy/cloud/internal/store"
)

// born is when the account was made, the CreateDate of its root user. It is the oldest thing in it, or now.
func (r *Room) born() time.Time {
	oldest := r.now()
	for _, e := range r.entities.All() {
		if e.Created.Before(oldest) {
			oldest = e.Created
		}
	}
	return oldest
}

func (r *Room) theAccount(tx *store.Tx) accountRow {
	row, _ := r.account.GetTx(tx, theAccount)
	return row
}

// createAccountAlias replaces the alias: an account has one at most.
func (r *Room) createAccountAlias(_ context.Context, in *iam.CreateAccountAliasInput) (*iam.CreateAccountAliasOutput, error) {
	return &iam.CreateAccountAliasOutput{}, r.Update(func(tx *store.Tx) error {
		row := r.theAccount(tx)
		row.Aliases = []string{*in.AccountAlias}
		return r.account.Put(tx, theAccount, row)
	})
}

func (r *Room) deleteAccountAlias(_ context.Context, in *iam.DeleteAccountAliasInput) (*iam.DeleteAccountAliasOutput, error) {
	return &iam.DeleteAccountAliasOutput{}, r.Update(func(tx *store.Tx) error {
		row := r.theAccount(tx)
		if !slices.Contains(row.Aliases, *in.AccountAlias) {
			return noSuchEntity("The account alias %s cannot be found.", *in.AccountAlias)
		}
		row.Aliases = nil
		return r.account.Put(tx, theAccount, row)
	})
}

func (r *Room) listAccountAliases(_ context.Context, in *iam.ListAccountAliasesInput) (*iam.ListAccountAliasesOutput, error) {
	names, more, marker, err := page(in, slices.Clone(r.theAccount(nil).Aliases), func(a string) string { return a })
	return &iam.ListAccountAliasesOutput{AccountAliases: names, IsTruncated: more, Marker: marker}, err
}

// getAccountSummary counts what there is, and names the quotas.
func (r *Room) getAccountSummary(context.Context, *iam.GetAccountSummaryInput) (*iam.GetAccountSummaryOutput, error) {
	n := func(k *kind) int32 { return int32(len(r.all(nil, k))) }
	versions := int32(0)
	for _, e := range r.all(nil, policies) {
		versions += int32(len(e.Versions))
	}
	return &iam.GetAccountSummaryOutput{SummaryMap: map[string]int32{
		string(types.SummaryKeyTypeUsers): n(users), "UsersQuota": int32(users.quota),
		"Groups": n(groups), "GroupsQuota": int32(groups.quota), "Roles": n(roles), "RolesQuota": int32(roles.quota),
		"Policies": n(policies), "PoliciesQuota": int32(policies.quota), "InstanceProfiles": n(profiles), "InstanceProfilesQuota": int32(profiles.quota),
		"PolicyVersionsInUse": versions, "PolicyVersionsInUseQuota": 10000, "VersionsPerPolicyQuota": maxVersions, "PolicySizeQuota": maxPolicy,
		"AttachedPoliciesPerUserQuota": maxAttached, "AttachedPoliciesPerGroupQuota": maxAttached, "AttachedPoliciesPerRoleQuota": maxAttached,
		"UserPolicySizeQuota": int32(inlineSizes[users]), "GroupPolicySizeQuota": int32(inlineSizes[groups]), "RolePolicySizeQuota": int32(inlineSizes[roles]),
		"AssumeRolePolicySizeQuota": maxTrust, "GroupsPerUserQuota": maxGroups, "AccessKeysPerUserQuota": maxKeys,
		"AccountAccessKeysPresent": 1, "AccountMFAEnabled": 0, "AccountPasswordPresent": 0, "AccountSigningCertificatesPresent": 0,
		"MFADevices": 0, "MFADevicesInUse": 0, "Providers": 0, "ServerCertificates": 0, "ServerCertificatesQuota": 20, "SigningCertificatesPerUserQuota": 2,
		"GlobalEndpointTokenVersion": 1,
	}}, nil
}

// getPasswordPolicy: nobody has a password here, so that no policy of them was made.
func (r *Room) getPasswordPolicy(context.Context, *iam.GetAccountPasswordPolicyInput) (*iam.GetAccountPasswordPolicyOutput, error) {
	return nil, noSuchEntity("The Password Policy with domain name %s cannot be found.", r.Account)
}
