package nets

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
)

// The first start decides: a region without a default VPC gets none later, and one whose VPC was deleted gets no other.
func TestDefaultVPCIsMadeAtTheFirstStartOnly(t *testing.T) {
	r, p := open(t)
	r.cfg.DefaultVPC = true
	if err := r.Open(); err != nil || r.vpcs.Len() != 0 {
		t.Fatalf("a region that was started without one has %d VPCs, %v", r.vpcs.Len(), err)
	}
	undecided := func(tx *store.Tx) error { return r.counters.Delete(tx, decided) }
	if err := r.Update(undecided); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.Open(); err != nil || r.vpcs.Len() != 1 {
			t.Fatalf("after the first start there are %d VPCs, %v", r.vpcs.Len(), err)
		}
	}
	v, _ := r.DefaultVPC(nil)
	if p.Applied(v.ID).ID != "" {
		t.Error("nothing is in the default VPC, and it has a network")
	}
	subnet, err := r.DefaultSubnet(nil, "")
	if err == nil {
		err = r.Update(func(tx *store.Tx) error {
			_, err := r.NewInterface(tx, Wanted{Subnet: subnet.ID, Public: true})
			return err
		})
	}
	if err == nil {
		err = r.Sync(v.ID)
	}
	if err != nil || !p.Applied(v.ID).Gateway || len(p.Applied(v.ID).RouteTables[0].Routes) != 1 {
		t.Errorf("with an interface in it, the network is %+v, %v", p.Applied(v.ID), err)
	}
}

// A state with VPCs is of a region that had its first start before there were default VPCs.
func TestStateWithoutDefaultVPCStaysAsItIs(t *testing.T) {
	r, _ := open(t)
	makeVPC(t, r)
	r.cfg.DefaultVPC = true
	err := r.Update(func(tx *store.Tx) error { return r.counters.Delete(tx, decided) })
	if err == nil {
		err = r.Open()
	}
	if err != nil || r.vpcs.Len() != 1 {
		t.Errorf("%d VPCs, %v", r.vpcs.Len(), err)
	}
	_, err = r.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{GroupName: new("g"), Description: new("d")})
	roomtest.WantCode(t, err, "VPCIdNotSpecified")
}
