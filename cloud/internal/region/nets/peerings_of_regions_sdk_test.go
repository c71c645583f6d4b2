package nets_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// awaitPeering waits until a region shows a connection in a state.
func awaitPeering(d *regiontest.Desk, id, state string) {
	d.T.Helper()
	d.Await("connection "+id+" "+state, func() bool {
		out := roomtest.Must(d.DescribeVpcPeeringConnections(d.T.Context(), &ec2.DescribeVpcPeeringConnectionsInput{
			Filters: regiontest.Where("vpc-peering-connection-id", id),
		}))(d.T).VpcPeeringConnections
		return len(out) == 1 && string(out[0].Status.Code) == state
	})
}

func TestPeeringOfTwoRegions(t *testing.T) {
	east, west := regiontest.Pair(t)
	a, _ := east.VPC("10.1.0.0/16", "10.1.1.0/24", false)
	b, _ := west.VPC("10.2.0.0/16", "10.2.1.0/24", false)
	id := request(east, a, b, "us-west-2")
	awaitPeering(west, id, "pending-acceptance")
	awaitPeering(east, id, "pending-acceptance")
	roomtest.WantAPIError(t, accept(east, id), "OperationNotPermitted") // it is the accepter's region's to do
	roomtest.WantAPIError(t, reject(east, id), "OperationNotPermitted")
	if err := accept(west, id); err != nil {
		t.Fatal(err)
	}
	awaitPeering(east, id, "active")
	awaitPeering(west, id, "active")
	if p := peering(east, id); *p.AccepterVpcInfo.CidrBlock != "10.2.0.0/16" || *p.AccepterVpcInfo.Region != "us-west-2" {
		t.Errorf("%+v", p.AccepterVpcInfo)
	}
	// Tags are each region's own.
	roomtest.Must(west.CreateTags(t.Context(), &ec2.CreateTagsInput{Resources: []string{id}, Tags: []ec2types.Tag{{Key: new("k"), Value: new("v")}}}))(t)
	if len(peering(east, id).Tags) != 0 || len(peering(west, id).Tags) != 1 {
		t.Errorf("tags %v, %v", peering(east, id).Tags, peering(west, id).Tags)
	}
	if err := deletePeering(west, id); err != nil {
		t.Fatal(err)
	}
	awaitPeering(east, id, "deleted")

}

func TestPeeringOfTwoRegionsFails(t *testing.T) {
	east, west := regiontest.Pair(t)
	a, _ := east.VPC("10.1.0.0/16", "10.1.1.0/24", false)
	b, _ := west.VPC("10.1.0.0/20", "10.1.1.0/24", false)
	awaitPeering(east, request(east, a, b, "us-west-2"), "failed")
	wantPeering(east, request(east, a, b, ""), "failed", "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range") // no region given
}

// What a region does while the other is lost, the other learns when it is back; and the connection outlives the loss.
func TestPeeringOutlivesALostRegion(t *testing.T) {
	east, west := regiontest.Pair(t)
	a, _ := east.VPC("10.1.0.0/16", "10.1.1.0/24", false)
	b, _ := west.VPC("10.2.0.0/16", "10.2.1.0/24", false)
	west.Lose()
	id := request(east, a, b, "us-west-2")
	wantPeering(east, id, "initiating-request", "Initiating Request to 111122223333")
	west.Return()
	awaitPeering(east, id, "pending-acceptance")
	east.Lose()
	if err := accept(west, id); err != nil {
		t.Fatal(err)
	}
	wantPeering(west, id, "provisioning", "Provisioning") // the requester's region does not know
	west.Reopen()
	east.Return()
	awaitPeering(west, id, "active")
	awaitPeering(east, id, "active")
	west.Lose()
	wantPeering(east, id, "active", "Active")
	if err := deletePeering(east, id); err != nil {
		t.Fatal(err)
	}
	east.Reopen()
	west.Return()
	awaitPeering(west, id, "deleted")
}
