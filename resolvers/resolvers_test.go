package resolvers

import (
	"errors"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/internal/nameserver"
	"github.com/understudy/understudy/internal/patience"
)

func TestWhatUnboundIsTold(t *testing.T) {
	const server = `server:
  interface: 127.0.0.1@5353
  access-control: 0.0.0.0/0 refuse
  access-control: 127.0.0.0/8 allow
  do-ip6: no
  do-daemonize: no
  chroot: ""
  username: ""
  directory: "/"
  pidfile: ""
  use-syslog: no
  do-not-query-localhost: no
  module-config: "iterator"
  local-zone: "hello.test." transparent
remote-control:
  control-enable: no
stub-zone:
  name: "hello.test."
  stub-addr: 127.0.0.1@5300
`
	for _, c := range []struct {
		others []string
		want   string
	}{
		{nil, "stub-zone:\n  name: \".\"\n  stub-addr: 127.0.0.1@5300\n"},
		{[]string{"192.0.2.1:53", "192.0.2.2:53"}, "forward-zone:\n  name: \".\"\n  forward-addr: 192.0.2.1@53\n  forward-addr: 192.0.2.2@53\n"},
	} {
		args, input, err := unbound(5353, Upstream{Zone: "hello.test", Server: "127.0.0.1:5300", Others: c.others})
		if diff := cmp.Diff(server+c.want, input); diff != "" || err != nil || strings.Join(args, " ") != "-d -p -c /dev/stdin" {
			t.Errorf("%v, %v: %s", args, err, diff)
		}
	}
}

func TestWhatDnsmasqIsTold(t *testing.T) {
	args, input, err := dnsmasq(5353, Upstream{Zone: "hello.test", Server: "127.0.0.1:5300", Others: []string{"192.0.2.1:53"}})
	want := []string{
		"--conf-file=/dev/null", "--keep-in-foreground", "--log-facility=-", "--pid-file=", "--user=", "--group=",
		"--no-resolv", "--no-hosts", "--listen-address=127.0.0.1", "--bind-interfaces", "--port=5353", "--server=/hello.test/127.0.0.1#5300",
	}
	if diff := cmp.Diff(want, args); diff != "" || err != nil || input != "" {
		t.Errorf("%q, %v: %s", input, err, diff)
	}
}

func TestWhatIsNotInstalledIsRefusedByName(t *testing.T) {
	p := Program{Name: "no-such-resolver", Package: "its-package"}
	_, err := p.Start(t.Context(), Upstream{})
	if !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "no-such-resolver") || !strings.Contains(err.Error(), "Debian package its-package") {
		t.Error(err)
	}
	if _, err := Named("bind"); err == nil {
		t.Error("bind is a resolver of ours")
	}
}

// zone answers on loopback with these records, of whatever type it is asked for.
func zone(t *testing.T, records ...string) (address string) {
	t.Helper()
	return nameserver.Serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.Authoritative = true
		for _, r := range records {
			rr, err := dns.NewRR(r)
			if err != nil {
				t.Error(err)
			} else if rr.Header().Name == q.Question[0].Name {
				m.Answer = append(m.Answer, rr)
			}
		}
		w.WriteMsg(m)
	})
}

func started(t *testing.T, p Program, up Upstream) *Process {
	t.Helper()
	judge.Need(t, p.Name)
	r, err := p.Start(t.Context(), up)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func ask(t *testing.T, r *Process, name string) *dns.Msg {
	t.Helper()
	c := dns.Client{Timeout: patience.Limit}
	m, _, err := c.ExchangeContext(t.Context(), new(dns.Msg).SetQuestion(name, dns.TypeA), r.Address)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// What a CNAME leads to in another zone, unbound finds by those that know other names.
func TestUnboundFollowsNamesToOtherZones(t *testing.T) {
	r := started(t, Programs[0], Upstream{
		Zone: "hello.test", Server: zone(t, "www.hello.test. 60 CNAME balancer.example.com."), Others: []string{zone(t, "balancer.example.com. 60 A 192.0.2.1")},
	})
	m := ask(t, r, "www.hello.test.")
	if len(m.Answer) != 2 || m.Answer[1].(*dns.A).A.String() != "192.0.2.1" {
		t.Error(m)
	}
}

// A program that ends by itself is known, with its last words; one that is closed is gone, and its port with it.
func TestHowProgramsEnd(t *testing.T) {
	for _, p := range Programs {
		t.Run(p.Name, func(t *testing.T) {
			up := Upstream{Zone: "hello.test", Server: zone(t, "www.hello.test. 60 A 192.0.2.1")}
			r := started(t, p, up)
			if m := ask(t, r, "www.hello.test."); len(m.Answer) != 1 || r.Version == "" {
				t.Errorf("version %q: %v", r.Version, m)
			}
			if err := r.Died(); err != nil {
				t.Errorf("it lives, and is told to have ended: %v", err)
			}
			if err := r.cmd.Process.Signal(os.Kill); err != nil {
				t.Fatal(err)
			}
			<-r.ended
			if err := r.Close(); err == nil || r.Died() == nil || !strings.Contains(err.Error(), p.Name+" has ended (signal: killed)") {
				t.Errorf("killed: %v", err)
			}
			r = started(t, p, up)
			if err := r.Close(); err != nil || r.Died() != nil {
				t.Errorf("closed: %v, %v", err, r.Died())
			}
			l, err := net.Listen("tcp", r.Address)
			if err != nil {
				t.Fatalf("its port is not free: %v", err)
			}
			l.Close()
		})
	}
}

func TestProgramsThatDoNotStartSayWhy(t *testing.T) {
	for _, p := range Programs {
		judge.Need(t, p.Name)
		p.arguments = func(int, Upstream) ([]string, string, error) { return []string{"--no-such-option"}, "", nil }
		if _, err := p.Start(t.Context(), Upstream{}); err == nil || !strings.Contains(err.Error(), p.Name+" has ended (exit status 1)") {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
}
