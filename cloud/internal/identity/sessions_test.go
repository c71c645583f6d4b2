package identity_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
)

func (d *desk) whoami(c *ststypes.Credentials) (string, error) {
	out, err := d.sts(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken).GetCallerIdentity(d.t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", err
	}
	return *out.Arn, nil
}

// A user's key signs until it is made inactive, and is there after the account was opened again.
func TestAUsersKeySigns(t *testing.T) {
	d := open(t)
	id, key := d.user("ann")
	d.reopen()
	out, err := d.sts(id, key, "").GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	if *out.Arn != "arn:aws:iam::123456789012:user/ann" || !strings.HasPrefix(*out.UserId, "AIDA") || *out.Account != account {
		t.Errorf("got %s, %s, %s", *out.Arn, *out.UserId, *out.Account)
	}
	self, err := iam.NewFromConfig(d.as(id, key, "")).GetUser(t.Context(), &iam.GetUserInput{})
	if err != nil || *self.User.UserName != "ann" {
		t.Errorf("got %v, %v", self, err)
	}
	used, err := d.GetAccessKeyLastUsed(t.Context(), &iam.GetAccessKeyLastUsedInput{AccessKeyId: &id})
	if err != nil || *used.AccessKeyLastUsed.ServiceName != "iam" {
		t.Errorf("got %v, %v", used, err)
	}
	info, err := d.sts(keyID, secret, "").GetAccessKeyInfo(t.Context(), &sts.GetAccessKeyInfoInput{AccessKeyId: &id})
	if err != nil || *info.Account != account {
		t.Errorf("got %v, %v", info, err)
	}
	inactive := &iam.UpdateAccessKeyInput{UserName: aws.String("ann"), AccessKeyId: &id, Status: iamtypes.StatusTypeInactive}
	if _, err := d.UpdateAccessKey(t.Context(), inactive); err != nil {
		t.Fatal(err)
	}
	_, err = d.sts(id, key, "").GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	refused(t, err, "InvalidClientTokenId: The security token included in the request is invalid.")
	if _, err := d.DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{UserName: aws.String("ann"), AccessKeyId: &id}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: aws.String("ann")}); err != nil {
		t.Error(err)
	}
}

// A role's session signs until it expires, and no longer than there is that role.
func TestARolesSession(t *testing.T) {
	d := open(t)
	id, key := d.user("ann")
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/ann"},"Action":"sts:AssumeRole",` +
		`"Condition":{"StringEquals":{"sts:ExternalId":"x1"}}}]}`
	if _, err := d.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: &trust}); err != nil {
		t.Fatal(err)
	}
	const arn = "arn:aws:iam::123456789012:role/r"
	ann := d.sts(id, key, "")
	in := &sts.AssumeRoleInput{RoleArn: aws.String(arn), RoleSessionName: aws.String("s1"), ExternalId: aws.String("x1"), DurationSeconds: aws.Int32(900)}
	out, err := ann.AssumeRole(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	const session = "arn:aws:sts::123456789012:assumed-role/r/s1"
	d.reopen()
	if got, err := d.whoami(out.Credentials); err != nil || got != session || *out.AssumedRoleUser.Arn != session {
		t.Errorf("got %s, %v", got, err)
	}
	_, err = d.sts(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, "").GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	refused(t, err, "InvalidClientTokenId: The security token included in the request is invalid.")

	d.late.Store(int64(16 * time.Minute))
	_, err = d.whoami(out.Credentials)
	refused(t, err, "ExpiredToken: The security token included in the request is expired")
	d.late.Store(0)

	ann = d.sts(id, key, "")
	in.ExternalId = aws.String("x2")
	_, err = ann.AssumeRole(t.Context(), in)
	refused(t, err, "AccessDenied: User: arn:aws:iam::123456789012:user/ann is not authorized to perform: sts:AssumeRole on resource: "+arn)
	_, err = d.sts(keyID, secret, "").AssumeRole(t.Context(), in)
	refused(t, err, "AccessDenied: Roles may not be assumed by root accounts.")
	in.ExternalId, in.DurationSeconds = aws.String("x1"), aws.Int32(7200)
	_, err = ann.AssumeRole(t.Context(), in)
	refused(t, err, "ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")

	if _, err := d.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: aws.String("r")}); err != nil {
		t.Fatal(err)
	}
	_, err = d.whoami(out.Credentials)
	refused(t, err, "InvalidClientTokenId: The security token included in the request is invalid.")
}

func TestSessionTokens(t *testing.T) {
	d := open(t)
	id, key := d.user("ann")
	out, err := d.sts(id, key, "").GetSessionToken(t.Context(), &sts.GetSessionTokenInput{})
	if err != nil {
		t.Fatal(err)
	}
	c := out.Credentials
	if got, err := d.whoami(c); err != nil || got != "arn:aws:iam::123456789012:user/ann" {
		t.Errorf("got %s, %v", got, err)
	}
	cfg := d.as(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
	_, err = sts.NewFromConfig(cfg).GetSessionToken(t.Context(), &sts.GetSessionTokenInput{})
	refused(t, err, "AccessDenied: Cannot call GetSessionToken with session credentials")
	_, err = iam.NewFromConfig(cfg).ListUsers(t.Context(), &iam.ListUsersInput{})
	refused(t, err, "InvalidClientTokenId: The security token included in the request is invalid")
	_, err = sts.NewFromConfig(cfg).DecodeAuthorizationMessage(t.Context(), &sts.DecodeAuthorizationMessageInput{EncodedMessage: aws.String("m")})
	refused(t, err, "UnsupportedOperation: The operation DecodeAuthorizationMessage of sts is not supported by this cloud.")
}

// What there is is listed in pages, by name, whatever is made in between.
func TestPages(t *testing.T) {
	d := open(t)
	for _, name := range []string{"c", "a", "b"} {
		if _, err := d.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &name}); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	pages := iam.NewListUsersPaginator(d.Client, &iam.ListUsersInput{MaxItems: aws.Int32(2)})
	for pages.HasMorePages() {
		p, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range p.Users {
			got = append(got, *u.UserName)
		}
	}
	if strings.Join(got, "") != "abc" {
		t.Errorf("got %q", got)
	}
}

func TestSizesAndQuotas(t *testing.T) {
	d := open(t)
	d.user("ann")
	name := aws.String("ann")
	if _, err := d.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: name}); err != nil {
		t.Fatal(err)
	}
	_, err := d.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: name})
	refused(t, err, "LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2")
	large := strings.Replace(allowEC2, "ec2:*", "ec2:"+strings.Repeat("a", 2048), 1)
	_, err = d.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: name, PolicyName: aws.String("p"), PolicyDocument: &large})
	refused(t, err, "LimitExceeded: Maximum policy size of 2048 bytes exceeded for user ann")
	blank := strings.Replace(allowEC2, "{", "{"+strings.Repeat(" ", 4000), 1) // blanks do not count
	if _, err := d.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: name, PolicyName: aws.String("p"), PolicyDocument: &blank}); err != nil {
		t.Error(err)
	}
}

// AWS's own policies are attached and read, and not changed.
func TestAWSPoliciesAreAWSs(t *testing.T) {
	d := open(t)
	_, err := d.DeletePolicy(t.Context(), &iam.DeletePolicyInput{PolicyArn: aws.String(managed)})
	refused(t, err, "AccessDenied: Policy is outside your own account.")
	p, err := d.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: aws.String(managed)})
	if err != nil || *p.Policy.DefaultVersionId != "v2" || *p.Policy.Arn != managed {
		t.Errorf("got %v, %v", p, err)
	}
}
