package region

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// desk is a region that is asked over HTTP by the SDK's own client.
type desk struct {
	*ec2.Client
	t      *testing.T
	dir    string
	config Config // us-east-1's where it has no name
	paper  *paper
	region *Region
	shut   func()
}

// newDesk opens a region in a folder of its own.
func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir()}
	d.open()
	t.Cleanup(func() { d.shut() })
	return d
}

func (d *desk) open() {
	d.t.Helper()
	d.paper = newPaper()
	if d.config.Name == "" {
		d.region = openAt(d.t, d.dir, d.paper)
	} else {
		d.config.Dir = d.dir
		var err error
		if d.region, err = Open(d.config, d.paper, d.paper, d.paper); err != nil {
			d.t.Fatal(err)
		}
	}
	d.Client, d.shut = serveSDK(d.t, d.region)
}

// reopen closes the region and opens it again on what its folder holds.
func (d *desk) reopen() {
	d.t.Helper()
	d.shut()
	d.open()
}

// serveSDK serves a region's operations and returns a client for them; shut ends the server and the region. The client
// tries again, as the SDK does unasked: it closes a request's body once the answer has begun, and where its transport has not seen
// the body's end yet that costs the connection, and what is left of a long answer.
func serveSDK(t *testing.T, r *Region) (client *ec2.Client, shut func()) {
	t.Helper()
	mux := wire.NewMux(slog.New(slog.DiscardHandler))
	r.Operations(mux)
	server := httptest.NewServer(mux)
	client = ec2.New(ec2.Options{
		Region: r.Region, BaseEndpoint: &server.URL,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})
	return client, func() {
		server.Close()
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// wantAPIError checks the code of an error that the SDK has read off the wire.
func wantAPIError(t *testing.T, err error, code string) {
	t.Helper()
	if api, ok := errors.AsType[smithy.APIError](err); !ok || api.ErrorCode() != code {
		t.Errorf("got error %v, want code %s", err, code)
	}
}

// where makes a filter.
func where(name string, values ...string) []ec2types.Filter {
	return []ec2types.Filter{{Name: &name, Values: values}}
}

// wantSame compares two lists whose order means nothing.
func wantSame(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// idsOf takes the ids out of an answer's list.
func idsOf[T any](all []T, id func(T) *string) (ids []string) {
	for _, x := range all {
		ids = append(ids, aws.ToString(id(x)))
	}
	return ids
}

// vpc makes a VPC with one subnet, whose instances get public addresses where public is set.
func (d *desk) vpc(cidr, subnetCIDR string, public bool) (vpc, subnet string) {
	d.t.Helper()
	ctx := d.t.Context()
	v, err := d.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: &cidr})
	if err != nil {
		d.t.Fatal(err)
	}
	s, err := d.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: v.Vpc.VpcId, CidrBlock: &subnetCIDR})
	if err != nil {
		d.t.Fatal(err)
	}
	if public {
		_, err = d.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{
			SubnetId: s.Subnet.SubnetId, MapPublicIpOnLaunch: &ec2types.AttributeBooleanValue{Value: new(true)},
		})
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return *v.Vpc.VpcId, *s.Subnet.SubnetId
}

// gateway makes an internet gateway and attaches it to a VPC, where one is named.
func (d *desk) gateway(vpc string) string {
	d.t.Helper()
	g, err := d.CreateInternetGateway(d.t.Context(), &ec2.CreateInternetGatewayInput{})
	if err != nil {
		d.t.Fatal(err)
	}
	id := g.InternetGateway.InternetGatewayId
	if vpc != "" {
		_, err = d.AttachInternetGateway(d.t.Context(), &ec2.AttachInternetGatewayInput{InternetGatewayId: id, VpcId: &vpc})
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return *id
}

// run launches instances of one subnet and waits until all are running.
func (d *desk) run(subnet string, n int32) (ids []string) {
	d.t.Helper()
	out, err := d.RunInstances(d.t.Context(), &ec2.RunInstancesInput{
		ImageId: new(hostImage(d.t, d.region)), InstanceType: smallType(), MinCount: &n, MaxCount: &n, SubnetId: &subnet,
	})
	if err != nil {
		d.t.Fatal(err)
	}
	for _, i := range out.Instances {
		waitState(d.t, d.region, *i.InstanceId, ec2types.InstanceStateNameRunning)
		ids = append(ids, *i.InstanceId)
	}
	return ids
}
