package certificates

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/miekg/dns"

	"github.com/understudy/understudy/cloud/internal/authority"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/tempo"
	"github.com/understudy/understudy/cloud/internal/wire"
	"github.com/understudy/understudy/internal/patience"
)

// desk is Certificate Manager behind the SDK's client, which outlives its reopening, with a DNS that has the records that it is given.
type desk struct {
	*acm.Client
	t        *testing.T
	dir      string
	endpoint string
	r        *Room
	end      func()
	speed    tempo.Speed
	issuer   *authority.Issuer

	mu      sync.Mutex
	records map[string]string // CNAMEs
	users   []string
}

func open(t *testing.T, speed tempo.Speed) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir(), speed: speed, records: map[string]string{}}
	var err error
	if d.issuer, err = authority.OpenIssuer(d.dir); err != nil {
		t.Fatal(err)
	}
	d.load()
	endpoint := roomtest.Serve(t, func(m *wire.Mux) { d.r.Operations(m) })
	d.endpoint = *endpoint
	d.Client = acm.New(acm.Options{
		Region: "us-east-1", BaseEndpoint: endpoint, Credentials: roomtest.Credentials, RetryMaxAttempts: 1, HTTPClient: patience.Client{},
	})
	return d
}

func (d *desk) load() {
	d.t.Helper()
	base, end := roomtest.Open(d.t, d.dir, d.speed)
	r, err := Load(base, Config{Issuer: d.issuer, Resolve: d.resolve, Users: func(*store.Tx, string) []string {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.users
	}})
	if err != nil {
		d.t.Fatal(err)
	}
	d.r, d.end = r, end
	r.Open()
}

func (d *desk) reopen() {
	d.t.Helper()
	d.end()
	d.load()
}

func (d *desk) resolve(q *dns.Msg) (*dns.Msg, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	answer := new(dns.Msg).SetReply(q)
	if to := d.records[q.Question[0].Name]; to != "" && q.Question[0].Qtype == dns.TypeCNAME {
		answer.Answer = []dns.RR{&dns.CNAME{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeCNAME, Class: dns.ClassINET}, Target: to}}
	}
	return answer, nil
}

func (d *desk) record(name, to string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.records[name] = to
}

func (d *desk) usedBy(arns ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.users = arns
}

func (d *desk) describe(arn string) acmtypes.CertificateDetail {
	d.t.Helper()
	return *roomtest.Must(d.DescribeCertificate(d.t.Context(), &acm.DescribeCertificateInput{CertificateArn: &arn}))(d.t).Certificate
}

func (d *desk) awaitStatus(arn string, status acmtypes.CertificateStatus) acmtypes.CertificateDetail {
	d.t.Helper()
	d.awaitThat(func() bool { return d.describe(arn).Status == status })
	return d.describe(arn)
}

func (d *desk) awaitThat(done func() bool) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), patience.Limit)
	defer cancel()
	if err := d.r.Wait(ctx, done); err != nil {
		d.t.Fatal(err)
	}
}

// pair is a certificate and its key, in PEM.
type pair struct {
	body, key []byte
	cert      *x509.Certificate
	private   crypto.Signer
}

// certify makes a certificate, signed by another or by itself.
func certify(t *testing.T, key crypto.Signer, by *pair, change func(*x509.Certificate)) pair {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0x1234), Subject: pkix.Name{CommonName: "www.example.com"}, DNSNames: []string{"www.example.com", "example.com"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if change != nil {
		change(template)
	}
	parent, signer := template, key
	if by != nil {
		parent, signer = by.cert, by.private
	}
	der := roomtest.Must(x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer))(t)
	private := roomtest.Must(x509.MarshalPKCS8PrivateKey(key))(t)
	return pair{
		body: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		cert: roomtest.Must(x509.ParseCertificate(der))(t), private: key,
	}
}

func ecKey(t *testing.T) crypto.Signer {
	t.Helper()
	return roomtest.Must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
}

func rsaKey(t *testing.T) crypto.Signer {
	t.Helper()
	return roomtest.Must(rsa.GenerateKey(rand.Reader, 2048))(t)
}

func (d *desk) importPair(p pair) string {
	d.t.Helper()
	return *roomtest.Must(d.ImportCertificate(d.t.Context(), &acm.ImportCertificateInput{Certificate: p.body, PrivateKey: p.key}))(d.t).CertificateArn
}
