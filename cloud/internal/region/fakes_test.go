package region

import (
	"context"
	"net/netip"
	"runtime"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/compute"
	"github.com/understudy/understudy/cloud/internal/region/nets"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/internal/patience"
)

// paper is a fabric that remembers what was applied, machines that only note their starts and a
// publisher that notes its addresses.
type paper struct {
	*roomtest.Fabric[nets.Namespace]
	*roomtest.Machines[compute.Machine]
	mu     sync.Mutex
	public map[netip.AddrPort]bool
}

func newPaper() *paper {
	return &paper{
		Fabric:   &roomtest.Fabric[nets.Namespace]{Place: roomtest.Loopback{}},
		Machines: &roomtest.Machines[compute.Machine]{As: func(p *roomtest.Pretender) compute.Machine { return p }},
		public:   map[netip.AddrPort]bool{},
	}
}

func (p *paper) Publish(at netip.AddrPort) (interface{ Close() error }, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.public[at] = true
	return closer(func() { p.mu.Lock(); defer p.mu.Unlock(); delete(p.public, at) }), nil
}

type closer func()

func (c closer) Close() error { c(); return nil }

func openAt(t *testing.T, dir string, p *paper) *Region {
	t.Helper()
	r, err := Open(Config{Name: "us-east-1", Index: 1, Account: "111122223333", Dir: dir, Pace: roomtest.Pace(60)}, p, p, p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func open(t *testing.T) (*Region, *paper) {
	t.Helper()
	p := newPaper()
	r := openAt(t, t.TempDir(), p)
	t.Cleanup(func() { _ = r.Close() })
	return r, p
}

// network makes a VPC with a public subnet and returns their ids.
func makeNetwork(t *testing.T, r *Region) (vpc, subnet string) {
	t.Helper()
	ctx := t.Context()
	v := roomtest.Must(r.nets.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: new("10.0.0.0/16")}))(t).Vpc
	s := roomtest.Must(r.nets.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: v.VpcId, CidrBlock: new("10.0.1.0/24")}))(t).Subnet
	roomtest.Must(
		r.nets.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{
			SubnetId: s.SubnetId, MapPublicIpOnLaunch: &ec2types.AttributeBooleanValue{Value: new(true)},
		}),
	)(t)
	return *v.VpcId, *s.SubnetId
}

func hostImage(t *testing.T, r *Region) string {
	t.Helper()
	images := roomtest.Must(r.compute.DescribeImages(t.Context(), &ec2.DescribeImagesInput{Owners: []string{"amazon"}}))(t).Images
	return *images[0].ImageId
}

func smallType() ec2types.InstanceType {
	if runtime.GOARCH == "arm64" {
		return "t4g.micro"
	}
	return "t3.micro"
}

func waitState(t *testing.T, r *Region, id string, s ec2types.InstanceStateName) compute.Instance {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience.Limit)
	defer cancel()
	var row compute.Instance
	if err := r.Wait(ctx, func() bool { row, _ = r.compute.Instance(nil, id); return row.State == s }); err != nil {
		t.Fatalf("instance %s is %s, want %s: %v", id, row.State, s, err)
	}
	return row
}

func allInstances(t *testing.T, r *Region) (all []ec2types.Instance) {
	t.Helper()
	for _, of := range roomtest.Must(r.compute.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{}))(t).Reservations {
		all = append(all, of.Instances...)
	}
	return all
}

// defaultGroup returns the security group of a region whose only VPC has just been made.
func defaultGroup(t *testing.T, r *Region) string {
	t.Helper()
	return *roomtest.Must(r.nets.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{}))(t).SecurityGroups[0].GroupId
}
