package nets

import (
	"net/netip"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
)

func question(name string, rtype uint16) dns.Question {
	return dns.Question{Name: dns.Fqdn(name), Qtype: rtype, Qclass: dns.ClassINET}
}

func TestInstancesNamesResolveInside(t *testing.T) {
	r, _ := open(t)
	ctx := t.Context()
	vpc, subnet := makeVPC(t, r)
	roomtest.Must(r.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: &vpc, EnableDnsHostnames: &ec2types.AttributeBooleanValue{Value: new(true)}}))(t)
	err := r.Update(func(tx *store.Tx) error {
		_, err := r.NewInterface(tx, Wanted{Subnet: subnet, Public: true, Instance: "i-0123456789abcdef0"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	shown := roomtest.Must(r.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{}))(t).NetworkInterfaces[0]
	if *shown.Association.PublicDnsName == "" {
		t.Fatal("the interface has no public name")
	}
	for _, name := range []string{*shown.PrivateDnsName, *shown.Association.PublicDnsName} {
		rrs, own := r.ownNames(vpc, question(name, dns.TypeA))
		if !own || len(rrs) != 1 || rrs[0].(*dns.A).A.String() != *shown.PrivateIpAddress {
			t.Errorf("%s: %v, want %s", name, rrs, *shown.PrivateIpAddress)
		}
		if rrs, own := r.ownNames(vpc, question(name, dns.TypeAAAA)); !own || len(rrs) != 0 {
			t.Errorf("%s AAAA: %v, want an answer without data", name, rrs)
		}
	}
	reverse := reverseName(netip.MustParseAddr(*shown.PrivateIpAddress))
	if rrs, own := r.ownNames(vpc, question(reverse, dns.TypePTR)); !own || len(rrs) != 1 || rrs[0].(*dns.PTR).Ptr != *shown.PrivateDnsName+"." {
		t.Errorf("%s: %v, want %s", reverse, rrs, *shown.PrivateDnsName)
	}
	for _, name := range []string{"ip-10-0-1-77.ec2.internal.", "example.org.", "77.1.0.10.in-addr.arpa."} {
		if rrs, own := r.ownNames(vpc, question(name, dns.TypeA)); own {
			t.Errorf("%s: %v, want none of its own", name, rrs)
		}
	}
}

// A VPC sees private hosted zones only with both of its DNS attributes.
func TestPrivateZonesTakeBothAttributes(t *testing.T) {
	r, _ := open(t)
	vpc, _ := makeVPC(t, r)
	set := func(in ec2.ModifyVpcAttributeInput) {
		in.VpcId = &vpc
		roomtest.Must(r.ModifyVpcAttribute(t.Context(), &in))(t)
	}
	is := func(on bool) *ec2types.AttributeBooleanValue { return &ec2types.AttributeBooleanValue{Value: &on} }
	for _, c := range []struct {
		in   ec2.ModifyVpcAttributeInput
		want string
	}{
		{ec2.ModifyVpcAttributeInput{EnableDnsHostnames: is(false)}, ""},
		{ec2.ModifyVpcAttributeInput{EnableDnsHostnames: is(true)}, r.Region + "/" + vpc},
		{ec2.ModifyVpcAttributeInput{EnableDnsSupport: is(false)}, ""},
	} {
		set(c.in)
		if got := r.privateZonesOf(vpc); got != c.want {
			t.Errorf("sees private zones as %q, want %q", got, c.want)
		}
	}
}
