package compute

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/region/nets"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/internal/patience"
)

type fakes struct {
	*roomtest.Fabric[nets.Namespace]
	*roomtest.Machines[Machine]
}

// open opens networks with one subnet, and machines that stand on them.
func open(t *testing.T) (r *Room, f fakes, subnet string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"layers", "instances"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	base, _ := roomtest.Open(t, dir, 60)
	registry, err := resource.Load(base)
	if err != nil {
		t.Fatal(err)
	}
	f.Fabric = &roomtest.Fabric[nets.Namespace]{Place: roomtest.Loopback{}}
	f.Machines = &roomtest.Machines[Machine]{As: func(p *roomtest.Pretender) Machine { return p }}
	networks, err := nets.Load(registry, nets.Config{
		Index: 1, Fabric: f.Fabric, Synced: func() {}, Metadata: func(vpc string) http.Handler { return r.Metadata(vpc) },
		Resolve: func(string, *dns.Msg) (*dns.Msg, error) { return nil, errors.New("there is no Route 53") },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { base.Stop(); networks.Close() })
	if r, err = Load(networks, Config{Dir: dir, Machines: f.Machines}); err != nil {
		t.Fatal(err)
	}
	if err := r.Open(); err != nil {
		t.Fatal(err)
	}
	vpc := roomtest.Must(networks.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: new("10.0.0.0/16")}))(t).Vpc
	s := roomtest.Must(networks.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: vpc.VpcId, CidrBlock: new("10.0.1.0/24")}))(t).Subnet
	return r, f, *s.SubnetId
}

// launch launches one instance of the host's image and waits until it runs.
func launch(t *testing.T, r *Room, in *ec2.RunInstancesInput) (id string) {
	t.Helper()
	images := roomtest.Must(r.DescribeImages(t.Context(), &ec2.DescribeImagesInput{Owners: []string{"amazon"}}))(t).Images
	in.ImageId, in.MinCount, in.MaxCount, in.InstanceType = images[0].ImageId, new(int32(1)), new(int32(1)), smallType()
	id = *roomtest.Must(r.RunInstances(t.Context(), in))(t).Instances[0].InstanceId
	waitState(t, r, id, running)
	return id
}

func smallType() ec2types.InstanceType {
	if architecture() == ec2types.ArchitectureValuesArm64 {
		return "t4g.micro"
	}
	return "t3.micro"
}

func waitState(t *testing.T, r *Room, id string, s ec2types.InstanceStateName) Instance {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience.Limit)
	defer cancel()
	var row Instance
	if err := r.Wait(ctx, func() bool { row, _ = r.Instance(nil, id); return row.State == s }); err != nil {
		t.Fatalf("instance %s is %s, want %s: %v", id, row.State, s, err)
	}
	return row
}
