package door_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/understudy/understudy/internal/judge"
)

// Other people's clients are the judges here: AWS's own command line, and boto3, both Debian's.

func (e *endpoint) run(t *testing.T, region, secret, name string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Env = []string{
		"HOME=" + t.TempDir(), "PATH=/usr/bin:/bin", "AWS_PAGER=", "AWS_MAX_ATTEMPTS=1", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ACCESS_KEY_ID=" + keyID, "AWS_SECRET_ACCESS_KEY=" + secret, "AWS_DEFAULT_REGION=" + region, "ENDPOINT=" + e.URL,
	}
	var out, errs strings.Builder
	c.Stdout, c.Stderr = &out, &errs
	err = c.Run()
	return out.String(), errs.String(), err
}

func TestAWSCommandLine(t *testing.T) {
	t.Parallel()
	e := open(t)
	aws := func(args ...string) []string {
		return append([]string{"--endpoint-url", e.URL, "--output", "text"}, args...)
	}
	for _, c := range []struct {
		region, secret string
		args           []string
		out, err       string
	}{
		{"us-east-1", secret, aws("sts", "get-caller-identity", "--query", "Account"), account, ""},
		{"us-west-2", secret, aws("route53", "get-hosted-zone-count"), "7", ""},
		{"us-east-1", secret, aws("ec2", "describe-vpcs", "--vpc-ids", "vpc-a b/c+d é", "--query", "Vpcs[].VpcId"), "vpc-a b/c+d é", ""},
		{"us-east-1", "guess", aws("sts", "get-caller-identity"), "", "(SignatureDoesNotMatch)"},
		{"us-east-1", "guess", aws("ec2", "describe-vpcs"), "", "(AuthFailure)"},
		{"eu-west-9", secret, aws("ec2", "describe-vpcs"), "", "AWS has no such commercial region."},
		{"us-east-1", secret, aws("dynamodb", "list-tables"), "", "The service dynamodb is not supported by this cloud."},
	} {
		out, errs, err := e.run(t, c.region, c.secret, judge.Need(t, "/usr/bin/aws"), c.args...)
		if (err == nil) != (c.err == "") || strings.TrimSpace(out) != c.out || !strings.Contains(errs, c.err) {
			t.Errorf("aws %s: %v\nstdout %q, want %q\nstderr %q, want %q", c.args, err, out, c.out, errs, c.err)
		}
	}
}

func TestBoto3(t *testing.T) {
	t.Parallel()
	const script = `
import boto3, os, urllib.request
sts = boto3.client("sts", endpoint_url=os.environ["ENDPOINT"])
print(sts.get_caller_identity()["Arn"])
print(boto3.client("route53", endpoint_url=os.environ["ENDPOINT"]).get_hosted_zone_count()["HostedZoneCount"])
print(urllib.request.urlopen(sts.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")).status)
`
	e := open(t)
	out, errs, err := e.run(t, "us-east-1", secret, judge.Need(t, "python3:boto3"), "-c", script)
	if want := "arn:aws:iam::" + account + ":root\n7\n200\n"; err != nil || out != want {
		t.Errorf("%v, got %q, want %q\n%s", err, out, want, errs)
	}
}
