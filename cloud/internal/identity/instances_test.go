package identity_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/understudy/understudy/cloud/internal/profile"
)

const (
	trustsEC2 = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	trustsELB = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"elasticloadbalancing.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
)

// An instance signs with its role's credentials, as the role's session that is called like the instance, for six hours.
func TestInstancesHaveTheirRolesCredentials(t *testing.T) {
	d, ctx := open(t), t.Context()
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(d.CreateRole(ctx, &iam.CreateRoleInput{RoleName: new("web-role"), AssumeRolePolicyDocument: new(trustsEC2)}))
	must(d.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: new("web"), Path: new("/app/")}))
	p, err := d.room.InstanceProfile(ctx, profile.Ref{ARN: "arn:aws:iam::" + account + ":instance-profile/app/web"})
	if err != nil || p.Name != "web" || p.Role != "" {
		t.Errorf("profile %+v, %v", p, err)
	}
	if _, err := d.room.InstanceCredentials(ctx, p.ID, "i-1"); !errors.Is(err, profile.ErrMissing) {
		t.Errorf("without a role: %v", err)
	}
	must(d.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: new("web"), RoleName: new("web-role")}))
	if p, err := d.room.InstanceProfile(ctx, profile.Ref{Name: "web"}); err != nil || p.Role != "web-role" {
		t.Errorf("profile %+v, %v", p, err)
	}
	for _, ref := range []profile.Ref{
		{Name: "other"}, {ARN: "arn:aws:iam::" + account + ":instance-profile/web"}, {ARN: "arn:aws:iam::" + account + ":role/web-role"},
	} {
		if p, err := d.room.InstanceProfile(ctx, ref); !errors.Is(err, profile.ErrMissing) {
			t.Errorf("%+v is %+v, %v", ref, p, err)
		}
	}
	c, err := d.room.InstanceCredentials(ctx, p.ID, "i-0123456789abcdef0")
	if err != nil || c.Code != profile.Success || c.Role != "web-role" || c.Expires.Sub(c.Issued) != 6*time.Hour {
		t.Fatalf("credentials %+v, %v", c, err)
	}
	as := d.sts(c.Key, c.Secret, c.Token)
	who, err := as.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil || *who.Arn != "arn:aws:sts::"+account+":assumed-role/web-role/i-0123456789abcdef0" {
		t.Errorf("it signs as %+v, %v", who, err)
	}
	d.late.Store(int64(6*time.Hour + time.Minute))
	_, err = as.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err == nil {
		t.Error("it signs after six hours")
	}
	d.late.Store(0)

	must(d.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: new("web-role"), PolicyDocument: new(trustsELB)}))
	c, err = d.room.InstanceCredentials(ctx, p.ID, "i-1")
	if err != nil || c.Code != profile.NotAuthorized || c.Role != "web-role" || c.Key != "" {
		t.Errorf("a role that trusts others gives %+v, %v", c, err)
	}
}
