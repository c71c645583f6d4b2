//go:build linux

package cloud_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/smithy-go"
	"github.com/understudy/understudy/cloud"
)

// usedFolder is the folder of a cloud that has had a VPC in each region, a hosted zone and a routing control's cluster.
func usedFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	c := start(t, cloud.Options{Dir: dir})
	for _, region := range c.Status().Regions {
		in := &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}
		if _, err := client(c, "").CreateVpc(t.Context(), in, func(o *ec2.Options) { o.Region = region }); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := zones(c).CreateHostedZone(t.Context(), &route53.CreateHostedZoneInput{Name: aws.String("a.test"), CallerReference: aws.String("1")}); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func zones(c *cloud.Cloud) *route53.Client {
	o := client(c, "").Options()
	return route53.New(route53.Options{
		BaseEndpoint: o.BaseEndpoint, Region: o.Region, RetryMaxAttempts: 1, HTTPClient: o.HTTPClient, Credentials: o.Credentials,
	})
}

// vpcs is how many VPCs a region has beside the default one, -1 where it does not answer.
func vpcs(t *testing.T, c *cloud.Cloud, region string) int {
	t.Helper()
	found, err := client(c, "").DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{
		Filters: []ec2types.Filter{{Name: new("is-default"), Values: []string{"false"}}},
	}, func(o *ec2.Options) { o.Region = region })
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == "ServiceUnavailable" {
		return -1
	}
	if err != nil {
		t.Fatal(err)
	}
	return len(found.Vpcs)
}

func hostedZones(t *testing.T, c *cloud.Cloud) int {
	t.Helper()
	found, err := zones(c).ListHostedZones(t.Context(), &route53.ListHostedZonesInput{})
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == "ServiceUnavailable" {
		return -1
	}
	if err != nil {
		t.Fatal(err)
	}
	return len(found.HostedZones)
}

// Whatever has become of a state file, the cloud starts without that part, says what is wrong with it and what to do, and
// has it again as it was after Restore, before a start or while it runs.
func TestDamagedStateIsRefusedAloneAndRestored(t *testing.T) {
	t.Parallel()
	dir := usedFolder(t)
	type damage struct {
		name, part, file, want string
		do                     func(path string, whole []byte) error
	}
	damages := []damage{
		{"empty", "us-east-1", "regions/us-east-1/state.db", "it is empty", func(path string, _ []byte) error { return os.Truncate(path, 0) }},
		{"missing", "us-east-1", "regions/us-east-1/state.db", "it is missing, and was there before", func(path string, _ []byte) error { return os.Remove(path) }},
		{"missing with all of the region", "us-west-2", "regions/us-west-2/state.db", "it is missing", func(path string, _ []byte) error {
			return os.RemoveAll(filepath.Dir(path))
		}},
		{"cut to 100 bytes", "us-east-1", "regions/us-east-1/state.db", "cut short", func(path string, _ []byte) error { return os.Truncate(path, 100) }},
		{"cut to a page", "us-east-1", "regions/us-east-1/state.db", "cut short", func(path string, _ []byte) error { return os.Truncate(path, 4096) }},
		{"cut to three pages", "us-west-2", "regions/us-west-2/state.db", "cut short", func(path string, _ []byte) error { return os.Truncate(path, 3*4096) }},
		{"garbage", "us-east-1", "regions/us-east-1/state.db", "it is no state file", func(path string, _ []byte) error {
			return os.WriteFile(path, []byte(strings.Repeat("garbage", 10_000)), 0o600)
		}},
		{"a bit of a row", "us-east-1", "regions/us-east-1/state.db", "checksum differs", func(path string, b []byte) error {
			return os.WriteFile(path, bytes.ReplaceAll(b, []byte("10.0.0.0/16"), []byte("10.1.0.0/16")), 0o600)
		}},
		{"bits of the first pages", "us-east-1", "regions/us-east-1/state.db", "neither of its two first pages is whole", func(path string, b []byte) error {
			b[40] ^= 4
			b[os.Getpagesize()+40] ^= 4
			return os.WriteFile(path, b, 0o600)
		}},
		{"a folder in its place", "us-east-1", "regions/us-east-1/state.db", "it is no file but a folder", func(path string, _ []byte) error {
			return errors.Join(os.Remove(path), os.Mkdir(path, 0o700))
		}},
		{"the other region's", "us-west-2", "regions/us-west-2/state.db", "it is another store's", func(path string, _ []byte) error {
			b, err := os.ReadFile(filepath.Join(dir, "regions/us-east-1/state.db"))
			return errors.Join(err, os.WriteFile(path, b, 0o600))
		}},
		{"Route 53's, empty", "route53", "route53/state.db", "it is empty", func(path string, _ []byte) error { return os.Truncate(path, 0) }},
		{"Route 53's, missing", "route53", "route53/state.db", "it is missing", func(path string, _ []byte) error { return os.Remove(path) }},
	}
	for i, d := range damages {
		path := filepath.Join(dir, d.file)
		whole, err := os.ReadFile(path)
		if err == nil {
			err = d.do(path, whole)
		}
		if err != nil {
			t.Fatal(err)
		}
		running := i%2 == 0
		c := start(t, cloud.Options{Dir: dir})
		refusedAlone(t, c, d.part, path, d.want, d.name)
		if !running {
			c.Close()
		}
		if done, err := cloud.Restore(t.Context(), dir, d.part, false); err != nil || len(done) != 1 || done[0].Path != path {
			t.Fatalf("%s: restored %+v, %v", d.name, done, err)
		}
		if !running {
			c = start(t, cloud.Options{Dir: dir})
		}
		if a, b, z := vpcs(t, c, "us-east-1"), vpcs(t, c, "us-west-2"), hostedZones(t, c); a != 1 || b != 1 || z != 1 {
			t.Errorf("%s: after going back there are %d and %d VPCs and %d zones", d.name, a, b, z)
		}
		if _, err := cloud.Restore(t.Context(), dir, d.part, false); err == nil {
			t.Errorf("%s: what is sound is restored again", d.name)
		}
		c.Close()
	}
}

// refusedAlone fails where a part is not refused for what is wanted, or another is not up and as it was.
func refusedAlone(t *testing.T, c *cloud.Cloud, part, path, want, name string) {
	t.Helper()
	for _, p := range c.Status().Processes {
		if p.Name != part {
			if p.State != "up" {
				t.Errorf("%s: %+v", name, p)
			}
			continue
		}
		said := strings.Contains(p.Reason, want) && strings.Contains(p.Reason, path)
		if p.State != "refused" || !said || !strings.Contains(p.Hint, "understudy cloud restore "+part) {
			t.Errorf("%s: %+v; want %q", name, p, want)
		}
		t.Logf("%-32s %s: %s\n%34shint: %s", name, p.Name, strings.ReplaceAll(p.Reason, c.Dir(), "…"), "", p.Hint)
	}
	for _, region := range []string{"us-east-1", "us-west-2"} {
		if n := vpcs(t, c, region); (region == part) != (n == -1) || region != part && n != 1 {
			t.Errorf("%s: %s has %d VPCs", name, region, n)
		}
	}
	if n := hostedZones(t, c); (part == "route53") != (n == -1) || part != "route53" && n != 1 {
		t.Errorf("%s: there are %d zones", name, n)
	}
}

// A file that its cloud may not read is no damage: it is told, and nothing is to be restored. A mode alone does not keep it
// from its own user, whose processes are root in their namespace; only root can give it to somebody else.
func TestUnreadableStateIsRefusedAlone(t *testing.T) {
	t.Parallel()
	dir := usedFolder(t)
	path := filepath.Join(dir, "regions/us-east-1/state.db")
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), envHost+"="+dir)
	others := os.Geteuid() == 0
	if others { // root may read all but the files of whom his namespace does not know
		if err := os.Chown(path, 65534, 65534); err != nil {
			t.Fatal(err)
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{Size: 1}},
		}
	}
	h := startHostAs(t, cmd, nil)
	for _, p := range h.Processes {
		if p.Name == "us-east-1" && others {
			if p.State != "refused" || !strings.Contains(p.Reason, "may not read and write it") || p.Hint != "" {
				t.Errorf("%+v", p)
			}
			t.Logf("%-32s %s", "not to be read", strings.ReplaceAll(p.Reason, dir, "…"))
		} else if p.State != "up" {
			t.Errorf("%+v", p)
		}
	}
}

// An older copy in the place of a newer state is noticed though the cloud was killed after its last change.
func TestOlderStateIsRefused(t *testing.T) {
	t.Parallel()
	dir := usedFolder(t)
	path := filepath.Join(dir, "regions/us-east-1/state.db")
	older, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	h := startHost(t, dir)
	if _, err := h.ec2("us-east-1").CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.1.0.0/16")}); err != nil {
		t.Fatal(err)
	}
	h.kill()
	if err := os.WriteFile(path, older, 0o600); err != nil {
		t.Fatal(err)
	}
	c := start(t, cloud.Options{Dir: dir})
	refusedAlone(t, c, "us-east-1", path, "it is older than what was there last", "an older copy")
	if _, err := cloud.Restore(t.Context(), dir, "us-east-1", true); err != nil {
		t.Fatal(err)
	}
	if n := vpcs(t, c, "us-east-1"); n != 0 {
		t.Errorf("with nothing there are %d VPCs", n)
	}
}
