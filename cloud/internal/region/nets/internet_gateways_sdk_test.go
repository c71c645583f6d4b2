package nets_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachInternetGateway.html: a gateway is attached to one VPC at a
// time, and a VPC has one.
func TestInternetGatewayIsAttachedToOneVPC(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	first, _ := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	second, _ := d.VPC("10.1.0.0/16", "10.1.1.0/24", false)
	gateway, other := d.Gateway(""), d.Gateway("")
	attach := func(gateway, vpc string) error {
		_, err := d.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &vpc})
		return err
	}
	expect := func(when, id string, vpcs ...string) {
		t.Helper()
		g := roomtest.Must(d.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{InternetGatewayIds: []string{id}}))(t).InternetGateways[0]
		var got []string
		for _, a := range g.Attachments {
			if got = append(got, *a.VpcId); a.State != "available" {
				t.Errorf("%s: the attachment to %s is %s", when, *a.VpcId, a.State)
			}
		}
		roomtest.WantSame(t, when, got, vpcs...)
	}
	expect("made", gateway)
	if err := attach(gateway, first); err != nil {
		t.Fatal(err)
	}
	expect("attached", gateway, first)
	roomtest.WantAPIError(t, attach(gateway, first), "Resource.AlreadyAssociated")
	roomtest.WantAPIError(t, attach(gateway, second), "Resource.AlreadyAssociated")
	roomtest.WantAPIError(t, attach(other, first), "InvalidParameterValue") // it has one
	roomtest.WantAPIError(t, attach("igw-0123456789abcdef0", second), "InvalidInternetGatewayID.NotFound")
	roomtest.WantAPIError(t, attach(other, "vpc-0123456789abcdef0"), "InvalidVpcID.NotFound")
	d.Reopen()
	expect("opened again", gateway, first)
	expect("what was refused changed nothing", other)
	if err := attach(other, second); err != nil {
		t.Error(err)
	}
	found := roomtest.Must(d.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{Filters: regiontest.Where("attachment.vpc-id", second)}))(t)
	if len(found.InternetGateways) != 1 || *found.InternetGateways[0].InternetGatewayId != other {
		t.Errorf("%+v", found.InternetGateways)
	}
}
