package nets

import (
	"errors"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func open(t *testing.T) (*Room, *roomtest.Fabric[Namespace]) {
	t.Helper()
	base, _ := roomtest.Open(t, t.TempDir(), 60)
	registry, err := resource.Load(base)
	if err != nil {
		t.Fatal(err)
	}
	fabric := &roomtest.Fabric[Namespace]{Place: roomtest.Loopback{}}
	r, err := Load(registry, Config{
		Index: 1, Fabric: fabric, Synced: func() {}, Metadata: func(string) http.Handler { return http.NotFoundHandler() },
		Resolve: func(string, *dns.Msg) (*dns.Msg, error) { return nil, errors.New("there is no Route 53") },
	})
	if err == nil {
		err = r.Open()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { base.Stop(); r.Close() })
	return r, fabric
}

// makeVPC makes a VPC with a subnet and returns their ids.
func makeVPC(t *testing.T, r *Room) (vpc, subnet string) {
	t.Helper()
	v := roomtest.Must(r.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: new("10.0.0.0/16")}))(t).Vpc
	s := roomtest.Must(r.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: v.VpcId, CidrBlock: new("10.0.1.0/24")}))(t).Subnet
	return *v.VpcId, *s.SubnetId
}

func TestVPCComesWithItsDefaults(t *testing.T) {
	r, p := open(t)
	ctx := t.Context()
	vpc := roomtest.Must(r.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: new("100.68.0.18/18")}))(t).Vpc
	if *vpc.CidrBlock != "100.68.0.0/18" {
		t.Errorf("CIDR %s", *vpc.CidrBlock)
	}
	of := []ec2types.Filter{{Name: new("vpc-id"), Values: []string{*vpc.VpcId}}}
	groups := roomtest.Must(r.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: of}))(t).SecurityGroups
	tables := roomtest.Must(r.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: of}))(t).RouteTables
	acls := roomtest.Must(r.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: of}))(t).NetworkAcls
	if len(groups) != 1 || len(tables) != 1 || len(acls) != 1 || !*tables[0].Associations[0].Main {
		t.Errorf("groups %v, tables %v, ACLs %v", groups, tables, acls)
	}
	if p.Applied(*vpc.VpcId).ID != "" {
		t.Error("an empty VPC has a network")
	}
	roomtest.Must(r.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: vpc.VpcId}))(t)
	_, err := r.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{*vpc.VpcId}})
	roomtest.WantCode(t, err, "InvalidVpcID.NotFound")
	if p.Applied(*vpc.VpcId).ID != "" || r.groups.Len()+r.routeTables.Len()+r.acls.Len() != 0 {
		t.Error("the VPC left something behind")
	}
}
