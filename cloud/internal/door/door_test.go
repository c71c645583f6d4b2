package door_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/understudy/understudy/cloud/internal/door"
	"github.com/understudy/understudy/cloud/internal/identity"
	"github.com/understudy/understudy/cloud/internal/wire"
	"github.com/understudy/understudy/internal/patience"
)

const (
	account = "123456789012"
	keyID   = "AKIAUNDERSTUDYTEST01"
	secret  = "a-secret/with+signs="
)

// endpoint is a door before two regions, of which us-west-2 is down, and Route 53.
type endpoint struct {
	*httptest.Server
	dir      string // of the processes' sockets
	faults   *door.Faults
	recorded bytes.Buffer
	late     atomic.Int64 // how much later than now the door's clock is, in nanoseconds
}

func open(t *testing.T, adjust ...func(*door.Config)) *endpoint {
	t.Helper()
	dir := t.TempDir()
	region := wire.NewMux(nil)
	wire.Handle(region, wire.EC2, "DescribeVpcs", func(_ context.Context, in *ec2.DescribeVpcsInput) (*ec2.DescribeVpcsOutput, error) {
		out := &ec2.DescribeVpcsOutput{}
		for _, id := range in.VpcIds {
			out.Vpcs = append(out.Vpcs, ec2types.Vpc{VpcId: aws.String(id)})
		}
		return out, nil
	})
	serveUnix(t, filepath.Join(dir, "us-east-1"), region)
	zones := wire.NewMux(nil)
	wire.Handle(zones, wire.Route53, "GetHostedZoneCount", func(context.Context, *route53.GetHostedZoneCountInput) (*route53.GetHostedZoneCountOutput, error) {
		return &route53.GetHostedZoneCountOutput{HostedZoneCount: aws.Int64(7)}, nil
	})
	serveUnix(t, filepath.Join(dir, "route53"), zones)
	e := &endpoint{dir: dir, faults: door.NewFaults([]string{"us-east-1", "us-west-2"})}
	e.Server = httptest.NewUnstartedServer(nil)
	now := func() time.Time { return time.Now().Add(time.Duration(e.late.Load())) }
	room, err := identity.Open(identity.Config{Account: account, RootKey: keyID, Dir: t.TempDir(), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { room.Close() })
	config := door.Config{
		Identity: room, Account: account, AccessKey: keyID, Secret: secret, Faults: e.faults, Regions: door.Fixed{"us-east-1", "us-west-2"},
		Recorder: door.NewRecorder(&e.recorded, slog.New(slog.DiscardHandler)),
		Socket:   func(name string) string { return filepath.Join(dir, name) },
		Now:      now,
	}
	for _, f := range adjust {
		f(&config)
	}
	e.Config = door.NewServer(config)
	e.Start()
	t.Cleanup(e.Close)
	return e
}

func serveUnix(t *testing.T, path string, h http.Handler) {
	t.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
}

// config is an SDK client's, that tries once.
func (e *endpoint) config(region, id, secret, token string) aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: &e.URL, RetryMaxAttempts: 1, HTTPClient: patience.Client{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token}, nil
		}),
	}
}

func (e *endpoint) good(region string) aws.Config { return e.config(region, keyID, secret, "") }

func TestIdentity(t *testing.T) {
	out, err := sts.NewFromConfig(open(t).good("us-east-1")).GetCallerIdentity(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if *out.Account != account || *out.Arn != "arn:aws:iam::123456789012:root" || *out.UserId != account {
		t.Errorf("got %s, %s, %s", *out.Account, *out.Arn, *out.UserId)
	}
}

func TestRequestsGoToTheirServiceAndRegion(t *testing.T) {
	e := open(t)
	vpcs, err := ec2.NewFromConfig(e.good("us-east-1")).DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{VpcIds: []string{"vpc-1", "vpc-2"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(vpcs.Vpcs) != 2 || *vpcs.Vpcs[1].VpcId != "vpc-2" {
		t.Errorf("the request's body did not arrive: %v", vpcs.Vpcs)
	}
	for _, region := range []string{"us-east-1", "us-west-2", "eu-central-1"} { // Route 53 has none
		count, err := route53.NewFromConfig(e.good(region)).GetHostedZoneCount(t.Context(), nil)
		if err != nil || *count.HostedZoneCount != 7 {
			t.Errorf("Route 53 from %s: %v", region, err)
		}
	}
}

// refused is how a call must fail.
func refused(t *testing.T, err error, status int, code, message string) {
	t.Helper()
	var api smithy.APIError
	var response *awshttp.ResponseError
	if !errors.As(err, &api) || !errors.As(err, &response) {
		t.Fatalf("got %v, want an API error", err)
	}
	if api.ErrorCode() != code || response.HTTPStatusCode() != status || !strings.Contains(api.ErrorMessage(), message) {
		t.Errorf("got %d %s %q, want %d %s %q", response.HTTPStatusCode(), api.ErrorCode(), api.ErrorMessage(), status, code, message)
	}
}

func describeVpcs(t *testing.T, cfg aws.Config) error {
	_, err := ec2.NewFromConfig(cfg).DescribeVpcs(t.Context(), nil)
	return err
}

func identify(t *testing.T, cfg aws.Config) error {
	_, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), nil)
	return err
}

func countZones(t *testing.T, cfg aws.Config) error {
	_, err := route53.NewFromConfig(cfg).GetHostedZoneCount(t.Context(), nil)
	return err
}

func TestWrongKeysAreRefusedInEachServicesWords(t *testing.T) {
	e := open(t)
	otherSecret, otherID := e.config("us-east-1", keyID, "guess", ""), e.config("us-east-1", "AKIAGUESS", secret, "")
	refused(t, describeVpcs(t, otherSecret), 401, "AuthFailure", "AWS was not able to validate the provided access credentials")
	refused(t, describeVpcs(t, otherID), 401, "AuthFailure", "AWS was not able to validate the provided access credentials")
	refused(t, identify(t, otherSecret), 403, "SignatureDoesNotMatch", "Check your AWS Secret Access Key")
	refused(t, identify(t, otherID), 403, "InvalidClientTokenId", "The security token included in the request is invalid.")
	refused(t, countZones(t, otherSecret), 403, "SignatureDoesNotMatch", "Check your AWS Secret Access Key")
	refused(t, countZones(t, otherID), 403, "InvalidClientTokenId", "The security token included in the request is invalid.")
	refused(t, identify(t, e.config("us-east-1", keyID, secret, "left-over")), 403, "InvalidClientTokenId", "unset AWS_SESSION_TOKEN")
}

func TestStaleRequestsAreRefused(t *testing.T) {
	for _, c := range []struct {
		late  time.Duration
		query string // the message of the query services, empty where the request is fresh enough
		ec2   string
	}{
		{4 * time.Minute, "", ""},
		{6 * time.Minute, "Signature expired: ", ""},
		{16 * time.Minute, "Signature expired: ", "Request has expired."},
		{-6 * time.Minute, "Signature not yet current: ", ""},
		{-16 * time.Minute, "Signature not yet current: ", "Request has expired."},
	} {
		e := open(t)
		e.late.Store(int64(c.late))
		if err := identify(t, e.good("us-east-1")); c.query != "" {
			refused(t, err, 403, "SignatureDoesNotMatch", c.query)
		} else if err != nil {
			t.Errorf("%s late: %v", c.late, err)
		}
		if err := describeVpcs(t, e.good("us-east-1")); c.ec2 != "" {
			refused(t, err, 400, "RequestExpired", c.ec2)
		} else if err != nil {
			t.Errorf("EC2, %s late: %v", c.late, err)
		}
	}
}

func TestRegionsThatAreNotThere(t *testing.T) {
	e := open(t)
	for region, why := range map[string]string{
		"us-east-9":     "AWS has no such commercial region. This cloud has us-east-1 and us-west-2.",
		"us-gov-west-1": "AWS has no such commercial region. This cloud has us-east-1 and us-west-2.",
		"eu-west-1":     "This cloud has us-east-1 and us-west-2, and can have no more.",
	} {
		foreign := "Credential should be scoped to a valid region, not '" + region + "'. " + why
		refused(t, describeVpcs(t, e.good(region)), 401, "AuthFailure", foreign)
		_, err := elasticloadbalancingv2.NewFromConfig(e.good(region)).DescribeLoadBalancers(t.Context(), nil)
		refused(t, err, 403, "SignatureDoesNotMatch", foreign)
	}
	refused(t, describeVpcs(t, e.good("us-west-2")), 503, "ServiceUnavailable", "The region us-west-2 of this cloud is down.")
}

func TestPresignedURLs(t *testing.T) {
	e := open(t)
	signed, err := sts.NewPresignClient(sts.NewFromConfig(e.good("us-east-1"))).PresignGetCallerIdentity(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		late time.Duration
		url  string
		want int
	}{
		{0, signed.URL, 200},
		{14 * time.Minute, signed.URL, 200},
		{16 * time.Minute, signed.URL, 403},
		{0, strings.Replace(signed.URL, "GetCallerIdentity", "GetSessionToken", 1), 403},
		{0, signed.URL + "&X-Amz-Expires=604800", 403},
	} {
		e.late.Store(int64(c.late))
		resp, err := http.Get(c.url)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("%s after %s: %d, want %d", c.url, c.late, resp.StatusCode, c.want)
		}
	}
}
