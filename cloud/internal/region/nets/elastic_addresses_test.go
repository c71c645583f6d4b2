package nets

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
)

// An instance that has never run takes no Elastic IP address yet.
func TestElasticAddressWaitsForItsInstance(t *testing.T) {
	r, _ := open(t)
	ctx := t.Context()
	vpc, subnet := makeVPC(t, r)
	gateway := roomtest.Must(r.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{}))(t).InternetGateway.InternetGatewayId
	roomtest.Must(r.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: gateway, VpcId: &vpc}))(t)
	creating := true
	r.cfg.Instance = func(_ *store.Tx, id string) Instance { return Instance{Creating: creating && id == "i-1"} }
	err := r.Update(func(tx *store.Tx) error {
		_, err := r.NewInterface(tx, Wanted{Subnet: subnet, Instance: "i-1"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	in := &ec2.AssociateAddressInput{AllocationId: roomtest.Must(r.AllocateAddress(ctx, &ec2.AllocateAddressInput{}))(t).AllocationId, InstanceId: new("i-1")}
	_, err = r.AssociateAddress(ctx, in)
	roomtest.WantCode(t, err, "IncorrectInstanceState")
	creating = false
	roomtest.Must(r.AssociateAddress(ctx, in))(t)
}
