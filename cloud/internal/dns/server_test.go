package dns

import (
	"net"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/routing"
	"github.com/understudy/understudy/internal/judge"
)

const (
	pAddr = "198.51.100.1"
	soa   = "ns-1.awsdns-01.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"
)

func set(name string, rtype r53types.RRType, values ...string) *r53types.ResourceRecordSet {
	r := &r53types.ResourceRecordSet{Name: &name, Type: rtype, TTL: aws.Int64(300)}
	for _, v := range values {
		r.ResourceRecords = append(r.ResourceRecords, r53types.ResourceRecord{Value: &v})
	}
	return r
}

// view has one zone, hello.test., of these records.
func view(records ...*r53types.ResourceRecordSet) *routing.View {
	records = append(records, set("hello.test.", r53types.RRTypeSoa, soa))
	return routing.New(3, 1, nil).WithZones([]routing.HostedZone{{ID: "Z1", Name: "hello.test.", Records: records}})
}

func serveOn(t *testing.T, v *routing.View) (host, port string) {
	t.Helper()
	p, l := listenBoth(t)
	s := NewServer(Config{})
	s.Swap(v)
	s.Serve(Inside, []net.PacketConn{p}, []net.Listener{l})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	host, port, err := net.SplitHostPort(p.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	return host, port
}

// listenBoth finds a port that is free for datagrams and for streams.
func listenBoth(t *testing.T) (net.PacketConn, net.Listener) {
	t.Helper()
	for range 100 {
		p, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp4", p.LocalAddr().String())
		if err == nil {
			return p, l
		}
		p.Close()
	}
	t.Fatal("no port is free for both")
	return nil, nil
}

// dig, which is BIND's, is the judge.
func TestDigAgrees(t *testing.T) {
	long := set("long.hello.test.", r53types.RRTypeTxt)
	for range 40 {
		long.ResourceRecords = append(long.ResourceRecords, r53types.ResourceRecord{Value: new(`"` + strings.Repeat("x", 60) + `"`)})
	}
	host, port := serveOn(t, view(set("hello.test.", r53types.RRTypeA, pAddr), long))
	for _, c := range []struct {
		args  string
		wants []string
	}{
		{"hello.test A", []string{"status: NOERROR", "flags: qr aa", pAddr}},
		{"hello.test A +tcp", []string{"status: NOERROR", pAddr}},
		{"nothing.hello.test A", []string{"status: NXDOMAIN", "awsdns-hostmaster"}},
		{"hello.test AAAA", []string{"status: NOERROR", "ANSWER: 0", "awsdns-hostmaster"}},
		{"example.com A", []string{"status: REFUSED"}},
		{"hello.test AXFR", []string{"Transfer failed"}},
		{"hello.test ANY", []string{"status: NOERROR", "ANSWER: 1"}},
		{"long.hello.test TXT +ignore", []string{"flags: qr aa tc"}},
		{"long.hello.test TXT +tcp", []string{"ANSWER: 40"}},
		{"hello.test A +edns=1 +noednsnegotiation", []string{"status: BADVERS"}},
		{"hello.test A +opcode=UPDATE", []string{"status: REFUSED"}},
		{"hello.test CH TXT", []string{"status: REFUSED"}},
	} {
		args := append([]string{"@" + host, "-p", port, "+tries=1", "+time=100", "+norec"}, strings.Fields(c.args)...)
		out, err := exec.CommandContext(t.Context(), judge.Need(t, "dig"), args...).CombinedOutput()
		for _, want := range c.wants {
			if !strings.Contains(string(out), want) {
				t.Errorf("dig %s: no %q (%v) in\n%s", c.args, want, err, out)
			}
		}
	}
}
