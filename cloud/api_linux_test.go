package cloud_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/understudy/understudy/cloud"

	"github.com/understudy/understudy/internal/patience"
)

func start(t *testing.T, o cloud.Options) *cloud.Cloud {
	t.Helper()
	c, err := cloud.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func client(c *cloud.Cloud, secret string) *ec2.Client {
	id, right := c.Credentials()
	if secret == "" {
		secret = right
	}
	return ec2.New(ec2.Options{
		BaseEndpoint: aws.String(c.Endpoint()), Region: "us-east-1", RetryMaxAttempts: 1, HTTPClient: patience.Client{},
		Credentials: credentials.NewStaticCredentialsProvider(id, secret, ""),
	})
}

func TestCloudAnswersWhoHoldsItsKeys(t *testing.T) {
	t.Parallel()
	c := start(t, cloud.Options{Speed: 30, Account: "123456789012", Credentials: "AKIDEXAMPLE:secret"})
	id, secret := c.Credentials()
	who, err := sts.New(sts.Options{
		BaseEndpoint: aws.String(c.Endpoint()), Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider(id, secret, ""),
	}).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil || aws.ToString(who.Account) != "123456789012" {
		t.Errorf("caller %+v, %v", who, err)
	}
	if _, err := client(c, "").DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{}); err != nil {
		t.Error(err)
	}
	var api smithy.APIError
	if _, err := client(c, "wrong").DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{}); !errors.As(err, &api) || api.ErrorCode() != "AuthFailure" {
		t.Errorf("a wrong secret answers %v", err)
	}
	for _, p := range c.Status().Processes {
		if p.State != "up" || p.PID == 0 || p.PSS == 0 {
			t.Errorf("process %+v", p)
		}
	}
}

func TestLostRegionIsUnavailableAndComesBackAsItWas(t *testing.T) {
	t.Parallel()
	c := start(t, cloud.Options{})
	api := client(c, "")
	made, err := api.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.KillRegion(t.Context(), "us-east-1"); err != nil {
		t.Fatal(err)
	}
	var answered smithy.APIError
	if _, err := api.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{}); !errors.As(err, &answered) || answered.ErrorCode() != "ServiceUnavailable" {
		t.Errorf("a lost region answers %v", err)
	}
	if err := c.StartRegion(t.Context(), "us-east-1"); err != nil {
		t.Fatal(err)
	}
	found, err := api.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{VpcIds: []string{*made.Vpc.VpcId}})
	if err != nil || len(found.Vpcs) != 1 {
		t.Errorf("after its return: %v, %v", found, err)
	}
	if err := c.KillRegion(t.Context(), "eu-west-1"); err == nil {
		t.Error("a region that is not the cloud's was killed")
	}
}

func TestFolderKeepsTheCloudAndHoldsOne(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cloud")
	c := start(t, cloud.Options{Dir: dir, Regions: []string{"eu-west-1", "eu-central-1"}})
	if other, err := cloud.Start(t.Context(), cloud.Options{Dir: dir}); !errors.Is(err, cloud.ErrInUse) {
		t.Errorf("a second cloud on the folder: %v, %v", other, err)
	}
	attached, err := cloud.Attach(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if env, err := attached.Env(t.Context()); err != nil || env["AWS_ENDPOINT_URL"] != c.Endpoint() {
		t.Errorf("environment %v, %v", env, err)
	}
	info, err := os.Stat(filepath.Join(dir, "credentials"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("credentials: %v, %v", info, err)
	}
	id, secret := c.Credentials()
	if err := attached.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := cloud.Attach(t.Context(), dir); !errors.Is(err, cloud.ErrNotRunning) {
		t.Errorf("after stop: %v", err)
	}
	again := start(t, cloud.Options{Dir: dir})
	if i, s := again.Credentials(); i != id || s != secret || again.Status().Regions[0] != "eu-west-1" {
		t.Error("the folder did not keep keys and regions")
	}
}

// Each folder holds what a start cannot go on with; the error says what, and what to do.
func TestSpoiledFolderIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ path, content, want string }{
		{"cloud.json", "{garbage", "mend it"},
		{"cloud.json", "", "mend it"},
		{"cloud.json", `{"regions":["../../x"]}`, "want a name such as us-east-1"},
		{"cloud.json", `{"speed":-2}`, "want a number from 1"},
		{"credentials", "garbage", "is not ID:SECRET"},
		{"credentials", ":", "is not ID:SECRET"},
		{"regions", "", "not a directory"},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, c.path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(c.content), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := cloud.Start(t.Context(), cloud.Options{Dir: dir})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), filepath.Join(dir, c.path)) {
			t.Errorf("%.30q in %s: %v", c.content, c.path, err)
		}
	}
}

// A killed cloud leaves its lock's text and its sockets; strangers may leave worse in their places.
func TestLeftoversDoNotStandInTheWay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for path, content := range map[string]string{
		"lock": "99999999999", "cloud.json": `{"number":-7}`, "run/control.sock": "x", "run/us-east-1.sock": "", "run/beacon.sock": "",
	} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(path)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, path), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := start(t, cloud.Options{Dir: dir, Credentials: "id:secret"})
	if _, err := client(c, "").DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{}); err != nil {
		t.Error(err)
	}
}

func TestOptionsAreCheckedBeforeAnythingIsTouched(t *testing.T) {
	for name, c := range map[string]struct {
		o    cloud.Options
		want string
	}{
		"nine regions": {cloud.Options{Regions: []string{
			"us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1", "sa-east-1",
		}}, "at most 8"},
		"same twice":     {cloud.Options{Regions: []string{"us-east-1", "us-east-1"}}, "twice"},
		"no region name": {cloud.Options{Regions: []string{"mars"}}, "us-east-1"},
		"not AWS's name": {cloud.Options{Regions: []string{"us-east-3"}}, "none of AWS's"},
		"account":        {cloud.Options{Account: "12"}, "twelve digits"},
		"credentials":    {cloud.Options{Credentials: "only-an-id"}, "ID:SECRET"},
		"speed":          {cloud.Options{Speed: -1}, "speed"},
		"least time-out": {cloud.Options{LeastTimeout: time.Hour}, "least time-out 1h0m0s"},
		"quota":          {cloud.Options{Quotas: map[string]int{"L-F678F1CE": -1}}, "quota L-F678F1CE"},
	} {
		if err := c.o.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", name, err, c.want)
		}
	}
	if _, err := cloud.Start(t.Context(), cloud.Options{Quotas: map[string]int{"L-00000000": 1}}); err == nil || !strings.Contains(err.Error(), "no such quota") {
		t.Errorf("a quota that is not kept to: %v", err)
	}
}
