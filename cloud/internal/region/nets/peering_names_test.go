package nets

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
)

// A public name means the private address in a peer that its side lets know, in this region and in another
// (https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-dns.html).
func TestPeersNamesResolve(t *testing.T) {
	r, _ := open(t)
	ctx := t.Context()
	vpc, subnet := makeVPC(t, r)
	peer := *roomtest.Must(r.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: new("10.1.0.0/16")}))(t).Vpc.VpcId
	roomtest.Must(r.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: &vpc, EnableDnsHostnames: &ec2types.AttributeBooleanValue{Value: new(true)}}))(t)
	row := peeringRow{
		ID: peeringKind.NewID(), State: peeringActive, Made: time.Now(),
		Requester: peeringSide{Region: r.Region, Account: r.Account, VPC: vpc, Resolves: true},
		Accepter:  peeringSide{Region: r.Region, Account: r.Account, VPC: peer},
	}
	put := func() {
		t.Helper()
		if err := r.Update(func(tx *store.Tx) error { return r.peerings.Put(tx, row.ID, row) }); err != nil {
			t.Fatal(err)
		}
	}
	put()
	var eni Interface
	if err := r.Update(func(tx *store.Tx) (err error) {
		eni, err = r.NewInterface(tx, Wanted{Subnet: subnet, Public: true, Instance: "i-0123456789abcdef0"})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	name := r.PublicName(vpc, eni.Public)
	expect := func(in *Room, when string, want netip.Addr) {
		t.Helper()
		rrs, own := in.ownNames(peer, question(name, dns.TypeA))
		if own != want.IsValid() || own && rrs[0].(*dns.A).A.String() != want.String() {
			t.Errorf("%s: %v, %v; want %v", when, rrs, own, want)
		}
	}
	expect(r, "in a peer", eni.Address)

	other, _ := open(t) // stands for the peer's region
	other.Region, row.Accepter.Region = "us-west-2", "us-west-2"
	mux := http.NewServeMux()
	r.ServePeers(mux)
	socket := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.Server{Listener: l, Config: &http.Server{Handler: mux}}
	server.Start()
	defer server.Close()
	other.cfg.Peer = func(context.Context, string) (string, error) { return socket, nil }
	put()
	if err := other.Update(func(tx *store.Tx) error { return other.peerings.Put(tx, row.ID, row) }); err != nil {
		t.Fatal(err)
	}
	expect(other, "in a peer of another region", eni.Address)

	row.Requester.Resolves = false
	put()
	expect(r, "not told", netip.Addr{})
	expect(other, "not told to another region", netip.Addr{})
}
