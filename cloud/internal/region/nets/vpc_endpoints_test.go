package nets

import (
	"net"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// The names of AWS's services mean the internet's address, and with private DNS the interfaces of the VPC's own endpoint; the endpoint's
// own names mean these everywhere.
func TestNamesOfEndpoints(t *testing.T) {
	r, _ := open(t)
	ctx := t.Context()
	vpc, subnet := makeVPC(t, r)
	other, _ := makeVPC(t, r)
	for _, id := range []string{vpc, other} {
		roomtest.Must(r.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: &id, EnableDnsHostnames: &ec2types.AttributeBooleanValue{Value: new(true)}}))(t)
	}
	made := roomtest.Must(r.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{
		VpcId: &vpc, ServiceName: new("com.amazonaws.us-east-1.ec2"), VpcEndpointType: "Interface", SubnetIds: []string{subnet},
	}))(t).VpcEndpoint
	row, _ := r.endpoints.Get(*made.VpcEndpointId)
	for row.State != endpointAvailable { // with its worker, or before it
		if err := r.stepEndpoint(row); err != nil {
			t.Fatal(err)
		}
		row, _ = r.endpoints.Get(row.ID)
	}
	private := r.interfacesFor(nil, row.ID)[0].Address.String()
	asked := func(vpc, name string) (addresses []string) {
		q := question(name, dns.TypeA)
		rrs, own := r.ownNames(vpc, q)
		if !own {
			rrs, _ = r.serviceNames(q)
		}
		for _, rr := range rrs {
			addresses = append(addresses, net.IP(rr.(*dns.A).A).String())
		}
		return addresses
	}
	const name = "EC2.us-east-1.amazonaws.com"
	inside, outside := []string{private}, []string{address.API.String()}
	for _, x := range []struct {
		vpc, name string
		want      []string
	}{
		{vpc, name, inside},
		{other, name, outside},
		{vpc, "sts.us-east-1.amazonaws.com", outside},
		{vpc, "ec2.us-west-2.amazonaws.com", outside},
		{vpc, *made.DnsEntries[0].DnsName, inside},
		{other, *made.DnsEntries[1].DnsName, inside},
		{other, "vpce-1-2.ec2.us-east-1.vpce.amazonaws.com", nil},
		{vpc, "s3.us-east-1.amazonaws.com", nil},
	} {
		if got := asked(x.vpc, x.name); !slices.Equal(got, x.want) {
			t.Errorf("%s in %s: %v, want %v", x.name, x.vpc, got, x.want)
		}
	}
	roomtest.Must(r.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{VpcEndpointId: &row.ID, PrivateDnsEnabled: new(false)}))(t)
	if got := asked(vpc, name); !slices.Equal(got, outside) {
		t.Errorf("without private DNS: %v, want %v", got, outside)
	}
}
