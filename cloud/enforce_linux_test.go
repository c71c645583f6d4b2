//go:build linux

package cloud_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/understudy/understudy/cloud"
)

// what is a call's error as clients have it: its code and message, "" for none.
func what(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode() + ": " + e.ErrorMessage()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// The front door asks a user's policies about each call, with the tags that the call gives and those that its region has. The
// account's own key may do everything.
func TestPoliciesAreEnforced(t *testing.T) {
	t.Parallel()
	c := start(t, cloud.Options{Regions: []string{"us-east-1"}, IAM: "enforce"})
	ctx, root, admin := t.Context(), client(c, ""), users(c)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := admin.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("ann")})
	must(err)
	key, err := admin.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("ann")})
	must(err)
	_, err = admin.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: aws.String("ann"), PolicyName: aws.String("own"), PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"ec2:DescribeVpcs","Resource":"*"},
		{"Effect":"Allow","Action":["ec2:CreateVpc","ec2:CreateTags"],"Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/team":"a"}}},
		{"Effect":"Allow","Action":"ec2:DeleteVpc","Resource":"arn:aws:ec2:us-east-1:*:vpc/*","Condition":{"StringEquals":{"ec2:ResourceTag/team":"a"}}}]}`)})
	must(err)
	ann := client(c, "").Options()
	ann.Credentials = credentials.NewStaticCredentialsProvider(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, "")
	by := ec2.New(ann)
	made, err := root.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	must(err)
	account := c.Status().Account
	denied := func(action, resource string) string {
		return "UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:iam::" + account + ":user/ann is not authorized " +
			"to perform: ec2:" + action + resource + " because no identity-based policy allows the ec2:" + action + " action"
	}
	vpc := func(tag string, dry bool) error {
		in := &ec2.CreateVpcInput{CidrBlock: aws.String("10.1.0.0/16"), DryRun: aws.Bool(dry)}
		if tag != "" {
			in.TagSpecifications = []ec2types.TagSpecification{{ResourceType: "vpc", Tags: []ec2types.Tag{{Key: aws.String("team"), Value: &tag}}}}
		}
		out, err := by.CreateVpc(ctx, in)
		if err == nil {
			_, err = by.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: out.Vpc.VpcId})
		}
		return err
	}
	_, seen := by.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{})
	_, subnets := by.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
	_, other := by.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: made.Vpc.VpcId})
	for _, x := range []struct {
		call string
		err  error
		want string
	}{
		{"describe", seen, ""},
		{"describe what is not allowed", subnets, denied("DescribeSubnets", "")},
		{"make with the tag, and delete by it", vpc("a", false), ""},
		{"make with another", vpc("b", false), denied("CreateVpc", " on resource: arn:aws:ec2:us-east-1:"+account+":vpc/*")},
		{"try with the tag", vpc("a", true), "DryRunOperation: Request would have succeeded, but DryRun flag is set."},
		{"try without it", vpc("", true), denied("CreateVpc", " on resource: arn:aws:ec2:us-east-1:"+account+":vpc/*")},
		{"delete another's", other, denied("DeleteVpc", " on resource: arn:aws:ec2:us-east-1:"+account+":vpc/"+*made.Vpc.VpcId)},
	} {
		if got := what(x.err); got != x.want {
			t.Errorf("%s:\ngot  %s\nwant %s", x.call, got, x.want)
		}
	}
	assumes(t, c, ann.Credentials)
}

// assumes proves that a role that trusts the account is had by whose policies allow it, and one that names the user without them.
func assumes(t *testing.T, c *cloud.Cloud, by aws.CredentialsProvider) {
	t.Helper()
	ctx, admin, account, o := t.Context(), users(c), c.Status().Account, client(c, "").Options()
	s := sts.New(sts.Options{BaseEndpoint: o.BaseEndpoint, Region: o.Region, RetryMaxAttempts: 1, HTTPClient: o.HTTPClient, Credentials: by})
	assume := func(ctx context.Context, role, principal string) string {
		_, err := admin.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &role, AssumeRolePolicyDocument: aws.String(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:` + principal + `"},"Action":"sts:AssumeRole"}]}`)})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::" + account + ":role/" + role), RoleSessionName: aws.String("s1")})
		return what(err)
	}
	if got := assume(ctx, "of-ann", "user/ann"); got != "" {
		t.Errorf("a role that names the user: %s", got)
	}
	if got := assume(ctx, "of-all", "root"); !strings.HasPrefix(got, "AccessDenied: ") ||
		!strings.HasSuffix(got, "no identity-based policy allows the sts:AssumeRole action") {
		t.Errorf("a role that names the account: %s", got)
	}
}
