// Package regiontest is a whole region for tests, asked over HTTP by the SDK's own client: networks and machines are
// tested as their users see them. Its network and its instances are of paper.
package regiontest

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/arczonalshift"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/understudy/understudy/cloud/internal/region"
	"github.com/understudy/understudy/cloud/internal/region/compute"
	"github.com/understudy/understudy/cloud/internal/region/nets"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/wire"
	"github.com/understudy/understudy/internal/patience"
)

// Desk is a region and clients of its services, which outlive the region's reopening.
type Desk struct {
	*ec2.Client
	ELB      *elb.Client
	Scaling  *autoscaling.Client
	Watching *cloudwatch.Client
	ACM      *acm.Client
	SSM      *ssm.Client
	Shifting *arczonalshift.Client
	T        *testing.T
	Region   *region.Region
	Machines *roomtest.Machines[compute.Machine]
	Fabric   *roomtest.Fabric[nets.Namespace]
	config   region.Config
	serving  atomic.Pointer[region.Region] // what another of a Pair reaches
}

// New opens us-east-1 in a folder of its own. The test's end closes it.
func New(t *testing.T) *Desk {
	t.Helper()
	return Open(t, region.Config{Name: "us-east-1", Index: 1})
}

// Open opens a region, in a folder of its own and with the speed and the account that all have here.
func Open(t *testing.T, c region.Config) *Desk {
	t.Helper()
	c.Dir, c.Account, c.Pace = t.TempDir(), "111122223333", roomtest.Pace(60)
	d := &Desk{T: t, config: c}
	d.open()
	endpoint := roomtest.Serve(t, func(m *wire.Mux) { d.Region.Operations(m) })
	d.Client = ec2.New(ec2.Options{Region: c.Name, Credentials: roomtest.Credentials, BaseEndpoint: endpoint})
	d.ACM = acm.New(acm.Options{Region: c.Name, Credentials: roomtest.Credentials, BaseEndpoint: endpoint})
	d.ELB = elb.New(elb.Options{Region: c.Name, Credentials: roomtest.Credentials, BaseEndpoint: endpoint})
	d.Scaling = autoscaling.New(autoscaling.Options{Region: c.Name, Credentials: roomtest.Credentials, BaseEndpoint: endpoint})
	d.Watching = cloudwatch.New(cloudwatch.Options{Region: c.Name, Credentials: roomtest.Credentials, BaseEndpoint: endpoint})
	d.SSM = ssm.New(ssm.Options{Region: c.Name, Credentials: roomtest.Credentials, BaseEndpoint: endpoint})
	d.Shifting = arczonalshift.New(arczonalshift.Options{Region: c.Name, Credentials: roomtest.Credentials, BaseEndpoint: endpoint})
	d.serving.Store(d.Region)
	t.Cleanup(d.close)
	return d
}

func (d *Desk) open() {
	d.T.Helper()
	d.Machines = &roomtest.Machines[compute.Machine]{As: func(p *roomtest.Pretender) compute.Machine { return p }}
	d.Fabric = &roomtest.Fabric[nets.Namespace]{Place: roomtest.Loopback{}}
	r, err := region.Open(d.config, d.Fabric, d.Machines, unpublished{})
	if err != nil {
		d.T.Fatal(err)
	}
	d.Region = r
}

func (d *Desk) close() {
	if err := d.Region.Close(); err != nil {
		d.T.Error(err)
	}
}

// Reopen closes the region and opens it again on what its folder holds.
func (d *Desk) Reopen() {
	d.T.Helper()
	d.Lose()
	d.Return()
}

// Lose closes the region until Return opens it again.
func (d *Desk) Lose() {
	d.T.Helper()
	d.serving.Store(nil)
	d.close()
}

// Return opens a region that Lose has closed.
func (d *Desk) Return() {
	d.T.Helper()
	d.open()
	d.serving.Store(d.Region)
}

// unpublished gives public addresses no twins.
type unpublished struct{}

func (u unpublished) Publish(netip.AddrPort) (interface{ Close() error }, error) { return u, nil }
func (unpublished) Close() error                                                 { return nil }

// Where makes a filter.
func Where(name string, values ...string) []ec2types.Filter {
	return []ec2types.Filter{{Name: &name, Values: values}}
}

// IDsOf takes the ids out of an answer's list.
func IDsOf[T any](all []T, id func(T) *string) (ids []string) {
	for _, x := range all {
		ids = append(ids, aws.ToString(id(x)))
	}
	return ids
}

// VPC makes a VPC with one subnet, whose instances get public addresses where public is set.
func (d *Desk) VPC(cidr, subnetCIDR string, public bool) (vpc, subnet string) {
	d.T.Helper()
	ctx := d.T.Context()
	v, err := d.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: &cidr})
	if err != nil {
		d.T.Fatal(err)
	}
	s, err := d.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: v.Vpc.VpcId, CidrBlock: &subnetCIDR})
	if err != nil {
		d.T.Fatal(err)
	}
	if public {
		_, err = d.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{
			SubnetId: s.Subnet.SubnetId, MapPublicIpOnLaunch: &ec2types.AttributeBooleanValue{Value: new(true)},
		})
	}
	if err != nil {
		d.T.Fatal(err)
	}
	return *v.Vpc.VpcId, *s.Subnet.SubnetId
}

// Gateway makes an internet gateway and attaches it to a VPC, where one is named.
func (d *Desk) Gateway(vpc string) string {
	d.T.Helper()
	g, err := d.CreateInternetGateway(d.T.Context(), &ec2.CreateInternetGatewayInput{})
	if err != nil {
		d.T.Fatal(err)
	}
	id := g.InternetGateway.InternetGatewayId
	if vpc != "" {
		_, err = d.AttachInternetGateway(d.T.Context(), &ec2.AttachInternetGatewayInput{InternetGatewayId: id, VpcId: &vpc})
	}
	if err != nil {
		d.T.Fatal(err)
	}
	return *id
}

// Run launches instances of one subnet and waits until all are running.
func (d *Desk) Run(subnet string, n int32) (ids []string) {
	d.T.Helper()
	return d.RunImage(d.HostImage(), subnet, n)
}

// RunImage is Run with instances of an image.
func (d *Desk) RunImage(image, subnet string, n int32) (ids []string) {
	d.T.Helper()
	out, err := d.RunInstances(d.T.Context(), &ec2.RunInstancesInput{
		ImageId: &image, InstanceType: SmallType(), MinCount: &n, MaxCount: &n, SubnetId: &subnet,
	})
	if err != nil {
		d.T.Fatal(err)
	}
	for _, i := range out.Instances {
		d.AwaitState(*i.InstanceId, ec2types.InstanceStateNameRunning)
		ids = append(ids, *i.InstanceId)
	}
	return ids
}

// Dir is the region's folder.
func (d *Desk) Dir() string { return d.config.Dir }

// Files lists what is in a folder of the region's.
func (d *Desk) Files(folder string) (names []string) {
	d.T.Helper()
	entries, err := os.ReadDir(filepath.Join(d.config.Dir, folder))
	if err != nil {
		d.T.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// Await waits until done says so, asking again after each change of the region.
func (d *Desk) Await(what string, done func() bool) {
	d.T.Helper()
	ctx, cancel := context.WithTimeout(d.T.Context(), patience.Limit)
	defer cancel()
	if err := d.Region.Wait(ctx, done); err != nil {
		d.T.Fatalf("%s: %v", what, err)
	}
}

// Machine returns the processes that stand in for an instance's, and how many have been started in the region.
func (d *Desk) Machine(id string) (*roomtest.Pretender, int) {
	return d.Machines.Started(id), d.Machines.Starts()
}

// SecurityGroup makes a security group.
func (d *Desk) SecurityGroup(vpc, name string) string {
	d.T.Helper()
	out, err := d.CreateSecurityGroup(d.T.Context(), &ec2.CreateSecurityGroupInput{VpcId: &vpc, GroupName: &name, Description: new("made by a test")})
	if err != nil {
		d.T.Fatal(err)
	}
	return *out.GroupId
}

// AwaitState waits until an instance is in a state.
func (d *Desk) AwaitState(id string, s ec2types.InstanceStateName) {
	d.T.Helper()
	d.Await("instance "+id+" "+string(s), func() bool {
		out, err := d.DescribeInstances(d.T.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
		if err != nil {
			d.T.Fatal(err)
		}
		return out.Reservations[0].Instances[0].State.Name == s
	})
}

// HostImage returns the id of a public image.
func (d *Desk) HostImage() string {
	d.T.Helper()
	out, err := d.DescribeImages(d.T.Context(), &ec2.DescribeImagesInput{Owners: []string{"amazon"}})
	if err != nil {
		d.T.Fatal(err)
	}
	return *out.Images[0].ImageId
}

// SmallType is an instance type that this machine runs.
func SmallType() ec2types.InstanceType {
	if runtime.GOARCH == "arm64" {
		return "t4g.micro"
	}
	return "t3.micro"
}
