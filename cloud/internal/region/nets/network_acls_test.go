package nets

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
)

// What is stored reaches the fabric: each interface under its subnet's ACL, and IPv6 entries nowhere.
func TestNetworkACLsReachTheFabric(t *testing.T) {
	r, p := open(t)
	ctx := t.Context()
	vpc, subnet := makeVPC(t, r)
	acl := roomtest.Must(r.CreateNetworkAcl(ctx, &ec2.CreateNetworkAclInput{VpcId: &vpc}))(t).NetworkAcl.NetworkAclId
	for n, in := range []ec2.CreateNetworkAclEntryInput{{CidrBlock: new("10.0.0.0/8")}, {Ipv6CidrBlock: new("::/0")}} {
		in.NetworkAclId, in.RuleNumber, in.Protocol, in.RuleAction, in.Egress = acl, new(int32(n+1)), new("-1"), ec2types.RuleActionAllow, new(true)
		roomtest.Must(r.CreateNetworkAclEntry(ctx, &in))(t)
	}
	s, _ := r.subnets.Get(subnet)
	roomtest.Must(r.ReplaceNetworkAclAssociation(ctx, &ec2.ReplaceNetworkAclAssociationInput{AssociationId: &s.ACLAssociation, NetworkAclId: acl}))(t)
	var eni Interface
	err := r.Update(func(tx *store.Tx) (err error) { eni, err = r.NewInterface(tx, Wanted{Subnet: subnet}); return err })
	if err == nil {
		err = r.Sync(vpc)
	}
	if err != nil {
		t.Fatal(err)
	}
	spec := p.Applied(vpc)
	if len(spec.Interfaces) != 1 || spec.Interfaces[0].NetworkACL != *acl || spec.Interfaces[0].ID != eni.ID || len(spec.NetworkACLs) != 2 {
		t.Fatalf("the fabric got %+v", spec)
	}
	for _, a := range spec.NetworkACLs {
		if a.ID == *acl && (len(a.Egress) != 2 || len(a.Ingress) != 0) {
			t.Errorf("the fabric got %+v", a)
		}
	}
}

// A state of a version that kept no network ACLs gets those that its VPCs show.
func TestStateWithoutNetworkACLsOpens(t *testing.T) {
	r, _ := open(t)
	vpc, _ := makeVPC(t, r)
	v, _ := r.vpcs.Get(vpc)
	err := r.Update(func(tx *store.Tx) error { return r.acls.Delete(tx, v.ACL) })
	if err == nil {
		err = r.Open()
	}
	if err != nil {
		t.Fatal(err)
	}
	acls := roomtest.Must(r.DescribeNetworkAcls(t.Context(), &ec2.DescribeNetworkAclsInput{}))(t).NetworkAcls
	if len(acls) != 1 || *acls[0].NetworkAclId != v.ACL || len(acls[0].Entries) != 4 || len(acls[0].Associations) != 1 {
		t.Errorf("network ACLs %+v", acls)
	}
}
