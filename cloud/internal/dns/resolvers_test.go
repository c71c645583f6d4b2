package dns

import (
	"net"
	"path/filepath"
	"testing"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/resolver"
	"github.com/understudy/understudy/cloud/internal/routing"
)

// A private zone is answered to its VPCs' resolvers, in front of a public one of the same name, and nobody else.
func TestPrivateZonesAreAnsweredToTheirVPCs(t *testing.T) {
	zones := []routing.HostedZone{
		{ID: "Z1", Name: "hello.test.", Records: []*r53types.ResourceRecordSet{set("hello.test.", r53types.RRTypeA, "198.51.100.1")}},
		{
			ID:      "Z2",
			Name:    "hello.test.",
			Private: true,
			VPCs:    []string{"us-east-1/vpc-1"},
			Records: []*r53types.ResourceRecordSet{set("hello.test.", r53types.RRTypeA, "10.0.0.1")},
		},
		{
			ID:      "Z3",
			Name:    "corp.test.",
			Private: true,
			VPCs:    []string{"us-east-1/vpc-1"},
			Records: []*r53types.ResourceRecordSet{set("db.corp.test.", r53types.RRTypeA, "10.0.0.2")},
		},
	}
	socket := filepath.Join(t.TempDir(), "resolver.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	v := routing.New(1, 1, nil).WithZones(zones)
	p, tcp := listenBoth(t)
	s := NewServer(Config{})
	s.Swap(v)
	s.ServeResolvers(l)
	s.Serve(Inside, []net.PacketConn{p}, []net.Listener{tcp})
	defer s.Close()
	public := func(q *dns.Msg) (*dns.Msg, error) { return dns.Exchange(q, p.LocalAddr().String()) }
	as := func(vpc string) func(*dns.Msg) (*dns.Msg, error) {
		return func(q *dns.Msg) (*dns.Msg, error) { return resolver.Ask(socket, vpc, q) }
	}
	for _, c := range []struct {
		who  string
		ask  func(*dns.Msg) (*dns.Msg, error)
		name string
		want string
	}{
		{"vpc-1", as("us-east-1/vpc-1"), "hello.test.", "10.0.0.1"},
		{"vpc-1", as("us-east-1/vpc-1"), "db.corp.test.", "10.0.0.2"},
		{"vpc-2", as("us-east-1/vpc-2"), "hello.test.", "198.51.100.1"},
		{"vpc-2", as("us-east-1/vpc-2"), "db.corp.test.", "REFUSED"},
		{"the same id elsewhere", as("us-west-2/vpc-1"), "db.corp.test.", "REFUSED"},
		{"no VPC", as(""), "db.corp.test.", "REFUSED"},
		{"public", public, "hello.test.", "198.51.100.1"},
		{"public", public, "db.corp.test.", "REFUSED"},
		{"public, with a VPC in the question", forging(public), "db.corp.test.", "REFUSED"},
	} {
		m, err := c.ask(new(dns.Msg).SetQuestion(c.name, dns.TypeA))
		if err != nil {
			t.Errorf("%s asks for %s: %v", c.who, c.name, err)
			continue
		}
		got := dns.RcodeToString[m.Rcode]
		if len(m.Answer) > 0 {
			got = m.Answer[0].(*dns.A).A.String()
		}
		if got != c.want {
			t.Errorf("%s asks for %s: %s, want %s", c.who, c.name, got, c.want)
		}
	}
}

// forging asks with the option by which resolvers name their VPC.
func forging(ask func(*dns.Msg) (*dns.Msg, error)) func(*dns.Msg) (*dns.Msg, error) {
	return func(q *dns.Msg) (*dns.Msg, error) {
		q.SetEdns0(1232, false).IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_LOCAL{Code: dns.EDNS0LOCALSTART, Data: []byte("us-east-1/vpc-1")}}
		return ask(q)
	}
}
