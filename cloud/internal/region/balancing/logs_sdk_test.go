package balancing

import (
	"compress/gzip"
	"crypto/tls"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// delivered returns the lines of all objects under a prefix, by their keys.
func (s *site) delivered(prefix string) map[string][]string {
	s.t.Helper()
	all := map[string][]string{}
	root := filepath.Join(s.dir, "s3")
	err := filepath.WalkDir(filepath.Join(root, prefix), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		content := io.Reader(file)
		if strings.HasSuffix(name, ".gz") {
			if content, err = gzip.NewReader(file); err != nil {
				return err
			}
		}
		b, err := io.ReadAll(content)
		key, _ := filepath.Rel(root, name)
		all[key] = strings.SplitAfter(strings.TrimSuffix(string(b), "\n"), "\n")
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

func (s *site) setLogs(pairs ...string) error {
	in := &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: s.balance.LoadBalancerArn}
	for _, p := range pairs {
		k, v, _ := strings.Cut(p, "=")
		in.Attributes = append(in.Attributes, elbtypes.LoadBalancerAttribute{Key: &k, Value: &v})
	}
	_, err := s.client().ModifyLoadBalancerAttributes(s.t.Context(), in)
	if err == nil {
		s.reopen() // after which the nodes keep the logs, and what they kept before is delivered
	}
	return err
}

func (s *site) mustSetLogs(pairs ...string) {
	s.t.Helper()
	if err := s.setLogs(pairs...); err != nil {
		s.t.Fatal(err)
	}
}

func TestLogsAreDelivered(t *testing.T) {
	s := newSite(t)
	s.listen(80)
	s.mustSetLogs("access_logs.s3.enabled=true", "access_logs.s3.bucket=my-logs", "access_logs.s3.prefix=site/a",
		"connection_logs.s3.enabled=true", "connection_logs.s3.bucket=my-connections")
	s.ask(0, "/one")
	s.ask(1, "/two")
	s.mustSetLogs("access_logs.s3.prefix=", "connection_logs.s3.enabled=false")
	s.ask(0, "/three")
	s.mustSetLogs("access_logs.s3.enabled=false")
	s.ask(0, "/four")
	s.reopen()
	name := strings.ReplaceAll(tail(*s.balance.LoadBalancerArn, "loadbalancer"), "/", ".")
	end := `111122223333/elasticloadbalancing/us-east-1/\d{4}/\d\d/\d\d/%111122223333_elasticloadbalancing_us-east-1_` + regexp.QuoteMeta(name) +
		`_\d{8}T\d{4}Z_10\.0\.\d\.\d+_[a-z0-9]+\.log\.gz`
	for _, c := range []struct {
		prefix, file, test string
		holds              []string
	}{
		{"my-logs/site/a", "", "ELBAccessLogTestFile", []string{":80/one HTTP/1.1", ":80/two HTTP/1.1"}},
		{"my-logs/AWSLogs", "", "ELBAccessLogTestFile", []string{":80/three HTTP/1.1"}},
		{"my-connections", "conn_log.", "ELBConnectionLogTestFile", []string{" 80 - - - ", " 80 - - - "}},
	} {
		key := regexp.MustCompile("^" + strings.TrimSuffix(c.prefix, "/AWSLogs") + "/AWSLogs/" + strings.ReplaceAll(end, "%", regexp.QuoteMeta(c.file)) + "$")
		var lines []string
		tested := false
		for name, content := range s.delivered(c.prefix) {
			switch {
			case filepath.Base(name) == c.test:
				tested = true
			case !key.MatchString(name):
				t.Errorf("%s: object %s", c.prefix, name)
			default:
				lines = append(lines, content...)
			}
		}
		all := strings.Join(lines, "")
		if len(lines) != len(c.holds) || !tested {
			t.Errorf("%s: test object %t, entries %q", c.prefix, tested, lines)
		}
		for _, part := range c.holds {
			if !strings.Contains(all, part) {
				t.Errorf("%s: no entry with %q among %q", c.prefix, part, lines)
			}
		}
	}
}

func TestLogsThatCannotBeKept(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct{ set, code string }{
		{"", "ValidationError"}, {"access_logs.s3.bucket=Upper", "ValidationError"}, {"access_logs.s3.bucket=..", "ValidationError"},
		{"access_logs.s3.bucket=10.0.0.1", "ValidationError"}, {"access_logs.s3.prefix=../x", "ValidationError"},
		{"access_logs.s3.prefix=a/AWSLogs", "ValidationError"},
	} {
		pairs := []string{"access_logs.s3.enabled=true"}
		if c.set != "" {
			pairs = append(pairs, c.set)
		}
		roomtest.WantAPIError(t, s.setLogs(pairs...), c.code)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "s3"), nil, 0o600); err != nil { // where the folder would be
		t.Fatal(err)
	}
	roomtest.WantAPIError(t, s.setLogs("access_logs.s3.enabled=true", "access_logs.s3.bucket=my-logs"), "InvalidConfigurationRequest")
}

// Each check of a target is in the log of the node that has made it.
func TestHealthChecksAreLogged(t *testing.T) {
	s := newSite(t)
	s.listen(80)
	id, at := s.ec2.run(t, s.subnets[0])
	l, err := s.sockets.Listen("tcp", at.String()+":80")
	if err != nil {
		t.Fatal(err)
	}
	target := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {})}
	go func() { _ = target.Serve(l) }()
	defer target.Close()
	s.mustSetLogs("health_check_logs.s3.enabled=true", "health_check_logs.s3.bucket=my-checks", "health_check_logs.s3.prefix=a")
	if err := s.r.Register(s.group, []string{id}); err != nil {
		t.Fatal(err)
	}
	s.awaitHealth(id, "healthy")
	s.reopen()
	key := regexp.MustCompile(`^my-checks/a/AWSLogs/111122223333/elasticloadbalancing/us-east-1/\d{4}/\d\d/\d\d/` +
		`health_check_log_111122223333_elasticloadbalancing_us-east-1_app\.[a-z0-9.-]+_\d{8}T\d{4}Z_10\.0\.\d\.\d+_[a-z0-9]+\.log\.gz$`)
	entry := regexp.MustCompile(`^http \S+Z \d+\.\d{9} ` + regexp.QuoteMeta(at.String()) + `:80 hello PASS 200 -\n?$`)
	found, tested := 0, false
	for name, content := range s.delivered("my-checks") {
		if filepath.Base(name) == "ELBHealthCheckLogTestFile" {
			tested = true
			continue
		}
		if !key.MatchString(name) {
			t.Errorf("object %s", name)
		}
		for _, line := range content {
			if found++; !entry.MatchString(line) {
				t.Errorf("entry %q", line)
			}
		}
	}
	if found < 1 || !tested {
		t.Errorf("%d entries, test object %t", found, tested)
	}
}

// A network load balancer logs its connections with TLS; its files do not tell the node.
func TestFlowsOfTLSAreLogged(t *testing.T) {
	s := newSite(t)
	ctx := t.Context()
	b := s.network("flow")
	group := *s.flowGroup("tcp", "TCP", nil).TargetGroupArn
	listener := roomtest.Must(s.r.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: b.LoadBalancerArn, Port: new(int32(443)), Protocol: "TLS", Certificates: named(s.shelf.put(t, "1", "one.example.com")),
		DefaultActions: forwardTo(group),
	}))(t).Listeners[0]
	s.balance = b
	s.mustSetLogs("access_logs.s3.enabled=true", "access_logs.s3.bucket=my-flows")
	roomtest.WantAPIError(t, s.setLogs("connection_logs.s3.enabled=true"), "ValidationError")
	row, _ := s.r.loadBalancers.Get(*b.LoadBalancerArn)
	eni, _ := s.ec2.Interface(row.Nodes[0].Interface)
	conn, err := tls.Dial("tcp", s.sockets.At(eni.Address.String()+":443"), &tls.Config{InsecureSkipVerify: true, ServerName: "one.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.ReadAll(conn) // until it is cut: there is no target
	_ = conn.Close()
	s.reopen()
	key := regexp.MustCompile(`^my-flows/AWSLogs/111122223333/elasticloadbalancing/us-east-1/\d{4}/\d\d/\d\d/` +
		`111122223333_elasticloadbalancing_us-east-1_net\.flow\.[0-9a-f]{16}_\d{8}T\d{4}Z_[a-z0-9]+\.log\.gz$`)
	id := (*listener.ListenerArn)[strings.LastIndexByte(*listener.ListenerArn, '/')+1:]
	found := 0
	for name, content := range s.delivered("my-flows") {
		if filepath.Base(name) == "ELBAccessLogTestFile" {
			continue
		}
		found++
		if !key.MatchString(name) || len(content) != 1 || !strings.HasPrefix(content[0], "tls 2.0 ") || !strings.Contains(content[0], " "+id+" ") ||
			!strings.Contains(content[0], " one.example.com ") {
			t.Errorf("%s: %q", name, content)
		}
	}
	if found != 1 {
		t.Errorf("%d files", found)
	}
}
