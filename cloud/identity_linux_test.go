//go:build linux

package cloud_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/understudy/understudy/cloud"
)

func users(c *cloud.Cloud) *iam.Client {
	o := client(c, "").Options()
	return iam.New(iam.Options{
		BaseEndpoint: o.BaseEndpoint, Region: o.Region, RetryMaxAttempts: 1, HTTPClient: o.HTTPClient, Credentials: o.Credentials,
	})
}

// whoami asks by a key, the account's own where none is given.
func whoami(t *testing.T, c *cloud.Cloud, id, secret string) (string, error) {
	t.Helper()
	o := client(c, "").Options()
	by := o.Credentials
	if id != "" {
		by = credentials.NewStaticCredentialsProvider(id, secret, "")
	}
	s := sts.New(sts.Options{BaseEndpoint: o.BaseEndpoint, Region: o.Region, RetryMaxAttempts: 1, HTTPClient: o.HTTPClient, Credentials: by})
	out, err := s.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", err
	}
	return *out.Arn, nil
}

// Users and their keys outlive the cloud. While their state is damaged the account's own key signs alone, and a copy brings
// them back.
func TestUsersAreKeptAndRestored(t *testing.T) {
	dir := t.TempDir()
	c := start(t, cloud.Options{Dir: dir, Regions: []string{"us-east-1"}})
	if _, err := users(c).CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("ann")}); err != nil {
		t.Fatal(err)
	}
	key, err := users(c).CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("ann")})
	if err != nil {
		t.Fatal(err)
	}
	id, secret := *key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "identity", "identity.db")
	if err := os.Truncate(file, 100); err != nil {
		t.Fatal(err)
	}
	c = start(t, cloud.Options{Dir: dir})
	last := c.Status().Processes[len(c.Status().Processes)-1]
	if last.Name != "identity" || last.State != "refused" || last.Hint == "" {
		t.Errorf("status has %+v", last)
	}
	if _, err := whoami(t, c, "", ""); err != nil {
		t.Errorf("by the account's own key: %v", err)
	}
	if arn, err := whoami(t, c, id, secret); err == nil {
		t.Errorf("a key that cannot be known is %s's", arn)
	}
	if _, err := users(c).ListUsers(t.Context(), &iam.ListUsersInput{}); err == nil {
		t.Error("IAM answers on a damaged state")
	}
	if _, err := cloud.Restore(t.Context(), dir, "identity", false); err != nil {
		t.Fatal(err)
	}
	if arn, err := whoami(t, c, id, secret); err != nil || arn != "arn:aws:iam::"+c.Status().Account+":user/ann" {
		t.Errorf("after the restoration the key is %s's, %v", arn, err)
	}
}
