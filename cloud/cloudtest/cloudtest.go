// Package cloudtest gives an integration test two AWS regions in a line.
//
//	func TestMain(m *testing.M) { cloudtest.Main(m) }
//
//	func TestService(t *testing.T) {
//		c := cloudtest.Start(t)
//		east, west := ec2.NewFromConfig(c.Config("us-east-1")), ec2.NewFromConfig(c.Config("us-west-2"))
//		...
//		c.KillRegion(t.Context(), "us-east-1") // an outage
//	}
//
// Everything in it happens on this machine: package cloud says what it needs, and what it is made of.
package cloudtest

import (
	"context"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/understudy/understudy/cloud"
)

// Main runs the tests of a package that starts clouds. TestMain has to call it, and nothing before it: the processes of a cloud run the test's
// own program.
func Main(m *testing.M) {
	cloud.Main()
	os.Exit(m.Run())
}

// Cloud is a cloud that ends with its test.
type Cloud struct{ *cloud.Cloud }

// Speed is that of Start's cloud without options: what takes AWS half a minute takes a second.
const Speed = 30

// Start starts a cloud with the regions us-east-1 and us-west-2 at [Speed], or as one value of options says, and ends it when the test and its
// subtests have ended. It takes about half a second. A cloud that does not start fails the test; the error says what the machine lacks.
func Start(t testing.TB, options ...cloud.Options) *Cloud {
	t.Helper()
	o := cloud.Options{Speed: Speed}
	if len(options) > 1 {
		t.Fatal("cloudtest: one value of options at the most")
	}
	if len(options) == 1 {
		o = options[0]
	}
	c, err := cloud.Start(t.Context(), o)
	if err != nil {
		t.Fatalf("start a local cloud: %v", err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("end the local cloud: %v", err)
		}
	})
	return &Cloud{c}
}

// Config is what the AWS SDK's clients of a region are made from. It does not read the environment.
func (c *Cloud) Config(region string) aws.Config {
	id, secret := c.Credentials()
	return aws.Config{
		Region: region, BaseEndpoint: aws.String(c.Endpoint()),
		Credentials: credentials.NewStaticCredentialsProvider(id, secret, ""),
	}
}

// Setenv has the AWS clients of this process, and of those that it starts, use the cloud until the test ends. It cannot be used in parallel
// tests, like t.Setenv.
func (c *Cloud) Setenv(t testing.TB) {
	t.Helper()
	for k, v := range c.Env() {
		t.Setenv(k, v)
	}
}

// LoseRegion ends a region's process at once, as an outage does: its API, load balancers and instances are gone, and its name servers, which are
// in no region, go on. It comes back with StartRegion, or fails the test.
func (c *Cloud) LoseRegion(t testing.TB, region string) {
	t.Helper()
	if err := c.KillRegion(context.WithoutCancel(t.Context()), region); err != nil {
		t.Fatalf("lose %s: %v", region, err)
	}
}
