package balancing

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
)

// shelf is a Certificate Manager of some certificates; its zero value has none.
type shelf struct {
	mu  sync.Mutex
	all map[string]Certificate
}

const shelved store.Topic = "shelved"

func (s *shelf) Certificate(_ *store.Tx, arn string) (Certificate, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.all[arn]
	return c, ok
}

func (s *shelf) News() []store.Topic { return []store.Topic{shelved} }

// put makes a certificate for a name, and returns its ARN.
func (s *shelf) put(t *testing.T, id, name string) string {
	t.Helper()
	key := roomtest.Must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
	der := roomtest.Must(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))(t)
	private := roomtest.Must(x509.MarshalPKCS8PrivateKey(key))(t)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[string]Certificate{}
	}
	arn := "arn:aws:acm:us-east-1:111122223333:certificate/" + id
	s.all[arn] = Certificate{
		Body: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), Issued: true, Dotted: true,
		Key: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
	}
	return arn
}

func (s *shelf) change(arn string, change func(*Certificate)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.all[arn]
	change(&c)
	s.all[arn] = c
}

func named(arns ...string) (all []elbtypes.Certificate) {
	for _, arn := range arns {
		all = append(all, elbtypes.Certificate{CertificateArn: new(arn)})
	}
	return all
}

func (s *site) secureRequest(port int32, certificate string) *elb.CreateListenerInput {
	return &elb.CreateListenerInput{
		LoadBalancerArn: s.balance.LoadBalancerArn, Port: &port, Protocol: "HTTPS", DefaultActions: says("200"), Certificates: named(certificate),
	}
}

// certificateAt is the name in the certificate that a node serves to who asks for one; empty where it does not serve.
func (s *site) certificateAt(port int, ask string) string {
	s.t.Helper()
	row, _ := s.r.loadBalancers.Get(*s.balance.LoadBalancerArn)
	eni, _ := s.ec2.Interface(row.Nodes[0].Interface)
	at := s.sockets.At(eni.Address.String() + ":" + strconv.Itoa(port))
	conn, err := tls.Dial("tcp", at, &tls.Config{ServerName: ask, InsecureSkipVerify: true})
	if err != nil {
		return ""
	}
	defer func() { _ = conn.Close() }()
	return conn.ConnectionState().PeerCertificates[0].DNSNames[0]
}

// wantServed checks the certificate that is served once all that is committed is in effect.
func (s *site) wantServed(port int, ask, want string) {
	s.t.Helper()
	s.r.reconcile()
	if got := s.certificateAt(port, ask); got != want {
		s.t.Errorf("who asks for %q at port %d gets the certificate of %q, want %q", ask, port, got, want)
	}
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/create-https-listener.html
func TestSecureListenerServesItsCertificates(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	first, second, more := s.shelf.put(t, "1", "one.example.com"), s.shelf.put(t, "2", "two.example.com"), s.shelf.put(t, "3", "*.example.org")
	l := roomtest.Must(client.CreateListener(ctx, s.secureRequest(443, first)))(t).Listeners[0]
	if l.Protocol != "HTTPS" || *l.SslPolicy != "ELBSecurityPolicy-2016-08" || len(l.Certificates) != 1 || *l.Certificates[0].CertificateArn != first ||
		*l.MutualAuthentication.Mode != "off" {
		t.Errorf("%+v", l)
	}
	again := roomtest.Must(client.CreateListener(ctx, s.secureRequest(443, first)))(t).Listeners[0]
	if *again.ListenerArn != *l.ListenerArn {
		t.Error("the same request makes another listener")
	}
	s.wantServed(443, "", "one.example.com")
	roomtest.Must(client.AddListenerCertificates(ctx, &elb.AddListenerCertificatesInput{ListenerArn: l.ListenerArn, Certificates: named(more)}))(t)
	s.wantServed(443, "a.example.org", "*.example.org")
	roomtest.Must(client.ModifyListener(ctx, &elb.ModifyListenerInput{
		ListenerArn: l.ListenerArn, Certificates: named(second), SslPolicy: new("ELBSecurityPolicy-TLS13-1-2-2021-06"),
	}))(t)
	s.wantServed(443, "", "two.example.com")
	s.shelf.put(t, "2", "renewed.example.com")
	s.wantServed(443, "", "renewed.example.com")

	if got := s.r.CertificateUsers(nil, more); !slices.Equal(got, []string{*s.balance.LoadBalancerArn}) || s.r.CertificateUsers(nil, first) != nil {
		t.Errorf("used by %v", got)
	}
	s.reopen()
	var certificates []string
	pages := elb.NewDescribeListenerCertificatesPaginator(client, &elb.DescribeListenerCertificatesInput{ListenerArn: l.ListenerArn, PageSize: new(int32(1))})
	for pages.HasMorePages() {
		for _, c := range roomtest.Must(pages.NextPage(ctx))(t).Certificates {
			certificates = append(certificates, strconv.FormatBool(*c.IsDefault)+" "+*c.CertificateArn)
		}
	}
	if !slices.Equal(certificates, []string{"true " + second, "false " + more}) {
		t.Errorf("%v", certificates)
	}
	s.wantServed(443, "a.example.org", "*.example.org")
	roomtest.Must(client.RemoveListenerCertificates(ctx, &elb.RemoveListenerCertificatesInput{ListenerArn: l.ListenerArn, Certificates: named(more)}))(t)
	s.wantServed(443, "a.example.org", "renewed.example.com")
	_, err := client.RemoveListenerCertificates(ctx, &elb.RemoveListenerCertificatesInput{ListenerArn: l.ListenerArn, Certificates: named(second)})
	roomtest.WantAPIError(t, err, "OperationNotPermitted")

	out := roomtest.Must(client.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: l.ListenerArn, Protocol: "HTTP"}))(t).Listeners[0]
	if out.Protocol != "HTTP" || out.SslPolicy != nil || len(out.Certificates) != 0 {
		t.Errorf("without TLS: %+v", out)
	}
}

func TestWhatSecureListenersRefuse(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	good, pending := s.shelf.put(t, "1", "a.example.com"), s.shelf.put(t, "2", "b.example.com")
	old, local := s.shelf.put(t, "3", "c.example.com"), s.shelf.put(t, "4", "d")
	s.shelf.change(pending, func(c *Certificate) { c.Issued, c.Body = false, "" })
	s.shelf.change(old, func(c *Certificate) { c.Issued = false })
	s.shelf.change(local, func(c *Certificate) { c.Dotted = false })
	for name, c := range map[string]struct {
		change func(*elb.CreateListenerInput)
		code   string
	}{
		"no certificate":       {func(in *elb.CreateListenerInput) { in.Certificates = nil }, "ValidationError"},
		"two certificates":     {func(in *elb.CreateListenerInput) { in.Certificates = named(good, good) }, "TooManyCertificates"},
		"an unknown one":       {func(in *elb.CreateListenerInput) { in.Certificates = named(good + "0") }, "CertificateNotFound"},
		"one that has expired": {func(in *elb.CreateListenerInput) { in.Certificates = named(old) }, "CertificateNotFound"},
		"a pending one":        {func(in *elb.CreateListenerInput) { in.Certificates = named(pending) }, "UnsupportedCertificate"},
		"a name without a dot": {func(in *elb.CreateListenerInput) { in.Certificates = named(local) }, "UnsupportedCertificate"},
		"an unknown policy":    {func(in *elb.CreateListenerInput) { in.SslPolicy = new("ELBSecurityPolicy-2010-01") }, "SSLPolicyNotFound"},
		"mutual TLS": {func(in *elb.CreateListenerInput) {
			in.MutualAuthentication = &elbtypes.MutualAuthenticationAttributes{Mode: new("passthrough")}
		}, "InvalidConfigurationRequest"},
		"ALPN":                 {func(in *elb.CreateListenerInput) { in.AlpnPolicy = []string{"None"} }, "ValidationError"},
		"HTTP and certificate": {func(in *elb.CreateListenerInput) { in.Protocol = "HTTP" }, "ValidationError"},
		"HTTP and policy": {func(in *elb.CreateListenerInput) {
			in.Protocol, in.Certificates, in.SslPolicy = "HTTP", nil, new(defaultPolicy)
		}, "ValidationError"},
		"TLS": {func(in *elb.CreateListenerInput) { in.Protocol = "TLS" }, "ValidationError"},
	} {
		in := s.secureRequest(443, good)
		c.change(in)
		_, err := client.CreateListener(ctx, in)
		t.Log(name)
		roomtest.WantAPIError(t, err, c.code)
	}
	plain := s.listen(80)
	_, err := client.AddListenerCertificates(ctx, &elb.AddListenerCertificatesInput{ListenerArn: &plain, Certificates: named(good)})
	roomtest.WantAPIError(t, err, "OperationNotPermitted")
	_, err = client.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: &plain, Protocol: "HTTPS"})
	roomtest.WantAPIError(t, err, "ValidationError")
}

func TestListenersHaveABoundOfCertificates(t *testing.T) {
	s := newSite(t)
	client, ctx, first := s.client(), t.Context(), s.shelf.put(t, "0", "a.example.com")
	l := roomtest.Must(client.CreateListener(ctx, s.secureRequest(443, first)))(t).Listeners[0]
	for n := range 26 {
		_, err := client.AddListenerCertificates(ctx, &elb.AddListenerCertificatesInput{
			ListenerArn: l.ListenerArn, Certificates: named(s.shelf.put(t, strconv.Itoa(n+1), "a.example.com")),
		})
		if n < 25 && err != nil {
			t.Fatal(err)
		}
		if n == 25 {
			roomtest.WantAPIError(t, err, "TooManyCertificates")
		}
	}
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
func TestSecurityPoliciesAreDescribed(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	all := roomtest.Must(client.DescribeSSLPolicies(ctx, &elb.DescribeSSLPoliciesInput{}))(t).SslPolicies
	if len(all) < 18 {
		t.Errorf("%d policies", len(all))
	}
	for _, p := range all {
		run, newest := securityPolicies[*p.Name].run(*p.Name), strings.HasPrefix(*p.Name, "ELBSecurityPolicy-TLS13-1-3-") // whose suites are all there are
		if len(run.Suites) == 0 && !newest {
			t.Errorf("%s has no suite that this program has", *p.Name)
		}
	}
	one := roomtest.Must(client.DescribeSSLPolicies(ctx, &elb.DescribeSSLPoliciesInput{Names: []string{"ELBSecurityPolicy-FS-1-2-Res-2020-10"}}))(t).SslPolicies
	if len(one) != 1 || !slices.Equal(one[0].SslProtocols, []string{"TLSv1.2"}) || len(one[0].Ciphers) != 4 || *one[0].Ciphers[3].Priority != 4 {
		t.Errorf("%+v", one)
	}
	_, err := client.DescribeSSLPolicies(ctx, &elb.DescribeSSLPoliciesInput{Names: []string{"no"}})
	roomtest.WantAPIError(t, err, "SSLPolicyNotFound")
}

func TestGroupsOfSecureTargets(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	g := roomtest.Must(client.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: new("secure"), VpcId: &s.vpc, Port: new(int32(443)), Protocol: "HTTPS",
	}))(t).TargetGroups[0]
	if g.Protocol != "HTTPS" || g.HealthCheckProtocol != "HTTP" {
		t.Errorf("%+v", g)
	}
	g = roomtest.Must(client.ModifyTargetGroup(ctx, &elb.ModifyTargetGroupInput{
		TargetGroupArn: g.TargetGroupArn, HealthCheckProtocol: "HTTPS",
	}))(t).TargetGroups[0]
	if g.HealthCheckProtocol != "HTTPS" {
		t.Errorf("%+v", g)
	}
	row, _ := s.r.targetGroups.Get(*g.TargetGroupArn)
	if run := s.r.balancerGroup(loadBalancerRow{}, row); !run.Secure || !run.Check.Secure {
		t.Errorf("%+v", run)
	}
}
