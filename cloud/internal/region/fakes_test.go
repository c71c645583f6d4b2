package region

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

// loopback stands in for a namespace: whatever is listened on gets a free loopback port.
type loopback struct{}

func (loopback) Do(f func() error) error { return f() }
func (loopback) DialContext(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("not dialled in tests")
}
func (loopback) Listen(network, _ string) (net.Listener, error) {
	return net.Listen(network, "127.0.0.1:0")
}
func (loopback) ListenPacket(network, _ string) (net.PacketConn, error) {
	return net.ListenPacket(network, "127.0.0.1:0")
}

// paper is a fabric that remembers what was applied, machines that only note their starts and a
// publisher that notes its addresses.
type paper struct {
	mu      sync.Mutex
	vpcs    map[string]network.VPC
	started map[string]*pretender
	starts  int
	public  map[netip.AddrPort]bool
	fail    error
}

func newPaper() *paper {
	return &paper{vpcs: map[string]network.VPC{}, started: map[string]*pretender{}, public: map[netip.AddrPort]bool{}}
}

func (p *paper) Apply(v network.VPC) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.vpcs[v.ID] = v
	return nil
}

func (p *paper) Remove(id string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.vpcs, id)
	return nil
}

func (p *paper) applied(id string) network.VPC {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.vpcs[id]
}

func (p *paper) Interface(id string) (Namespace, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, v := range p.vpcs {
		for _, i := range v.Interfaces {
			if i.ID == id {
				return loopback{}, nil
			}
		}
	}
	return nil, errors.New("no such interface")
}

func (p *paper) Router(string) (Namespace, error) { return loopback{}, nil }

func (p *paper) Start(_ context.Context, s machine.Spec) (Machine, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail != nil {
		return nil, p.fail
	}
	m := &pretender{done: make(chan struct{}), spec: s}
	p.started[s.ID], p.starts = m, p.starts+1
	return m, nil
}

func (p *paper) Publish(at netip.AddrPort) (interface{ Close() error }, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.public[at] = true
	return closer(func() { p.mu.Lock(); defer p.mu.Unlock(); delete(p.public, at) }), nil
}

type closer func()

func (c closer) Close() error { c(); return nil }

type pretender struct {
	once sync.Once
	done chan struct{}
	spec machine.Spec
}

func (m *pretender) Done() <-chan struct{} { return m.done }
func (m *pretender) Stop(context.Context) error {
	m.once.Do(func() { close(m.done) })
	return nil
}

func openAt(t *testing.T, dir string, p *paper) *Region {
	t.Helper()
	r, err := Open(Config{Name: "us-east-1", Index: 1, Cloud: 1, Account: "111122223333", Dir: dir, Speed: tempo.Speed(60)}, p, p, p)
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
	v := roomtest.Must(r.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: new("10.0.0.0/16")}))(t).Vpc
	s := roomtest.Must(r.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: v.VpcId, CidrBlock: new("10.0.1.0/24")}))(t).Subnet
	roomtest.Must(
		r.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{SubnetId: s.SubnetId, MapPublicIpOnLaunch: &ec2types.AttributeBooleanValue{Value: new(true)}}),
	)(t)
	return *v.VpcId, *s.SubnetId
}

func hostImage(t *testing.T, r *Region) string {
	t.Helper()
	images := roomtest.Must(r.DescribeImages(t.Context(), &ec2.DescribeImagesInput{Owners: []string{"amazon"}}))(t).Images
	return *images[0].ImageId
}

func smallType() ec2types.InstanceType {
	if architecture() == ec2types.ArchitectureValuesArm64 {
		return "t4g.micro"
	}
	return "t3.micro"
}

func waitState(t *testing.T, r *Region, id string, s ec2types.InstanceStateName) instanceRow {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var row instanceRow
	if err := r.Wait(ctx, func() bool { row, _ = r.instance(id); return row.State == s }); err != nil {
		t.Fatalf("instance %s is %s, want %s: %v", id, row.State, s, err)
	}
	return row
}
